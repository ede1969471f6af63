/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A simulated instrument: samples closed-form pulses with a gain, a delay, an offset and a clock that are each wrong by a draw from what is
 * stated of them, adds noise, rounds to counts; scans and measures what it recorded.
 */
#include <stdint.h>

#include "plan.h"
#include "recording.h"
#include "results.h"
#include "wave.h"

enum { PULSES_A_RUN = 4, INSTRUMENT_CHANNELS = 2 };

/* What a real channel and a real device add to the closed form; sizes are of the first peak. */
enum imperfection {
	PERFECT,
	BANDWIDTH_200_KHZ, /* a single pole, stated */
	BANDWIDTH_1_MHZ,
	DROOP,             /* a high-pass of 0.2 s, stated */
	HUM_SMALL,         /* 0.1 %, with 80 ms before the first pulse and 10 to 30 ms between pulses */
	HUM_LARGE,         /* 1 % */
	HUM_CROWDED,       /* 1 %, with 2 ms before the first pulse and 6 ms between pulses */
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
/* What these imperfections are in truth: largest and mean relative current from 5 us after the end (the mean: to 25 us), and the charge of the spike. */
double after_largest(const struct wave *wave);
double after_balance(const struct wave *wave);
double commutation_charge_as(const struct wave *wave);

/* A channel's true properties. */
struct errors {
	double gain, offset_a, delay_s, clock;
	int sign;
};

/* The parts of instrument_run(). A number of the standard normal distribution; *state moves on. */
double draw_normal(uint64_t *state);
struct recording_format instrument_format(const struct conditions *conditions);
struct errors draw_errors(const struct conditions *conditions, double peak_a, uint64_t *state);
/* One frame of INSTRUMENT_CHANNELS counts. */
void instrument_frame(const struct recording_format *format, double current_a, bool trigger, int16_t *frame);
/* Owned by the caller. plan may be NULL. Ends the program on an error. */
struct results *instrument_measure(const struct recording_format *format, const struct plan *plan, const int16_t *samples, size_t frames);
