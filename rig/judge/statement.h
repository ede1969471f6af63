/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What can be said beside a verdict: how capable the measurement is of deciding, how probable conformity is, and what a number of trials shows.
 */
#include "budget.h"
#include "decision.h"

/*
 * Measurement capability index C_m = (TU - TL) / (4 u) (JCGM 106:2012, 7.6). NAN for an open limit, INFINITY for u = 0. The test uncertainty ratio
 * is the span of the tolerance by that of the uncertainty, (TU - TL) / (2 U) (ANSI/NCSL Z540.3): with k = 2 the same.
 */
double statement_capability(const struct decision_limits *limits, double u);
double statement_test_uncertainty_ratio(const struct decision_limits *limits, double expanded);
/* Probability that the true value lies outside the limits, 1 - p_c (JCGM 106:2012, 9.3.2), exact where it is tiny. NAN unless u is finite. */
double statement_risk(const struct decision_limits *limits, double value, double u, double dof);
/*
 * The largest proportion p of a population of which `trials` independent ones can all be good with 5 % probability: 1 - 0.05^(1/trials) (the upper
 * limit of Clopper and Pearson for no failure, one-sided, 95 %). NAN without trials.
 */
double statement_proportion(size_t trials);
/*
 * The budget of the value that decided, from that of the measurement judgement->deciding (not looked at without one). A mean has its random part as
 * one line, repeatability, and the systematic lines of that one measurement, brought to the mean of all; a standard deviation has but the first.
 */
void statement_budget(const struct judgement *judgement, const struct budget *of_measurement, struct budget *budget);
/*
 * Fills capability, test_uncertainty_ratio, conformance_probability, risk, trials and proportion of a judgement from its value, u, limits, population and verdict; NAN
 * and 0 where there is nothing to be said: no statement is made on what is void, not tested or inconclusive.
 */
void statement_fill(struct judgement *judgement, bool one_a_session);
