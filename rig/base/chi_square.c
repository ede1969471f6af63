/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chi_square.h"

#include <math.h>

/* Regularised lower incomplete gamma function P(a, x): series below a + 1, continued fraction (Lentz) above (Abramowitz and Stegun, 6.5.29, 6.5.31). */
static double gamma_p(double a, double x)
{
	int sign;
	double front = exp(a * log(x) - x - lgamma_r(a, &sign));
	if (x < a + 1) {
		double term = 1 / a, sum = term;
		for (unsigned n = 1; n < 10000 && term > 1e-16 * sum; n++) {
			term *= x / (a + n);
			sum += term;
		}
		return front * sum;
	}
	double b = x + 1 - a, c = 1e300, d = 1 / b, h = d;
	for (unsigned n = 1; n < 10000; n++) {
		double an = -(double)n * ((double)n - a);
		b += 2;
		d = 1 / (an * d + b);
		c = b + an / c;
		h *= c * d;
		if (fabs(c * d - 1) < 1e-15)
			break;
	}
	return 1 - front * h;
}

double chi_square_quantile(double p, double dof)
{
	double low = 0, high = dof + 10;
	while (gamma_p(0.5 * dof, 0.5 * high) < p)
		high *= 2;
	for (unsigned i = 0; i < 100; i++) {
		double middle = 0.5 * (low + high);
		if (gamma_p(0.5 * dof, 0.5 * middle) < p)
			low = middle;
		else
			high = middle;
	}
	return 0.5 * (low + high);
}
