/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace_bundle.h"

#include <jansson.h>
#include <limits.h>
#include <string.h>

#include "folder.h"
#include "manifest.h"

enum { VERDICTS_MAX = 100000 };

static void release_json(json_t **json)
{
	json_decref(*json);
}

#define auto_json cleanup_with(release_json)

/* What the run wrote is what is there now: every file of it, for a verdict rests on the recording and not on the sentence about it. */
static bool check_seal(const char *dir, struct error *error)
{
	auto_manifest_report struct manifest_report report = {0};
	if (!manifest_check(dir, &report, error))
		return false;
	if (report.finding_count == 0)
		return true;
	return error_config(error, "%s: is not as it was sealed, so it is no evidence: %s%s", dir, report.findings[0].text,
			    report.finding_count > 1 ? ", and more" : "");
}

static json_t *load(const char *dir, struct error *error)
{
	char path[PATH_MAX];
	json_error_t problem;
	char name[NAME_MAX + 1];
	if (folder_unfinished(dir, name)) {
		error_config(error, "%s: was never finished; what is in it is no evidence", dir);
		return NULL;
	}
	snprintf(path, sizeof path, "%s/result.json", dir);
	auto_json json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &problem);
	if (!root) {
		if (problem.line < 0)
			error_config(error, "%s: %s; an evidence folder that tmsrig wrote is needed", path, problem.text);
		else
			error_config(error, "%s:%d:%d: %s", path, problem.line, problem.column, problem.text);
		return NULL;
	}
	const char *schema = json_string_value(json_object_get(root, "schema"));
	if (!schema || strcmp(schema, "tmsrig-result-1") != 0) {
		error_config(error, "%s: this is not a result of tmsrig, its \"schema\" would be \"tmsrig-result-1\"", path);
		return NULL;
	}
	return check_seal(dir, error) ? steal(&root) : NULL;
}

static bool verdict_from_name(const char *name, enum verdict *verdict)
{
	for (int v = VERDICT_PASS; name && v <= VERDICT_NOT_TESTED; v++) {
		if (strcmp(name, verdict_name((enum verdict)v)) == 0) {
			*verdict = (enum verdict)v;
			return true;
		}
	}
	return false;
}

static unsigned count_of(const json_t *json)
{
	json_int_t value = json_integer_value(json);
	return value > 0 && value < UINT_MAX ? (unsigned)value : 0;
}

/* A copy in the arena; NULL for what is no text. */
static const char *keep(struct arena *arena, const json_t *json)
{
	return json_is_string(json) ? arena_strdup(arena, json_string_value(json)) : NULL;
}

static bool names(const json_t *list, const char *id)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *one = json_string_value(json_array_get(list, i));
		if (one && strcmp(one, id) == 0)
			return true;
	}
	return false;
}

static bool read_verdict(const struct trace_bundle *bundle, const json_t *json, const json_t *verifies, struct arena *arena,
			 struct trace_verdict *verdict)
{
	verdict->id = keep(arena, json_object_get(json, "id"));
	verdict->revision = count_of(json_object_get(json, "revision"));
	verdict->fingerprint = keep(arena, json_object_get(json, "fingerprint"));
	verdict->measurand = keep(arena, json_object_get(json, "measurand"));
	verdict->measurand_version = count_of(json_object_get(json, "measurand_version"));
	if (!verdict->id || !verdict->measurand ||
	    !verdict_from_name(json_string_value(json_object_get(json, "verdict")), &verdict->verdict))
		return false;
	verdict->declared = names(verifies, verdict->id);
	if (!bundle->whole && (verdict->verdict == VERDICT_PASS || verdict->verdict == VERDICT_CONDITIONAL_PASS))
		verdict->verdict = VERDICT_VOID;
	return true;
}

static void read_run(struct trace_bundle *bundle, const json_t *root, struct arena *arena)
{
	const json_t *run = json_object_get(root, "run"), *calibration = json_object_get(root, "calibration");
	bundle->spec = keep(arena, json_object_get(json_object_get(root, "spec"), "id"));
	bundle->scenario = keep(arena, json_object_get(json_object_get(root, "scenario"), "id"));
	bundle->started = keep(arena, json_object_get(run, "started"));
	bundle->run_id = keep(arena, json_object_get(run, "id"));
	bundle->reason = keep(arena, json_object_get(run, "reason"));
	bundle->attempt = count_of(json_object_get(run, "attempt"));
	const json_t *earlier = json_object_get(run, "earlier");
	for (size_t i = 0; i < json_array_size(earlier) && i < TRACE_MAX_EARLIER; i++) {
		const json_t *one = json_array_get(earlier, i);
		const char *id = keep(arena, json_object_get(one, "id"));
		if (id)
			bundle->earlier[bundle->earlier_count++] = (struct trace_attempt){id, keep(arena, json_object_get(one, "verdict"))};
	}
	bundle->device = keep(arena, json_object_get(json_object_get(root, "device"), "id"));
	bundle->serial = keep(arena, json_object_get(run, "device_serial"));
	/* What does not say that it is real is not. */
	bundle->simulated = !json_is_false(json_object_get(run, "simulated"));
	bundle->whole = json_is_true(json_object_get(run, "complete")) && json_is_false(json_object_get(run, "aborted"));
	bundle->overridden = json_is_true(json_object_get(calibration, "overridden"));
}

bool trace_bundle_read(struct trace_bundle *bundle, const char *path, struct arena *arena, struct error *error)
{
	auto_json json_t *root = load(path, error);
	if (!root)
		return false;
	*bundle = (struct trace_bundle){.path = path};
	read_run(bundle, root, arena);
	const json_t *requirements = json_object_get(root, "requirements");
	const json_t *verifies = json_object_get(json_object_get(root, "scenario"), "verifies");
	size_t count = json_array_size(requirements);
	if (!bundle->spec || !bundle->started || !json_is_array(requirements) || count > VERDICTS_MAX)
		return error_config(error, "%s/result.json: has no spec, no time or no requirements", path);
	bundle->verdicts = arena_alloc(arena, count ? count : 1, sizeof *bundle->verdicts);
	if (!bundle->verdicts)
		return error_bench(error, "%s: no memory for its requirements", path);
	for (size_t i = 0; i < count; i++)
		if (!read_verdict(bundle, json_array_get(requirements, i), verifies, arena, &bundle->verdicts[bundle->count++]))
			return error_config(error, "%s/result.json: requirement %zu has no id, no measurand or no verdict", path, i + 1);
	return true;
}
