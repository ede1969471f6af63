/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "command.h"
#include "compare_table.h"
#include "rejudge.h"
#include "replay.h"
#include "verify.h"

/* What a build or a processor of another kind may differ by (of numbers; verdicts and words may not). */
static const double TOLERANCE = 1e-9;

/* What only the run knew: the recording does not tell it, so it is not made again. The manifest and the signatures stand for it. */
static const char *const SKIPPED[] = {
	"tool",
	"run.command",
	"run.started",
	"run.ended",
	"run.operator",
	"run.device_serial",
	"run.recording",
	"run.recording_sha256",
	"run.fixtures",
	"run.ended_by",
	"run.seed",
	"run.faults",
	"run.id",
	"run.attempt",
	"run.reason",
	"run.earlier",
	"run.ledger",
	"bench.adc.gaps_found_by",
	NULL,
};

static const struct {
	const char *name;
	const char *const key[4];
} TABLES[] = {
	{"pulses.csv", {"pulse", NULL}},
	{"measurements.csv", {"measurand", "subject", "index", NULL}},
	{"judgements.csv", {"requirement", NULL}},
};
enum { TABLE_COUNT = sizeof TABLES / sizeof *TABLES };

static bool compare_all(struct verification *v, struct error *error)
{
	char stored[PATH_MAX], remade[PATH_MAX];
	json_error_t problem;
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		const struct compare_table table = {TABLES[i].name, stored, remade, TABLES[i].key};
		if (snprintf(stored, sizeof stored, "%s/%s", v->dir, TABLES[i].name) >= (int)sizeof stored)
			return error_config(error, "%s: the path is too long", v->dir);
		if (!scratch_file(&v->scratch, TABLES[i].name, remade, error) || !compare_tables(&table, &v->differences, error))
			return false;
	}
	if (!scratch_file(&v->scratch, "result.json", remade, error))
		return false;
	json_t *again = json_load_file(remade, 0, &problem);
	if (!again)
		return error_bench(error, "%s:%d:%d: %s", remade, problem.line, problem.column, problem.text);
	compare_json("result.json", v->result, again, SKIPPED, &v->differences);
	json_decref(again);
	return true;
}

static void tell_differences(const struct verification *v, struct stage_report *report)
{
	const struct differences *d = &v->differences;
	if (d->count == 0) {
		if (d->largest > 0)
			snprintf(report->summary, sizeof report->summary, "%zu values within %g, the largest difference %.2g at %.200s",
				 d->values, TOLERANCE, d->largest, d->largest_place);
		else
			snprintf(report->summary, sizeof report->summary, "%zu values made again from the recording, bit for bit",
				 d->values);
		return;
	}
	stage_find(report, "%s: the bundle says %s, its recording gives %s", d->first.place, d->first.stored, d->first.remade);
	snprintf(report->summary, sizeof report->summary,
		 "%zu of %zu values differ from what the recording gives, by more than %g%s; the first:", d->count, d->values, d->tolerance,
		 d->tolerance > 0 ? "" : " (bit for bit: the same build)");
}

/* The same program on the same kind of processor comes to the same bits; the mathematical library chooses its code by the processor. */
static bool is_same_build(const json_t *result)
{
	const char *version = replay_text(result, "tool", "version"), *build = replay_text(result, "tool", "build");
	return version && build && strcmp(version, COMMAND_VERSION) == 0 && strcmp(build, COMMAND_BUILD) == 0;
}

static bool read_result(struct verification *v, struct error *error)
{
	struct replay replay;
	bool read = replay_open(v->dir, &replay, error);
	if (read)
		v->result = json_incref(replay.result);
	replay_finish(&replay);
	return read;
}

bool verify_rejudging(struct verification *v, struct stage_report *report, struct error *error)
{
	struct error why = {0};
	if (v->recording_changed) {
		report->state = STAGE_NOT_DONE;
		snprintf(report->summary, sizeof report->summary,
			 "not done: recording.h5 or what it is judged with is not what the run left");
		return true;
	}
	if (!scratch_make(&v->scratch, error))
		return false;
	bool read = read_result(v, &why);
	const struct rejudge_request request = {.dir = v->dir, .out = v->scratch.path};
	v->same_build = is_same_build(v->result);
	v->differences.tolerance = v->same_build ? 0 : TOLERANCE;
	if (!read || !rejudge(&request, &why) || !compare_all(v, &why)) {
		if (why.kind == ERROR_BENCH) {
			*error = why;
			return false;
		}
		snprintf(report->summary, sizeof report->summary, "the recording cannot be judged again");
		stage_find(report, "%s", why.text);
		return true;
	}
	tell_differences(v, report);
	return true;
}
