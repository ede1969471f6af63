/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The one interface to a database that the history is kept in; each driver is one file. The SQL is the same text for all of them: statements bind
 * their values ($1, $2, …), nothing that comes from a file is ever part of the text.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum history_cell_kind { CELL_NULL, CELL_INTEGER, CELL_REAL, CELL_TEXT, CELL_BYTES };

struct history_cell {
	enum history_cell_kind kind;
	int64_t integer;
	double real;
	const char *text;  /* NUL-terminated UTF-8 */
	const void *bytes; /* of CELL_BYTES */
	size_t size;
};

/* A row of a result; cells are valid during the call. False with *error ends the statement as a failure. */
typedef bool history_row(void *context, const struct history_cell *cells, size_t count, struct error *error);

struct history_driver {
	const char *name;
	const char *begin;        /* SQL that begins a transaction beside which nobody else writes */
	const char *bytes_type;   /* the name of the type for CELL_BYTES, the one word in which the schemas differ */
	const char *table_exists; /* SQL: one row when there is a table of the name $1 */
	const char *is_foreign;   /* SQL: one row when there are tables beside which, without a history, none should be made */
	/* where: a file or a connection string, which no message shows. looking: nothing is written. NULL and ERROR_CONFIG or ERROR_BENCH on failure. */
	void *(*open)(const char *where, bool looking, struct error *error)must_check;
	void (*close)(void *self);
	/* One or more statements without values. ERROR_BENCH. */
	bool (*script)(void *self, const char *sql, struct error *error) must_check;
	/* One statement. row and changed (the number of rows it changed) may be NULL. ERROR_BENCH. */
	bool (*run)(void *self, const char *sql, const struct history_cell *values, size_t count, history_row *row, void *context,
		    uint64_t *changed, struct error *error) must_check;
};

extern const struct history_driver history_sqlite;
#ifdef TMSRIG_POSTGRESQL
extern const struct history_driver history_postgresql;
#endif

/* A text, NULL as NULL; a real number, NAN as NULL. */
static inline struct history_cell cell_text(const char *text)
{
	return (struct history_cell){.kind = text ? CELL_TEXT : CELL_NULL, .text = text};
}

static inline struct history_cell cell_real(double real)
{
	return (struct history_cell){.kind = real == real ? CELL_REAL : CELL_NULL, .real = real};
}

static inline struct history_cell cell_integer(int64_t integer)
{
	return (struct history_cell){.kind = CELL_INTEGER, .integer = integer};
}
