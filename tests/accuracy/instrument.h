/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A simulated instrument: samples closed-form pulses with a gain, a delay, an offset and a clock that are each wrong by a draw from what is
 * stated of them, adds noise, rounds to counts; scans and measures what it recorded.
 */
#include <stdint.h>

#include "results.h"
#include "wave.h"

enum { PULSES_A_RUN = 4 };

/* What a run is made of. */
struct conditions {
	enum wave_shape shape;
	double period_s, decay_ratio; /* of a half period */
	double noise_rel, offset_rel; /* of the first peak */
	double interval_s;
	unsigned bits;
};

/* One run: the truth, the same as the instrument's errors make it appear, and what was measured of it. */
struct run {
	struct wave truth[PULSES_A_RUN], seen[PULSES_A_RUN];
	double trigger_s[PULSES_A_RUN];
	double noise_a; /* standard deviation of a sample, quantisation included */
	double u_delay_s;
	struct results *results; /* owned by the caller: results_destroy() */
};

/* Seeds the run with *state, which moves on. Ends the program when the rooms under test report an error. */
struct run instrument_run(const struct conditions *conditions, uint64_t *state);
