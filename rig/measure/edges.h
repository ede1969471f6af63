/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Rising edges of a logic line that the ADC recorded: found by threshold and hysteresis; the instant is where the line crosses half of its swing,
 * by linear interpolation (IEEE 181-2011, 50 % reference level). An edge faster than a sample is thus placed in the middle between its two
 * samples, where its expectation is; interpolating at the threshold would place it always early.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "findings.h"

/* Contacts bounce: a rise so soon after an edge belongs to it. */
#define EDGE_BOUNCE_S 20e-6

struct edge_finder {
	const struct channel *channel;
	unsigned index, channels;
	double sample_rate_hz;
	uint64_t next_frame; /* the frame that would go on where the last window ended */
	bool bounces;        /* the line was seen to bounce */
	bool known, high, candidate;
	double last_v, crossed_s, accepted_s;
};

/* Prepares for the trigger channel of the format; false when there is none with a threshold. */
bool edge_finder_init(struct edge_finder *finder, const struct recording_format *format);
/* Appends the rising edges of these interleaved samples to *edges. */
bool edge_finder_window(struct edge_finder *finder, uint64_t first_frame, const int16_t *samples, size_t frames, struct series *edges,
			struct error *error) must_check;
