/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Is something going on in a cell? The coil current leaves its tracked baseline in either direction, or the trigger line switches. A
 * deterministic function of the sequence of cells.
 */
#include <stdbool.h>

#include "minmax.h"

struct activity {
	int current_channel, trigger_channel; /* -1: none */
	double full_scale;                    /* counts */
	double zero;                          /* counts of zero current, the baseline before anything is known */
	int32_t trigger_count;                /* the least count at which the trigger line is high */
	double flat_limit_frames;             /* so long a constant current becomes the new baseline */
	double baseline, sigma;               /* counts, from idle cells */
	double threshold;                     /* counts: so far from its baseline the current is active */
	double flat_frames;
	bool known;                        /* an idle cell has been seen */
	bool trigger_known, trigger_above; /* the line at the end of the previous cell */
};

/* The share of full scale, and the multiple of the noise, that the current must leave its baseline by (domain/measurands.md, 1, step 3). */
#define ACTIVITY_FULL_SCALE 0.005
#define ACTIVITY_SIGMA 8.0

/* Full scale of a channel: the larger magnitude of its clipping counts; that of 16 bits when they are not given. */
double channel_full_scale_counts(const struct channel *channel);
void activity_init(struct activity *activity, const struct recording_format *format);
/* Forgets the state of the trigger line: samples are missing here. */
void activity_gap(struct activity *activity);
/* Takes the next cell in order; true when it is active. */
bool activity_cell(struct activity *activity, const int16_t *samples, size_t frames, unsigned channels, const struct cell_stats *stats);
