/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "drift.h"

#include <math.h>

#include "student.h"

struct drift drift_of(const double *x, const double *values, size_t count)
{
	struct drift drift = {.count = count, .slope = NAN, .u_slope = NAN, .p = NAN, .residual = NAN};
	double n = (double)count, mean_x = 0, mean = 0, sxx = 0, sxy = 0, squares = 0;
	/* About the first point, so that what is equal stays equal to the last bit and has no slope. */
	for (size_t i = 1; i < count; i++) {
		mean_x += x[i] - x[0];
		mean += values[i] - values[0];
	}
	mean_x = count ? x[0] + mean_x / n : NAN;
	mean = count ? values[0] + mean / n : NAN;
	for (size_t i = 0; i < count; i++) {
		sxx += (x[i] - mean_x) * (x[i] - mean_x);
		sxy += (x[i] - mean_x) * (values[i] - mean);
	}
	if (count < 3 || !(sxx > 0))
		return drift;
	drift.slope = sxy / sxx;
	for (size_t i = 0; i < count; i++) {
		double off = values[i] - mean - drift.slope * (x[i] - mean_x);
		squares += off * off;
	}
	drift.residual = sqrt(squares / (n - 2));
	drift.u_slope = drift.residual / sqrt(sxx);
	/* Of the largest numbers there are no differences. */
	if (!isfinite(drift.slope) || !isfinite(drift.u_slope)) {
		drift.slope = drift.u_slope = drift.residual = NAN;
		return drift;
	}
	if (drift.u_slope > 0)
		drift.p = 2 * student_above(fabs(drift.slope) / drift.u_slope, n - 2);
	else
		drift.p = drift.slope == 0 ? 1 : 0;
	return drift;
}
