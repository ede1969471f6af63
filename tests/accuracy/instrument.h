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

/* What a real channel and a real device add to the closed form; sizes are of the first peak. */
enum imperfection {
	PERFECT,
	BANDWIDTH_200_KHZ, /* a single pole, stated */
	BANDWIDTH_1_MHZ,
	DROOP,             /* a high-pass of 0.2 s, stated */
	HUM_SMALL,         /* 50 Hz, 0.1 % */
	HUM_LARGE,         /* 50 Hz, 1 % */
	DRIFT,             /* of the baseline, 0.02 % a millisecond */
	ONSET_SPIKE,       /* 5 %, 0.5 us long */
	COMMUTATION_SPIKE, /* 5 % at the first zero, dying away with 1 us */
	AFTER_CURRENT,     /* 1 % from the end on, dying away with 100 us; of a half-sine in reverse */
	PAIRED,            /* intervals of 1 to 20 ms, so that a monophasic pulse may lie on a tail */
	IMPERFECTIONS
};

/* What a run is made of. */
struct conditions {
	enum wave_shape shape;
	double period_s, decay_ratio; /* of a half period */
	double noise_rel, offset_rel; /* of the first peak */
	double interval_s;
	unsigned bits;
	enum imperfection imperfection;
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
