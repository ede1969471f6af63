/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A row of a CSV table of the evidence (RFC 4180, a row a line), whatever the file really holds.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { TABLE_ROW_SIZE = 1 << 16, TABLE_MAX_COLUMNS = 64 };

/* Large: not for the stack. */
struct table_row {
	char whole[TABLE_ROW_SIZE]; /* the line, without its end */
	char apart[TABLE_ROW_SIZE];
	const char *cell[TABLE_MAX_COLUMNS]; /* into apart, after table_row_split() */
	size_t count;
	bool there; /* false at the end of the file */
};

enum table_reading { TABLE_ROW, TABLE_END, TABLE_TOO_LONG, TABLE_NUL };

/* Reads the next line; TABLE_TOO_LONG beyond 64 KiB, TABLE_NUL for a NUL character: then it is no table. */
enum table_reading table_row_read(FILE *file, struct table_row *row);
/* Takes the line apart; false when it has more than TABLE_MAX_COLUMNS columns, or a quote that does not end. */
bool table_row_split(struct table_row *row);
/* The column of that name in a header; row->count when there is none. */
size_t table_row_find(const struct table_row *header, const char *name);
