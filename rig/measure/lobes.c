/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lobes.h"

#include <math.h>

#include "bins.h"

/* So many standard uncertainties from a border, or the decision is left open. */
#define SIGMAS 3.0
/*
 * A second half wave's middle two thirds have a mean of 0.83 of its peak: from 0.42 with a decay of 0.5 a half wave on. After-currents are a tenth or less of
 * the first peak.
 */
#define LOBE_MEAN 0.25
#define LOBE_MARGIN 0.08
/*
 * From three quarters down to one quarter of the peak, by the time from one up to three: 1 for a wave, 3 for a tail that is critically damped, 4 to 7 of
 * exponentials of 0.35 to 0.6 periods.
 */
#define FALL_SLOW 1.75
#define FALL_MARGIN 0.2
/* Before a quarter of the peak by the time from there to three quarters: 0.42 for a wave, 0.5 for a ramp. */
#define FOOT_SHARE 0.45
enum { LEAST_BINS = 4 };

/* Where the bins pass a level, going from bin `from` up or down in time; NAN where they do not. */
static double passes(const struct bins *bins, size_t from, int step, double level)
{
	for (ptrdiff_t k = (ptrdiff_t)from + step; k >= 0 && k < (ptrdiff_t)bins->count; k += step) {
		double y = bins->y[k], before = bins->y[k - step];
		if (y < level)
			return (double)k - step * (level - y) / (before - y);
	}
	return NAN;
}

/* Mean of the bins whose middles lie in [from, to]; false when some of them are not there. */
static bool mean_of(const struct bins *bins, double from, double to, double *mean, double *u)
{
	double sum = 0;
	if (!(to >= 0) || to >= (double)bins->count || from > to)
		return false;
	size_t first = (size_t)fmax(0, ceil(from)), last = (size_t)to;
	if (first > last)
		return false;
	for (size_t k = first; k <= last; k++)
		sum += bins->y[k];
	double n = (double)(last + 1 - first);
	*mean = sum / n;
	*u = bins->noise_a / sqrt(n);
	return true;
}

/* -1: surely less than the border, 1: surely more, 0: too near to tell. */
static int beside(double value, double u, double border, double margin)
{
	double apart = value - border, least = margin + SIGMAS * u;
	return apart > least ? 1 : apart < -least ? -1 : 0;
}

static size_t top_of(const struct bins *bins, double near)
{
	/* A second pulse may follow: the top is the first half wave's. */
	size_t top = 0, end = (size_t)fmin((double)bins->count, fmax(1, ceil(2 * near + 2)));
	for (size_t k = 1; k < end; k++)
		if (bins->y[k] > bins->y[top])
			top = k;
	return top;
}

/* The flanks of the first half wave, by bins. */
struct flanks {
	double up1, up3, down3, down2, down1; /* where it passes one, two, three quarters of the peak */
	double width;                         /* at half */
};

static struct flanks flanks_of(const struct bins *bins, size_t top, double peak_a)
{
	struct flanks flanks = {.up1 = passes(bins, top, -1, 0.25 * peak_a),
				.up3 = passes(bins, top, -1, 0.75 * peak_a),
				.down3 = passes(bins, top, 1, 0.75 * peak_a),
				.down2 = passes(bins, top, 1, 0.5 * peak_a),
				.down1 = passes(bins, top, 1, 0.25 * peak_a)};
	flanks.width = flanks.down2 - passes(bins, top, -1, 0.5 * peak_a);
	return flanks;
}

/* Whether a half wave of this sign is there, `away` half-widths after the first one's half-way down. */
static int lobe_at(const struct bins *bins, const struct flanks *flanks, double away, int sign, double peak_a)
{
	double mean, u;
	if (!mean_of(bins, flanks->down2 + away * flanks->width, flanks->down2 + (away + 1) * flanks->width, &mean, &u))
		return 0;
	return beside(sign * mean / peak_a, u / peak_a, LOBE_MEAN, LOBE_MARGIN);
}

static enum course course_of(const struct bins *bins, const struct flanks *flanks, double peak_a)
{
	double rise = flanks->up3 - flanks->up1, fall = flanks->down1 - flanks->down3, ratio = fall / rise;
	if (!isfinite(ratio))
		return COURSE_UNKNOWN;
	/* Of a crossing: the noise by the slope, which is half of the peak in the time of the flank. */
	double u = bins->noise_a * sqrt(2.0) / (0.5 * peak_a), slow = beside(ratio, ratio * hypot(u, u), FALL_SLOW, FALL_MARGIN);
	if (slow >= 0)
		return slow > 0 ? COURSE_TAIL : COURSE_UNKNOWN;
	/* The half width is two thirds of a half wave, which begins a quarter of the half width after half-way down. */
	int second = lobe_at(bins, flanks, 0.5, -1, peak_a);
	if (second <= 0)
		return second < 0 ? COURSE_ONE_LOBE : COURSE_UNKNOWN;
	/* Where another pulse begins in its place the pulse has ended. */
	int third = lobe_at(bins, flanks, 2, 1, peak_a);
	bool cut = flanks->down2 + 3 * flanks->width >= (double)bins->count;
	return third > 0 ? COURSE_MORE_LOBES : third < 0 || cut ? COURSE_TWO_LOBES : COURSE_UNKNOWN;
}

/* Where the second half wave, which began at `zero1`, has come down to less than a third of its peak. */
static double second_foot(const struct bins *bins, double zero1, double half_wave)
{
	double from = zero1 + 0.5 * half_wave, mean, u;
	if (!mean_of(bins, from - 0.15 * half_wave, from + 0.15 * half_wave, &mean, &u))
		return NAN;
	for (size_t k = (size_t)ceil(from), end = bins->count; k < end && (double)k < from + half_wave; k++)
		if (-bins->y[k] < 0.3 * -mean)
			return (double)k;
	return NAN;
}

struct lobes lobes_find(const struct work *work)
{
	struct lobes lobes = {.onset = NAN, .top = NAN, .down_quarter = NAN, .zero1 = NAN, .latest_zero1 = NAN, .foot2 = NAN};
	struct bins bins = bins_make(work, work->noise);
	if (bins.count < LEAST_BINS)
		return lobes;
	size_t top = top_of(&bins, bins_bin(&bins, (double)work->peak1));
	if (top + 1 >= bins.count)
		return lobes;
	double before = top > 0 ? bins.y[top - 1] : bins.y[top];
	lobes.peak_a = 0.5 * bins.y[top] + 0.25 * (before + bins.y[top + 1]);
	struct flanks flanks = flanks_of(&bins, top, lobes.peak_a);
	lobes.course = course_of(&bins, &flanks, lobes.peak_a);
	lobes.top = bins_index(&bins, (double)top);
	lobes.onset = bins_index(&bins, flanks.up1 - FOOT_SHARE * (flanks.up3 - flanks.up1));
	lobes.down_quarter = bins_index(&bins, flanks.down1);
	/* asin(1/2) and asin(1/4) of a half wave before its end. */
	double half_wave = 1.5 * flanks.width, zero1 = flanks.down1 + 0.0804 * half_wave;
	lobes.zero1 = bins_index(&bins, zero1);
	lobes.latest_zero1 = bins_index(&bins, 1.5 * flanks.down1 - 0.5 * flanks.down3);
	if (lobes.course == COURSE_TWO_LOBES)
		lobes.foot2 = bins_index(&bins, second_foot(&bins, zero1, half_wave));
	return lobes;
}
