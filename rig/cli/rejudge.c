/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rejudge.h"

#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "apart.h"
#include "command.h"
#include "config.h"
#include "inputs.h"
#include "judging.h"
#include "paths.h"
#include "recording_audit.h"
#include "recording_bench.h"
#include "replay.h"
#include "result.h"
#include "run_log.h"
#include "store.h"

/* What the run alone knew how it ended; "plan" where the result says nothing. */
static enum error_kind ended_by(const json_t *result)
{
	const char *name = replay_text(result, "run", "ended_by");
	for (enum error_kind kind = ERROR_NONE; name && kind <= ERROR_ABORTED; kind++)
		if (strcmp(name, result_ended_by_name(kind)) == 0)
			return kind;
	return ERROR_NONE;
}

static struct spec *load_spec(const struct rejudge_request *request, const struct replay *replay, struct error *error)
{
	char fixtures[PATH_MAX];
	if (!request->spec)
		return replay_spec(request->dir, replay, error);
	if (!paths_data("fixtures", fixtures, sizeof fixtures, error))
		return NULL;
	return config_load_spec(request->spec, fixtures, inputs_measurand_unit, NULL, error);
}

static bool is_true(const json_t *object, const char *first, const char *second)
{
	return json_is_true(json_object_get(json_object_get(object, first), second));
}

/*
 * The format the recording was made with, which its instrument may have corrected against the bench file; and that the recording agrees with itself, with
 * the bench and, by what its log would have, with the events.
 */
static bool read_recording(const struct rejudge_request *request, const struct replay *replay, struct recording_format *format,
			   struct error *error)
{
	static const char name[] = "recording.h5";
	char path[PATH_MAX], events[PATH_MAX];
	if (snprintf(path, sizeof path, "%s/%s", request->dir, name) >= (int)sizeof path ||
	    snprintf(events, sizeof events, "%s/events.jsonl", request->out) >= (int)sizeof events)
		return error_config(error, "%s: the path is too long", request->dir);
	auto_store_reader struct store_reader *reader = store_open(path, error);
	if (!reader)
		return false;
	*format = *store_format(reader);
	if (!recording_audit(reader, name, error) || !recording_bench_check(format, replay->bench, name, error))
		return false;
	auto_run_log struct run_log *log = run_log_create(events, NULL, error);
	struct reduced_sink sink = log ? run_log_sink(log) : (struct reduced_sink){0};
	struct event_log_state ignored;
	sink.window = NULL;
	sink.envelope = NULL;
	return log && store_replay(reader, &sink, error) && run_log_ended(log, "", &ignored, error);
}

static bool remake(const struct rejudge_request *request, const struct replay *replay, const struct spec *spec,
		   const struct judging *judging, const struct judging_question *question, struct error *error)
{
	const json_t *result = replay->result;
	const char *command = replay_text(result, "run", "command");
	bool analyzed = replay_text(result, "run", "recording");
	struct recording_format format;
	if (!read_recording(request, replay, &format, error))
		return false;
	auto_dose_tables struct dose_tables *tables = replay_dose_tables(replay, error);
	auto_free struct lint_finding *findings = calloc(LINT_MAX_FINDINGS, sizeof *findings);
	size_t finding_count = 0;
	if (findings && tables && replay->plan && !analyzed)
		finding_count = plan_lint(replay->plan, replay->bench->device, tables, findings, LINT_MAX_FINDINGS);
	auto_free struct evidence_finding *kept = findings ? inputs_keep_findings(findings, finding_count) : NULL;
	if (!kept)
		return error_bench(error, "out of memory for findings");
	auto_about_file struct about_file *stated = replay_about(replay);
	const struct about about = about_over(replay->bench ? &replay->bench->about : NULL, stated ? &stated->about : NULL);
	const struct evidence_facts facts = {
		.command = command,
		.version = COMMAND_VERSION,
		.build = COMMAND_BUILD,
		.recording = replay_text(result, "run", "recording"),
		.fixtures = replay->fixtures,
		.setup = replay->bench,
		.about = &about,
		.simulated = is_true(result, "run", "simulated"),
		.format = &format,
		.gaps_found_by = NULL,
		.calibration = &judging->calibration,
		.plan = replay->plan,
		.spec = spec,
		.results = replay->results,
		.judgements = judging->judgements,
		.budgets = judging->budgets,
		.overall = judging->overall,
		.safety = question->safety,
		.ended_by = question->ended_by,
		.findings = kept,
		.finding_count = finding_count,
	};
	char recording[PATH_MAX];
	snprintf(recording, sizeof recording, "%s/recording.h5", request->dir);
	return remake_write(request->out, recording, &facts, replay->inputs, replay->input_count, error);
}

/* The texts of a list, which the JSON keeps; at most `most` of them. */
static size_t read_texts(const json_t *list, const char **texts, size_t most)
{
	size_t count = 0;
	for (size_t i = 0; i < json_array_size(list) && count < most; i++)
		if (json_is_string(json_array_get(list, i)))
			texts[count++] = json_string_value(json_array_get(list, i));
	return count;
}

/* What the run said of its safety: only it could know. False when there was no run, or when what is there makes no sense (*error then). */
static bool read_safety(const json_t *result, struct safety *safety, struct error *error)
{
	const json_t *state = json_object_get(result, "safe_state"), *by = json_object_get(state, "by"),
		     *proven = json_object_get(state, "proven"), *monitor = json_object_get(result, "monitor");
	if (!json_is_object(state))
		return false;
	*safety = (struct safety){.proof = json_is_true(proven) ? SAFE_PROVEN : json_is_null(proven) ? SAFE_NOT_PROVABLE : SAFE_NOT_PROVEN};
	safety->by_count = read_texts(by, safety->by, SAFETY_BY_MAX);
	safety->unwatched_count = read_texts(json_object_get(result, "not_watched"), safety->unwatched, SAFETY_UNWATCHED_MAX);
	const char *text = json_string_value(json_object_get(state, "text")), *name = json_string_value(json_object_get(monitor, "name"));
	snprintf(safety->text, sizeof safety->text, "%s", text ? text : "");
	if (!json_is_object(monitor))
		return true;
	while (name && safety->monitor < MONITOR_COUNT && strcmp(monitor_name(safety->monitor), name) != 0)
		safety->monitor++;
	if (!name || safety->monitor == MONITOR_COUNT)
		return error_config(error, "result.json: monitor.name: there is no monitor '%s'", name ? name : "");
	const json_t *time = json_object_get(monitor, "time_s");
	text = json_string_value(json_object_get(monitor, "text"));
	safety->tripped = true;
	safety->trip_s = json_is_number(time) ? json_number_value(time) : NAN;
	snprintf(safety->trip_text, sizeof safety->trip_text, "%s", text ? text : "");
	return true;
}

static bool judge_again(const struct rejudge_request *request, struct replay *replay, struct error *error)
{
	if (!replay_open(request->dir, replay, error) || !replay_measure(request->dir, replay, error))
		return false;
	auto_spec struct spec *spec = load_spec(request, replay, error);
	if (!spec)
		return false;
	struct safety safety;
	struct error senseless = {0};
	bool has_safety = read_safety(replay->result, &safety, &senseless);
	if (senseless.kind != ERROR_NONE) {
		*error = senseless;
		return false;
	}
	const struct judging_question question = {
		.safety = has_safety ? &safety : NULL,
		.bench = replay->bench,
		.plan = replay->plan,
		.spec = spec,
		.date = replay_text(replay->result, "calibration", "date"),
		.override_calibration = is_true(replay->result, "calibration", "overridden"),
		.ended_by = ended_by(replay->result),
	};
	struct judging judging auto_judging = {0};
	return judging_make(&question, replay->measure, replay->results, &judging, error) &&
	       remake(request, replay, spec, &judging, &question, error);
}

static bool work(void *self, struct error *error)
{
	const struct rejudge_request *request = self;
	struct replay replay = {0};
	bool done = judge_again(request, &replay, error);
	replay_finish(&replay);
	return done;
}

bool rejudge(const struct rejudge_request *request, struct error *error)
{
	struct rejudge_request mine = *request;
	char subject[PATH_MAX];
	struct stat status;
	if (snprintf(subject, sizeof subject, "%s/recording.h5", request->dir) >= (int)sizeof subject)
		return error_config(error, "%s: the path is too long", request->dir);
	uint64_t bytes = stat(subject, &status) == 0 ? (uint64_t)status.st_size : 0;
	return apart(work, &mine, bytes, request->out, subject, "judging it again", error);
}
