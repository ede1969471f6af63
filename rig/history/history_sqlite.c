/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sqlite3.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "history_db.h"
#include "text.h"

/* Another program on this machine may be writing for so long before this one gives up. */
enum { BUSY_MS = 10000, BUSY_RETRY_MS = 20, CELLS_MAX = 32 };

static bool fail(sqlite3 *db, struct error *error)
{
	return error_bench(error, "%s: %s", sqlite3_db_filename(db, "main"), sqlite3_errmsg(db));
}

static bool script(void *self, const char *sql, struct error *error)
{
	return sqlite3_exec(self, sql, NULL, NULL, NULL) == SQLITE_OK || fail(self, error);
}

static void close_db(void *self)
{
	sqlite3_close(self);
}

/* The change to WAL does not wait for others as other statements do: it is refused at once while another program makes the same change. */
static bool use_wal(sqlite3 *db, struct error *error)
{
	const struct timespec retry = {.tv_nsec = BUSY_RETRY_MS * 1000000L};
	int state = SQLITE_BUSY;
	for (int waited_ms = 0; waited_ms <= BUSY_MS; waited_ms += BUSY_RETRY_MS) {
		state = sqlite3_exec(db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
		if (state != SQLITE_BUSY)
			break;
		nanosleep(&retry, NULL);
	}
	return state == SQLITE_OK || fail(db, error);
}

static sqlite3 *open_file(const char *where, int flags, struct error *error)
{
	sqlite3 *db = NULL;
	if (sqlite3_open_v2(where, &db, flags, NULL) != SQLITE_OK) {
		error_bench(error, "%s: %s", where, db ? sqlite3_errmsg(db) : "out of memory");
		sqlite3_close(db);
		return NULL;
	}
	/* A damaged or hostile file must not make the library run what stands in it. */
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	return db;
}

static bool is_readable(sqlite3 *db)
{
	return sqlite3_busy_timeout(db, BUSY_MS) == SQLITE_OK &&
	       sqlite3_exec(db, "SELECT 1 FROM sqlite_master", NULL, NULL, NULL) == SQLITE_OK;
}

/* A file that nobody can be writing: where WAL's own files can neither be made nor are there, it is read as it lies. */
static sqlite3 *open_immutable(const char *where, struct error *error)
{
	auto_text struct text uri = text_make(4 * strlen(where) + 64);
	auto_free char *wal = NULL;
	if (asprintf(&wal, "%s-wal", where) < 0 || access(wal, F_OK) == 0)
		return NULL;
	text_puts(&uri, "file:");
	for (const char *c = where; *c; c++)
		text_printf(&uri, strchr("?#%", *c) ? "%%%02x" : "%c", (unsigned char)*c);
	text_puts(&uri, "?immutable=1");
	return uri.overflown ? NULL : open_file(text_view(&uri), SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, error);
}

static void *look_into(const char *where, struct error *error)
{
	struct error ignored;
	sqlite3 *db = open_file(where, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, error);
	if (!db || is_readable(db))
		return db;
	fail(db, error);
	if (sqlite3_errcode(db) == SQLITE_CANTOPEN || sqlite3_errcode(db) == SQLITE_READONLY) {
		sqlite3 *still = open_immutable(where, &ignored);
		if (still && is_readable(still)) {
			sqlite3_close(db);
			return still;
		}
		sqlite3_close(still);
	}
	sqlite3_close(db);
	return NULL;
}

static void *open_db(const char *where, bool looking, struct error *error)
{
	if (looking)
		return look_into(where, error);
	sqlite3 *db = open_file(where, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, error);
	if (!db)
		return NULL;
	if (!use_wal(db, error) || sqlite3_busy_timeout(db, BUSY_MS) != SQLITE_OK ||
	    !script(db, "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON", error)) {
		sqlite3_close(db);
		return NULL;
	}
	return db;
}

static int bind(sqlite3_stmt *statement, int index, const struct history_cell *cell)
{
	switch (cell->kind) {
	case CELL_NULL: return sqlite3_bind_null(statement, index);
	case CELL_INTEGER: return sqlite3_bind_int64(statement, index, cell->integer);
	case CELL_REAL: return sqlite3_bind_double(statement, index, cell->real);
	case CELL_TEXT: return sqlite3_bind_text(statement, index, cell->text, -1, SQLITE_STATIC);
	case CELL_BYTES: return sqlite3_bind_blob64(statement, index, cell->bytes ? cell->bytes : "", cell->size, SQLITE_STATIC);
	}
	return SQLITE_MISUSE;
}

static bool bind_all(sqlite3 *db, sqlite3_stmt *statement, const struct history_cell *values, size_t count, struct error *error)
{
	for (size_t i = 0; i < count; i++) {
		char name[24];
		snprintf(name, sizeof name, "$%zu", i + 1);
		int index = sqlite3_bind_parameter_index(statement, name);
		if (index > 0 && bind(statement, index, &values[i]) != SQLITE_OK)
			return fail(db, error);
	}
	return true;
}

static struct history_cell cell_of(sqlite3_stmt *statement, int column)
{
	struct history_cell cell = {.kind = CELL_NULL};
	switch (sqlite3_column_type(statement, column)) {
	case SQLITE_INTEGER: return cell_integer(sqlite3_column_int64(statement, column));
	case SQLITE_FLOAT: return cell_real(sqlite3_column_double(statement, column));
	case SQLITE_TEXT: return cell_text((const char *)sqlite3_column_text(statement, column));
	case SQLITE_BLOB:
		cell.kind = CELL_BYTES;
		cell.bytes = sqlite3_column_blob(statement, column);
		cell.size = (size_t)sqlite3_column_bytes(statement, column);
		return cell;
	default: return cell;
	}
}

static bool step_all(sqlite3 *db, sqlite3_stmt *statement, history_row *row, void *context, struct error *error)
{
	int state;
	struct history_cell cells[CELLS_MAX];
	while ((state = sqlite3_step(statement)) == SQLITE_ROW) {
		int columns = sqlite3_column_count(statement);
		for (int i = 0; i < columns && i < CELLS_MAX; i++)
			cells[i] = cell_of(statement, i);
		if (row && !row(context, cells, (size_t)(columns < CELLS_MAX ? columns : CELLS_MAX), error))
			return false;
	}
	return state == SQLITE_DONE || fail(db, error);
}

static bool run(void *self, const char *sql, const struct history_cell *values, size_t count, history_row *row, void *context,
		uint64_t *changed, struct error *error)
{
	sqlite3 *db = self;
	sqlite3_stmt *statement;
	int before = sqlite3_total_changes(db);
	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		return fail(db, error);
	bool good = bind_all(db, statement, values, count, error) && step_all(db, statement, row, context, error);
	sqlite3_finalize(statement);
	if (changed)
		*changed = (uint64_t)(sqlite3_total_changes(db) - before);
	return good;
}

const struct history_driver history_sqlite = {
	.name = "SQLite",
	.begin = "BEGIN IMMEDIATE",
	.bytes_type = "BLOB",
	.is_foreign = "SELECT 1 FROM sqlite_master LIMIT 1",
	.table_exists = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1",
	.open = open_db,
	.close = close_db,
	.script = script,
	.run = run,
};
