/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "linear.h"

#include <math.h>

bool line_solve(const struct line_sums *sums, struct line_fit *fit)
{
	double n = sums->n;
	if (n < 2)
		return false;
	double mean_t = sums->t / n, mean_y = sums->y / n;
	double sxx = sums->tt - n * mean_t * mean_t, sxy = sums->ty - n * mean_t * mean_y;
	if (!(sxx > 0) || sxy == 0)
		return false;
	double slope = sxy / sxx, zero = mean_t - mean_y / slope;
	*fit = (struct line_fit){.slope = slope,
				 .offset = mean_y - slope * mean_t,
				 .zero = zero,
				 .slope_variance = 1 / sxx,
				 .zero_variance = 1 / n + (zero - mean_t) * (zero - mean_t) / sxx,
				 .points = n};
	return true;
}

bool parabola_fit(const double *y, size_t n, double c[3])
{
	if (n < 3)
		return false;
	size_t half = n / 2;
	double middle = (double)half;
	double s[5] = {0}, r[3] = {0};
	for (size_t i = 0; i < n; i++) {
		double t = (double)i - middle, tt = t * t;
		s[1] += t;
		s[2] += tt;
		s[3] += tt * t;
		s[4] += tt * tt;
		r[0] += y[i];
		r[1] += t * y[i];
		r[2] += tt * y[i];
	}
	s[0] = (double)n;
	double matrix[LSQ_MAX][LSQ_MAX];
	for (unsigned i = 0; i < 3; i++)
		for (unsigned j = 0; j < 3; j++)
			matrix[i][j] = s[i + j];
	if (!cholesky_solve(matrix, r, 3, NULL))
		return false;
	for (unsigned i = 0; i < 3; i++)
		c[i] = r[i];
	return true;
}

static void substitute(double l[LSQ_MAX][LSQ_MAX], double *x, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		for (unsigned k = 0; k < i; k++)
			x[i] -= l[i][k] * x[k];
		x[i] /= l[i][i];
	}
	for (unsigned i = n; i-- > 0;) {
		for (unsigned k = i + 1; k < n; k++)
			x[i] -= l[k][i] * x[k];
		x[i] /= l[i][i];
	}
}

bool cholesky_solve(double matrix[LSQ_MAX][LSQ_MAX], double *rhs, unsigned n, double inverse[LSQ_MAX][LSQ_MAX])
{
	double l[LSQ_MAX][LSQ_MAX] = {0};
	for (unsigned j = 0; j < n; j++) {
		for (unsigned i = j; i < n; i++) {
			double sum = matrix[i][j];
			for (unsigned k = 0; k < j; k++)
				sum -= l[i][k] * l[j][k];
			if (i > j)
				l[i][j] = sum / l[j][j];
			else if (sum > 1e-14 * matrix[j][j])
				l[j][j] = sqrt(sum);
			else
				return false;
		}
	}
	substitute(l, rhs, n);
	if (inverse) {
		for (unsigned j = 0; j < n; j++) {
			double unit[LSQ_MAX] = {0};
			unit[j] = 1;
			substitute(l, unit, n);
			for (unsigned i = 0; i < n; i++)
				inverse[i][j] = unit[i];
		}
	}
	return true;
}
