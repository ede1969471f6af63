/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verdict.h"

const char *verdict_name(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_PASS: return "pass";
	case VERDICT_CONDITIONAL_PASS: return "conditional_pass";
	case VERDICT_CONDITIONAL_FAIL: return "conditional_fail";
	case VERDICT_FAIL: return "fail";
	case VERDICT_VOID: return "void";
	case VERDICT_NOT_CAPABLE: return "not_capable";
	case VERDICT_INCONCLUSIVE: return "inconclusive";
	case VERDICT_NOT_TESTED: return "not_tested";
	}
	return "?";
}

static int verdict_weight(enum verdict verdict, bool declared)
{
	switch (verdict) {
	case VERDICT_FAIL: return 8;
	case VERDICT_VOID: return 7;
	case VERDICT_CONDITIONAL_FAIL: return 6;
	case VERDICT_INCONCLUSIVE: return 5;
	case VERDICT_NOT_CAPABLE: return 4;
	case VERDICT_CONDITIONAL_PASS: return 3;
	case VERDICT_PASS: return 1;
	case VERDICT_NOT_TESTED: return declared ? 2 : 0;
	}
	return 7;
}

enum verdict verdict_overall(const struct judgement *judgements, size_t count)
{
	enum verdict overall = VERDICT_NOT_TESTED;
	int heaviest = 0;
	for (size_t i = 0; i < count; i++) {
		int weight = verdict_weight(judgements[i].verdict, judgements[i].declared);
		if (weight > heaviest) {
			heaviest = weight;
			overall = judgements[i].verdict;
		}
	}
	return overall;
}

enum exit_status verdict_exit_status(enum verdict overall)
{
	switch (overall) {
	case VERDICT_PASS: return EXIT_CONFORMANT;
	case VERDICT_FAIL: return EXIT_NONCONFORMANT;
	case VERDICT_VOID: return EXIT_BENCH_FAULT;
	case VERDICT_CONDITIONAL_PASS:
	case VERDICT_CONDITIONAL_FAIL:
	case VERDICT_NOT_CAPABLE:
	case VERDICT_INCONCLUSIVE:
	case VERDICT_NOT_TESTED: return EXIT_INCONCLUSIVE;
	}
	return EXIT_BENCH_FAULT;
}
