/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "despike.h"

#include <math.h>
#include <string.h>

#include "order.h"

/* No current through a coil comes and goes in this time. */
#define SPIKE_S 3e-6
/* The top of a wave of 16 samples a period loses 8 % to a window of three; a spike on it must stand out by more. */
#define TOP_SHARE 0.15

/* LOOKS_MAX: of samples, in a block. */
enum { BLOCK = 256, LOOKS_MAX = 2048 };

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

/* Whether x[i] is further from one value before it and one after it, in a window's reach and on the same side of it, than it has to be moved by. */
static bool stands_out(const struct despike *settings, const double *x, size_t i, int above)
{
	size_t reach = settings->width - 1;
	/* |x - smooth| > limit + TOP_SHARE |smooth - baseline| holds for no less; the last factor is for rounding. */
	double level_a = fabs(x[i] - settings->baseline_a);
	double least_a = greater(settings->limit_a, (settings->limit_a + TOP_SHARE * level_a) / (1 + TOP_SHARE)) * (1 - 1e-9);
	double before = x[i - 1], after = x[i + 1];
	for (size_t k = 2; k <= reach; k++) {
		before = above ? lesser(before, x[i - k]) : greater(before, x[i - k]);
		after = above ? lesser(after, x[i + k]) : greater(after, x[i + k]);
	}
	return above ? x[i] - greater(before, after) > least_a : lesser(before, after) - x[i] > least_a;
}

/*
 * Whether opening or closing may move any of x[start, end) far enough to count, for a small part of what they cost. What is moved stands out on both of its
 * sides: there is a step up and a step down within a window's reach of it, neither smaller than its height over the steps of a window. Near an end
 * of x, where a window has one side only, the answer is yes; so it is where there are too many such steps to look at each.
 */
static bool may_move(const struct despike *settings, const double *x, size_t start, size_t end, size_t n)
{
	size_t reach = settings->width - 1, looks = 0;
	if (start < reach || end + reach > n)
		return true;
	double step_a = settings->limit_a / (double)reach * (1 - 1e-9);
	size_t next[2] = {0}; /* one past the latest step down, step up; 0: none yet */
	for (size_t d = start - reach; d + 1 < end + reach; d++) {
		double step = x[d + 1] - x[d];
		if (!(fabs(step) >= step_a))
			continue;
		int up = step > 0;
		next[up] = d + 1;
		if (next[!up] == 0 || d + 1 - next[!up] >= 2 * reach)
			continue;
		looks += reach * reach;
		if (looks > LOOKS_MAX)
			return true;
		for (size_t i = d + 1 > start + reach ? d + 1 - reach : start; i <= d && i < end; i++)
			if (stands_out(settings, x, i, !up))
				return true;
	}
	return false;
}

bool despike(const struct despike *settings, const double *x, double *clean, double *scratch, size_t n)
{
	size_t width = settings->width, margin = 3 * width;
	bool moved = false;
	if (n < 2 * width)
		return false;
	for (size_t start = 0; start < n; start += BLOCK) {
		size_t end = start + BLOCK < n ? start + BLOCK : n, before = start > 0 ? start - 1 : 0;
		struct extremes all = extremes_of(x + before, end - before);
		if (!(all.most - all.least > settings->limit_a) || !may_move(settings, x, start, end, n))
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
			if (rises || !(fabs(x[i] - smooth) > settings->limit_a + TOP_SHARE * level_a))
				continue;
			if (!moved)
				memcpy(clean, x, n * sizeof *x);
			moved = true;
			clean[i] = smooth;
		}
	}
	return moved;
}
