/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "history.h"

#include <string.h>
#include <sys/stat.h>

#include "history_internal.h"
#include "history_schema.h"
#include "packed.h"

static bool is_postgresql(const char *where)
{
	return strncmp(where, "postgresql://", strlen("postgresql://")) == 0 || strncmp(where, "postgres://", strlen("postgres://")) == 0;
}

/* A connection string in a form that is taken for a file would stand in messages, and in a name, with its password. */
static bool looks_like_connection(const char *where)
{
	static const char *const WORDS[] = {"password=", "dbname=", "host=", "://"};
	if (*where == '/' || *where == '.')
		return false;
	for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
		if (strstr(where, WORDS[i]))
			return true;
	return strncmp(where, "postgres:", strlen("postgres:")) == 0 || strncmp(where, "postgresql:", strlen("postgresql:")) == 0;
}

static const struct history_driver *driver_of(const char *where, struct error *error)
{
	*error = (struct error){0};
	if (!is_postgresql(where) && looks_like_connection(where)) {
		error_config(error, "the history is a file or postgresql://…, and this looks like a connection string of another form; "
				    "postgresql://USER@HOST/DATABASE is needed (for a file of that name: ./NAME)");
		return NULL;
	}
	if (!is_postgresql(where))
		return &history_sqlite;
#ifdef TMSRIG_POSTGRESQL
	return &history_postgresql;
#else
	error_config(error, "this build has no PostgreSQL: install libpq-dev and build again, or name a file");
	return NULL;
#endif
}

static struct history *open_it(const char *where, bool looking, struct error *error)
{
	const struct history_driver *driver = driver_of(where, error);
	auto_history struct history *history = driver ? calloc(1, sizeof *history) : NULL;
	if (!history) {
		if (driver)
			error_bench(error, "out of memory");
		return NULL;
	}
	history->driver = driver;
	history->db = driver->open(where, looking, error);
	return history->db ? steal(&history) : NULL;
}

/* A connection string may hold a password. */
static const char *name_of(const char *where)
{
	return is_postgresql(where) ? "PostgreSQL" : where;
}

struct history *history_open(const char *where, struct error *error)
{
	auto_history struct history *history = open_it(where, false, error);
	if (!history || !history_migrate(history->driver, history->db, name_of(where), HISTORY_SCHEMA_VERSION, error))
		return NULL;
	return steal(&history);
}

struct history *history_open_existing(const char *where, struct error *error)
{
	struct stat status;
	int64_t version = 0;
	if (!driver_of(where, error))
		return NULL;
	if (is_postgresql(where) || stat(where, &status) == 0) {
		auto_history struct history *history = open_it(where, true, error);
		if (!history || !history_version(history->driver, history->db, &version, error) ||
		    !history_version_known(name_of(where), version, error))
			return NULL;
		if (version == HISTORY_SCHEMA_VERSION)
			return steal(&history);
	}
	if (version > 0)
		return history_open(where, error);
	error_config(error, "%s: there is no history here yet; `tmsrig history add BUNDLE...` begins one", name_of(where));
	return NULL;
}

void history_close(struct history *history)
{
	if (!history)
		return;
	if (history->db)
		history->driver->close(history->db);
	free(history);
}

/* The first 63 bits of the SHA-256 of the id. Two runs of one number would be refused by the database, not confused. */
static bool number_of(const char *id, int64_t *number, struct error *error)
{
	char hex[DIGEST_HEX_SIZE];
	auto_digest struct digest *digest = digest_create(error);
	if (!digest)
		return false;
	digest_update(digest, id, strlen(id));
	digest_finish(digest, hex);
	hex[16] = '\0';
	*number = (int64_t)(strtoull(hex, NULL, 16) >> 1);
	return true;
}

static bool insert_run(struct history *history, const struct run_record *r, int64_t number, bool *added, struct error *error)
{
	const struct history_cell values[] = {
		cell_integer(number),
		cell_text(r->id),
		cell_text(r->bundle ? r->bundle : ""),
		cell_text(r->result_sha256),
		cell_text(r->results_sha256),
		cell_text(r->command),
		cell_text(r->bench),
		cell_text(r->device),
		cell_text(r->serial),
		cell_text(r->scenario),
		cell_text(r->plan_sha256),
		cell_text(r->spec),
		cell_integer(r->spec_revision),
		cell_text(r->version),
		cell_text(r->build),
		cell_text(r->operator_name),
		cell_text(r->started),
		cell_real(r->started_s),
		cell_text(r->verdict),
		cell_integer(r->simulated),
		cell_integer(r->attempt),
		cell_text(r->reason),
		cell_text(r->ledger_first),
		r->ledger_line > 0 ? cell_integer(r->ledger_line) : cell_text(NULL),
		cell_text(r->ledger_began),
	};
	uint64_t changed;
	if (!history->driver->run(
		    history->db,
		    "INSERT INTO runs (number, id, bundle, result_sha256, results_sha256, command, bench, device, serial, scenario, "
		    "plan_sha256, spec, spec_revision, version, build, operator, started, started_s, verdict, simulated, attempt, "
		    "reason, ledger_first, ledger_line, ledger_began) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, "
		    "$15, "
		    "$16, $17, $18, $19, $20, $21, $22, $23, $24, $25) ON CONFLICT (id) DO NOTHING",
		    values, sizeof values / sizeof *values, NULL, NULL, &changed, error))
		return false;
	*added = changed > 0;
	return true;
}

static bool insert_earlier(struct history *history, int64_t number, const struct run_earlier *e, struct error *error)
{
	const struct history_cell values[] = {
		cell_integer(number), cell_text(e->id), cell_text(e->began), cell_text(e->verdict), cell_text(e->sums_sha256),
	};
	return history->driver->run(
		history->db,
		"INSERT INTO earlier_runs (run, earlier, began, verdict, sums_sha256) VALUES ($1, $2, $3, $4, $5) ON CONFLICT "
		"(run, earlier) DO NOTHING",
		values, sizeof values / sizeof *values, NULL, NULL, NULL, error);
}

static bool insert_judgement(struct history *history, int64_t number, const struct run_judgement *j, struct error *error)
{
	const struct history_cell values[] = {
		cell_integer(number),    cell_text(j->requirement), cell_integer(j->revision), cell_text(j->fingerprint),
		cell_text(j->measurand), cell_text(j->unit),        cell_text(j->verdict),     cell_real(j->value),
		cell_real(j->u),         cell_real(j->lower),       cell_real(j->upper),       cell_real(j->planned),
	};
	return history->driver->run(history->db,
				    "INSERT INTO judgements (run, requirement, revision, fingerprint, measurand, unit, verdict, value, u, "
				    "lower_limit, upper_limit, planned) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
				    values, sizeof values / sizeof *values, NULL, NULL, NULL, error);
}

static bool insert_values(struct history *history, int64_t number, const struct run_statistics *s, struct error *error)
{
	auto_free uint8_t *bytes = malloc(s->value_count * PACKED_SIZE + 1);
	if (!bytes)
		return error_bench(error, "out of memory");
	pack_values(bytes, s->values, s->value_count);
	const struct history_cell values[] = {
		cell_integer(number),
		cell_text(s->measurand),
		{.kind = CELL_BYTES, .bytes = bytes, .size = s->value_count * PACKED_SIZE},
	};
	return history->driver->run(history->db, "INSERT INTO single_values (run, measurand, packed) VALUES ($1, $2, $3)", values, 3, NULL,
				    NULL, NULL, error);
}

static bool insert_statistics(struct history *history, int64_t number, const struct run_statistics *s, struct error *error)
{
	const struct history_cell values[] = {
		cell_integer(number),  cell_text(s->measurand), cell_integer(s->version), cell_text(s->unit),
		cell_integer(s->n),    cell_integer(s->voided), cell_real(s->mean),       cell_real(s->sd),
		cell_real(s->minimum), cell_real(s->maximum),   cell_real(s->u_mean),
	};
	if (!history->driver->run(
		    history->db,
		    "INSERT INTO statistics (run, measurand, version, unit, n, voided, mean, standard_deviation, minimum, maximum, "
		    "u_mean) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
		    values, sizeof values / sizeof *values, NULL, NULL, NULL, error))
		return false;
	return s->value_count == 0 || insert_values(history, number, s, error);
}

struct known {
	char result_sha256[DIGEST_HEX_SIZE];
	bool found;
};

static bool read_known(void *context, const struct history_cell *cells, size_t count, struct error *error)
{
	struct known *known = context;
	(void)error;
	known->found = count > 0 && cells[0].kind == CELL_TEXT;
	if (known->found)
		snprintf(known->result_sha256, sizeof known->result_sha256, "%s", cells[0].text);
	return true;
}

/* The run that is there already must be this one. */
static bool check_known(struct history *history, const struct run_record *record, struct error *error)
{
	struct known known = {.found = false};
	const struct history_cell id = cell_text(record->id);
	if (!history->driver->run(history->db, "SELECT result_sha256 FROM runs WHERE id = $1", &id, 1, read_known, &known, NULL, error))
		return false;
	if (known.found && strcmp(known.result_sha256, record->result_sha256) == 0)
		return true;
	return error_config(
		error,
		"%s: the history has run %s with another result.json (SHA-256 %.12s…, here %.12s…); one of the two was changed, nothing "
		"was added",
		record->bundle ? record->bundle : record->id, record->id, known.result_sha256, record->result_sha256);
}

static bool add(struct history *history, const struct run_record *record, bool *added, struct error *error)
{
	int64_t number;
	if (!number_of(record->id, &number, error) || !insert_run(history, record, number, added, error))
		return false;
	if (!*added)
		return check_known(history, record, error);
	for (size_t i = 0; i < record->earlier_count; i++)
		if (!insert_earlier(history, number, &record->earlier[i], error))
			return false;
	for (size_t i = 0; i < record->judgement_count; i++)
		if (!insert_judgement(history, number, &record->judgements[i], error))
			return false;
	for (size_t i = 0; i < record->statistics_count; i++)
		if (!insert_statistics(history, number, &record->statistics[i], error))
			return false;
	return true;
}

bool history_add(struct history *history, const struct run_record *record, bool *added, struct error *error)
{
	struct error ignored = {0};
	*added = false;
	if (!history->driver->script(history->db, history->driver->begin, error))
		return false;
	if (add(history, record, added, error) && history->driver->script(history->db, "COMMIT", error))
		return true;
	*added = false;
	/* What went wrong before is what counts. */
	bool undone = history->driver->script(history->db, "ROLLBACK", &ignored);
	(void)undone;
	return false;
}
