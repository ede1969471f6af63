/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * An uncertainty budget as a table for people.
 */
#include <stdio.h>

#include "budget.h"

/* What it is the budget of. */
struct budget_heading {
	const char *title; /* "TIM-IPI-01: pulse.interval of pulse 17" */
	const char *unit;  /* of the value, SI */
	double value;
	bool rectangular; /* see budget_expanded() */
};

/*
 * Writes the heading, a line a source (u_i with its unit, c_i, |c u|, its part of u^2, degrees of freedom), then u, its degrees of freedom, k, U, and the
 * value rounded to the place of the second digit of U (JCGM 100:2008, 7.2.6).
 */
void budget_table(FILE *out, const struct budget_heading *heading, const struct budget *budget);
