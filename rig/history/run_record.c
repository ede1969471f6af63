/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run_record.h"

#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "run_table.h"

enum { RESULT_MAX_BYTES = 64 << 20, TABLE_MAX_BYTES = 1 << 30, TEXT_MAX = 4096, LIST_MAX = 10000 };
static const size_t ARENA_MAX = (size_t)1 << 30;

/* A result.json that is being read; the first thing that is wrong stays in error. */
struct parse {
	struct run_record *record;
	const char *path;
	struct error *error;
	bool failed;
};

static void wrong(struct parse *parse, const char *key, const char *needed)
{
	if (!parse->failed)
		error_config(parse->error, "%s: \"%s\" should be %s; a result.json as tmsrig writes it is needed", parse->path, key,
			     needed);
	parse->failed = true;
}

/* NULL where it may be missing or null and is. */
static const char *text_of(struct parse *parse, const json_t *object, const char *key, bool needed)
{
	const json_t *value = json_object_get(object, key);
	if (!needed && (!value || json_is_null(value)))
		return NULL;
	if (!json_is_string(value) || json_string_length(value) > TEXT_MAX) {
		wrong(parse, key, "a text");
		return NULL;
	}
	const char *kept = arena_strdup(parse->record->arena, json_string_value(value));
	if (!kept)
		wrong(parse, key, "shorter, for there is no memory");
	return kept;
}

static double number_of(struct parse *parse, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	if (!value || json_is_null(value))
		return NAN;
	if (!json_is_number(value)) {
		wrong(parse, key, "a number");
		return NAN;
	}
	return json_number_value(value);
}

static int64_t integer_of(struct parse *parse, const json_t *object, const char *key, int64_t otherwise)
{
	const json_t *value = json_object_get(object, key);
	if (!value || json_is_null(value))
		return otherwise;
	if (!json_is_integer(value) || json_integer_value(value) < 0) {
		wrong(parse, key, "a whole number");
		return otherwise;
	}
	return json_integer_value(value);
}

static const json_t *list_of(struct parse *parse, const json_t *object, const char *key)
{
	const json_t *list = json_object_get(object, key);
	if (!json_is_array(list) || json_array_size(list) > LIST_MAX)
		wrong(parse, key, "a list");
	return list;
}

static bool known_verdict(const char *verdict)
{
	static const char *const KNOWN[] = {"pass", "conditional_pass", "conditional_fail", "fail",
					    "void", "not_capable",      "inconclusive",     "not_tested"};
	for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++)
		if (strcmp(verdict, KNOWN[i]) == 0)
			return true;
	return false;
}

static const char *verdict_of(struct parse *parse, const json_t *object)
{
	const char *verdict = text_of(parse, object, "verdict", true);
	if (verdict && !known_verdict(verdict))
		wrong(parse, "verdict", "a verdict of tmsrig");
	return verdict;
}

static void read_judgements(struct parse *parse, const json_t *root)
{
	struct run_record *record = parse->record;
	const json_t *list = list_of(parse, root, "requirements");
	if (parse->failed)
		return;
	record->judgements = arena_alloc(record->arena, json_array_size(list) + 1, sizeof *record->judgements);
	for (size_t i = 0; record->judgements && !parse->failed && i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		record->judgements[record->judgement_count++] = (struct run_judgement){
			.requirement = text_of(parse, one, "id", true),
			.fingerprint = text_of(parse, one, "fingerprint", false),
			.measurand = text_of(parse, one, "measurand", true),
			.unit = text_of(parse, one, "unit", false),
			.verdict = verdict_of(parse, one),
			.revision = integer_of(parse, one, "revision", 0),
			.value = number_of(parse, one, "value"),
			.u = number_of(parse, one, "u"),
			.lower = number_of(parse, one, "lower"),
			.upper = number_of(parse, one, "upper"),
			.planned = number_of(parse, one, "planned"),
		};
		for (size_t k = 0; !parse->failed && k < i; k++)
			if (strcmp(record->judgements[k].requirement, record->judgements[i].requirement) == 0)
				wrong(parse, "requirements", "a list without two of one id");
	}
}

static void read_statistics(struct parse *parse, const json_t *root)
{
	struct run_record *record = parse->record;
	const json_t *list = list_of(parse, root, "measurands");
	if (parse->failed)
		return;
	record->statistics = arena_alloc(record->arena, json_array_size(list) + 1, sizeof *record->statistics);
	for (size_t i = 0; record->statistics && !parse->failed && i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		struct run_statistics *statistics = &record->statistics[record->statistics_count++];
		*statistics = (struct run_statistics){
			.measurand = text_of(parse, one, "id", true),
			.unit = text_of(parse, one, "unit", false),
			.version = integer_of(parse, one, "version", 0),
			.count = integer_of(parse, one, "count", 0),
			.voided = integer_of(parse, one, "voided", 0),
			.mean = number_of(parse, one, "mean"),
			.sd = number_of(parse, one, "standard_deviation"),
			.minimum = number_of(parse, one, "minimum"),
			.maximum = number_of(parse, one, "maximum"),
			.u_mean = NAN,
		};
		/* At most; the table tells which of them have a value. */
		statistics->n = statistics->count > statistics->voided ? statistics->count - statistics->voided : 0;
		for (size_t k = 0; !parse->failed && k < i; k++)
			if (strcmp(record->statistics[k].measurand, statistics->measurand) == 0)
				wrong(parse, "measurands", "a list without two of one id");
	}
}

/* "2026-11-21T20:15:00Z" as seconds since 1970; false for anything else. */
static bool read_time(const char *text, double *seconds)
{
	struct tm parts = {0};
	const char *end = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &parts) : NULL;
	if (!end)
		return false;
	double fraction = 0;
	if (*end == '.') {
		size_t digits = strspn(end + 1, "0123456789");
		if (digits == 0 || digits > 12)
			return false;
		double place = 0.1;
		for (size_t i = 1; i <= digits; i++, place /= 10)
			fraction += place * (end[i] - '0');
		end += 1 + digits;
	}
	if (strcmp(end, "Z") != 0)
		return false;
	*seconds = (double)timegm(&parts) + fraction;
	return true;
}

static void read_ledger(struct parse *parse, const json_t *run)
{
	struct run_record *record = parse->record;
	const json_t *place = json_object_get(run, "ledger_place"), *list = json_object_get(run, "earlier");
	record->ledger_first = text_of(parse, place, "first", false);
	record->ledger_began = text_of(parse, place, "began", false);
	record->ledger_line = integer_of(parse, place, "line", 0);
	if (!list)
		return;
	list = list_of(parse, run, "earlier");
	if (parse->failed)
		return;
	record->earlier = arena_alloc(record->arena, json_array_size(list) + 1, sizeof *record->earlier);
	for (size_t i = 0; record->earlier && !parse->failed && i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		record->earlier[record->earlier_count++] = (struct run_earlier){
			.id = text_of(parse, one, "id", true),
			.began = text_of(parse, one, "time", false),
			.verdict = text_of(parse, one, "verdict", false),
			.sums_sha256 = text_of(parse, one, "sums_sha256", false),
		};
	}
	if (!record->earlier)
		wrong(parse, "earlier", "shorter, for there is no memory");
}

static void read_run(struct parse *parse, const json_t *root)
{
	struct run_record *record = parse->record;
	const json_t *run = json_object_get(root, "run");
	record->id = text_of(parse, run, "id", false);
	if (!record->id)
		record->id = record->result_sha256;
	record->command = text_of(parse, run, "command", true);
	record->operator_name = text_of(parse, run, "operator", false);
	record->serial = text_of(parse, run, "device_serial", false);
	record->attempt = integer_of(parse, run, "attempt", 1);
	record->reason = text_of(parse, run, "reason", false);
	record->started = text_of(parse, run, "started", true);
	if (!parse->failed && !read_time(record->started, &record->started_s))
		wrong(parse, "started", "a time such as 2026-11-21T20:15:00Z");
	read_ledger(parse, run);
	const json_t *simulated = json_object_get(run, "simulated");
	if (!json_is_boolean(simulated))
		wrong(parse, "simulated", "true or false");
	record->simulated = json_is_true(simulated);
}

static void read_root(struct parse *parse, const json_t *root)
{
	struct run_record *record = parse->record;
	const char *schema = text_of(parse, root, "schema", true);
	if (schema && strcmp(schema, "tmsrig-result-1") != 0)
		wrong(parse, "schema", "\"tmsrig-result-1\"");
	read_run(parse, root);
	record->verdict = verdict_of(parse, root);
	record->results_sha256 = text_of(parse, root, "results_sha256", true);
	record->version = text_of(parse, json_object_get(root, "tool"), "version", true);
	record->build = text_of(parse, json_object_get(root, "tool"), "build", true);
	record->bench = text_of(parse, json_object_get(root, "bench"), "id", true);
	record->device = text_of(parse, json_object_get(root, "device"), "id", false);
	record->scenario = text_of(parse, json_object_get(root, "scenario"), "id", false);
	record->plan_sha256 = text_of(parse, json_object_get(root, "scenario"), "plan_sha256", false);
	record->spec = text_of(parse, json_object_get(root, "spec"), "id", true);
	record->spec_revision = integer_of(parse, json_object_get(root, "spec"), "revision", 0);
	read_judgements(parse, root);
	read_statistics(parse, root);
}

static struct run_record *make_record(struct error *error)
{
	struct arena *arena = arena_create(ARENA_MAX);
	struct run_record *record = arena ? arena_alloc(arena, 1, sizeof *record) : NULL;
	if (!record) {
		arena_destroy(arena);
		error_bench(error, "out of memory");
		return NULL;
	}
	record->arena = arena;
	return record;
}

struct run_record *run_record_parse(const char *path, const char *result, size_t result_size, const char *measurements,
				    size_t measurements_size, struct error *error)
{
	json_error_t problem;
	json_t *root = json_loadb(result, result_size, JSON_REJECT_DUPLICATES, &problem);
	if (!root) {
		error_config(error, "%s:%d:%d: %s", path, problem.line, problem.column, problem.text);
		return NULL;
	}
	auto_digest struct digest *digest = digest_create(error);
	auto_run_record struct run_record *record = digest ? make_record(error) : NULL;
	if (record) {
		digest_update(digest, result, result_size);
		digest_finish(digest, record->result_sha256);
		struct parse parse = {.record = record, .path = path, .error = error};
		read_root(&parse, root);
		if (!parse.failed && (!record->judgements || !record->statistics))
			parse.failed = !error_bench(error, "%s: out of memory", path);
		if (parse.failed || (measurements && !run_table_read(record, path, measurements, measurements_size, error))) {
			run_record_destroy(record);
			record = NULL;
		}
	}
	json_decref(root);
	return steal(&record);
}

/* The whole file, which the caller frees; NULL on failure. */
static char *read_file(const char *path, size_t limit, size_t *size, struct error *error)
{
	struct stat status;
	auto_file FILE *file = fopen(path, "rbe");
	if (!file || fstat(fileno(file), &status) != 0) {
		error_errno(error, ERROR_CONFIG, "%s", path);
		return NULL;
	}
	if (!S_ISREG(status.st_mode) || (size_t)status.st_size > limit) {
		error_config(error, "%s: this is no file that tmsrig wrote: %s", path,
			     S_ISREG(status.st_mode) ? "it is too large" : "it is not a regular file");
		return NULL;
	}
	char *bytes = malloc((size_t)status.st_size + 1);
	*size = bytes ? fread(bytes, 1, (size_t)status.st_size, file) : 0;
	if (!bytes || *size != (size_t)status.st_size) {
		error_config(error, "%s: cannot be read", path);
		free(bytes);
		return NULL;
	}
	return bytes;
}

struct run_record *run_record_read(const char *dir, struct error *error)
{
	char path[PATH_MAX], table[PATH_MAX], whole[PATH_MAX];
	size_t size, table_size;
	if (!realpath(dir, whole)) {
		error_errno(error, ERROR_CONFIG, "%s", dir);
		return NULL;
	}
	if (snprintf(path, sizeof path, "%s/result.json", dir) >= (int)sizeof path ||
	    snprintf(table, sizeof table, "%s/measurements.csv", dir) >= (int)sizeof table) {
		error_config(error, "%s: the path is too long", dir);
		return NULL;
	}
	auto_free char *result = read_file(path, RESULT_MAX_BYTES, &size, error);
	auto_free char *rows = result ? read_file(table, TABLE_MAX_BYTES, &table_size, error) : NULL;
	if (!rows)
		return NULL;
	auto_run_record struct run_record *record = run_record_parse(path, result, size, NULL, 0, error);
	if (!record || !run_table_read(record, table, rows, table_size, error))
		return NULL;
	record->bundle = arena_strdup(record->arena, whole);
	if (!record->bundle) {
		error_bench(error, "%s: out of memory", dir);
		return NULL;
	}
	return steal(&record);
}

void run_record_destroy(struct run_record *record)
{
	if (record)
		arena_destroy(record->arena);
}
