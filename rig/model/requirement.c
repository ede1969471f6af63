/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "requirement.h"

void spec_destroy(struct spec *spec)
{
	if (spec)
		arena_destroy(spec->arena);
}

const char *decision_rule_name(enum decision_rule rule)
{
	switch (rule) {
	case DECISION_SIMPLE: return "simple";
	case DECISION_GUARDED: return "guarded";
	case DECISION_NON_BINARY: return "non_binary";
	case DECISION_ISO14253: return "iso14253";
	case DECISION_RISK: return "risk";
	}
	return "?";
}

const char *judged_value_name(enum judged_value judge)
{
	switch (judge) {
	case JUDGE_EVERY: return "every";
	case JUDGE_MEAN: return "mean";
	case JUDGE_MAXIMUM: return "maximum";
	case JUDGE_MINIMUM: return "minimum";
	case JUDGE_STANDARD_DEVIATION: return "standard_deviation";
	}
	return "?";
}
