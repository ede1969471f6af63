/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "despike.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* No current through a coil comes and goes in this time. */
#define SPIKE_S 3e-6
/* The top of a wave of 16 samples a period loses 8 % to a window of three; a spike on it must stand out by more. */
#define TOP_SHARE 0.15

enum { BLOCK = 256 };

size_t despike_width(double interval_s)
{
	return (size_t)floor(SPIKE_S / interval_s + 1e-6) + 2;
}

static double lesser(double a, double b)
{
	return a < b ? a : b;
}

static double greater(double a, double b)
{
	return a > b ? a : b;
}

/* x[i] = least (greatest, with `most`) of x[i] to x[i + width - 1], by windows that grow to twice their size. */
static void reduce_ahead(double *x, size_t n, size_t width, int most)
{
	for (size_t span = 1; span < width;) {
		size_t step = span < width - span ? span : width - span;
		if (most)
			for (size_t i = 0; i + step < n; i++)
				x[i] = greater(x[i], x[i + step]);
		else
			for (size_t i = 0; i + step < n; i++)
				x[i] = lesser(x[i], x[i + step]);
		span += step;
	}
}

static void reduce_behind(double *x, size_t n, size_t width, int most)
{
	for (size_t span = 1; span < width;) {
		size_t step = span < width - span ? span : width - span;
		if (most)
			for (size_t i = n; i-- > step;)
				x[i] = greater(x[i], x[i - step]);
		else
			for (size_t i = n; i-- > step;)
				x[i] = lesser(x[i], x[i - step]);
		span += step;
	}
}

/* Opening (most = 0) or closing (most = 1): only windows that lie inside count. */
static void open_or_close(double *x, size_t n, size_t width, int most)
{
	reduce_ahead(x, n, width, most);
	for (size_t i = n - width + 1; i < n; i++)
		x[i] = most ? INFINITY : -INFINITY;
	reduce_behind(x, n, width, !most);
}

static int varies(const double *x, size_t n, double limit_a)
{
	double least = x[0], most = x[0];
	for (size_t i = 1; i < n; i++) {
		least = lesser(x[i], least);
		most = greater(x[i], most);
	}
	return most - least > limit_a;
}

void despike(const struct despike *settings, const double *x, double *clean, double *scratch, size_t n)
{
	size_t width = settings->width, margin = 3 * width;
	memcpy(clean, x, n * sizeof *x);
	if (n < 2 * width)
		return;
	for (size_t start = 0; start < n; start += BLOCK) {
		size_t end = start + BLOCK < n ? start + BLOCK : n, before = start > 0 ? start - 1 : 0;
		if (!varies(x + before, end - before, settings->limit_a))
			continue;
		size_t from = start > margin ? start - margin : 0, to = end + margin < n ? end + margin : n;
		if (to - from < 2 * width)
			from = to - 2 * width;
		memcpy(scratch, x + from, (to - from) * sizeof *x);
		open_or_close(scratch, to - from, width, 0);
		open_or_close(scratch, to - from, width, 1);
		for (size_t i = start; i < end; i++) {
			double smooth = scratch[i - from], level_a = fabs(smooth - settings->baseline_a);
			/* Before the first sample there is no other half of a window: what rises from the baseline there is no spike. */
			bool rises = i + 1 < width && fabs(x[i] - settings->baseline_a) < level_a;
			if (!rises && fabs(x[i] - smooth) > settings->limit_a + TOP_SHARE * level_a)
				clean[i] = smooth;
		}
	}
}
