/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "replay.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "digest.h"
#include "inputs.h"
#include "plan_builder.h"
#include "script.h"
#include "store.h"

enum { PLAN_TEXT_CAP = 1 << 28, RESULT_MAX_BYTES = 256 << 20 };

const char *replay_text(const json_t *object, const char *first, const char *second)
{
	return json_string_value(json_object_get(json_object_get(object, first), second));
}

double replay_number(const json_t *object, const char *first, const char *second, double otherwise)
{
	const json_t *value = json_object_get(json_object_get(object, first), second);
	return json_is_number(value) ? json_number_value(value) : otherwise;
}

/* A name in inputs/ and of no other place, and a regular file there: what a bundle says must not make anybody read another file. */
static bool is_kept(const char *dir, const char *name, char path[PATH_MAX])
{
	static const char folder[] = "inputs/";
	struct stat status;
	if (strncmp(name, folder, strlen(folder)) != 0 || strchr(name + strlen(folder), '/') || strcmp(name, "inputs/..") == 0)
		return false;
	return snprintf(path, PATH_MAX, "%s/%s", dir, name) < PATH_MAX && lstat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static bool find_inputs(const char *dir, struct replay *replay, struct error *error)
{
	const json_t *inputs = json_object_get(replay->result, "inputs");
	size_t count = json_array_size(inputs);
	struct kept_file *files = calloc(count + 1, sizeof *files);
	replay->kept.files = files;
	replay->inputs = calloc(count + 1, sizeof *replay->inputs);
	if (!files || !replay->inputs)
		return error_bench(error, "%s: out of memory", dir);
	for (size_t i = 0; i < count; i++) {
		const json_t *entry = json_array_get(inputs, i);
		const char *name = json_string_value(json_object_get(entry, "name"));
		const char *used = json_string_value(json_object_get(entry, "path"));
		char path[PATH_MAX];
		if (!name || !used)
			return error_config(error, "%s/result.json: inputs[%zu] has no name or no path", dir, i);
		if (!is_kept(dir, name, path))
			return error_config(error, "%s/result.json: inputs[%zu]: there is no file '%.200s' in the folder's inputs/", dir, i,
					    name);
		char *file = strdup(path);
		if (!file)
			return error_bench(error, "%s: out of memory", dir);
		replay->inputs[i] = (struct remake_input){name, used, file};
		files[i] = (struct kept_file){used, file};
		replay->input_count = replay->kept.count = i + 1;
	}
	return true;
}

bool replay_open(const char *dir, struct replay *replay, struct error *error)
{
	char path[PATH_MAX];
	json_error_t problem;
	struct stat status;
	*replay = (struct replay){0};
	if (snprintf(path, sizeof path, "%s/result.json", dir) >= (int)sizeof path)
		return error_config(error, "%s: the path is too long", dir);
	if (stat(path, &status) == 0 && (!S_ISREG(status.st_mode) || status.st_size > RESULT_MAX_BYTES))
		return error_config(error, "%s: not a file of at most %d MiB", path, RESULT_MAX_BYTES >> 20);
	replay->result = json_load_file(path, JSON_REJECT_DUPLICATES, &problem);
	if (!replay->result && problem.line < 0)
		return error_config(error, "%s; an evidence folder that tmsrig wrote is needed", problem.text);
	if (!replay->result)
		return error_config(error, "%s:%d:%d: %s", path, problem.line, problem.column, problem.text);
	const char *schema = json_string_value(json_object_get(replay->result, "schema"));
	if (!schema || strcmp(schema, "tmsrig-result-1") != 0)
		return error_config(error, "%s: this is not a result of tmsrig, its \"schema\" would be \"tmsrig-result-1\"", path);
	replay->fixtures = replay_text(replay->result, "run", "fixtures");
	return find_inputs(dir, replay, error);
}

/* What was kept comes to one plan only; whether it is that of the run its hash tells. */
static bool check_plan(const char *path, const char *kept, const struct plan *plan, struct error *error)
{
	char hex[DIGEST_HEX_SIZE];
	auto_text struct text text = text_make(PLAN_TEXT_CAP);
	if (!kept)
		return error_config(error, "%s: result.json does not say which plan it came to", path);
	plan_serialise(plan, &text);
	if (text.overflown)
		return error_bench(error, "%s: no memory to hash the plan", path);
	evidence_sha256(text_view(&text), text.length, hex);
	return strcmp(hex, kept) == 0 ||
	       error_config(
		       error,
		       "%s: it comes to another plan now than in the run (the scenario, a library it reads, or tmsrig itself has changed); "
		       "use the version of tmsrig that wrote the evidence",
		       path);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* A library is required by its name, which its copy in inputs/ has only where nothing else has it. */
static bool lay_out_libraries(struct replay *replay, const char *scenario, struct error *error)
{
	if (!scratch_make(&replay->scratch, error))
		return false;
	for (size_t i = 0; i < replay->input_count; i++) {
		const char *name = base_name(replay->inputs[i].path), *ending = strrchr(name, '.');
		char link[PATH_MAX], file[PATH_MAX];
		if (!ending || strcmp(ending, ".lua") != 0 || strcmp(replay->inputs[i].path, scenario) == 0)
			continue;
		if (!scratch_file(&replay->scratch, name, link, error))
			return false;
		if (!realpath(replay->inputs[i].file, file) || symlink(file, link) != 0)
			return error_errno(error, ERROR_CONFIG, "%s: cannot be laid out as library '%.80s'", replay->inputs[i].name, name);
	}
	return true;
}

static bool load_plan(const char *dir, struct replay *replay, struct error *error)
{
	const json_t *scenario = json_object_get(replay->result, "scenario");
	if (!json_is_object(scenario))
		return true;
	const char *file = replay_text(replay->result, "scenario", "file");
	const char *copy = file ? kept_find(&replay->kept, file) : NULL;
	if (!copy)
		return error_config(error, "%s/inputs: the scenario of the session was not kept there", dir);
	if (!lay_out_libraries(replay, file, error))
		return false;
	auto_free char *text = NULL;
	size_t length, count = 0;
	if (!script_read_file(copy, &text, &length, error))
		return false;
	enum { MAX_VALUES = 64 };
	struct plan_value values[MAX_VALUES];
	const char *name;
	json_t *number;
	json_object_foreach(json_object_get(json_object_get(replay->result, "scenario"), "settings"), name, number)
	{
		if (count < MAX_VALUES && json_is_number(number))
			values[count++] = (struct plan_value){name, json_number_value(number)};
	}
	const struct plan_parameters parameters = {
		.motor_threshold_pct = replay_number(replay->result, "scenario", "motor_threshold_pct", NAN),
		.library_dir = replay->scratch.path,
		.values = values,
		.value_count = count,
	};
	replay->plan = plan_build_text(file, text, length, &parameters, error);
	if (!replay->plan)
		return error_prefix(error, "%s/inputs", dir);
	return check_plan(copy, replay_text(replay->result, "scenario", "plan_sha256"), replay->plan, error);
}

static bool load_bench(const char *dir, struct replay *replay, struct error *error)
{
	const char *file = replay_text(replay->result, "bench", "file");
	const char *date = replay_text(replay->result, "calibration", "date");
	if (!file || !date || !date_is_valid(date))
		return error_config(error, "%s/result.json: it does not say with which bench, or of which day, the recording is", dir);
	replay->bench = config_load_bench_kept(file, replay->fixtures ? replay->fixtures : "", &replay->kept, error);
	if (!replay->bench)
		return error_prefix(error, "%s/inputs", dir);
	/* A reference clock that was overdue was told when the recording was made; the result has it. */
	(void)bench_setup_date(replay->bench, date);
	return true;
}

bool replay_measure(const char *dir, struct replay *replay, struct error *error)
{
	char path[PATH_MAX];
	if (!load_plan(dir, replay, error) || !load_bench(dir, replay, error))
		return false;
	if (snprintf(path, sizeof path, "%s/recording.h5", dir) >= (int)sizeof path)
		return error_config(error, "%s: the path is too long", dir);
	auto_store_reader struct store_reader *reader = store_open(path, error);
	if (!reader)
		return false;
	if (!store_complete(reader))
		return error_config(error, "%s: the recording did not come to its end, so there is nothing to measure again", path);
	replay->measure = measure_create(replay->plan, replay->bench->device, error);
	if (!replay->measure)
		return false;
	struct reduced_sink sink = measure_sink(replay->measure);
	if (!store_replay(reader, &sink, error))
		return error_prefix(error, "%s", path);
	if (!store_check_end(reader, error))
		return false;
	replay->results = measure_finish(replay->measure, error);
	return replay->results != NULL;
}

struct spec *replay_spec(const char *dir, const struct replay *replay, struct error *error)
{
	const char *file = replay_text(replay->result, "spec", "file");
	if (!file) {
		error_config(error, "%s/result.json: it does not name its specification", dir);
		return NULL;
	}
	struct spec *spec =
		config_load_spec_kept(file, replay->fixtures ? replay->fixtures : "", &replay->kept, inputs_measurand_unit, NULL, error);
	if (!spec)
		error_prefix(error, "%s/inputs", dir);
	return spec;
}

struct dose_tables *replay_dose_tables(const struct replay *replay, struct error *error)
{
	char path[PATH_MAX];
	bool named = replay->fixtures && snprintf(path, sizeof path, "%s/safety/published.yaml", replay->fixtures) < (int)sizeof path;
	if (!named || !kept_find(&replay->kept, path))
		return NULL;
	return config_load_dose_tables_kept(path, replay->fixtures, &replay->kept, error);
}

struct about_file *replay_about(const struct replay *replay)
{
	/* Nothing names it: it is the only kind of file whose sections are these. */
	struct error other_kind;
	for (size_t i = 0; i < replay->input_count; i++) {
		const char *ending = strrchr(replay->inputs[i].name, '.');
		struct about_file *about =
			ending && strcmp(ending, ".lua") != 0 ? config_load_about(replay->inputs[i].file, &other_kind) : NULL;
		if (about)
			return about;
	}
	return NULL;
}

void replay_finish(struct replay *replay)
{
	results_destroy(replay->results);
	measure_destroy(replay->measure);
	plan_destroy(replay->plan);
	bench_setup_destroy(replay->bench);
	for (size_t i = 0; i < replay->input_count; i++)
		free((void *)replay->inputs[i].file);
	free(replay->inputs);
	free((void *)replay->kept.files);
	scratch_remove(&replay->scratch);
	json_decref(replay->result);
	*replay = (struct replay){0};
}
