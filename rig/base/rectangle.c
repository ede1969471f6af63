/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rectangle.h"

#include <math.h>

#define PROBABILITY 0.954499736103642
enum { HALVINGS = 60 };

/* The integral of the standard normal distribution function from minus infinity to z: z Phi(z) + phi(z). */
static double normal_integral(double z)
{
	return 0.5 * z * erfc(-z * M_SQRT1_2) + exp(-0.5 * z * z) * M_2_SQRTPI * M_SQRT1_2 / 2;
}

/* The probability that rectangle (half width a) plus normal (standard deviation s) lies at or below x. */
static double at_or_below(double x, double a, double s)
{
	return s / (2 * a) * (normal_integral((x + a) / s) - normal_integral((x - a) / s));
}

double rectangle_expanded(double u_rectangle, double u_rest_expanded)
{
	double a = sqrt(3) * u_rectangle, s = u_rest_expanded / 2;
	/* Where one is too small to matter the formula would lose all digits. */
	if (!(isfinite(a) && isfinite(s)))
		return INFINITY;
	if (a < 1e-3 * s)
		return hypot(2 * u_rectangle, u_rest_expanded);
	if (s < 1e-6 * a)
		return PROBABILITY * a;
	double from = 0, to = a + 3 * s;
	for (unsigned i = 0; i < HALVINGS; i++) {
		double middle = 0.5 * (from + to);
		if (2 * at_or_below(middle, a, s) - 1 < PROBABILITY)
			from = middle;
		else
			to = middle;
	}
	return 0.5 * (from + to);
}
