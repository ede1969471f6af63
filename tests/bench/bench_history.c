/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A million pulses of history: 1000 runs of 1000 pulses each, and beside them a million rows of statistics (10 000 runs of 100 measurands); how long a
 * trend takes over the runs, over every pulse, and over 10 000 runs among the million rows: the best of five. What the processes stood in the queue for a
 * processor (the kernel's schedstat) is printed, and not held against the limit: a machine that does other things is no property of a database.
 * usage: bench_history DB LIMIT_S [rows]    (an empty history; exit status 1 when a trend takes longer than the limit; the million rows only with `rows`)
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "history_internal.h"
#include "trend.h"

enum { RUNS = 1000, PULSES = 1000, TRIALS = 5 };

static double now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool keep_pid(void *context, const struct history_cell *cells, size_t count, struct error *error)
{
	(void)error;
	*(long *)context = count > 0 ? (long)cells[0].integer : 0;
	return true;
}

/* The server's process that works for this connection; 0 where there is none. */
static long server_pid(struct history *history)
{
	long pid = 0;
	struct error error = {0};
	if (strcmp(history->driver->name, "PostgreSQL") != 0)
		return 0;
	bool asked = history->driver->run(history->db, "SELECT pg_backend_pid()", NULL, 0, keep_pid, &pid, NULL, &error);
	return asked ? pid : 0;
}

/* Seconds that a process was ready to run and did not, since it began; 0 where the kernel does not tell. */
static double waited_s(long pid)
{
	char path[64];
	unsigned long long ran, waited;
	snprintf(path, sizeof path, "/proc/%ld/schedstat", pid);
	auto_file FILE *file = pid ? fopen(path, "re") : NULL;
	return file && fscanf(file, "%llu %llu", &ran, &waited) == 2 ? 1e-9 * (double)waited : 0;
}

/* A fixed generator; the sum of four uniform numbers is near enough to normal. */
static double scatter(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15u;
	double sum = -2;
	for (int i = 0; i < 4; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		sum += (double)(state >> 11) / 9007199254740992.0;
	}
	return sum * sqrt(3);
}

static bool add_run(struct history *history, int run, struct error *error)
{
	static double values[PULSES];
	char id[32], started[32];
	double sum = 0, squares = 0, level = 3000 + 5 * scatter();
	time_t start = 1767225600 + (time_t)run * 21600;
	struct tm parts;
	gmtime_r(&start, &parts);
	strftime(started, sizeof started, "%Y-%m-%dT%H:%M:%SZ", &parts);
	snprintf(id, sizeof id, "bench-%d", run);
	for (int i = 0; i < PULSES; i++)
		sum += values[i] = level + 10 * scatter();
	for (int i = 0; i < PULSES; i++)
		squares += (values[i] - sum / PULSES) * (values[i] - sum / PULSES);
	struct run_statistics statistics = {.measurand = "pulse.peak1",
					    .unit = "A",
					    .version = 1,
					    .count = PULSES,
					    .n = PULSES,
					    .mean = sum / PULSES,
					    .sd = sqrt(squares / (PULSES - 1)),
					    .minimum = level - 40,
					    .maximum = level + 40,
					    .u_mean = 3,
					    .values = values,
					    .value_count = PULSES};
	struct run_judgement judgement = {.requirement = "AMP-ACC",
					  .measurand = "pulse.peak1",
					  .unit = "A",
					  .verdict = "pass",
					  .revision = 1,
					  .value = sum / PULSES,
					  .u = 3,
					  .lower = 2850,
					  .upper = 3150,
					  .planned = 3000};
	struct run_record record = {.id = id,
				    .bundle = "/evidence",
				    .results_sha256 = "-",
				    .command = "run",
				    .bench = "b",
				    .device = "d",
				    .serial = "SN",
				    .scenario = "s",
				    .spec = "e",
				    .version = "0",
				    .build = "r",
				    .started = started,
				    .verdict = "pass",
				    .spec_revision = 1,
				    .attempt = 1,
				    .started_s = (double)start,
				    .judgements = &judgement,
				    .judgement_count = 1,
				    .statistics = &statistics,
				    .statistics_count = 1};
	bool added;
	return history_add(history, &record, &added, error);
}

/* What 10 000 runs of 100 measurands leave. Their bench is another, so that the thousand runs can be looked at alone. */
static const char MILLION[] =
	"BEGIN;\n"
	"INSERT INTO runs (number, id, bundle, result_sha256, results_sha256, command, bench, device, serial, scenario, spec, "
	"spec_revision, version, "
	"build, started, started_s, verdict, simulated, attempt) "
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) "
	"SELECT i, 'r' || CAST(i AS TEXT), '/e', '-', '-', 'run', 'many', 'd', 'SN', 's', 'e', 1, '0', 'r', '2026-01-01T00:00:00Z', "
	"1767225600 + 3600.0 * i, 'pass', 0, 1 FROM n;\n"
	"INSERT INTO statistics (run, measurand, version, unit, n, voided, mean, standard_deviation, minimum, maximum, u_mean) "
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000), "
	"m(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM m WHERE k < 100) "
	"SELECT i, 'measurand.' || CAST(k AS TEXT), 1, 'A', 600, 0, 3000 + (i * 7919 + k) % 101, 1.0, 2990, 3110, 3.0 FROM n CROSS JOIN "
	"m;\n"
	"COMMIT";

typedef struct history_points *ask(struct history *history, const struct history_filter *filter, const char *name, struct error *error);

/* From the question to the chart, the slope and the capability. */
static bool time_one(struct history *history, const char *what, ask *points_of, const char *name, const char *bench, size_t expected,
		     double limit_s, struct error *error)
{
	double best_s = INFINITY, best_waited_s = 0;
	long self = getpid(), server = server_pid(history);
	const struct history_filter filter = {.bench = bench};
	for (int t = 0; t < TRIALS; t++) {
		double self_s = waited_s(self), server_s = waited_s(server), start = now_s();
		auto_history_points struct history_points *points = points_of(history, &filter, name, error);
		auto_trend struct trend trend = {0};
		if (!points || !trend_of(points, &trend, error))
			return false;
		if (trend.count != expected)
			return error_bench(error, "%s: %zu values, expected %zu", what, trend.count, expected);
		double taken_s = now_s() - start, queued_s;
		/* The two may have waited at once: the longer wait alone is left out. */
		queued_s = fmax(waited_s(self) - self_s, waited_s(server) - server_s);
		if (taken_s - queued_s < best_s - best_waited_s) {
			best_s = taken_s;
			best_waited_s = queued_s;
		}
	}
	printf("%s: %s: %.3f s, of which %.3f s waiting for a processor\n", history->driver->name, what, best_s, best_waited_s);
	return best_s - best_waited_s <= limit_s || error_bench(error, "%s: longer than %g s", what, limit_s);
}

static bool fill(struct history *history, bool rows, struct error *error)
{
	double start = now_s();
	for (int run = 0; run < RUNS; run++)
		if (!add_run(history, run, error))
			return false;
	double added = now_s();
	if ((rows && !history->driver->script(history->db, MILLION, error)) || !history->driver->script(history->db, "ANALYZE", error))
		return false;
	printf("%s: %d runs of %d pulses added in %.1f s%s\n", history->driver->name, RUNS, PULSES, added - start,
	       rows ? "" : ", no further rows");
	if (rows)
		printf("%s: a million rows of statistics added in %.1f s\n", history->driver->name, now_s() - added);
	return true;
}

int main(int argc, char **argv)
{
	struct error error = {0};
	bool rows = argc == 4 && strcmp(argv[3], "rows") == 0;
	if (argc != 3 && !rows) {
		fprintf(stderr, "usage: bench_history DB LIMIT_S [rows]\n");
		return 2;
	}
	double limit_s = strtod(argv[2], NULL);
	auto_history struct history *history = history_open(argv[1], &error);
	bool good =
		history && fill(history, rows, &error) &&
		time_one(history, "trend of 1000 runs", history_measurand, "pulse.peak1", "b", RUNS, limit_s, &error) &&
		time_one(history, "trend of a requirement over 1000 runs", history_requirement, "AMP-ACC", "b", RUNS, limit_s, &error) &&
		time_one(history, "trend of 1000000 pulses", history_values, "pulse.peak1", "b", (size_t)RUNS * PULSES, limit_s, &error) &&
		(!rows || time_one(history, "trend of 10000 runs among 1000000 rows", history_measurand, "measurand.42", "many", 10000,
				   limit_s, &error));
	if (!good)
		fprintf(stderr, "bench_history: %s\n", error.text);
	return good ? 0 : 1;
}
