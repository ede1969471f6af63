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
 * The guard band of a rule for standard uncertainty u of so many degrees of freedom: 0 (simple), U = k u (guarded, ILAC-G8:09/2019 4.2.2;
 * non-binary, 4.2.3), 1.65 u (ISO 14253-1:2017), widened as the one-sided 95 % quantile of Student's t is against the normal one. The risk rule has
 * none of fixed width: 0.
 */
double decision_guard(enum decision_rule rule, double u, double dof);
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
enum verdict decision_verdict(const struct requirement *requirement, const struct decision_limits *limits, double value, double u,
			      double dof);
/*
 * Probability that the true value lies within the limits (JCGM 106:2012, 7.2), for a scaled and shifted t distribution (JCGM 101:2008, 6.4.9), the
 * normal one at INFINITY degrees of freedom.
 */
double decision_conformance_probability(const struct decision_limits *limits, double value, double u, double dof);
