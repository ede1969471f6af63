/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The straight line through a series by ordinary least squares: its slope, the standard uncertainty of that by the scatter about the line with n - 2
 * degrees of freedom, and the probability of a slope as large if there were none (Student's t, two sides). (JCGM 100:2008, H.3.)
 */
#include <stddef.h>

struct drift {
	size_t count;
	double slope, u_slope; /* per unit of x; NAN with fewer than three points or all at one x */
	double p;              /* NAN where the slope is */
	double residual;       /* standard deviation about the line */
};

struct drift drift_of(const double *x, const double *values, size_t count);
