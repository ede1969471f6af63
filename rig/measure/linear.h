/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Least squares of low order, with the covariance that goes with them. Abscissae should be near zero for the sake of rounding.
 */
#include <stdbool.h>
#include <stddef.h>

enum { LSQ_MAX = 5 };

/* Sums of a straight line y = offset + slope t. */
struct line_sums {
	double n, t, y, tt, ty;
};

/* slope, offset, and for unit noise: variance of the slope, and of the time where the line meets zero once divided by slope^2. */
struct line_fit {
	double slope, offset, zero;
	double slope_variance, zero_variance;
	double points;
};

static inline void line_add(struct line_sums *sums, double t, double y)
{
	sums->n += 1;
	sums->t += t;
	sums->y += y;
	sums->tt += t * t;
	sums->ty += t * y;
}

/* False with fewer than two distinct abscissae or a slope of zero. */
bool line_solve(const struct line_sums *sums, struct line_fit *fit);

/* c0 + c1 t + c2 t^2 through y[0..n), t[i] = (i - n/2 as integer); false when n < 3. Unit: samples. */
bool parabola_fit(const double *y, size_t n, double c[3]);

/*
 * Solves the symmetric positive definite n by n system matrix * x = rhs in place (rhs becomes x), n <= LSQ_MAX, and writes the inverse where
 * asked for (not NULL). False when it is not positive definite.
 */
bool cholesky_solve(double matrix[LSQ_MAX][LSQ_MAX], double *rhs, unsigned n, double inverse[LSQ_MAX][LSQ_MAX]);
