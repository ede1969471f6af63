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

const char *decision_rule_words(enum decision_rule rule)
{
	switch (rule) {
	case DECISION_SIMPLE:
		return "Simple acceptance (ILAC-G8:09/2019, 4.2.1): the value itself has to lie within the limits, guard band w = 0; "
		       "near a limit the verdict can be wrong with a probability of up to 50 %.";
	case DECISION_GUARDED:
		return "Guarded acceptance (ILAC-G8:09/2019, 4.2.2): the value has to lie within the limits by the guard band "
		       "w = U = k u (95.45 %); the risk that the true value of an accepted one lies beyond is below 2.5 % for each limit.";
	case DECISION_NON_BINARY:
		return "Non-binary (ILAC-G8:09/2019, 4.2.3), guard band w = U = k u (95.45 %): pass inside and fail outside the limits by "
		       "more "
		       "than w, conditional pass or fail in between.";
	case DECISION_ISO14253:
		return "ISO 14253-1:2017: the value has to lie within the limits by the guard band w = 1.65 u; the risk that the true "
		       "value of an accepted one lies beyond is below 5 % for each limit.";
	case DECISION_RISK:
		return "Conformance probability (JCGM 106:2012): the probability that the true value lies within the limits has to be at "
		       "least one minus the accepted risk; there is no guard band of fixed width.";
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

const char *verification_name(enum verification verification)
{
	switch (verification) {
	case VERIFIED_BY_RIG: return "rig";
	case VERIFIED_BY_INSPECTION: return "inspection";
	case VERIFIED_BY_ANALYSIS: return "analysis";
	case VERIFIED_BY_DEMONSTRATION: return "demonstration";
	case VERIFIED_BY_TEST: return "test";
	case VERIFIED_BY_OPEN: return "open";
	}
	return "?";
}
