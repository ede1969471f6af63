/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bins.h"

#include <math.h>

struct bins bins_make(const struct work *work, double noise_a)
{
	struct bins bins = {.start = fmax(0, ceil(work->onset - 0.25 * work->rise)),
			    .width = (size_t)fmax(1, floor(work->rise / BINS_A_RISE))};
	const double *y = work->y + (size_t)bins.start;
	size_t left = (double)work->n > bins.start ? work->n - (size_t)bins.start : 0;
	while (bins.count < BINS_MOST && (bins.count + 1) * bins.width <= left) {
		double sum = 0;
		for (size_t i = 0; i < bins.width; i++)
			sum += y[bins.count * bins.width + i];
		bins.y[bins.count++] = sum / (double)bins.width;
	}
	bins.noise_a = noise_a / sqrt((double)bins.width);
	return bins;
}
