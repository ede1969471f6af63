/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "judging.h"

#include <stdlib.h>

#include "judge.h"
#include "statement.h"

void judging_finish(struct judging *judging)
{
	free(judging->judgements);
	free(judging->budgets);
	*judging = (struct judging){0};
}

static bool make_budgets(const struct judging_question *question, const struct measure *measure, const struct results *results,
			 struct judging *judging, struct error *error)
{
	for (size_t i = 0; i < question->spec->count; i++) {
		struct budget one = {0};
		size_t deciding = judging->judgements[i].deciding;
		if (deciding != NO_MEASUREMENT && !measure_budget(measure, results, deciding, &one, error))
			return false;
		statement_budget(&judging->judgements[i], &one, &judging->budgets[i]);
	}
	return true;
}

bool judging_make(const struct judging_question *question, const struct measure *measure, const struct results *results,
		  struct judging *judging, struct error *error)
{
	const struct spec *spec = question->spec;
	*judging = (struct judging){
		.calibration = calibration_check(question->bench, question->date, question->override_calibration),
		.judgements = calloc(spec->count + 1, sizeof *judging->judgements),
		.budgets = calloc(spec->count + 1, sizeof *judging->budgets),
	};
	if (!judging->judgements || !judging->budgets)
		return error_bench(error, "out of memory for %zu requirements", spec->count);
	judge_spec(spec, results, question->plan, question->bench->device, &judging->calibration, judging->judgements);
	if (!make_budgets(question, measure, results, judging, error))
		return false;
	judging->overall = judge_overall(spec, results, question->plan, judging->judgements, &judging->unasked);
	bool passing = judging->overall == VERDICT_PASS || judging->overall == VERDICT_CONDITIONAL_PASS;
	if (question->ended_by != ERROR_NONE && passing)
		judging->overall = VERDICT_VOID;
	judging->overall = safety_verdict(judging->overall, question->safety);
	return true;
}
