/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Student's t distribution for any real number of degrees of freedom > 0; INFINITY is the normal distribution. What effective degrees of freedom
 * (JCGM 100:2008, G.4) need, which are no whole numbers.
 */

/* The probability of a value above t (Abramowitz and Stegun, 26.7.1 and 26.5.8), exact where it is tiny. NAN unless dof > 0. */
double student_above(double t, double dof);
/* The t that is exceeded with probability 1 - p, 0 < p < 1. NAN unless dof > 0. */
double student_quantile(double p, double dof);
/*
 * The coverage factor k of U = k u: the probability within +-k is that of +-2 of the normal distribution, 95.45 % (JCGM 100:2008, G.3.2 and table G.2;
 * EA-4/02 M:2022, annex E). 2 at INFINITY, never less; INFINITY unless dof > 0: of what nothing is known nothing can be said.
 */
double student_coverage_factor(double dof);
