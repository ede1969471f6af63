/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "levels.h"

#include <math.h>
#include <string.h>

/* A half of the histogram: count and sum of each of its bins. */
struct mode {
	size_t count;
	double sum;
};

/* The fullest of bins [from, to); of equals the one furthest out. */
static struct mode fullest(const size_t *counts, const double *sums, size_t from, size_t to, bool upper)
{
	struct mode mode = {0};
	for (size_t k = 0; k < to - from; k++) {
		size_t bin = upper ? to - 1 - k : from + k;
		if (counts[bin] > mode.count)
			mode = (struct mode){counts[bin], sums[bin]};
	}
	return mode;
}

/* The modes with `bins` bins of the range. */
static void modes_of(const float *values, size_t n, double least, double most, size_t bins, struct mode *low, struct mode *high)
{
	size_t counts[LEVELS_BINS] = {0};
	double sums[LEVELS_BINS] = {0}, per = (double)bins / (most - least);
	for (size_t i = 0; i < n; i++) {
		if (isnan(values[i]))
			continue;
		size_t bin = (size_t)(((double)values[i] - least) * per);
		bin = bin < bins ? bin : bins - 1;
		counts[bin]++;
		sums[bin] += (double)values[i];
	}
	*low = fullest(counts, sums, 0, bins / 2, false);
	*high = fullest(counts, sums, bins / 2, bins, true);
}

bool levels_find(const float *values, size_t n, struct levels *levels)
{
	double least = INFINITY, most = -INFINITY;
	size_t there = 0;
	for (size_t i = 0; i < n; i++) {
		if (isnan(values[i]))
			continue;
		least = fmin(least, (double)values[i]);
		most = fmax(most, (double)values[i]);
		there++;
	}
	if (there == 0)
		return false;
	*levels = (struct levels){.low = least, .high = most, .low_count = there, .high_count = there};
	if (!(most > least))
		return true;
	struct mode low, high, wide_low, wide_high;
	modes_of(values, n, least, most, LEVELS_BINS, &low, &high);
	modes_of(values, n, least, most, LEVELS_BINS / LEVELS_REBIN, &wide_low, &wide_high);
	low = 100 * low.count < there ? wide_low : low;
	high = 100 * high.count < there ? wide_high : high;
	*levels = (struct levels){.low = low.count ? low.sum / (double)low.count : least,
				  .high = high.count ? high.sum / (double)high.count : most,
				  .low_count = low.count,
				  .high_count = high.count,
				  .width = (most - least) / LEVELS_BINS};
	return true;
}

void level_histogram_init(struct level_histogram *histogram)
{
	memset(histogram->bins, 0, sizeof histogram->bins);
	histogram->lowest = LEVEL_COUNT_BINS;
	histogram->highest = -1;
}

bool level_histogram_levels(const struct level_histogram *histogram, struct levels *levels)
{
	int32_t lowest = histogram->lowest, highest = histogram->highest;
	if (lowest > highest)
		return false;
	int32_t wide = (highest - lowest) / LEVELS_BINS + 1, middle = lowest + (highest - lowest + 1) / 2;
	struct mode modes[2] = {{0}};
	double least = INFINITY, most = -INFINITY;
	for (int32_t first = lowest; first <= highest; first += wide) {
		struct mode mode = {0};
		for (int32_t bin = first; bin < first + wide && bin <= highest; bin++) {
			/* The middle of the counts that the bin stands for. */
			double count = (double)bin * (1 << LEVEL_COUNT_SHIFT) - 32768 + 0.5 * ((1 << LEVEL_COUNT_SHIFT) - 1);
			mode.count += histogram->bins[bin];
			mode.sum += (double)histogram->bins[bin] * count;
			least = fmin(least, count);
			most = fmax(most, count);
		}
		struct mode *half = &modes[first >= middle];
		*half = mode.count > half->count ? mode : *half;
	}
	*levels = (struct levels){.low = modes[0].count ? modes[0].sum / (double)modes[0].count : least,
				  .high = modes[1].count ? modes[1].sum / (double)modes[1].count : most,
				  .low_count = modes[0].count,
				  .high_count = modes[1].count,
				  .width = wide * (1 << LEVEL_COUNT_SHIFT)};
	return true;
}
