/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The history in a database: the same tests in SQLite and, where TMSRIG_TEST_POSTGRESQL is the connection string of a server (tests/history.sh starts one),
 * in PostgreSQL.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "history.h"
#include "history_schema.h"
#include "trend.h"

enum { WHERE_SIZE = 512, DAY_S = 86400 };

/* 2026-11-01T00:00:00Z */
static const double FIRST_S = 1793491200;

static const struct history_driver *driver_of(const char *where)
{
#ifdef TMSRIG_POSTGRESQL
	if (strncmp(where, "postgresql:", 11) == 0)
		return &history_postgresql;
#endif
	(void)where;
	return &history_sqlite;
}

/* Runs the body in an empty database of each kind; tests may run side by side. */
static void in_each(const char *name, void (*body)(const char *where))
{
	char where[WHERE_SIZE], folder[] = "/tmp/tmsrig-history-XXXXXX";
	cr_assert_not_null(mkdtemp(folder));
	snprintf(where, sizeof where, "%s/history.sqlite", folder);
	body(where);
	static const char *const LEFT[] = {"", "-wal", "-shm"};
	for (size_t i = 0; i < sizeof LEFT / sizeof *LEFT; i++) {
		char file[WHERE_SIZE + 8];
		snprintf(file, sizeof file, "%s%s", where, LEFT[i]);
		unlink(file);
	}
	rmdir(folder);
#ifdef TMSRIG_POSTGRESQL
	const char *server = getenv("TMSRIG_TEST_POSTGRESQL");
	if (!server)
		return;
	struct error error = {0};
	char sql[256];
	void *db = history_postgresql.open(server, false, &error);
	cr_assert_not_null(db, "%s", error.text);
	snprintf(sql, sizeof sql, "DROP SCHEMA IF EXISTS test_%s CASCADE; CREATE SCHEMA test_%s", name, name);
	cr_assert(history_postgresql.script(db, sql, &error), "%s", error.text);
	history_postgresql.close(db);
	snprintf(where, sizeof where, "%s%coptions=-csearch_path%%3Dtest_%s", server, strchr(server, '?') ? '&' : '?', name);
	body(where);
	fprintf(stderr, "# %s: in PostgreSQL too\n", name);
#else
	(void)name;
#endif
}

/* A run by hand; day: of November 2026. What it points to is the caller's. */
struct made {
	struct run_record record;
	struct run_judgement judgement;
	struct run_statistics statistics;
	double values[4];
	char id[32], started[32];
};

static void make(struct made *made, int day, bool simulated, double value)
{
	*made = (struct made){.values = {value - 1, value, NAN, value + 1}};
	snprintf(made->id, sizeof made->id, "run-%d-%d", day, simulated);
	snprintf(made->started, sizeof made->started, "2026-11-%02dT00:00:00Z", day);
	made->judgement = (struct run_judgement){.requirement = "R1",
						 .fingerprint = NULL,
						 .measurand = "pulse.peak1",
						 .unit = "A",
						 .verdict = value > 100 ? "fail" : "pass",
						 .revision = 1,
						 .value = value,
						 .u = 0.5,
						 .lower = NAN,
						 .upper = 100,
						 .planned = NAN};
	made->statistics = (struct run_statistics){.measurand = "pulse.peak1",
						   .unit = "A",
						   .version = 1,
						   .count = 4,
						   .n = 3,
						   .voided = 1,
						   .mean = value,
						   .sd = 1,
						   .minimum = value - 1,
						   .maximum = value + 1,
						   .u_mean = 0.7,
						   .values = made->values,
						   .value_count = 4};
	made->record = (struct run_record){.id = made->id,
					   .bundle = "/evidence/1",
					   .results_sha256 = "ab",
					   .command = "run",
					   .bench = "b1",
					   .device = "d1",
					   .serial = "SN1",
					   .scenario = "smoke",
					   .plan_sha256 = "p1",
					   .spec = "s1",
					   .version = "0.1.0",
					   .build = "release",
					   .started = made->started,
					   .verdict = made->judgement.verdict,
					   .spec_revision = 1,
					   .attempt = 1,
					   .started_s = FIRST_S + (day - 1) * DAY_S,
					   .simulated = simulated,
					   .judgements = &made->judgement,
					   .judgement_count = 1,
					   .statistics = &made->statistics,
					   .statistics_count = 1};
	snprintf(made->record.result_sha256, sizeof made->record.result_sha256, "%064d", day);
}

static bool add(struct history *history, const struct made *made)
{
	struct error error = {0};
	bool added = false;
	cr_assert(history_add(history, &made->record, &added, &error), "%s", error.text);
	return added;
}

static void add_value(struct history *history, int day, bool simulated, double value)
{
	struct made made;
	make(&made, day, simulated, value);
	cr_assert(add(history, &made));
}

static struct history *open_history(const char *where)
{
	struct error error = {0};
	struct history *history = history_open(where, &error);
	cr_assert_not_null(history, "%s", error.text);
	return history;
}

static bool count_run(void *context, const struct history_run *run, struct error *error)
{
	(void)run;
	(void)error;
	++*(size_t *)context;
	return true;
}

static size_t runs_of(struct history *history, const struct history_filter *filter)
{
	struct error error = {0};
	size_t count = 0;
	cr_assert(history_runs(history, filter, count_run, &count, &error), "%s", error.text);
	return count;
}

static const struct history_filter ALL = {.simulated = SIMULATED_TOO};

static void once(const char *where)
{
	struct made made;
	struct error error = {0};
	bool added;
	struct history *history = open_history(where);
	make(&made, 3, false, 50);
	cr_expect(add(history, &made));
	cr_expect_not(add(history, &made), "the same run is added once");
	history_close(history);
	history = open_history(where);
	cr_expect_not(add(history, &made), "also after the history was closed");
	cr_expect_eq(runs_of(history, &ALL), 1);
	snprintf(made.record.result_sha256, sizeof made.record.result_sha256, "%064d", 999);
	cr_expect_not(history_add(history, &made.record, &added, &error));
	cr_expect_eq(error.kind, ERROR_CONFIG);
	cr_expect(strstr(error.text, "one of the two was changed"), "%s", error.text);
	cr_expect_eq(runs_of(history, &ALL), 1);
	history_close(history);
}

Test(history_database, a_run_is_in_it_once)
{
	in_each("once", once);
}

static void whole(const char *where)
{
	struct made made;
	struct run_judgement twice[2];
	struct error error = {0};
	bool added = true;
	struct history *history = open_history(where);
	make(&made, 3, false, 50);
	twice[0] = twice[1] = made.judgement;
	made.record.judgements = twice;
	made.record.judgement_count = 2;
	cr_expect_not(history_add(history, &made.record, &added, &error));
	cr_expect_not(added);
	cr_expect_eq(error.kind, ERROR_BENCH);
	cr_expect_eq(runs_of(history, &ALL), 0, "a run is added whole or not at all");
	made.record.judgement_count = 1;
	cr_expect(add(history, &made), "and the history goes on");
	history_close(history);
}

Test(history_database, whole_or_not_at_all)
{
	in_each("whole", whole);
}

static bool keep_serial(void *context, const struct history_run *run, struct error *error)
{
	(void)error;
	snprintf(context, 128, "%s", run->serial);
	return true;
}

static void hostile(const char *where)
{
	static const char SERIAL[] = "x'; DROP TABLE runs; -- \" $1 \xc3\xa9";
	struct made made;
	struct error error = {0};
	char serial[128];
	struct history *history = open_history(where);
	make(&made, 3, false, 50);
	made.record.serial = SERIAL;
	cr_assert(add(history, &made));
	cr_assert(history_runs(history, &ALL, keep_serial, serial, &error), "%s", error.text);
	cr_expect_str_eq(serial, SERIAL);
	struct history_filter filter = {.serial = SERIAL}, other = {.serial = "' OR 1 = 1 --"};
	cr_expect_eq(runs_of(history, &filter), 1);
	cr_expect_eq(runs_of(history, &other), 0);
	history_close(history);
}

Test(history_database, what_stands_in_a_bundle_is_never_sql)
{
	in_each("hostile", hostile);
}

static void filtered(const char *where)
{
	struct history *history = open_history(where);
	for (int day = 1; day <= 9; day++)
		add_value(history, day, day % 3 == 0, day == 8 ? 200 : 50);
	struct made made;
	make(&made, 10, false, 50);
	made.record.bench = "b2";
	made.record.device = NULL;
	cr_assert(add(history, &made));
	struct error error = {0};
	size_t left_out;
	const struct history_filter real = {0}, simulated = {.simulated = SIMULATED_ONLY}, bench = {.bench = "b2"},
				    since = {.since_s = FIRST_S + 6 * DAY_S}, failed = {.verdict = "fail"},
				    device = {.device = "d1", .simulated = SIMULATED_TOO};
	cr_expect_eq(runs_of(history, &ALL), 10);
	cr_expect_eq(runs_of(history, &real), 7);
	cr_expect_eq(runs_of(history, &simulated), 3);
	cr_expect_eq(runs_of(history, &bench), 1);
	cr_expect_eq(runs_of(history, &since), 3);
	cr_expect_eq(runs_of(history, &failed), 1);
	cr_expect_eq(runs_of(history, &device), 9);
	cr_assert(history_left_out(history, &real, &left_out, &error));
	cr_expect_eq(left_out, 3);
	cr_assert(history_left_out(history, &simulated, &left_out, &error));
	cr_expect_eq(left_out, 7);
	cr_assert(history_left_out(history, &bench, &left_out, &error));
	cr_expect_eq(left_out, 0);
	history_close(history);
}

Test(history_database, filters)
{
	in_each("filtered", filtered);
}

static void trends(const char *where)
{
	struct error error = {0};
	struct history *history = open_history(where);
	/* Added in another order than they were made in; a simulated one must not be seen. */
	for (int day = 9; day >= 1; day--)
		add_value(history, day, day == 5, 10 + 2 * day);
	const struct history_filter real = {0};
	auto_history_points struct history_points *means = history_measurand(history, &real, "pulse.peak1", &error);
	cr_assert_not_null(means, "%s", error.text);
	cr_assert_eq(means->count, 8);
	cr_expect_str_eq(means->unit, "A");
	cr_expect(means->points[0].value == 12 && means->points[7].value == 28 && means->points[0].u == 0.7 && means->points[0].n == 3);
	auto_trend struct trend trend = {0};
	cr_assert(trend_of(means, &trend, &error));
	cr_expect_float_eq(trend.drift.slope, 2, 1e-12, "2 A a day");
	cr_expect_lt(trend.drift.p, 1e-6);
	cr_expect_eq(trend.limits, LIMITS_NONE);
	cr_expect_eq(trend.simulated, 0);
	auto_history_points struct history_points *values = history_values(history, &real, "pulse.peak1", &error);
	cr_assert_not_null(values, "%s", error.text);
	cr_expect_eq(values->count, 24, "three a run, for one of four is void");
	cr_expect(values->points[0].value == 11 && values->points[1].value == 12 && values->points[2].value == 13 &&
		  values->points[2].n == 3);
	auto_history_points struct history_points *decided = history_requirement(history, &real, "R1", &error);
	cr_assert_not_null(decided, "%s", error.text);
	cr_assert_eq(decided->count, 8);
	cr_expect_str_eq(decided->measurand, "pulse.peak1");
	cr_expect(isnan(decided->points[0].lower) && decided->points[0].upper == 100);
	auto_trend struct trend judged = {0};
	cr_assert(trend_of(decided, &judged, &error));
	cr_expect_eq(judged.limits, LIMITS_EQUAL);
	cr_expect_float_eq(judged.capability.cpk, (100 - judged.chart.mean) / (3 * judged.sd), 1e-12);
	auto_history_points struct history_points *none = history_measurand(history, &real, "pulse.peak2", &error);
	cr_assert_not_null(none);
	cr_expect_eq(none->count, 0);
	history_close(history);
}

Test(history_database, trends)
{
	in_each("trends", trends);
}

/* 10 % below the centre of each tolerance, whatever the setting: in parts of the tolerance the runs are equal. */
Test(history_database, limits_that_differ_are_taken_as_parts_of_the_tolerance)
{
	struct error error = {0};
	struct history_point points[4] = {0};
	for (size_t i = 0; i < 4; i++) {
		double nominal = 100.0 * (double)(i + 1);
		points[i] = (struct history_point){.value = nominal * (0.99 + 0.001 * (double)(i % 2)),
						   .lower = 0.9 * nominal,
						   .upper = 1.1 * nominal,
						   .started_s = FIRST_S + (double)i * DAY_S};
	}
	struct history_points all = {.points = points, .count = 4};
	auto_trend struct trend trend = {0};
	cr_assert(trend_of(&all, &trend, &error));
	cr_expect_eq(trend.limits, LIMITS_SCALED);
	cr_expect_float_eq(trend.values[0], -0.1, 1e-12);
	cr_expect_float_eq(trend.values[3], -0.09, 1e-12);
	cr_expect(trend.lower == -1 && trend.upper == 1);
	points[2].lower = NAN;
	auto_trend struct trend open = {0};
	cr_assert(trend_of(&all, &open, &error));
	cr_expect_eq(open.limits, LIMITS_MIXED);
	cr_expect(isnan(open.capability.cpk), "no capability of limits that are not comparable");
}

struct flaky {
	size_t count;
	int64_t runs, passed, failed;
};

static bool keep_flaky(void *context, const struct history_flaky *row, struct error *error)
{
	struct flaky *flaky = context;
	(void)error;
	cr_expect_str_eq(row->requirement, "R1");
	flaky->count++;
	flaky->runs = row->runs;
	flaky->passed = row->passed;
	flaky->failed = row->failed;
	return true;
}

static void flaky(const char *where)
{
	struct error error = {0};
	struct made made;
	struct flaky seen = {0};
	struct history *history = open_history(where);
	/* Without a plan nobody knows whether the same was asked. */
	for (int day = 11; day <= 12; day++) {
		make(&made, day, false, day == 12 ? 200 : 50);
		made.record.plan_sha256 = NULL;
		cr_assert(add(history, &made));
	}
	/* Fails on another device: that is no flake. */
	for (int day = 1; day <= 6; day++) {
		make(&made, day, false, day == 3 ? 200 : 50);
		made.record.device = day == 3 ? "d2" : NULL;
		made.record.serial = NULL;
		cr_assert(add(history, &made));
	}
	cr_assert(history_flaky(history, &ALL, keep_flaky, &seen, &error), "%s", error.text);
	cr_expect_eq(seen.count, 0);
	make(&made, 7, false, 200);
	made.record.device = made.record.serial = NULL;
	cr_assert(add(history, &made));
	cr_assert(history_flaky(history, &ALL, keep_flaky, &seen, &error), "%s", error.text);
	cr_expect(seen.count == 1 && seen.runs == 6 && seen.passed == 5 && seen.failed == 1, "%zu", seen.count);
	history_close(history);
}

Test(history_database, flaky_requirements)
{
	in_each("flaky", flaky);
}

static void migrated(const char *where)
{
	struct error error = {0};
	const struct history_driver *driver = driver_of(where);
	void *db = driver->open(where, false, &error);
	cr_assert_not_null(db, "%s", error.text);
	cr_assert(history_migrate(driver, db, where, 1, &error), "%s", error.text);
	cr_assert(driver->script(db,
				 "INSERT INTO runs (number, id, bundle, result_sha256, results_sha256, command, bench, spec, "
				 "spec_revision, version, "
				 "build, started, started_s, verdict, simulated, attempt) VALUES (1, 'old', '/e', 'a', 'b', 'run', 'b1', "
				 "'s', 1, '0', "
				 "'r', '2026-01-01T00:00:00Z', 1767225600, 'pass', 0, 1)",
				 &error),
		  "%s", error.text);
	driver->close(db);
	struct history *history = open_history(where);
	cr_expect_eq(runs_of(history, &ALL), 1, "what was there stays");
	add_value(history, 3, false, 50);
	cr_expect_eq(runs_of(history, &ALL), 2);
	history_close(history);
	db = driver->open(where, false, &error);
	cr_assert_not_null(db, "%s", error.text);
	cr_assert(driver->script(db, "UPDATE tmsrig_history SET version = 99", &error), "%s", error.text);
	driver->close(db);
	cr_expect_null(history_open(where, &error));
	cr_expect_eq(error.kind, ERROR_CONFIG);
	cr_expect(strstr(error.text, "version 99"), "%s", error.text);
}

Test(history_database, tables_of_an_older_and_of_a_newer_version)
{
	in_each("migrated", migrated);
}

enum { WRITERS = 3, EACH = 9 };

/* Several programs open an empty history at once, make its tables, and add. */
static void contended(const char *where)
{
	pid_t writers[WRITERS];
	for (int w = 0; w < WRITERS; w++) {
		writers[w] = fork();
		cr_assert_geq(writers[w], 0);
		if (writers[w] > 0)
			continue;
		struct error error = {0};
		struct history *history = history_open(where, &error);
		int status = history ? 0 : 1;
		for (int i = 0; history && i < EACH; i++) {
			struct made made;
			bool added;
			make(&made, 1 + w * EACH + i, false, 50);
			status |= !history_add(history, &made.record, &added, &error) || !added;
		}
		if (status)
			fprintf(stderr, "writer %d: %s\n", w, error.text);
		history_close(history);
		_exit(status);
	}
	for (int w = 0; w < WRITERS; w++) {
		int status;
		cr_assert_eq(waitpid(writers[w], &status, 0), writers[w]);
		cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	struct history *history = open_history(where);
	cr_expect_eq(runs_of(history, &ALL), WRITERS * EACH);
	history_close(history);
}

Test(history_database, several_writers_at_once)
{
	in_each("contended", contended);
}

static void looked_at(const char *where)
{
	struct error error = {0};
	/* Looking makes nothing: no file, no tables. */
	cr_expect_null(history_open_existing(where, &error));
	cr_expect_eq(error.kind, ERROR_CONFIG);
	cr_expect(strstr(error.text, "no history here yet"), "%s", error.text);
	const struct history_driver *driver = driver_of(where);
	void *db = driver->open(where, false, &error);
	int64_t version = 7;
	cr_assert(db && history_version(driver, db, &version, &error), "%s", error.text);
	cr_expect_eq(version, 0);
	driver->close(db);
	struct history *history = open_history(where);
	add_value(history, 3, false, 50);
	history_close(history);
	history = history_open_existing(where, &error);
	cr_assert_not_null(history, "%s", error.text);
	cr_expect_eq(runs_of(history, &ALL), 1);
	struct made made;
	bool added;
	make(&made, 4, false, 50);
	cr_expect_not(history_add(history, &made.record, &added, &error), "what was opened for looking is not written to");
	cr_expect_eq(runs_of(history, &ALL), 1);
	history_close(history);
}

Test(history_database, looking_writes_nothing)
{
	in_each("looked_at", looked_at);
}

static void foreign(const char *where)
{
	struct error error = {0};
	const struct history_driver *driver = driver_of(where);
	void *db = driver->open(where, false, &error);
	cr_assert_not_null(db, "%s", error.text);
	cr_assert(driver->script(db, "CREATE TABLE runs (distance BIGINT)", &error), "%s", error.text);
	cr_expect_null(history_open(where, &error));
	cr_expect_eq(error.kind, ERROR_CONFIG);
	cr_expect(strstr(error.text, "is no history of tmsrig"), "%s", error.text);
	int64_t version = 7;
	cr_assert(history_version(driver, db, &version, &error), "%s", error.text);
	cr_expect_eq(version, 0, "and it got no tables");
	driver->close(db);
}

Test(history_database, a_database_of_somebody_else)
{
	in_each("foreign", foreign);
}

Test(history_database, a_connection_string_is_never_shown)
{
	static const char *const BAD[] = {
		"postgresql://rig:geheim@[::1/db",
		"postgresql://rig:geheim%@h/db",
		"postgresql://rig:geheim@h/db?nonsense=1",
		"postgresql://rig:geheim@h:99999999/db",
		"postgresql://rig@h/db?password=geheim&x",
		"postgresql://rig:geheim@/db?host=/nonexistent/geheim",
		"postgres:geheim",
		"host=h user=rig password=geheim dbname=db",
		"mysql://rig:geheim@h/db",
	};
	for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
		struct error error = {0};
		cr_expect_null(history_open(BAD[i], &error), "%s", BAD[i]);
		cr_expect(error.text[0] && !strstr(error.text, "geheim"), "%s: %s", BAD[i], error.text);
		cr_expect_null(history_open_existing(BAD[i], &error), "%s", BAD[i]);
		cr_expect(error.text[0] && !strstr(error.text, "geheim"), "%s: %s", BAD[i], error.text);
	}
}

struct seen {
	size_t count[4];
	char what[4][64], also[4][64];
	int64_t number[4];
};

static bool keep_doubt(void *context, const struct history_doubt *doubt, struct error *error)
{
	struct seen *seen = context;
	(void)error;
	cr_expect_str_eq(doubt->bench, "b1");
	seen->count[doubt->kind]++;
	seen->number[doubt->kind] = doubt->count;
	snprintf(seen->what[doubt->kind], sizeof seen->what[0], "%s", doubt->what);
	snprintf(seen->also[doubt->kind], sizeof seen->also[0], "%s", doubt->also);
	return true;
}

static struct seen doubts_of(struct history *history, const struct history_filter *filter)
{
	struct error error = {0};
	struct seen seen = {.count = {0}};
	cr_assert(history_doubts(history, filter, keep_doubt, &seen, &error), "%s", error.text);
	return seen;
}

static void doubted(const char *where)
{
	static const struct run_earlier EARLIER[] = {
		{"e1", "2026-11-01T00:00:00Z", "fail", "ab"}, {"e2", NULL, NULL, NULL}, {"e3", NULL, "pass", "cd"}};
	struct run_earlier earlier[3];
	memcpy(earlier, EARLIER, sizeof earlier);
	struct history *history = open_history(where);
	struct made made;
	for (int day = 1; day <= 4; day++) {
		make(&made, day, false, 50);
		made.record.ledger_first = day < 4 ? "L1" : "L2";
		made.record.ledger_began = day < 4 ? "2026-11-01" : "2026-11-04";
		made.record.ledger_line = 2 * day - 1;
		cr_assert(add(history, &made));
	}
	struct seen seen = doubts_of(history, &ALL);
	cr_expect(seen.count[DOUBT_LEDGERS] == 1 && seen.number[DOUBT_LEDGERS] == 2);
	cr_expect_str_eq(seen.what[DOUBT_LEDGERS], "2026-11-04");
	cr_expect_eq(seen.count[DOUBT_FORK] + seen.count[DOUBT_NOT_HERE] + seen.count[DOUBT_NO_BUNDLE], 0);
	/* The ledger was put back to what it was before the third run. */
	make(&made, 5, false, 50);
	made.record.ledger_first = "L1";
	made.record.ledger_began = "2026-11-01";
	made.record.ledger_line = 5;
	made.record.earlier = earlier;
	made.record.earlier_count = 3;
	cr_assert(add(history, &made));
	seen = doubts_of(history, &ALL);
	cr_expect(seen.count[DOUBT_FORK] == 1 && seen.number[DOUBT_FORK] == 2);
	cr_expect(seen.number[DOUBT_NOT_HERE] == 2 && strcmp(seen.what[DOUBT_NOT_HERE], "e1") == 0);
	cr_expect_str_eq(seen.also[DOUBT_NOT_HERE], "1", "one of the two was no pass");
	cr_expect(seen.number[DOUBT_NO_BUNDLE] == 1 && strcmp(seen.what[DOUBT_NO_BUNDLE], "e2") == 0);
	/* The first attempt is found after all. */
	make(&made, 6, false, 200);
	made.record.id = "e1";
	cr_assert(add(history, &made));
	seen = doubts_of(history, &ALL);
	cr_expect(seen.number[DOUBT_NOT_HERE] == 1 && strcmp(seen.what[DOUBT_NOT_HERE], "e3") == 0);
	const struct history_filter other = {.bench = "b2"};
	seen = doubts_of(history, &other);
	cr_expect_eq(seen.count[DOUBT_LEDGERS] + seen.count[DOUBT_FORK] + seen.count[DOUBT_NOT_HERE], 0);
	history_close(history);
}

Test(history_database, what_ledgers_tell_of_runs_that_are_not_here)
{
	in_each("doubted", doubted);
}

Test(history_database, a_file_that_is_no_database)
{
	struct error error = {0};
	char path[] = "/tmp/tmsrig-history-XXXXXX";
	int fd = mkstemp(path);
	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, "this is a text and no database, and it is long enough to have a page header of one\n", 84), 84);
	close(fd);
	cr_expect_null(history_open(path, &error));
	cr_expect(strstr(error.text, path), "%s", error.text);
	unlink(path);
	cr_expect_null(history_open_existing("/nonexistent/history.sqlite", &error));
	cr_expect_eq(error.kind, ERROR_CONFIG);
	cr_expect_null(history_open("/nonexistent/history.sqlite", &error));
}
