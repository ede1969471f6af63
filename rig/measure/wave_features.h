/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Features of a pulse that has been freed of its baseline and turned upright: the first lobe is positive. Times are in samples.
 */
#include <stddef.h>

#include "linear.h"

struct feature {
	double at;            /* index, between samples */
	double value;         /* current; for a crossing its slope per sample */
	double u_at, u_value; /* standard uncertainty from the noise */
};

/* Peak of sign `sign` by a parabola over half samples to either side of `near`; omega in 1/sample corrects for the wave's curvature. */
bool feature_peak(const double *y, size_t n, size_t near, size_t half, int sign, double omega, double noise, struct feature *peak);
/* Where y passes `level`, by a parabola over half samples to either side of `near`, but not before index `lowest`. */
bool feature_crossing(const double *y, size_t n, size_t near, size_t half, size_t lowest, double level, double noise,
		      struct feature *crossing);
