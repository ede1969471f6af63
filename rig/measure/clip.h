/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Clipping, by the range that the channel declares, and by the samples themselves: a run of one extreme count that the wave around it, its noise and its
 * counts do not explain.
 */
#include "detect.h"

/* The ends of a channel's range that flat tops have shown; INT16_MIN, INT16_MAX: not known. */
struct clip_range {
	int16_t least, most;
};

/*
 * What to look at: the samples [from, to). noise: standard deviation of a sample, counts; of the samples [quiet_from, quiet_to) before it those
 * tell how much noise two neighbours have in common.
 */
struct clip_input {
	const struct trace *trace;
	ptrdiff_t from, to;
	ptrdiff_t quiet_from, quiet_to;
	double noise;
};

/* Are the samples of a pulse clipped? *seen: their extremes. */
bool clip_found(const struct clip_input *in, struct clip_range *seen);
/* Learns from a stretch of samples, [from, to) all of it, of a channel that declares no range. away: no nearer than this to the first sample, counts. */
void clip_learn(const struct clip_input *in, double away, struct clip_range *range);

/* The least step there is between neighbours of [from, to), counts: of a recording with fewer bits than its counts what it was rounded to. 0: none. */
double clip_resolution(const int16_t *counts, ptrdiff_t from, ptrdiff_t to);
