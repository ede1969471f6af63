/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "calibration.h"
#include "date.h"
#include "judge.h"
#include "qualify.h"
#include "replay.h"

static const json_t *find(const json_t *result, const char *id)
{
	const json_t *list = json_object_get(result, "requirements");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *other = json_string_value(json_object_get(json_array_get(list, i), "id"));
		if (other && strcmp(other, id) == 0)
			return json_array_get(list, i);
	}
	return NULL;
}

static bool same(const struct judgement *judgement, const json_t *told)
{
	const char *verdict = json_string_value(json_object_get(told, "verdict"));
	const json_t *value = json_object_get(told, "value");
	if (!verdict || strcmp(verdict, verdict_name(judgement->verdict)) != 0)
		return false;
	return json_is_number(value) ? json_number_value(value) == judgement->value : !isfinite(judgement->value);
}

/* Judges the recording again by the case's spec; *differs is the id of the first requirement that comes out otherwise, NULL for none. */
static bool judge_again(const struct qualify_run *run, struct replay *replay, char *differs, size_t size, size_t *compared,
			struct error *error)
{
	char dir[PATH_MAX], today[DATE_SIZE];
	time_t now = time(NULL);
	struct tm parts;
	gmtime_r(&now, &parts);
	strftime(today, sizeof today, "%Y-%m-%d", &parts);
	if (!qualify_path(run, "", dir))
		return error_config(error, "the path is too long");
	if (!replay_open(dir, replay, error) || !replay_measure(dir, replay, error))
		return false;
	auto_bench_setup struct bench_setup *bench = qualify_bench(run->of, run->seed, error);
	auto_spec struct spec *spec = bench ? qualify_spec(run->of, error) : NULL;
	auto_free struct judgement *judgements = spec ? calloc(spec->count + 1, sizeof *judgements) : NULL;
	if (!judgements)
		return spec ? error_bench(error, "out of memory") : false;
	struct calibration_check calibration = calibration_check(bench, today, false);
	judge_spec(spec, replay->results, replay->plan, bench->device, &calibration, judgements);
	for (size_t i = 0; i < spec->count; i++, ++*compared)
		if (!differs[0] && !same(&judgements[i], find(replay->result, spec->requirements[i].id)))
			snprintf(differs, size, "%s", spec->requirements[i].id);
	return true;
}

void qualify_check_again(struct qualify_table *table, const struct qualification_case *one, const struct qualify_run *runs)
{
	char seen[2 * QUALIFY_TEXT], differs[QUALIFY_TEXT] = "";
	struct error error = {0};
	size_t compared = 0;
	bool good = true;
	for (unsigned r = 0; r < one->runs && good; r++) {
		struct replay replay = {0};
		good = judge_again(&runs[r], &replay, differs, sizeof differs, &compared, &error);
		replay_finish(&replay);
	}
	if (!good)
		snprintf(seen, sizeof seen, "%.150s", error.text);
	else if (differs[0])
		snprintf(seen, sizeof seen, "%s comes out otherwise", differs);
	else
		snprintf(seen, sizeof seen, "the same, %zu requirements", compared);
	qualify_row(table, one->id, good && !differs[0] && compared > 0, "measured again", "same verdicts, same values", seen);
}
