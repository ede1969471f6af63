/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * State levels by histogram modes (IEEE 181-2011, 5.2.1): the range is cut into bins and divided at its middle; low and high are the means of what
 * lies in the fullest bin of the lower and of the upper half. For logic lines, plateaus and baselines; never for a coil current, which has no top
 * line (domain/measurands.md, 0).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LEVELS_BINS = 100, LEVELS_REBIN = 10 };

struct levels {
	double low, high;
	size_t low_count, high_count; /* values in the two modes */
	double width;                 /* of a bin */
};

/*
 * Of n values, NAN left out. A mode that holds less than 1 % of its values is sought again with bins ten times as wide. Equal values are one
 * level: low = high. False when there is no value.
 */
bool levels_find(const float *values, size_t n, struct levels *levels);

/* A running histogram of 16-bit counts: bins of 1 << LEVEL_COUNT_SHIFT counts. */
enum { LEVEL_COUNT_SHIFT = 4, LEVEL_COUNT_BINS = 65536 >> LEVEL_COUNT_SHIFT };

struct level_histogram {
	uint32_t bins[LEVEL_COUNT_BINS];
	int32_t lowest, highest; /* filled bins; lowest > highest: nothing yet */
};

void level_histogram_init(struct level_histogram *histogram);

static inline void level_histogram_add(struct level_histogram *histogram, int16_t count)
{
	int32_t bin = ((int32_t)count + 32768) >> LEVEL_COUNT_SHIFT;
	histogram->bins[bin]++;
	histogram->lowest = bin < histogram->lowest ? bin : histogram->lowest;
	histogram->highest = bin > histogram->highest ? bin : histogram->highest;
}

/* Levels of the running histogram, counts. False when nothing was added. */
bool level_histogram_levels(const struct level_histogram *histogram, struct levels *levels);
