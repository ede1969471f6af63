/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decision.h"

#include <math.h>

#include "student.h"

static double tolerance(const struct limit *limit, double nominal)
{
	double relative = limit->tolerance_relative * fabs(nominal), absolute = limit->tolerance_absolute;
	if (isnan(relative))
		return absolute;
	if (isnan(absolute))
		return relative;
	switch (limit->combine) {
	case TOLERANCE_LARGER: return fmax(relative, absolute);
	case TOLERANCE_SMALLER: return fmin(relative, absolute);
	case TOLERANCE_SUM: return relative + absolute;
	}
	return NAN;
}

bool decision_limits_of(const struct limit *limit, double planned, struct decision_limits *limits)
{
	*limits = (struct decision_limits){limit->lower, limit->upper};
	double nominal = NAN;
	switch (limit->nominal_kind) {
	case NOMINAL_NONE: return !isnan(limit->lower) || !isnan(limit->upper);
	case NOMINAL_VALUE: nominal = limit->nominal; break;
	case NOMINAL_PLANNED: nominal = planned; break;
	}
	double half = tolerance(limit, nominal);
	if (!isfinite(nominal) || isnan(half))
		return false;
	*limits = (struct decision_limits){nominal - half, nominal + half};
	return true;
}

double decision_guard(enum decision_rule rule, double u, double dof)
{
	switch (rule) {
	case DECISION_SIMPLE:
	case DECISION_RISK: return 0;
	case DECISION_GUARDED:
	case DECISION_NON_BINARY: return student_coverage_factor(dof) * u;
	case DECISION_ISO14253: return 1.65 * u * (isinf(dof) ? 1 : student_quantile(0.95, dof) / student_quantile(0.95, INFINITY));
	}
	return NAN;
}

double decision_margin(const struct decision_limits *limits, double value)
{
	double margin = INFINITY;
	if (!isnan(limits->lower))
		margin = fmin(margin, value - limits->lower);
	if (!isnan(limits->upper))
		margin = fmin(margin, limits->upper - value);
	return margin;
}

double decision_conformance_probability(const struct decision_limits *limits, double value, double u, double dof)
{
	if (!(u > 0))
		return decision_margin(limits, value) >= 0 ? 1 : 0;
	double above = isnan(limits->upper) ? 1 : student_above((value - limits->upper) / u, dof);
	double below = isnan(limits->lower) ? 0 : student_above((value - limits->lower) / u, dof);
	return above - below;
}

double decision_capability(const struct decision_limits *limits, double u)
{
	return u >= 0 ? (limits->upper - limits->lower) / (4 * u) : NAN;
}

/* U = T/4 is C_m = 4: one that is written so must not be lost to rounding. */
#define ROUNDING 1e-9

static bool capable(const struct requirement *requirement, const struct decision_limits *limits, double guard, double u)
{
	if (isnan(limits->lower) || isnan(limits->upper))
		return true;
	if (requirement->capability > 0 && decision_capability(limits, u) < requirement->capability * (1 - ROUNDING))
		return false;
	return limits->lower + guard <= limits->upper - guard;
}

enum verdict decision_verdict(const struct requirement *requirement, const struct decision_limits *limits, double value, double u,
			      double dof)
{
	if (!(u >= 0) || isinf(u))
		return VERDICT_NOT_CAPABLE;
	double margin = decision_margin(limits, value);
	double guard = decision_guard(requirement->rule, u, dof);
	if (margin < -guard && requirement->rule != DECISION_RISK)
		return VERDICT_FAIL;
	if (!capable(requirement, limits, guard, u))
		return VERDICT_NOT_CAPABLE;
	switch (requirement->rule) {
	case DECISION_SIMPLE:
	case DECISION_GUARDED:
	case DECISION_ISO14253: return margin >= guard ? VERDICT_PASS : VERDICT_FAIL;
	case DECISION_NON_BINARY:
		if (margin >= guard)
			return VERDICT_PASS;
		return margin >= 0 ? VERDICT_CONDITIONAL_PASS : VERDICT_CONDITIONAL_FAIL;
	case DECISION_RISK:
		return decision_conformance_probability(limits, value, u, dof) >= 1 - requirement->risk ? VERDICT_PASS : VERDICT_FAIL;
	}
	return VERDICT_NOT_CAPABLE;
}
