/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Decision rules: a value with its uncertainty against limits.
 */
#include "requirement.h"
#include "verdict.h"

struct decision_limits {
	double lower, upper; /* NAN: open on that side */
};

/* The limits a requirement sets for a measurement whose planned value is `planned` (NAN for none). False when they cannot be told. */
bool decision_limits_of(const struct limit *limit, double planned, struct decision_limits *limits);
/*
 * The guard band of a rule for standard uncertainty u: 0 (simple), U = 2 u (guarded, ILAC-G8:09/2019 4.2.2; non-binary, 4.2.3), 1.65 u (ISO
 * 14253-1:2017). The risk rule has none of fixed width: 0.
 */
double decision_guard(enum decision_rule rule, double u);
/* Distance to the nearer limit, positive inside; INFINITY when both are open. */
double decision_margin(const struct decision_limits *limits, double value);
/*
 * The measurement capability index C_m = (upper - lower) / (4 u) (JCGM 106:2012, 7.6). NAN where a limit is open or u is not a number; infinite for
 * an exact value.
 */
double decision_capability(const struct decision_limits *limits, double u);
/*
 * The verdict on one value. FAIL outside the limits by more than the guard band whatever the capability; NOT_CAPABLE when the guard bands
 * leave nothing between two limits, C_m is smaller than the requirement asks for, or u is not a number; otherwise as the rule says.
 */
enum verdict decision_verdict(const struct requirement *requirement, const struct decision_limits *limits, double value, double u);
/* Probability that the true value lies within the limits, for a normal distribution (JCGM 106:2012, 7.2). */
double decision_conformance_probability(const struct decision_limits *limits, double value, double u);
