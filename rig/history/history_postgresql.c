/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <libpq-fe.h>
#include <string.h>

#include "history_db.h"

enum { VALUES_MAX = 32, CELLS_MAX = 32, NUMBER_SIZE = 32 };

/* Types by their numbers in pg_type, which are fixed for the built-in ones. */
enum {
	TYPE_BYTEA = 17,
	TYPE_INT8 = 20,
	TYPE_INT2 = 21,
	TYPE_INT4 = 23,
	TYPE_TEXT = 25,
	TYPE_FLOAT4 = 700,
	TYPE_FLOAT8 = 701,
	TYPE_NUMERIC = 1700
};

/* The server's message on one line. It never holds the connection string, and so no password. */
static bool fail(const char *message, struct error *error)
{
	error_bench(error, "PostgreSQL: %s", message);
	for (char *c = error->text; *c; c++)
		if (*c == '\n')
			*c = c[1] ? ' ' : '\0';
	return false;
}

/* What the server has to tell in passing is not for the user's terminal. */
static void ignore_notice(void *context, const char *message)
{
	(void)context;
	(void)message;
}

static void close_db(void *self)
{
	PQfinish(self);
}

static void *open_db(const char *where, struct error *error)
{
	PGconn *connection = PQconnectdb(where);
	if (!connection || PQstatus(connection) != CONNECTION_OK) {
		fail(connection ? PQerrorMessage(connection) : "out of memory", error);
		PQfinish(connection);
		return NULL;
	}
	PQsetNoticeProcessor(connection, ignore_notice, NULL);
	return connection;
}

static bool check(PGconn *connection, const PGresult *result, struct error *error)
{
	ExecStatusType status = PQresultStatus(result);
	if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
		return true;
	return fail(result ? PQresultErrorMessage(result) : PQerrorMessage(connection), error);
}

static bool script(void *self, const char *sql, struct error *error)
{
	PGresult *result = PQexec(self, sql);
	bool good = check(self, result, error);
	PQclear(result);
	return good;
}

struct parameters {
	Oid types[VALUES_MAX];
	const char *values[VALUES_MAX];
	int lengths[VALUES_MAX], formats[VALUES_MAX];
	char numbers[VALUES_MAX][NUMBER_SIZE];
};

static void set_parameter(struct parameters *parameters, size_t i, const struct history_cell *cell)
{
	switch (cell->kind) {
	case CELL_NULL: return;
	case CELL_INTEGER:
		snprintf(parameters->numbers[i], NUMBER_SIZE, "%" PRId64, cell->integer);
		parameters->types[i] = TYPE_INT8;
		parameters->values[i] = parameters->numbers[i];
		return;
	case CELL_REAL:
		snprintf(parameters->numbers[i], NUMBER_SIZE, "%.17g", cell->real);
		parameters->types[i] = TYPE_FLOAT8;
		parameters->values[i] = parameters->numbers[i];
		return;
	case CELL_TEXT:
		parameters->types[i] = TYPE_TEXT;
		parameters->values[i] = cell->text;
		return;
	case CELL_BYTES:
		parameters->types[i] = TYPE_BYTEA;
		parameters->values[i] = cell->bytes ? cell->bytes : "";
		parameters->lengths[i] = (int)cell->size;
		parameters->formats[i] = 1;
		return;
	}
}

/* *owned: what has to be given back by PQfreemem(), or NULL. */
static struct history_cell cell_of(const PGresult *result, int row, int column, void **owned)
{
	struct history_cell cell = {.kind = CELL_NULL};
	*owned = NULL;
	if (PQgetisnull(result, row, column))
		return cell;
	const char *text = PQgetvalue(result, row, column);
	switch (PQftype(result, column)) {
	case TYPE_INT8:
	case TYPE_INT4:
	case TYPE_INT2: return cell_integer(strtoll(text, NULL, 10));
	case TYPE_FLOAT4:
	case TYPE_FLOAT8:
	case TYPE_NUMERIC: return cell_real(strtod(text, NULL));
	case TYPE_BYTEA:
		cell.kind = CELL_BYTES;
		cell.bytes = *owned = PQunescapeBytea((const unsigned char *)text, &cell.size);
		return cell;
	default: return cell_text(text);
	}
}

static bool give_row(const PGresult *result, int row, history_row *give, void *context, struct error *error)
{
	struct history_cell cells[CELLS_MAX];
	void *owned[CELLS_MAX] = {NULL};
	int columns = PQnfields(result) < CELLS_MAX ? PQnfields(result) : CELLS_MAX;
	for (int i = 0; i < columns; i++)
		cells[i] = cell_of(result, row, i, &owned[i]);
	bool good = give(context, cells, (size_t)columns, error);
	for (int i = 0; i < columns; i++)
		PQfreemem(owned[i]);
	return good;
}

static bool run(void *self, const char *sql, const struct history_cell *values, size_t count, history_row *row, void *context,
		uint64_t *changed, struct error *error)
{
	auto_free struct parameters *parameters = calloc(1, sizeof *parameters);
	if (!parameters || count > VALUES_MAX)
		return error_bench(error, "PostgreSQL: %s", parameters ? "too many values for a statement" : "out of memory");
	for (size_t i = 0; i < count; i++)
		set_parameter(parameters, i, &values[i]);
	PGresult *result =
		PQexecParams(self, sql, (int)count, parameters->types, parameters->values, parameters->lengths, parameters->formats, 0);
	bool good = check(self, result, error);
	for (int i = 0; good && row && i < PQntuples(result); i++)
		good = give_row(result, i, row, context, error);
	if (good && changed)
		*changed = strtoull(PQcmdTuples(result), NULL, 10);
	PQclear(result);
	return good;
}

const struct history_driver history_postgresql = {
	.name = "PostgreSQL",
	/* One writer at a time, also while the tables are made; the number stands for this program's lock and nothing else. */
	.begin = "BEGIN; SELECT pg_advisory_xact_lock(74687367)",
	.bytes_type = "BYTEA",
	.table_exists = "SELECT 1 FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = $1",
	.open = open_db,
	.close = close_db,
	.script = script,
	.run = run,
};
