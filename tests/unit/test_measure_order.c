/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is fast in measuring against its definition: order statistics against a sort, spikes against a morphology written out. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "despike.h"
#include "order.h"

enum { MOST = 3000 };

static double uniform(void)
{
	static uint64_t state = 88172645463325252u;
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (double)(state >> 11) / 9007199254740992.0;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Orders that are hard on a search by halves, and whole numbers that are often equal. */
static double value_of(unsigned order, size_t i, size_t n)
{
	switch (order) {
	case 0: return uniform();
	case 1: return floor(4 * uniform());
	case 2: return (double)i;
	case 3: return (double)(n - i);
	case 4: return (double)(i < n / 2 ? i : n - i);
	default: return i % 2 ? (double)i : -(double)i;
	}
}

Test(measure_order, a_rank_and_the_ends_are_those_of_a_sort)
{
	static double x[MOST], sorted[MOST], shuffled[MOST];
	for (unsigned trial = 0; trial < 600; trial++) {
		size_t n = 1 + (size_t)(uniform() * (trial < 500 ? 200 : MOST)), rank = (size_t)(uniform() * (double)n);
		n = n < MOST ? n : MOST;
		rank = trial % 3 == 0 ? n / 2 : rank < n ? rank : n - 1;
		for (size_t i = 0; i < n; i++)
			x[i] = value_of(trial % 6, i, n);
		memcpy(sorted, x, n * sizeof *x);
		memcpy(shuffled, x, n * sizeof *x);
		qsort(sorted, n, sizeof *sorted, ascending);
		struct extremes all = extremes_of(x, n);
		cr_assert_eq(all.least, sorted[0], "trial %u", trial);
		cr_assert_eq(all.most, sorted[n - 1], "trial %u", trial);
		cr_assert_eq(order_statistic(shuffled, n, rank), sorted[rank], "trial %u: rank %zu of %zu", trial, rank, n);
		qsort(shuffled, n, sizeof *shuffled, ascending);
		cr_assert(memcmp(shuffled, sorted, n * sizeof *sorted) == 0, "trial %u: nothing is lost", trial);
	}
}

/* Of the windows of `width` inside x that hold i: the greatest of their least values, or the least of their greatest. */
static double by_windows(const double *x, size_t n, size_t i, size_t width, bool closing)
{
	double best = closing ? INFINITY : -INFINITY;
	for (size_t first = i + 1 > width ? i + 1 - width : 0; first <= i && first + width <= n; first++) {
		double end = x[first];
		for (size_t k = first; k < first + width; k++)
			end = closing ? fmax(end, x[k]) : fmin(end, x[k]);
		best = closing ? fmin(best, end) : fmax(best, end);
	}
	return best;
}

static void despike_by_definition(const struct despike *settings, const double *x, double *clean, size_t n)
{
	static double opened[MOST];
	for (size_t i = 0; i < n; i++)
		opened[i] = by_windows(x, n, i, settings->width, false);
	for (size_t i = 0; i < n; i++) {
		/* 256 samples are looked at together: at an end of x they stay as they are when they and the one before lie within the limit. */
		size_t from = i / 256 * 256, to = from + 256 < n ? from + 256 : n;
		from -= from > 0;
		struct extremes near = extremes_of(x + from, to - from);
		clean[i] = x[i];
		if (!(near.most - near.least > settings->limit_a))
			continue;
		double smooth = by_windows(opened, n, i, settings->width, true), level = fabs(smooth - settings->baseline_a);
		bool rises = i + 1 < settings->width && fabs(x[i] - settings->baseline_a) < level;
		if (!rises && fabs(x[i] - smooth) > settings->limit_a + 0.15 * level)
			clean[i] = smooth;
	}
}

/* A pulse with noise, and spikes of all widths and sizes, many of them near what just counts. */
static void make_recording(double *x, size_t n, size_t width, double limit_a)
{
	double noise = uniform() < 0.5 ? 0.1 * limit_a : limit_a * uniform(), peak = 200 * limit_a * uniform();
	double period = 20 + 400 * uniform(), start = uniform() * (double)n;
	for (size_t i = 0; i < n; i++) {
		double t = (double)i - start;
		double wave = t > 0 && t < period ? peak * exp(-t / period) * sin(2 * 3.141592653589793 * t / period) : 0;
		x[i] = wave + noise * (uniform() + uniform() - 1);
	}
	for (unsigned spikes = (unsigned)(uniform() * 12); spikes > 0; spikes--) {
		size_t at = (size_t)(uniform() * (double)n), wide = 1 + (size_t)(uniform() * 1.5 * (double)width);
		double high = limit_a * (uniform() < 0.5 ? 0.9 + 0.3 * uniform() : 20 * uniform()) * (uniform() < 0.5 ? 1 : -1);
		for (size_t i = at; i < n && i < at + wide; i++)
			x[i] += high * (uniform() < 0.5 ? 1 : 0.5);
	}
}

Test(measure_order, spikes_are_taken_out_as_defined)
{
	static double x[MOST], clean[MOST], expected[MOST], scratch[MOST];
	size_t moved = 0;
	for (unsigned trial = 0; trial < 300; trial++) {
		struct despike settings = {.width = 2 + (size_t)(uniform() * (trial % 10 ? 6 : 40)),
					   .limit_a = trial % 50 == 49 ? 0 : 60,
					   .baseline_a = uniform() < 0.5 ? 0 : 100 * uniform()};
		size_t n = 4 * settings.width + (size_t)(uniform() * (MOST - 200));
		make_recording(x, n, settings.width, 60);
		memcpy(clean, x, sizeof x);
		bool found = despike(&settings, x, clean, scratch, n), differs = false;
		despike_by_definition(&settings, x, expected, n);
		for (size_t i = 0; i < n; i++) {
			moved += clean[i] != x[i];
			differs |= clean[i] != x[i];
			cr_assert_eq(clean[i], expected[i], "trial %u, width %zu: sample %zu of %zu is %g, not %g", trial, settings.width,
				     i, n, clean[i], expected[i]);
		}
		cr_assert_eq(found, differs, "trial %u: spikes are told to be there where no sample was moved, or the other way round",
			     trial);
	}
	cr_expect_gt(moved, 1000, "only %zu samples were moved", moved);
}
