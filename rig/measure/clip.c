/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clip.h"

#include <math.h>
#include <stdlib.h>

/* At full scale, clipped from so many samples on; a run of one count tells from so many on. */
enum { FULL_SCALE_LEAST = 2, RUN_LEAST = 3, LEVELS = 9, MOST_POINTS = 48 };
/* No more likely than this is the run of a wave that is not clipped. */
#define CHANCE_LOG (-20.7)
#define LEAST_PROBABILITY 1e-30
/* Neighbours with this in common are as good as one. */
#define INDEPENDENT_LEAST 0.05
#define ROOT_HALF 0.70710678118654752

struct run {
	ptrdiff_t first, n;
};

/* The least and the largest count of [from, to); as what follows a simple loop, which the compiler turns into vectors. */
static struct clip_range range_of(const int16_t *counts, ptrdiff_t from, ptrdiff_t to)
{
	int16_t least = counts[from], most = counts[from];
	for (ptrdiff_t i = from; i < to; i++) {
		least = counts[i] < least ? counts[i] : least;
		most = counts[i] > most ? counts[i] : most;
	}
	return (struct clip_range){least, most};
}

/* How many samples of [from, to) are this count. */
static size_t samples_at(const int16_t *counts, ptrdiff_t from, ptrdiff_t to, int16_t count)
{
	size_t samples = 0;
	for (ptrdiff_t i = from; i < to;) {
		ptrdiff_t end = to - i < INT16_MAX ? to : i + INT16_MAX;
		uint16_t some = 0;
		for (; i < end; i++)
			some = (uint16_t)(some + (counts[i] == count));
		samples += some;
	}
	return samples;
}

/* No sample lies beyond an end, so that those at it are the extremes. */
static bool at_full_scale(const struct clip_input *in, const struct clip_range *seen)
{
	const struct trace *trace = in->trace;
	size_t full = 0;
	if (trace->count_min >= trace->count_max)
		return false;
	full += seen->least <= trace->count_min ? samples_at(trace->counts, in->from, in->to, seen->least) : 0;
	full += seen->most >= trace->count_max ? samples_at(trace->counts, in->from, in->to, seen->most) : 0;
	return full >= FULL_SCALE_LEAST;
}

static struct run longest_run(const int16_t *counts, ptrdiff_t from, ptrdiff_t to, int16_t count)
{
	struct run longest = {from, 0};
	for (ptrdiff_t i = from, n = 0; i < to; i++) {
		n = counts[i] == count ? n + 1 : 0;
		if (n > longest.n)
			longest = (struct run){i + 1 - n, n};
	}
	return longest;
}

double clip_resolution(const int16_t *counts, ptrdiff_t from, ptrdiff_t to)
{
	/* One less than the step, so that no step at all is the largest there is; INT16_MIN stands for 0, since machines compare signed numbers. */
	int16_t least = INT16_MAX;
	for (ptrdiff_t i = from + 1; i < to; i++) {
		int16_t high = counts[i] > counts[i - 1] ? counts[i] : counts[i - 1],
			low = counts[i] > counts[i - 1] ? counts[i - 1] : counts[i];
		int16_t step = (int16_t)((uint16_t)high - (uint16_t)low - 1u + 0x8000u);
		least = step < least ? step : least;
	}
	return least == INT16_MAX ? 0 : (double)least - INT16_MIN + 1;
}

/* The share of independent ones among the samples, by what neighbours before the pulse have in common: (1 - r) / (1 + r) for a first-order process. */
static double independent_share(const struct clip_input *in)
{
	const int16_t *counts = in->trace->counts;
	double n = (double)(in->quiet_to - in->quiet_from), sum = 0, squares = 0, steps = 0;
	if (n < 16)
		return 1;
	for (ptrdiff_t i = in->quiet_from; i < in->quiet_to; i++)
		sum += counts[i];
	for (ptrdiff_t i = in->quiet_from; i < in->quiet_to; i++) {
		squares += (counts[i] - sum / n) * (counts[i] - sum / n);
		if (i > in->quiet_from)
			steps += (double)(counts[i] - counts[i - 1]) * (counts[i] - counts[i - 1]);
	}
	double common = squares > 0 ? 1 - steps / (2 * squares) : 0;
	return fmax(INDEPENDENT_LEAST, fmin(1, (1 - common) / (1 + common)));
}

/* How far the wave falls, on the side where it falls less, from the run to as far beyond its ends again as the run is long by half. */
static double fall_beyond(const struct clip_input *in, const struct run *run, int sign)
{
	const int16_t *counts = in->trace->counts;
	ptrdiff_t half = (run->n + 1) / 2, width = run->n / 4, before = run->first - half, after = run->first + run->n - 1 + half;
	/* Less far where the pulse is too short; not where the run begins or ends it. */
	before = before - width < in->from ? in->from + width : before;
	after = after + width >= in->to ? in->to - 1 - width : after;
	if (before + width >= run->first || after - width < run->first + run->n)
		return 0;
	double left = 0, right = 0;
	for (ptrdiff_t k = -width; k <= width; k++) {
		left += counts[before + k];
		right += counts[after + k];
	}
	double samples = (double)(2 * width + 1), top = sign * counts[run->first];
	return top - fmax(sign * left, sign * right) / samples;
}

/*
 * Logarithm of the largest probability of the run: each sample rounds to this one count, noise sigma on a parabola with its top in the run's middle that
 * falls by `fall` from there to its ends.
 */
static double run_log(double n, double fall, double sigma, double q)
{
	double best = -INFINITY, points = fmin(n, MOST_POINTS), width = ROOT_HALF / sigma;
	for (unsigned level = 0; level < LEVELS; level++) {
		double top = -0.5 * q + (q + fall) * level / (LEVELS - 1), sum = 0;
		for (unsigned k = 0; (double)k < points; k++) {
			double away = 2 * (k + 0.5) / points - 1, mean = top - fall * away * away;
			double share = 0.5 * (erfc((-0.5 * q - mean) * width) - erfc((0.5 * q - mean) * width));
			sum += log(fmax(share, LEAST_PROBABILITY));
		}
		best = fmax(best, sum * n / points);
	}
	return best;
}

/* Is what has this extreme count flat? sign: 1 for the largest, -1 for the smallest. */
static bool flat(const struct clip_input *in, int16_t count, int sign)
{
	if (samples_at(in->trace->counts, in->from, in->to, count) < RUN_LEAST)
		return false;
	struct run run = longest_run(in->trace->counts, in->from, in->to, count);
	if (run.n < RUN_LEAST)
		return false;
	double fall = fall_beyond(in, &run, sign), q = clip_resolution(in->trace->counts, in->quiet_from, in->to);
	if (!(fall > q))
		return false;
	/* Twice as far from a parabola's top it has fallen four times as deep. */
	double sigma = fmax(in->noise, q / sqrt(12.0));
	return run_log((double)run.n, fall / 4, sigma, q) * independent_share(in) < CHANCE_LOG;
}

static struct clip_input within(const struct clip_input *given)
{
	struct clip_input in = *given;
	ptrdiff_t n = (ptrdiff_t)in.trace->n;
	in.from = in.from < 0 ? 0 : in.from;
	in.to = in.to > n ? n : in.to;
	in.quiet_from = in.quiet_from < 0 ? 0 : in.quiet_from;
	return in;
}

bool clip_found(const struct clip_input *given, struct clip_range *seen)
{
	struct clip_input in = within(given);
	*seen = (struct clip_range){0, 0};
	if (in.to - in.from < RUN_LEAST)
		return false;
	*seen = range_of(in.trace->counts, in.from, in.to);
	return at_full_scale(&in, seen) || flat(&in, seen->most, 1) || flat(&in, seen->least, -1);
}

void clip_learn(const struct clip_input *given, double away, struct clip_range *range)
{
	struct clip_input in = within(given);
	if (in.to - in.from < RUN_LEAST)
		return;
	struct clip_range seen = range_of(in.trace->counts, in.from, in.to);
	double home = in.trace->counts[in.from];
	/* What was passed was no end. */
	range->most = seen.most > range->most ? INT16_MAX : range->most;
	range->least = seen.least < range->least ? INT16_MIN : range->least;
	if (seen.most - home > away && flat(&in, seen.most, 1))
		range->most = seen.most;
	if (home - seen.least > away && flat(&in, seen.least, -1))
		range->least = seen.least;
}
