/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <libpq-fe.h>
#include <string.h>

#include "history_db.h"

enum { VALUES_MAX = 32, CELLS_MAX = 32, NUMBER_SIZE = 32 };

/* Types by their numbers in pg_type, which are fixed for the built-in ones. */
enum { TYPE_BYTEA = 17, TYPE_INT8 = 20, TYPE_INT4 = 23, TYPE_TEXT = 25, TYPE_FLOAT8 = 701 };

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

/* libpq quotes what it cannot read, and that may be the password: its message about the string is not shown. */
static bool is_sound(const char *where, struct error *error)
{
	PQconninfoOption *options = PQconninfoParse(where, NULL);
	PQconninfoFree(options);
	return options ||
	       error_config(error, "the connection string cannot be read: postgresql://USER@HOST:PORT/DATABASE?OPTION=VALUE is needed, "
				   "with %%40 for an @ in a part, %%2F for a /, %%25 for a %%; keep the password in ~/.pgpass");
}

/* Also what the server or the resolver quotes. */
static void hide_password(PGconn *connection, struct error *error)
{
	const char *password = PQpass(connection);
	if (password && *password && strstr(error->text, password))
		error_bench(error, "PostgreSQL: the connection failed; the message holds the password and is not shown");
}

static void *open_db(const char *where, bool looking, struct error *error)
{
	if (!is_sound(where, error))
		return NULL;
	PGconn *connection = PQconnectdb(where);
	if (!connection || PQstatus(connection) != CONNECTION_OK) {
		fail(connection ? PQerrorMessage(connection) : "out of memory", error);
		hide_password(connection, error);
		PQfinish(connection);
		return NULL;
	}
	PGresult *result = looking ? PQexec(connection, "SET default_transaction_read_only = on") : NULL;
	PQclear(result);
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

/* Integers of size bytes and floating-point numbers come in the network's order. */
static uint64_t bits_of(const char *bytes, int size)
{
	uint64_t bits = 0;
	for (int i = 0; i < size; i++)
		bits = bits << 8 | (uint8_t)bytes[i];
	return bits;
}

static struct history_cell cell_of(const PGresult *result, int row, int column)
{
	struct history_cell cell = {.kind = CELL_NULL};
	const char *bytes = PQgetvalue(result, row, column);
	uint64_t bits;
	double real;
	if (PQgetisnull(result, row, column))
		return cell;
	switch (PQftype(result, column)) {
	case TYPE_INT8: return cell_integer((int64_t)bits_of(bytes, 8));
	case TYPE_INT4: return cell_integer((int32_t)bits_of(bytes, 4));
	case TYPE_FLOAT8:
		bits = bits_of(bytes, 8);
		memcpy(&real, &bits, sizeof real);
		return cell_real(real);
	case TYPE_BYTEA:
		cell.kind = CELL_BYTES;
		cell.bytes = bytes;
		cell.size = (size_t)PQgetlength(result, row, column);
		return cell;
	default: return cell_text(bytes);
	}
}

static bool give_row(const PGresult *result, int row, history_row *give, void *context, struct error *error)
{
	struct history_cell cells[CELLS_MAX];
	int columns = PQnfields(result) < CELLS_MAX ? PQnfields(result) : CELLS_MAX;
	for (int i = 0; i < columns; i++)
		cells[i] = cell_of(result, row, i);
	return give(context, cells, (size_t)columns, error);
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
		PQexecParams(self, sql, (int)count, parameters->types, parameters->values, parameters->lengths, parameters->formats, 1);
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
	.is_foreign =
		"SELECT 1 FROM information_schema.tables WHERE table_schema = current_schema() AND table_name IN ('runs', 'judgements', "
		"'statistics', 'single_values', 'earlier_runs') LIMIT 1",
	.open = open_db,
	.close = close_db,
	.script = script,
	.run = run,
};
