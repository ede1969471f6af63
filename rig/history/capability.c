/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "capability.h"

#include <math.h>

#include "chi_square.h"
#include "student.h"

static const double OUTSIDE = 0.025; /* to either side of an interval of 95 % */

struct capability capability_from(size_t count, double mean, double sd, double lower, double upper)
{
	struct capability c = {.count = count,
			       .mean = mean,
			       .sd = sd,
			       .cp = NAN,
			       .cp_lower = NAN,
			       .cp_upper = NAN,
			       .cpk = NAN,
			       .cpk_lower = NAN,
			       .cpk_upper = NAN};
	if (count < 2 || !(sd > 0) || !isfinite(sd) || !isfinite(mean) || (isnan(lower) && isnan(upper)))
		return c;
	double n = (double)count, dof = n - 1;
	if (!isnan(lower) && !isnan(upper)) {
		c.cp = (upper - lower) / (6 * sd);
		c.cp_lower = c.cp * sqrt(chi_square_quantile(OUTSIDE, dof) / dof);
		c.cp_upper = c.cp * sqrt(chi_square_quantile(1 - OUTSIDE, dof) / dof);
	}
	/* fmin() takes the other one where a limit is open. */
	c.cpk = fmin((upper - mean) / (3 * sd), (mean - lower) / (3 * sd));
	double half = student_quantile(1 - OUTSIDE, INFINITY) * sqrt(1 / (9 * n) + c.cpk * c.cpk / (2 * dof));
	c.cpk_lower = c.cpk - half;
	c.cpk_upper = c.cpk + half;
	return c;
}

struct capability capability_of(const double *values, size_t count, double lower, double upper)
{
	double sum = 0, squares = 0;
	/* About the first value: equal ones have no scatter, not even one of rounding. */
	for (size_t i = 1; i < count; i++)
		sum += values[i] - values[0];
	double mean = count ? values[0] + sum / (double)count : NAN;
	for (size_t i = 0; i < count; i++)
		squares += (values[i] - mean) * (values[i] - mean);
	return capability_from(count, mean, count > 1 ? sqrt(squares / (double)(count - 1)) : NAN, lower, upper);
}
