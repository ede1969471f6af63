/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Small systems of linear equations by Gauss with pivoting. */
#include <math.h>
#include <stdbool.h>

enum { SYSTEM_MAX = 7 };

/* Solves matrix * x = rhs; neither is changed. False when singular. */
static inline bool system_solve(double matrix[SYSTEM_MAX][SYSTEM_MAX], const double *rhs, unsigned n, double x[SYSTEM_MAX])
{
	double a[SYSTEM_MAX][SYSTEM_MAX + 1];
	for (unsigned i = 0; i < n; i++) {
		for (unsigned j = 0; j < n; j++)
			a[i][j] = matrix[i][j];
		a[i][n] = rhs[i];
	}
	for (unsigned c = 0; c < n; c++) {
		unsigned best = c;
		for (unsigned r = c + 1; r < n; r++)
			if (fabs(a[r][c]) > fabs(a[best][c]))
				best = r;
		if (!(fabs(a[best][c]) > 0))
			return false;
		for (unsigned j = 0; j <= n; j++) {
			double swap = a[c][j];
			a[c][j] = a[best][j];
			a[best][j] = swap;
		}
		for (unsigned r = 0; r < n; r++) {
			double share = r == c ? 0 : a[r][c] / a[c][c];
			for (unsigned j = c; j <= n; j++)
				a[r][j] -= share * a[c][j];
		}
	}
	for (unsigned i = 0; i < n; i++)
		x[i] = a[i][n] / a[i][i];
	return true;
}
