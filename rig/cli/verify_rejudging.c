/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "command.h"
#include "compare_table.h"
#include "digest.h"
#include "environment.h"
#include "rejudge.h"
#include "replay.h"
#include "verify.h"
#include "verify_log.h"

/* What a build or a processor of another kind may differ by (of numbers; verdicts and words may not). */
static const double TOLERANCE = 1e-9;

/*
 * What only the run knew: the recording does not tell it, so it is not made again. The manifest and the signatures stand for it. (results_sha256 is held
 * against the tables themselves.)
 */
static const char *const SKIPPED[] = {
	"tool",          "run.command",          "run.started",    "run.ended",    "run.operator", "run.device_serial",
	"run.recording", "run.recording_sha256", "run.fixtures",   "run.ended_by", "run.seed",     "run.faults",
	"run.id",        "run.attempt",          "run.reason",     "run.earlier",  "run.ledger",   "bench.adc.gaps_found_by",
	"event_log",     "run.ledger_place",     "results_sha256", NULL,
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

static bool equal(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static bool compare_all(struct bundle_check *v, struct error *error)
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

static void tell_differences(const struct bundle_check *v, struct stage_report *report)
{
	const struct differences *d = &v->differences;
	if (d->count == 0) {
		if (d->largest > 0)
			snprintf(report->summary, sizeof report->summary,
				 "%zu values made again from the recording, within %g (%s), the largest difference %.2g at %.180s",
				 d->values, TOLERANCE, v->other, d->largest, d->largest_place);
		else
			snprintf(report->summary, sizeof report->summary, "%zu values made again from the recording, %s%s%s", d->values,
				 v->other ? "all equal (" : "bit for bit", v->other ? v->other : "", v->other ? ")" : "");
		return;
	}
	stage_find(report, "%s: the bundle says %s, its recording gives %s", d->first.place, d->first.stored, d->first.remade);
	snprintf(report->summary, sizeof report->summary,
		 "%zu of %zu values differ from what the recording gives, by more than %g (%s); the first:", d->count, d->values,
		 d->tolerance, v->other ? v->other : "bit for bit: the same build on the same processor");
}

static const char *text_or_none(const char *text)
{
	return text ? text : "?";
}

/* Of a file that was loaded; NULL: of the program, which stands first. */
static const char *build_id_of(const json_t *environment, const char *file)
{
	const json_t *loaded = json_object_get(json_object_get(environment, "program"), "loaded");
	for (size_t i = 0; i < json_array_size(loaded); i++) {
		const char *name = json_string_value(json_object_get(json_array_get(loaded, i), "file"));
		if (name && (!file || strcmp(name, file) == 0))
			return json_string_value(json_object_get(json_array_get(loaded, i), "build_id"));
	}
	return NULL;
}

/*
 * The same program with the same mathematical library on the same kind of processor comes to the same bits; that library chooses its code by the
 * processor, which a processor's name and abilities do not tell for sure (a tunable, an emulator), so its answers are compared as well. What ran then
 * stands in environment.json, what runs now is asked for in the same way. NULL: all the same, else what is not.
 */
static const char *what_is_other(const struct bundle_check *v)
{
	static const struct {
		const char *file, *what; /* NULL: the program */
	} BUILDS[] = {{NULL, "another build"}, {"libm.so.6", "another libm"}, {"libc.so.6", "another libc"}};
	static const char *const HOST[][2] = {{"architecture", "another architecture"},
					      {"cpu", "another processor"},
					      {"arithmetic", "another processor"},
					      {"libm_sha256", "libm chose other code"}};
	char then_path[PATH_MAX], now_path[PATH_MAX];
	struct error ignored;
	const char *other = NULL;
	const struct environment_facts facts = {.version = COMMAND_VERSION, .build = COMMAND_BUILD};
	if (snprintf(then_path, sizeof then_path, "%s/environment.json", v->dir) >= (int)sizeof then_path ||
	    !scratch_file(&v->scratch, "environment.json", now_path, &ignored) || !environment_write(now_path, &facts, &ignored))
		return "what runs now is not known";
	json_t *then = json_load_file(then_path, 0, NULL), *now = json_load_file(now_path, 0, NULL);
	for (size_t i = 0; !other && i < sizeof HOST / sizeof *HOST; i++)
		other = equal(replay_text(then, "host", HOST[i][0]), replay_text(now, "host", HOST[i][0])) ? NULL : HOST[i][1];
	for (size_t i = 0; !other && i < sizeof BUILDS / sizeof *BUILDS; i++)
		other = equal(build_id_of(then, BUILDS[i].file), build_id_of(now, BUILDS[i].file)) ? NULL : BUILDS[i].what;
	json_decref(then);
	json_decref(now);
	return other;
}

/* Calibrations are held against the day of the recording; that of a run is the day on which it started, but for midnight in between. */
static void check_day(const json_t *result, struct stage_report *report)
{
	const char *command = replay_text(result, "run", "command"), *started = replay_text(result, "run", "started");
	const char *date = replay_text(result, "calibration", "date");
	if (!command || strcmp(command, "run") != 0)
		return;
	if (!started || !date || strlen(started) < sizeof "YYYY-MM-DDTHH:MM:SSZ" - 1) {
		stage_find(report, "result.json: run.started or calibration.date: not there");
		return;
	}
	bool midnight = strcmp(date, started) < 0 && strncmp(started + strlen("YYYY-MM-DDT"), "00:0", 4) == 0;
	if (strncmp(started, date, strlen(date)) != 0 && !midnight)
		stage_find(report, "result.json: calibration.date: calibrations are held against %.20s, but the run started on %.10s", date,
			   started);
}

/* What was judged by, for who has the specification from elsewhere: a looser one of the same name and revision judges consistently. */
static void tell_spec(const json_t *result, struct stage_report *report)
{
	const json_t *inputs = json_object_get(result, "inputs");
	const char *file = replay_text(result, "spec", "file");
	for (size_t i = 0; file && i < json_array_size(inputs); i++) {
		const json_t *input = json_array_get(inputs, i);
		const char *path = json_string_value(json_object_get(input, "path"));
		const char *name = json_string_value(json_object_get(input, "name"));
		const char *sha256 = json_string_value(json_object_get(input, "sha256"));
		if (path && name && sha256 && strcmp(path, file) == 0)
			stage_note(report, "its requirements are those of %.100s, SHA-256 %.64s", name, sha256);
	}
}

bool verify_result(struct bundle_check *v, struct stage_report *report, struct error *error)
{
	struct replay replay;
	struct error why = {0};
	bool read = replay_open(v->dir, &replay, &why);
	if (read) {
		v->result = json_incref(replay.result);
		snprintf(report->summary, sizeof report->summary, "of tmsrig %s (%s), judged by %s revision %.0f",
			 text_or_none(replay_text(v->result, "tool", "version")), text_or_none(replay_text(v->result, "tool", "build")),
			 text_or_none(replay_text(v->result, "spec", "id")), replay_number(v->result, "spec", "revision", 0));
		check_day(v->result, report);
		tell_spec(v->result, report);
	} else if (why.kind == ERROR_BENCH) {
		*error = why;
	} else {
		snprintf(report->summary, sizeof report->summary, "result.json cannot be read:");
		stage_find(report, "%s", why.text);
	}
	replay_finish(&replay);
	return read || why.kind != ERROR_BENCH;
}

/* results_sha256 is that of the tables as they lie there: what reads as the same numbers could read otherwise elsewhere. */
static bool check_tables(const struct bundle_check *v, struct stage_report *report, struct error *error)
{
	auto_digest struct digest *digest = digest_create(error);
	char hex[DIGEST_HEX_SIZE];
	const char *stated = json_string_value(json_object_get(v->result, "results_sha256"));
	if (!digest)
		return false;
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		char path[PATH_MAX], block[1 << 14];
		snprintf(path, sizeof path, "%s/%s", v->dir, TABLES[i].name);
		auto_file FILE *file = fopen(path, "re");
		for (size_t got; file && (got = fread(block, 1, sizeof block, file)) > 0;)
			digest_update(digest, block, got);
	}
	digest_finish(digest, hex);
	if (!equal(stated, hex))
		stage_find(report, "result.json: results_sha256 is %.16s, that of the three tables is %.16s", stated ? stated : "not there",
			   hex);
	return true;
}

bool verify_rejudging(struct bundle_check *v, struct stage_report *report, struct error *error)
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
	const struct rejudge_request request = {.dir = v->dir, .out = v->scratch.path};
	v->other = what_is_other(v);
	v->differences.tolerance = v->other ? TOLERANCE : 0;
	if (!rejudge(&request, &why) || !compare_all(v, &why)) {
		if (why.kind == ERROR_BENCH) {
			*error = why;
			return false;
		}
		snprintf(report->summary, sizeof report->summary, "the recording cannot be judged again");
		stage_find(report, "%s", why.text);
		return true;
	}
	tell_differences(v, report);
	return check_tables(v, report, error) && verify_log(v, report, error);
}
