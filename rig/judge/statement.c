/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "statement.h"

#include <math.h>

double statement_capability(const struct decision_limits *limits, double u)
{
	return decision_capability(limits, u);
}

double statement_risk(const struct decision_limits *limits, double value, double u)
{
	if (!(u >= 0) || isinf(u))
		return NAN;
	if (u == 0)
		return decision_margin(limits, value) >= 0 ? 0 : 1;
	double above = isnan(limits->upper) ? 0 : 0.5 * erfc((limits->upper - value) / u / sqrt(2));
	double below = isnan(limits->lower) ? 0 : 0.5 * erfc((value - limits->lower) / u / sqrt(2));
	return above + below;
}

double statement_proportion(size_t trials)
{
	return trials > 0 ? -expm1(log(0.05) / (double)trials) : NAN;
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
	judgement->capability = judgement->conformance_probability = judgement->risk = judgement->proportion = NAN;
	judgement->trials = 0;
	if (!states(judgement->verdict))
		return;
	const struct decision_limits limits = {judgement->lower, judgement->upper};
	judgement->capability = statement_capability(&limits, judgement->u);
	judgement->risk = statement_risk(&limits, judgement->value, judgement->u);
	judgement->conformance_probability =
		isnan(judgement->risk) ? NAN : decision_conformance_probability(&limits, judgement->value, judgement->u);
	if (judgement->requirement->judge != JUDGE_EVERY || one_a_session)
		return;
	judgement->trials = judgement->population - judgement->voided;
	if (judgement->outside == 0)
		judgement->proportion = statement_proportion(judgement->trials);
}
