/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "theil_sen.h"

#include <math.h>
#include <stdlib.h>

#include "cleanup.h"
#include "order.h"

enum { ALL_PAIRS = 128, STRIDES = 32 };

bool theil_sen(const double *t, const double *y, size_t n, double *slope, struct error *error)
{
	size_t stride = n <= ALL_PAIRS ? 1 : (n + STRIDES - 1) / STRIDES, pairs = 0, count = 0;
	*slope = NAN;
	for (size_t apart = stride; apart < n; apart += stride)
		pairs += n - apart;
	if (pairs == 0)
		return true;
	auto_free double *slopes = calloc(pairs, sizeof *slopes);
	if (!slopes)
		return error_set(error, ERROR_BENCH, "out of memory for a slope through %zu points", n);
	for (size_t apart = stride; apart < n; apart += stride)
		for (size_t i = 0; i + apart < n; i++)
			if (t[i + apart] > t[i])
				slopes[count++] = (y[i + apart] - y[i]) / (t[i + apart] - t[i]);
	if (count == 0)
		return true;
	double upper = order_statistic(slopes, count, count / 2);
	*slope = count % 2 ? upper : 0.5 * (upper + order_statistic(slopes, count, count / 2 - 1));
	return true;
}
