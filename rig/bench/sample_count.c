/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sample_count.h"

#include <math.h>

/* A host that is busy takes samples late for whole windows. */
static const double WINDOW_S = 0.5, LATE_S = 0.03;

void sample_count_make(struct sample_count *count, double rate_hz, double tolerance_rel)
{
	*count = (struct sample_count){.rate_hz = rate_hz, .tolerance_rel = tolerance_rel, .behind = INFINITY};
}

double sample_count_resolution(const struct sample_count *count, double time_s)
{
	return count->rate_hz * (LATE_S + count->tolerance_rel * (time_s - count->begin_s));
}

double sample_count_add(struct sample_count *count, uint64_t samples, double time_s)
{
	if (!count->any) {
		count->any = true;
		count->begin_s = count->window_s = time_s;
		count->first_samples = samples;
	}
	count->samples = samples;
	double behind = (time_s - count->begin_s) * count->rate_hz - (double)(samples - count->first_samples);
	count->behind = fmin(count->behind, behind);
	if (time_s - count->window_s < WINDOW_S)
		return 0;
	double least = count->behind;
	count->behind = INFINITY;
	count->window_s = time_s;
	if (!count->first_done) {
		count->first_done = true;
		count->first_behind = least;
		return 0;
	}
	double missing = least - count->first_behind;
	return missing > sample_count_resolution(count, time_s) ? missing : 0;
}
