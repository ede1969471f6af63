/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "history_schema.h"

#include <string.h>

#include "text.h"

/*
 * What each version adds to the one before; a released one is never changed. Both databases take this text; the type of bytes ("@bytes@") is the one
 * word in which they differ. A run's number is drawn from its id, so that it is the same in every database.
 */
static const char *const STEPS[HISTORY_SCHEMA_VERSION] = {
	"CREATE TABLE runs (\n"
	"  number BIGINT PRIMARY KEY,\n"
	"  id TEXT NOT NULL UNIQUE,\n"
	"  bundle TEXT NOT NULL,\n"
	"  result_sha256 TEXT NOT NULL,\n"
	"  results_sha256 TEXT NOT NULL,\n"
	"  command TEXT NOT NULL,\n"
	"  bench TEXT NOT NULL,\n"
	"  device TEXT,\n"
	"  serial TEXT,\n"
	"  scenario TEXT,\n"
	"  plan_sha256 TEXT,\n"
	"  spec TEXT NOT NULL,\n"
	"  spec_revision BIGINT NOT NULL,\n"
	"  version TEXT NOT NULL,\n"
	"  build TEXT NOT NULL,\n"
	"  operator TEXT,\n"
	"  started TEXT NOT NULL,\n"
	"  started_s DOUBLE PRECISION NOT NULL,\n"
	"  verdict TEXT NOT NULL,\n"
	"  simulated BIGINT NOT NULL CHECK (simulated IN (0, 1)),\n"
	"  attempt BIGINT NOT NULL,\n"
	"  reason TEXT\n"
	");\n"
	"CREATE INDEX runs_started ON runs (started_s);\n"
	"CREATE TABLE judgements (\n"
	"  run BIGINT NOT NULL REFERENCES runs (number),\n"
	"  requirement TEXT NOT NULL,\n"
	"  revision BIGINT NOT NULL,\n"
	"  fingerprint TEXT,\n"
	"  measurand TEXT NOT NULL,\n"
	"  unit TEXT,\n"
	"  verdict TEXT NOT NULL,\n"
	"  value DOUBLE PRECISION,\n"
	"  u DOUBLE PRECISION,\n"
	"  lower_limit DOUBLE PRECISION,\n"
	"  upper_limit DOUBLE PRECISION,\n"
	"  planned DOUBLE PRECISION,\n"
	"  PRIMARY KEY (run, requirement)\n"
	");\n"
	"CREATE INDEX judgements_requirement ON judgements (requirement, run);\n"
	"CREATE TABLE statistics (\n"
	"  run BIGINT NOT NULL REFERENCES runs (number),\n"
	"  measurand TEXT NOT NULL,\n"
	"  version BIGINT NOT NULL,\n"
	"  unit TEXT,\n"
	"  n BIGINT NOT NULL,\n"
	"  voided BIGINT NOT NULL,\n"
	"  mean DOUBLE PRECISION,\n"
	"  standard_deviation DOUBLE PRECISION,\n"
	"  minimum DOUBLE PRECISION,\n"
	"  maximum DOUBLE PRECISION,\n"
	"  u_mean DOUBLE PRECISION,\n"
	"  PRIMARY KEY (run, measurand)\n"
	");\n"
	"CREATE INDEX statistics_measurand ON statistics (measurand, run);\n",

	"CREATE TABLE single_values (\n"
	"  run BIGINT NOT NULL REFERENCES runs (number),\n"
	"  measurand TEXT NOT NULL,\n"
	"  packed @bytes@ NOT NULL,\n"
	"  PRIMARY KEY (run, measurand)\n"
	");\n"
	"CREATE INDEX single_values_measurand ON single_values (measurand, run);\n",

	"ALTER TABLE runs ADD COLUMN ledger_first TEXT;\n"
	"ALTER TABLE runs ADD COLUMN ledger_line BIGINT;\n"
	"ALTER TABLE runs ADD COLUMN ledger_began TEXT;\n"
	"CREATE TABLE earlier_runs (\n"
	"  run BIGINT NOT NULL REFERENCES runs (number),\n"
	"  earlier TEXT NOT NULL,\n"
	"  began TEXT,\n"
	"  verdict TEXT,\n"
	"  sums_sha256 TEXT,\n"
	"  PRIMARY KEY (run, earlier)\n"
	");\n"
	"CREATE INDEX earlier_runs_earlier ON earlier_runs (earlier);\n",
};

enum { STEP_MAX = 16384 };

static bool take_step(const struct history_driver *driver, void *db, int version, struct error *error)
{
	static const char WORD[] = "@bytes@";
	auto_text struct text sql = text_make(STEP_MAX);
	for (const char *at = STEPS[version - 1]; *at;) {
		const char *word = strstr(at, WORD);
		size_t length = word ? (size_t)(word - at) : strlen(at);
		text_append(&sql, at, length);
		if (word)
			text_puts(&sql, driver->bytes_type);
		at += length + (word ? sizeof WORD - 1 : 0);
	}
	text_printf(&sql, "DELETE FROM tmsrig_history; INSERT INTO tmsrig_history (version) VALUES (%d)", version);
	if (sql.overflown)
		return error_bench(error, "out of memory");
	return driver->script(db, text_view(&sql), error);
}

static bool keep_integer(void *context, const struct history_cell *cells, size_t count, struct error *error)
{
	(void)error;
	*(int64_t *)context = count > 0 && cells[0].kind == CELL_INTEGER ? cells[0].integer : -1;
	return true;
}

bool history_version(const struct history_driver *driver, void *db, int64_t *version, struct error *error)
{
	const struct history_cell name = cell_text("tmsrig_history");
	int64_t there = 0;
	*version = 0;
	if (!driver->run(db, driver->table_exists, &name, 1, keep_integer, &there, NULL, error))
		return false;
	return there == 0 || driver->run(db, "SELECT version FROM tmsrig_history", NULL, 0, keep_integer, version, NULL, error);
}

bool history_version_known(const char *where, int64_t version, struct error *error)
{
	if (version >= 0 && version <= HISTORY_SCHEMA_VERSION)
		return true;
	return error_config(error,
			    "%s: the history has tables of version %lld, this tmsrig knows up to %d; use the tmsrig that made them, "
			    "or a newer one",
			    where, (long long)version, HISTORY_SCHEMA_VERSION);
}

/* Somebody else's database is not to get tables by a mistake in a name. */
static bool begin_history(const struct history_driver *driver, void *db, const char *where, struct error *error)
{
	int64_t foreign = 0;
	if (!driver->run(db, driver->is_foreign, NULL, 0, keep_integer, &foreign, NULL, error))
		return false;
	if (foreign)
		return error_config(
			error, "%s: this database is no history of tmsrig, and has tables of its own; name another, or a new one", where);
	return driver->script(db, "CREATE TABLE tmsrig_history (version BIGINT NOT NULL)", error);
}

static bool migrate(const struct history_driver *driver, void *db, const char *where, int version, struct error *error)
{
	int64_t found;
	if (!history_version(driver, db, &found, error) || !history_version_known(where, found, error) ||
	    (found == 0 && !begin_history(driver, db, where, error)))
		return false;
	for (int next = (int)found + 1; next <= version; next++)
		if (!take_step(driver, db, next, error))
			return false;
	return true;
}

bool history_migrate(const struct history_driver *driver, void *db, const char *where, int version, struct error *error)
{
	struct error ignored = {0};
	if (!driver->script(db, driver->begin, error))
		return false;
	if (migrate(driver, db, where, version, error) && driver->script(db, "COMMIT", error))
		return true;
	/* What went wrong before is what counts. */
	bool undone = driver->script(db, "ROLLBACK", &ignored);
	(void)undone;
	return false;
}
