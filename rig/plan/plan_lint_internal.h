/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Where the rules put what they find.
 */
#include "plan_lint.h"

struct lint {
	const struct plan *plan;
	struct lint_finding *findings;
	size_t max, count;
	unsigned times[LINT_MAX_FINDINGS]; /* how often each finding came */
};

/* Rates, times and intensities come from divisions; two that differ by no more than this, relatively, are the same. */
static const double lint_tolerance = 1e-6;

/* Adds a finding, or counts it when the same text of the same rule is there. */
void lint_find(struct lint *lint, enum lint_level level, const char *rule, int line, const char *format, ...) printf_like(5, 6);
/* The rules of the published dose tables. */
void lint_dose(struct lint *lint, const struct dose_tables *tables);
