/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "csv.h"
#include "qualify.h"
#include "verdict.h"

/*
 * U is meant to hold 95.45 % of the values. Errors that are common to a run come once a seed, so few seeds scatter about that; 2 U holds all but one
 * of 16 000.
 */
static const double COVERED = 0.9, LARGEST = 2;

void qualify_row(struct qualify_table *table, const char *id, bool ok, const char *check, const char *expected, const char *seen)
{
	if (table->count == QUALIFY_ROWS_MAX) {
		struct qualify_row *last = &table->rows[QUALIFY_ROWS_MAX - 1];
		table->failed += last->ok;
		last->ok = false;
		snprintf(last->seen, sizeof last->seen, "more rows than there is room for");
		return;
	}
	struct qualify_row *row = &table->rows[table->count++];
	*row = (struct qualify_row){.id = id, .ok = ok};
	snprintf(row->check, sizeof row->check, "%s", check);
	snprintf(row->expected, sizeof row->expected, "%s", expected);
	snprintf(row->seen, sizeof row->seen, "%s", seen);
	table->failed += !ok;
}

/* result.json of a run; NULL when there is none. */
static json_t *load_result(const struct qualify_run *run)
{
	char path[PATH_MAX];
	json_error_t problem;
	return qualify_path(run, "/result.json", path) ? json_load_file(path, JSON_REJECT_DUPLICATES, &problem) : NULL;
}

static const char *text_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "nothing";
}

static const json_t *requirement_of(const json_t *result, const char *id)
{
	const json_t *list = json_object_get(result, "requirements");
	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(text_at(json_array_get(list, i), "id"), id) == 0)
			return json_array_get(list, i);
	return NULL;
}

/* A text from a result for what is looked at; in `out`. */
typedef void look(const json_t *result, const struct qualify_run *run, const char *what, char out[QUALIFY_TEXT]);

static void look_verdict(const json_t *result, const struct qualify_run *run, const char *what, char out[QUALIFY_TEXT])
{
	(void)run;
	(void)what;
	snprintf(out, QUALIFY_TEXT, "%s", text_at(result, "verdict"));
}

static void look_status(const json_t *result, const struct qualify_run *run, const char *what, char out[QUALIFY_TEXT])
{
	bool as_told = json_integer_value(json_object_get(result, "exit_status")) == run->status;
	(void)what;
	snprintf(out, QUALIFY_TEXT, as_told ? "as the verdict" : "%d", run->status);
}

static void look_requirement(const json_t *result, const struct qualify_run *run, const char *what, char out[QUALIFY_TEXT])
{
	(void)run;
	snprintf(out, QUALIFY_TEXT, "%s", text_at(requirement_of(result, what), "verdict"));
}

static void look_count(const json_t *result, const struct qualify_run *run, const char *what, char out[QUALIFY_TEXT])
{
	const json_t *count = json_object_get(json_object_get(result, "counts"), what);
	(void)run;
	if (json_is_integer(count))
		snprintf(out, QUALIFY_TEXT, "%lld", (long long)json_integer_value(count));
	else
		snprintf(out, QUALIFY_TEXT, "nothing");
}

/* One row: what is expected of every run of the case, and what the first that differs shows. */
static void check_each(struct qualify_table *table, const struct qualification_case *one, const struct qualify_run *runs,
		       json_t *const *results, const char *check, look *looked, const char *what, const char *expected)
{
	char seen[QUALIFY_TEXT] = "", where[2 * QUALIFY_TEXT];
	for (unsigned r = 0; r < one->runs; r++) {
		looked(results[r], &runs[r], what, seen);
		if (strcmp(seen, expected) == 0)
			continue;
		snprintf(where, sizeof where, "%s, in the run of seed %u", seen, runs[r].seed);
		qualify_row(table, one->id, false, check, expected, where);
		return;
	}
	qualify_row(table, one->id, true, check, expected, seen);
}

static void check_requirements(struct qualify_table *table, const struct qualification_case *one, const struct qualify_run *runs,
			       json_t *const *results, const struct qualification_names *names, const char *verdict)
{
	for (size_t i = 0; i < names->count; i++)
		check_each(table, one, runs, results, names->names[i], look_requirement, names->names[i], verdict);
}

static void check_count(struct qualify_table *table, const struct qualification_case *one, const struct qualify_run *runs,
			json_t *const *results, const char *what, double expected)
{
	char check[QUALIFY_TEXT], text[QUALIFY_TEXT];
	if (isnan(expected))
		return;
	snprintf(check, sizeof check, "pulses %s", what);
	snprintf(text, sizeof text, "%.0f", expected);
	check_each(table, one, runs, results, check, look_count, what, text);
}

struct coverage {
	size_t count, within;
	double largest; /* in U */
	const char *problem;
};

/* Values of one run against the truth of that run, pulse by pulse. */
static void cover(struct coverage *coverage, const struct qualify_run *run, const char *measurand)
{
	static const char *const MEASURED[] = {"index", "value", "U", "voided"};
	const char *const true_names[] = {"pulse", measurand};
	char measured_path[PATH_MAX], truth_path[PATH_MAX];
	struct csv_table measured = {0}, truth = {0};
	struct error error = {0};
	if (!qualify_path(run, "/measurements.csv", measured_path) || !qualify_path(run, ".truth.csv", truth_path) ||
	    !csv_read(&measured, measured_path, MEASURED, 4, "measurand", measurand, &error) ||
	    !csv_read(&truth, truth_path, true_names, 2, NULL, NULL, &error))
		coverage->problem = "the values or the truth cannot be read";
	else if (measured.rows != truth.rows || truth.rows == 0)
		coverage->problem = "there is not one value for each pulse";
	for (size_t i = 0; !coverage->problem && i < measured.rows; i++) {
		const struct csv_cell *row = &measured.cells[i * measured.columns], *true_row = &truth.cells[i * truth.columns];
		double off = fabs(row[1].number - true_row[1].number) / row[2].number;
		if (row[0].number != true_row[0].number || row[3].number != 0 || !isfinite(off))
			coverage->problem = "a pulse has no value";
		coverage->count++;
		coverage->within += off <= 1;
		coverage->largest = fmax(coverage->largest, off);
	}
	csv_finish(&measured);
	csv_finish(&truth);
}

static void check_truth(struct qualify_table *table, const struct qualification_case *one, const struct qualify_run *runs,
			const char *measurand)
{
	struct coverage coverage = {.count = 0};
	char check[QUALIFY_TEXT], expected[QUALIFY_TEXT], seen[QUALIFY_TEXT];
	for (unsigned r = 0; r < one->runs; r++)
		cover(&coverage, &runs[r], measurand);
	double share = coverage.count ? (double)coverage.within / (double)coverage.count : 0;
	bool ok = !coverage.problem && share >= COVERED && coverage.largest <= LARGEST;
	snprintf(check, sizeof check, "truth of %s", measurand);
	snprintf(expected, sizeof expected, "%.0f %% within U, all within %g U", 100 * COVERED, LARGEST);
	snprintf(seen, sizeof seen, "%.1f %% of %zu, farthest %.2f U", 100 * share, coverage.count, coverage.largest);
	qualify_row(table, one->id, ok, check, expected, coverage.problem ? coverage.problem : seen);
}

/* What the witness saw of the outputs: what each was set to first, before anything was fired, and last. */
struct outputs {
	int first[GPIO_LINE_COUNT], last[GPIO_LINE_COUNT]; /* -1: never set */
	int first_arm, last_arm;                           /* -1: never */
	bool fired;
};

static bool read_outputs(const struct qualify_run *run, struct outputs *outputs)
{
	char path[PATH_MAX], text[256], what[64];
	int level;
	double time_s;
	*outputs = (struct outputs){.first_arm = -1, .last_arm = -1};
	for (int line = 0; line < GPIO_LINE_COUNT; line++)
		outputs->first[line] = outputs->last[line] = -1;
	auto_file FILE *file = qualify_path(run, ".lines.csv", path) ? fopen(path, "re") : NULL;
	if (!file)
		return false;
	while (fgets(text, sizeof text, file)) {
		if (sscanf(text, "%lf,%63[^,],%d", &time_s, what, &level) != 3)
			continue;
		outputs->fired |= strcmp(what, "pulse") == 0;
		if (strcmp(what, "arm") == 0) {
			outputs->last_arm = level;
			outputs->first_arm = outputs->first_arm < 0 && !outputs->fired ? level : outputs->first_arm;
		}
		for (int line = 0; line < GPIO_LINE_COUNT; line++)
			if (strcmp(what, gpio_line_name((enum gpio_line)line)) == 0) {
				outputs->last[line] = level;
				outputs->first[line] = outputs->first[line] < 0 && !outputs->fired ? level : outputs->first[line];
			}
	}
	return true;
}

/* NULL: safe first and last. The safe state is trigger, enable and emergency stop at their levels, and disarmed. */
static const char *unsafe(const struct qualify_run *run)
{
	static const enum gpio_line LINES[] = {GPIO_TRIGGER, GPIO_ENABLE, GPIO_EMERGENCY_STOP};
	struct outputs outputs;
	struct error error = {0};
	auto_bench_setup struct bench_setup *bench = qualify_bench(run->of, run->seed, &error);
	if (!bench || !read_outputs(run, &outputs))
		return "the outputs cannot be read";
	if (!outputs.fired)
		return "nothing was fired";
	if (outputs.first_arm != 0)
		return "not disarmed at the beginning";
	if (outputs.last_arm != 0)
		return "not disarmed at the end";
	for (size_t i = 0; i < sizeof LINES / sizeof *LINES; i++) {
		const struct gpio_line_setup *line = &bench->gpio[LINES[i]];
		if (!line->present || !line->output)
			continue;
		if (outputs.first[LINES[i]] != line->safe_level)
			return "an output was not set safe first";
		if (outputs.last[LINES[i]] != line->safe_level)
			return "an output was not set safe last";
	}
	return NULL;
}

static void check_safe(struct qualify_table *table, const struct qualification_case *one, const struct qualify_run *runs)
{
	const char *problem = NULL;
	for (unsigned r = 0; r < one->runs && !problem; r++)
		problem = unsafe(&runs[r]);
	qualify_row(table, one->id, !problem, "safe state", "first and last", problem ? problem : "first and last");
}

void qualify_check(struct qualify_table *table, const struct qualification_case *one, const struct qualify_run *runs)
{
	json_t **results = calloc(one->runs, sizeof *results);
	if (!results) {
		qualify_row(table, one->id, false, "verdict", one->verdict, "out of memory");
		return;
	}
	for (unsigned r = 0; r < one->runs; r++)
		results[r] = load_result(&runs[r]);
	check_each(table, one, runs, results, "verdict", look_verdict, NULL, one->verdict);
	check_each(table, one, runs, results, "exit status", look_status, NULL, "as the verdict");
	check_requirements(table, one, runs, results, &one->fails, "fail");
	check_requirements(table, one, runs, results, &one->voids, "void");
	check_count(table, one, runs, results, "matched", one->matched);
	check_count(table, one, runs, results, "missing", one->missing);
	check_count(table, one, runs, results, "extra", one->extra);
	for (size_t i = 0; i < one->truth.count; i++)
		check_truth(table, one, runs, one->truth.names[i]);
	check_safe(table, one, runs);
	for (unsigned r = 0; r < one->runs; r++)
		json_decref(results[r]);
	free(results);
	qualify_check_again(table, one, runs);
}
