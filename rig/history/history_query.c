/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "history_internal.h"

struct query query_make(const char *sql)
{
	struct query query = {.sql = text_make(QUERY_MAX_BYTES)};
	text_puts(&query.sql, sql);
	return query;
}

void query_where(struct query *query, const char *words, struct history_cell value)
{
	const char *place = strchr(words, '$');
	if (query->count == QUERY_MAX_VALUES) {
		query->sql.overflown = true;
		return;
	}
	query->values[query->count++] = value;
	text_printf(&query->sql, "%.*s$%zu%s", (int)(place - words), words, query->count, place + 1);
}

void query_filter(struct query *query, const struct history_filter *filter)
{
	const struct {
		const char *words, *value;
	} parts[] = {
		{" AND r.bench = $", filter->bench},       {" AND r.device = $", filter->device}, {" AND r.serial = $", filter->serial},
		{" AND r.scenario = $", filter->scenario}, {" AND r.spec = $", filter->spec},     {" AND r.verdict = $", filter->verdict},
	};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (parts[i].value)
			query_where(query, parts[i].words, cell_text(parts[i].value));
	if (filter->since_s > 0)
		query_where(query, " AND r.started_s >= $", cell_real(filter->since_s));
	if (filter->simulated != SIMULATED_TOO)
		query_where(query, " AND r.simulated = $", cell_integer(filter->simulated == SIMULATED_ONLY));
}

bool query_run(struct history *history, struct query *query, history_row *row, void *context, struct error *error)
{
	if (query->sql.overflown)
		return error_bench(error, "out of memory");
	return history->driver->run(history->db, text_view(&query->sql), query->values, query->count, row, context, NULL, error);
}

void query_finish(struct query *query)
{
	text_finish(&query->sql);
}

struct run_reader {
	history_run_row *row;
	void *context;
};

static bool read_run(void *context, const struct history_cell *c, size_t count, struct error *error)
{
	const struct run_reader *reader = context;
	(void)count;
	const struct history_run run = {
		.id = c[0].text,
		.bundle = c[1].text,
		.results_sha256 = c[2].text,
		.bench = c[3].text,
		.device = c[4].text,
		.serial = c[5].text,
		.scenario = c[6].text,
		.spec = c[7].text,
		.spec_revision = c[8].integer,
		.version = c[9].text,
		.build = c[10].text,
		.started = c[11].text,
		.verdict = c[12].text,
		.simulated = c[13].integer != 0,
		.attempt = c[14].integer,
		.reason = c[15].text,
		.ledger_first = c[16].text,
		.ledger_line = c[17].integer,
	};
	return reader->row(reader->context, &run, error);
}

bool history_runs(struct history *history, const struct history_filter *filter, history_run_row *row, void *context, struct error *error)
{
	struct run_reader reader = {row, context};
	auto_query struct query query =
		query_make("SELECT r.id, r.bundle, r.results_sha256, r.bench, r.device, r.serial, r.scenario, r.spec, r.spec_revision, "
			   "r.version, r.build, r.started, r.verdict, r.simulated, r.attempt, r.reason, r.ledger_first, "
			   "r.ledger_line FROM runs r WHERE 1 = 1");
	query_filter(&query, filter);
	text_puts(&query.sql, " ORDER BY r.started_s, r.id");
	return query_run(history, &query, read_run, &reader, error);
}

static bool read_count(void *context, const struct history_cell *cells, size_t count, struct error *error)
{
	(void)error;
	*(size_t *)context = count > 0 ? (size_t)cells[0].integer : 0;
	return true;
}

bool history_left_out(struct history *history, const struct history_filter *filter, size_t *runs, struct error *error)
{
	*runs = 0;
	if (filter->simulated == SIMULATED_TOO)
		return true;
	struct history_filter others = *filter;
	others.simulated = filter->simulated == SIMULATED_ONLY ? SIMULATED_LEFT_OUT : SIMULATED_ONLY;
	auto_query struct query query = query_make("SELECT COUNT(*) FROM runs r WHERE 1 = 1");
	query_filter(&query, &others);
	return query_run(history, &query, read_count, runs, error);
}

struct name_reader {
	history_name_row *row;
	void *context;
};

static bool read_name(void *context, const struct history_cell *cells, size_t count, struct error *error)
{
	const struct name_reader *reader = context;
	return count == 0 || cells[0].kind != CELL_TEXT || reader->row(reader->context, cells[0].text, error);
}

bool history_measurand_names(struct history *history, const struct history_filter *filter, history_name_row *row, void *context,
			     struct error *error)
{
	struct name_reader reader = {row, context};
	auto_query struct query query =
		query_make("SELECT DISTINCT s.measurand FROM statistics s JOIN runs r ON r.number = s.run WHERE 1 = 1");
	query_filter(&query, filter);
	return query_run(history, &query, read_name, &reader, error);
}

bool history_requirement_names(struct history *history, const struct history_filter *filter, history_name_row *row, void *context,
			       struct error *error)
{
	struct name_reader reader = {row, context};
	auto_query struct query query =
		query_make("SELECT DISTINCT j.requirement FROM judgements j JOIN runs r ON r.number = j.run WHERE 1 = 1");
	query_filter(&query, filter);
	return query_run(history, &query, read_name, &reader, error);
}

struct flaky_reader {
	history_flaky_row *row;
	void *context;
};

static bool read_flaky(void *context, const struct history_cell *c, size_t count, struct error *error)
{
	const struct flaky_reader *reader = context;
	(void)count;
	const struct history_flaky flaky = {
		.requirement = c[0].text,
		.revision = c[1].integer,
		.bench = c[2].text,
		.device = c[3].text,
		.serial = c[4].text,
		.scenario = c[5].text,
		.spec = c[6].text,
		.version = c[7].text,
		.build = c[8].text,
		.simulated = c[9].integer != 0,
		.runs = c[10].integer,
		.passed = c[11].integer,
		.failed = c[12].integer,
		.other = c[10].integer - c[11].integer - c[12].integer,
		.first = c[13].text,
		.last = c[14].text,
	};
	return reader->row(reader->context, &flaky, error);
}

bool history_flaky(struct history *history, const struct history_filter *filter, history_flaky_row *row, void *context, struct error *error)
{
	struct flaky_reader reader = {row, context};
	/* The hash of the plan, not its name, tells whether two runs asked for the same; of a recording without a plan nobody knows. */
	auto_query struct query query = query_make(
		"SELECT j.requirement, j.revision, r.bench, r.device, r.serial, r.scenario, r.spec, r.version, r.build, r.simulated, "
		"COUNT(*), COUNT(CASE WHEN j.verdict = 'pass' THEN 1 END), COUNT(CASE WHEN j.verdict = 'fail' THEN 1 END), "
		"MIN(r.started), MAX(r.started) FROM judgements j JOIN runs r ON r.number = j.run WHERE r.plan_sha256 IS NOT NULL");
	query_filter(&query, filter);
	text_puts(&query.sql, " GROUP BY j.requirement, j.revision, j.fingerprint, r.bench, r.device, r.serial, r.scenario, r.plan_sha256, "
			      "r.spec, r.spec_revision, r.version, r.build, r.simulated HAVING COUNT(DISTINCT j.verdict) > 1 "
			      "ORDER BY j.requirement, j.revision, MIN(r.started)");
	return query_run(history, &query, read_flaky, &reader, error);
}
