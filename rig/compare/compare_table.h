/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Two CSV tables (RFC 4180, a row a line) held against each other, row by row and column by column.
 */
#include "difference.h"
#include "error.h"

struct compare_table {
	const char *name;   /* for places: "pulses.csv" */
	const char *stored; /* paths */
	const char *remade;
	const char *const *key; /* columns that name a row, NULL-terminated; the place has them in this order */
};

/*
 * Adds what differs: columns, cells, rows that only one has. A stored file that is no such table is a difference too, and the rest of it is not looked at.
 * False (ERROR_CONFIG) when a file cannot be read, or the one made again is no table.
 */
bool compare_tables(const struct compare_table *table, struct differences *differences, struct error *error) must_check;
