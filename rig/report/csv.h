/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Columns of the evidence's own CSV files (a header line, commas, no quoting), read row by row.
 */
#include <stddef.h>

#include "error.h"

enum { CSV_MAX_COLUMNS = 16, CSV_MAX_LABELS = 64, CSV_MAX_ROWS = 20000000 };

/* A field: a number (NAN for an empty one), or, when label >= 0, a word. */
struct csv_cell {
	double number;
	int label;
};

struct csv_table {
	size_t rows, columns;
	struct csv_cell *cells;       /* rows x columns */
	char *labels[CSV_MAX_LABELS]; /* the different words met */
	int label_count;
};

/*
 * Reads the columns of those names, at most CSV_MAX_COLUMNS. key: only rows whose column of that name holds key_value (NULL: all rows). What
 * the table held before is released. Fails on a file that cannot be read, a column that is not there, or a row of another length.
 */
bool csv_read(struct csv_table *table, const char *path, const char *const *names, size_t count, const char *key, const char *key_value,
	      struct error *error) must_check;
/* Releases what the table holds; an empty one is accepted. */
void csv_finish(struct csv_table *table);
