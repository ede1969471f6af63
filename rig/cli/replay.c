/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "replay.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "digest.h"
#include "evidence.h"
#include "inputs.h"
#include "paths.h"
#include "plan.h"
#include "plan_builder.h"
#include "store.h"

enum { PLAN_TEXT_CAP = 1 << 28 };

bool replay_open(const char *dir, struct replay *replay, struct error *error)
{
	char path[PATH_MAX];
	json_error_t problem;
	*replay = (struct replay){0};
	snprintf(path, sizeof path, "%s/result.json", dir);
	replay->result = json_load_file(path, JSON_REJECT_DUPLICATES, &problem);
	if (!replay->result && problem.line < 0)
		return error_config(error, "%s; an evidence folder that tmsrig wrote is needed", problem.text);
	if (!replay->result)
		return error_config(error, "%s:%d:%d: %s", path, problem.line, problem.column, problem.text);
	const char *schema = json_string_value(json_object_get(replay->result, "schema"));
	if (!schema || strcmp(schema, "tmsrig-result-1") != 0)
		return error_config(error, "%s: this is not a result of tmsrig, its \"schema\" would be \"tmsrig-result-1\"", path);
	return true;
}

/* The copy in the folder of a file the session was made with: `ending` of its name, or the whole path it had; "" when there is none. */
static void find_input(const char *dir, const json_t *result, const char *file, const char *ending, char out[PATH_MAX])
{
	const json_t *inputs = json_object_get(result, "inputs");
	out[0] = '\0';
	for (size_t i = 0; i < json_array_size(inputs); i++) {
		const char *name = json_string_value(json_object_get(json_array_get(inputs, i), "name"));
		const char *path = json_string_value(json_object_get(json_array_get(inputs, i), "path"));
		size_t length = name ? strlen(name) : 0, tail = ending ? strlen(ending) : 0;
		bool found = name && path &&
			     (file ? strcmp(path, file) == 0 : ending && length > tail && strcmp(name + length - tail, ending) == 0);
		if (found && !out[0])
			snprintf(out, PATH_MAX, "%s/%s", dir, name);
	}
}

/* A scenario may read what was not kept; whether it came to the same plan its hash tells. */
static bool check_plan(const char *path, const json_t *scenario, struct plan *plan, struct error *error)
{
	char hex[DIGEST_HEX_SIZE];
	const char *kept = json_string_value(json_object_get(scenario, "plan_sha256"));
	auto_text struct text text = text_make(PLAN_TEXT_CAP);
	plan->path = json_string_value(json_object_get(scenario, "path"));
	if (!plan->path || !kept)
		return error_config(error, "%s: result.json does not say which plan it came to", path);
	plan_serialise(plan, &text);
	if (text.overflown)
		return error_bench(error, "%s: no memory to hash the plan", path);
	evidence_sha256(text_view(&text), text.length, hex);
	return strcmp(hex, kept) == 0 ||
	       error_config(error,
			    "%s: it comes to another plan now than in the run (a library it reads, or tmsrig itself, "
			    "has changed); use the version of tmsrig that wrote the evidence",
			    path);
}

static bool load_plan(const char *dir, struct replay *replay, struct error *error)
{
	const json_t *scenario = json_object_get(replay->result, "scenario");
	char path[PATH_MAX];
	if (!json_is_object(scenario))
		return true;
	find_input(dir, replay->result, NULL, ".lua", path);
	if (!path[0])
		return error_config(error, "%s/inputs: the scenario of the session was not kept there", dir);
	enum { MAX_VALUES = 64 };
	struct plan_value values[MAX_VALUES];
	size_t count = 0;
	const char *name;
	json_t *number;
	json_object_foreach(json_object_get(scenario, "settings"), name, number) if (count < MAX_VALUES && json_is_number(number))
		values[count++] = (struct plan_value){name, json_number_value(number)};
	const json_t *threshold = json_object_get(scenario, "motor_threshold_pct");
	replay->plan = inputs_plan_set(path, json_is_number(threshold) ? json_number_value(threshold) : NAN, values, count, error);
	return replay->plan && check_plan(path, scenario, replay->plan, error);
}

static bool load_device(const char *dir, struct replay *replay, struct error *error)
{
	const json_t *device = json_object_get(replay->result, "device");
	char path[PATH_MAX], fixtures[PATH_MAX];
	const char *file = json_string_value(json_object_get(device, "file"));
	if (!json_is_object(device))
		return true;
	if (file)
		find_input(dir, replay->result, file, NULL, path);
	if (!file || !path[0])
		return error_config(error, "%s/inputs: the device file of the session was not kept there", dir);
	if (!paths_data("fixtures", fixtures, sizeof fixtures, error))
		return false;
	replay->device = config_load_device(path, fixtures, error);
	return replay->device != NULL;
}

bool replay_measure(const char *dir, struct replay *replay, struct error *error)
{
	char path[PATH_MAX];
	if (!load_plan(dir, replay, error) || !load_device(dir, replay, error))
		return false;
	snprintf(path, sizeof path, "%s/recording.h5", dir);
	auto_store_reader struct store_reader *reader = store_open(path, error);
	if (!reader)
		return false;
	if (!store_complete(reader))
		return error_config(error, "%s: the recording did not come to its end, so there is nothing to measure again", path);
	replay->measure = measure_create(replay->plan, replay->device, error);
	if (!replay->measure)
		return false;
	struct reduced_sink sink = measure_sink(replay->measure);
	if (!store_replay(reader, &sink, error))
		return error_prefix(error, "%s", path);
	replay->results = measure_finish(replay->measure, error);
	return replay->results != NULL;
}

void replay_finish(struct replay *replay)
{
	results_destroy(replay->results);
	measure_destroy(replay->measure);
	plan_destroy(replay->plan);
	device_destroy(replay->device);
	json_decref(replay->result);
	*replay = (struct replay){0};
}
