/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "propagation.h"

double propagated_covariance(size_t n, const double *a, const double *covariance, const double *b)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			sum += a[i] * covariance[i * n + j] * b[j];
	return sum;
}
