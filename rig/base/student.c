/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "student.h"

#include <math.h>
#include <stdbool.h>

#define PI 3.14159265358979323846
/* From here on the normal distribution serves, t drawn in by the first term of the expansion in 1 / dof. */
#define NORMAL_FROM 1e6
/* From here on the expansion in 1 / dof has an error below 1e-9. */
#define EXPANSION_FROM 100

/* Gamma(a + 1/2) / Gamma(a). */
static double half_step(double a)
{
	if (a < 50)
		return tgamma(a + 0.5) / tgamma(a);
	double b = 1 / a;
	return sqrt(a) * (1 - b / 8 + b * b / 128 + 5 * b * b * b / 1024 - 21 * b * b * b * b / 32768);
}

static double not_zero(double x)
{
	return fabs(x) < 1e-300 ? 1e-300 : x;
}

/* The continued fraction of the incomplete beta function (Abramowitz and Stegun, 26.5.8), by the method of Lentz. */
static double beta_fraction(double x, double a, double b)
{
	double c = 1, d = 1 / not_zero(1 - (a + b) * x / (a + 1)), f = d;
	for (unsigned i = 1; i < 10000; i++) {
		double m = i, even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		d = 1 / not_zero(1 + even * d);
		c = not_zero(1 + even / c);
		f *= c * d;
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		d = 1 / not_zero(1 + odd * d);
		c = not_zero(1 + odd / c);
		double step = c * d;
		f *= step;
		if (fabs(step - 1) < 1e-15)
			break;
	}
	return f;
}

double student_above(double t, double dof)
{
	if (!(dof > 0) || isnan(t))
		return NAN;
	if (isinf(t))
		return t > 0 ? 0 : 1;
	if (dof >= NORMAL_FROM)
		return 0.5 * erfc(t * (1 - (t * t + 1) / (4 * dof)) / sqrt(2));
	/* I_x(dof/2, 1/2) with x = dof / (dof + t^2) is the probability outside of +-t. */
	double a = 0.5 * dof, square = t * t, x = dof / (dof + square), rest = square / (dof + square);
	double factor = half_step(a) / sqrt(PI) * exp(-a * log1p(square / dof)) * sqrt(rest), outside;
	if (x < (a + 1) / (a + 2.5))
		outside = factor * beta_fraction(x, a, 0.5) / a;
	else
		outside = 1 - factor * beta_fraction(rest, 0.5, a) / 0.5;
	return t < 0 ? 1 - 0.5 * outside : 0.5 * outside;
}

static double density(double t, double dof)
{
	if (dof >= NORMAL_FROM)
		return exp(-0.5 * t * t) / sqrt(2 * PI);
	return half_step(0.5 * dof) / sqrt(PI * dof) * exp(-0.5 * (dof + 1) * log1p(t * t / dof));
}

/* The t > 0 that is exceeded with probability `above` < 1/2: Newton's method from `t`, kept within its bracket by halving. */
static double solve(double above, double dof, double t)
{
	double low = 0, high = INFINITY;
	for (unsigned i = 0; i < 1000; i++) {
		double excess = student_above(t, dof) - above;
		if (excess > 0)
			low = t;
		else
			high = t;
		double next = t + excess / density(t, dof);
		if (!(next > low && next < high))
			next = isinf(high) ? 2 * t : 0.5 * (low + high);
		bool close = fabs(next - t) <= 1e-12 * t;
		t = next;
		if (close)
			break;
	}
	return t;
}

/* From the quantile x of the normal distribution to that of Student's, in powers of 1 / dof (Abramowitz and Stegun, 26.7.5). */
static double expand(double x, double dof)
{
	double s = x * x, g1 = (s + 1) * x / 4, g2 = ((5 * s + 16) * s + 3) * x / 96, g3 = (((3 * s + 19) * s + 17) * s - 15) * x / 384,
	       g4 = ((((79 * s + 776) * s + 1482) * s - 1920) * s - 945) * x / 92160;
	return x + (g1 + (g2 + (g3 + g4 / dof) / dof) / dof) / dof;
}

/* The quantile of the normal distribution within 5e-4, for 0 < above < 1/2 (Abramowitz and Stegun, 26.2.23). */
static double normal_roughly(double above)
{
	double s = sqrt(-2 * log(above));
	return s - (2.515517 + (0.802853 + 0.010328 * s) * s) / (1 + (1.432788 + (0.189269 + 0.001308 * s) * s) * s);
}

double student_quantile(double p, double dof)
{
	if (!(dof > 0) || !(p > 0 && p < 1))
		return NAN;
	if (p == 0.5)
		return 0;
	double above = p > 0.5 ? 1 - p : p, start = fmax(1e-6, normal_roughly(above)), t = solve(above, dof, start);
	return p > 0.5 ? t : -t;
}

double student_coverage_factor(double dof)
{
	if (!(dof > 0))
		return INFINITY;
	if (isinf(dof))
		return 2;
	return dof >= EXPANSION_FROM ? expand(2, dof) : solve(0.5 * erfc(sqrt(2)), dof, fmin(20, expand(2, dof)));
}
