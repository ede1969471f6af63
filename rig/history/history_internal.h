/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What the files of this room share about an open history.
 */
#include "history.h"
#include "text.h"

struct history {
	const struct history_driver *driver;
	void *db;
};

enum { QUERY_MAX_VALUES = 16, QUERY_MAX_BYTES = 8192 };

/* A statement under construction; what a filter compares with is bound, never written. */
struct query {
	struct text sql;
	struct history_cell values[QUERY_MAX_VALUES];
	size_t count;
};

#define auto_query cleanup_with(query_finish)

struct query query_make(const char *sql);
/* Appends `words`, in which "$" stands for the value. */
void query_where(struct query *query, const char *words, struct history_cell value);
/* Appends the filter as " AND …" on the table runs, called r. */
void query_filter(struct query *query, const struct history_filter *filter);
bool query_run(struct history *history, struct query *query, history_row *row, void *context, struct error *error) must_check;
void query_finish(struct query *query);
