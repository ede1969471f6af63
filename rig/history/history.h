/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The history of runs: a database beside the bundles, made from them and never the other way round. A file (SQLite) on one machine, or
 * PostgreSQL for a site with many benches; one schema, one text of SQL.
 */
#include "history_db.h"
#include "run_record.h"

struct history;

/*
 * where: "postgresql://…" or "postgres://…" is a PostgreSQL server (ERROR_CONFIG in a build without it), anything else a file. Tables that are
 * missing or of an older version are made or brought up; of a newer version is ERROR_CONFIG.
 */
struct history *history_open(const char *where, struct error *error) must_check;
/* As history_open() for looking only: nothing is written but to bring older tables up; where there is no history, ERROR_CONFIG. */
struct history *history_open_existing(const char *where, struct error *error) must_check;
void history_close(struct history *history);
/*
 * Adds a run with its judgements and statistics, whole or not at all. *added false: it was there already. ERROR_CONFIG when a run of that id is
 * there with another result.json: one of the two was changed.
 */
bool history_add(struct history *history, const struct run_record *record, bool *added, struct error *error) must_check;

enum history_simulated { SIMULATED_LEFT_OUT, SIMULATED_TOO, SIMULATED_ONLY };

/* Which runs; NULL: any. */
struct history_filter {
	const char *bench, *device, *serial, *scenario, *spec, *verdict;
	double since_s; /* of the start, since 1970-01-01 UTC; 0: any */
	enum history_simulated simulated;
};

/* A run of the list; texts may be NULL but for id, bundle, bench, spec, started, verdict. */
struct history_run {
	const char *id, *bundle, *results_sha256, *bench, *device, *serial, *scenario, *spec, *version, *build, *started, *verdict, *reason;
	const char *ledger_first; /* NULL: the bundle does not say */
	int64_t spec_revision, attempt;
	int64_t ledger_line; /* 0: the bundle does not say */
	bool simulated;
};

typedef bool history_run_row(void *context, const struct history_run *run, struct error *error);

/* The runs in order of their start. */
bool history_runs(struct history *history, const struct history_filter *filter, history_run_row *row, void *context,
		  struct error *error) must_check;
/* How many runs the filter's `simulated` alone leaves out. */
bool history_left_out(struct history *history, const struct history_filter *filter, size_t *runs, struct error *error) must_check;

/* What the runs say of each other that does not go together. */
enum history_doubt_kind {
	DOUBT_NOT_HERE,  /* a run names earlier attempts that left bundles, and the history does not have them */
	DOUBT_NO_BUNDLE, /* it names earlier attempts that left none */
	DOUBT_FORK,      /* two runs stand in one line of one ledger: it was put back in between */
	DOUBT_LEDGERS,   /* runs of one bench stand in several ledgers */
};

struct history_doubt {
	enum history_doubt_kind kind;
	const char *bench;
	const char *
		what; /* the id of the earlier run that began first, or of a run in that line; of DOUBT_LEDGERS when the youngest ledger began */
	const char *also; /* how many of the attempts were no pass; the other run; when the oldest ledger began */
	int64_t count;    /* of attempts, runs in that line, ledgers */
};

typedef bool history_doubt_row(void *context, const struct history_doubt *doubt, struct error *error);

/* Each doubt about the runs of the filter; earlier attempts are sought among all runs. */
bool history_doubts(struct history *history, const struct history_filter *filter, history_doubt_row *row, void *context,
		    struct error *error) must_check;

typedef bool history_name_row(void *context, const char *name, struct error *error);

/* The measurands, or the requirements, of the runs, each once. */
bool history_measurand_names(struct history *history, const struct history_filter *filter, history_name_row *row, void *context,
			     struct error *error) must_check;
bool history_requirement_names(struct history *history, const struct history_filter *filter, history_name_row *row, void *context,
			       struct error *error) must_check;

/* One point of a trend. */
struct history_point {
	const char *id, *started, *bench, *device, *serial, *scenario;
	const char *verdict; /* of the requirement, or of the run */
	double started_s;
	double value, u;     /* the mean over the run, or the value that decided; NAN: none */
	double lower, upper; /* limits; NAN: open, or a trend of a measurand */
	double sd, minimum, maximum;
	int64_t n;
	bool simulated;
};

struct history_points {
	struct arena *arena; /* owns everything, the struct too */
	const char *unit, *measurand;
	struct history_point *points;
	size_t count;
	size_t revisions; /* how many revisions of the requirement, or versions of the measurand, are among them */
};

/* The runs' means of a measurand. Empty when there are none. */
struct history_points *history_measurand(struct history *history, const struct history_filter *filter, const char *measurand,
					 struct error *error) must_check;
/* The values that decided a requirement. */
struct history_points *history_requirement(struct history *history, const struct history_filter *filter, const char *requirement,
					   struct error *error) must_check;
/* Every single value of a measurand that was not void; u, sd, minimum and maximum are NAN, n is its index in the run. */
struct history_points *history_values(struct history *history, const struct history_filter *filter, const char *measurand,
				      struct error *error) must_check;
void history_points_destroy(struct history_points *points);

/* A requirement whose verdict was not the same in all runs of one and the same: device, serial, bench, scenario, spec, build. */
struct history_flaky {
	const char *requirement, *bench, *device, *serial, *scenario, *spec, *version, *build, *first, *last;
	int64_t revision, runs, passed, failed, other;
	bool simulated;
};

typedef bool history_flaky_row(void *context, const struct history_flaky *flaky, struct error *error);

bool history_flaky(struct history *history, const struct history_filter *filter, history_flaky_row *row, void *context,
		   struct error *error) must_check;

define_cleanup(struct history *, cleanup_history, history_close);
#define auto_history cleanup_with(cleanup_history)
define_cleanup(struct history_points *, cleanup_history_points, history_points_destroy);
#define auto_history_points cleanup_with(cleanup_history_points)
