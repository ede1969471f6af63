/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "statement.h"

#include <math.h>

#include "student.h"

double statement_capability(const struct decision_limits *limits, double u)
{
	return decision_capability(limits, u);
}

double statement_test_uncertainty_ratio(const struct decision_limits *limits, double expanded)
{
	return statement_capability(limits, expanded / 2);
}

double statement_risk(const struct decision_limits *limits, double value, double u, double dof)
{
	if (!(u >= 0) || isinf(u))
		return NAN;
	if (u == 0)
		return decision_margin(limits, value) >= 0 ? 0 : 1;
	double above = isnan(limits->upper) ? 0 : student_above((limits->upper - value) / u, dof);
	double below = isnan(limits->lower) ? 0 : student_above((value - limits->lower) / u, dof);
	return above + below;
}

double statement_proportion(size_t trials)
{
	return trials > 0 ? -expm1(log(0.05) / (double)trials) : NAN;
}

void statement_budget(const struct judgement *judgement, const struct budget *of_measurement, struct budget *budget)
{
	*budget = (struct budget){0};
	enum judged_value judge = judgement->requirement->judge;
	if (judge != JUDGE_MEAN && judge != JUDGE_STANDARD_DEVIATION) {
		*budget = *of_measurement;
		return;
	}
	budget_add(budget, SOURCE_REPEATABILITY, judgement->u_random, 1, judgement->dof_random);
	if (judge == JUDGE_STANDARD_DEVIATION)
		return;
	double systematic = sqrt(fmax(0, judgement->u * judgement->u - judgement->u_random * judgement->u_random));
	double of_one = budget_u_systematic(of_measurement), factor = of_one > 0 && isfinite(of_one) ? systematic / of_one : 1;
	for (enum uncertainty_source s = 0; s < SOURCE_COUNT; s++) {
		const struct contribution *line = &of_measurement->of[s];
		if (!line->present || uncertainty_source_random(s))
			continue;
		budget->of[s] = *line;
		budget->of[s].c *= factor;
	}
}

static bool states(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_PASS:
	case VERDICT_CONDITIONAL_PASS:
	case VERDICT_CONDITIONAL_FAIL:
	case VERDICT_FAIL:
	case VERDICT_NOT_CAPABLE: return true;
	case VERDICT_VOID:
	case VERDICT_INCONCLUSIVE:
	case VERDICT_NOT_TESTED: return false;
	}
	return false;
}

void statement_fill(struct judgement *judgement, bool one_a_session)
{
	judgement->capability = judgement->test_uncertainty_ratio = judgement->conformance_probability = judgement->risk =
		judgement->proportion = NAN;
	judgement->trials = 0;
	if (!states(judgement->verdict))
		return;
	const struct decision_limits limits = {judgement->lower, judgement->upper};
	judgement->capability = statement_capability(&limits, judgement->u);
	judgement->test_uncertainty_ratio = statement_test_uncertainty_ratio(&limits, judgement->expanded);
	judgement->risk = statement_risk(&limits, judgement->value, judgement->u, judgement->dof);
	judgement->conformance_probability =
		isnan(judgement->risk) ? NAN : decision_conformance_probability(&limits, judgement->value, judgement->u, judgement->dof);
	if (judgement->requirement->judge != JUDGE_EVERY || one_a_session)
		return;
	judgement->trials = judgement->population - judgement->voided;
	if (judgement->outside == 0)
		judgement->proportion = statement_proportion(judgement->trials);
}
