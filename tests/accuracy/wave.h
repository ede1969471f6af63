/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The truth: waveforms in closed form (damped oscillation of a series RLC circuit; cut after a half wave; monophasic with an exponential tail),
 * their features, and how well any unbiased estimator can know those from noisy samples. Independent of the room under test.
 */
#include <stdbool.h>

enum wave_shape { WAVE_BIPHASIC, WAVE_HALF_SINE, WAVE_MONOPHASIC, WAVE_SHAPES };

struct wave {
	enum wave_shape shape;
	double amplitude_a; /* of the undamped sine, positive; i = A exp(-alpha t) sin(omega t) */
	double alpha_per_s, omega_per_s;
	double onset_s, offset_a;
	double tail_a, tail_s,
		tail_from_s; /* monophasic: what takes over from that time (not counted from the onset), and its time constant */
};

enum wave_feature {
	WAVE_ONSET,
	WAVE_PEAK1,
	WAVE_PEAK2,
	WAVE_PEAK_RATIO,
	WAVE_RISE,
	WAVE_RISE_10_90,
	WAVE_HALF_WIDTH,
	WAVE_PERIOD,
	WAVE_DECAY,
	WAVE_SLOPE,
	WAVE_CHARGE,
	WAVE_HALF_PERIOD, /* onset to first zero */
	WAVE_SECOND_ZERO, /* onset to second zero */
	WAVE_FIELD_WIDTH, /* from the largest di/dt, at the onset, to the next of its sign */
	WAVE_WIDTH_10,    /* at 10 % of the peak */
	WAVE_FIELD_RATIO, /* least by largest di/dt, negative */
	WAVE_DAMPING,     /* alpha / sqrt(alpha^2 + omega^2) */
	WAVE_LC,
	WAVE_STORED,  /* initial slope times LC */
	WAVE_ACTION,  /* integral of the square */
	WAVE_NOTHING, /* 0: what a pulse with a defined end leaves behind */
	WAVE_FEATURES
};

/* Lets the tail of a monophasic wave begin at its peak. */
void wave_set_tail(struct wave *wave);
/* The current at a time, A, the offset included. */
double wave_at(const struct wave *wave, double t_s);
/* From the onset to the first peak; from the onset to the end, INFINITY for a monophasic pulse. */
double wave_peak_s(const struct wave *wave);
double wave_end_s(const struct wave *wave);
/* Every feature; NAN for those the shape does not have. Charge without a defined end: over 1 ms. */
void wave_features(const struct wave *wave, double feature[WAVE_FEATURES]);
/* What a bound presumes. */
enum bound_kind {
	BOUND_EXACT, /* the wave's form to the last sample, kinks included: of a monophasic pulse that the tail begins at the peak, with its value */
	/*
	 * What holds of any device: nothing is known within 5 us (at most 8 % of a half wave) of the onset and of a biphasic pulse's zeros, from 10 us
	 * before the onset, of a half-sine below 5 % at its end. A monophasic tail has a size of its own, and may begin as early as the peak is uncertain
	 * to: starting from the samples up to 93 % of the peak, those are added that are of the rise with
	 * 95 %: further from the peak than twice the bound of its time.
	 */
	BOUND_HONEST
};

/*
 * The Cramer-Rao bound of every feature, for the samples at multiples of interval_s from 150 us before the onset to the end of the pulse with white
 * noise of standard deviation noise_a, when amplitude, alpha, omega, onset, offset (and tail) are all unknown: sqrt(g' F^-1 g), F the Fisher
 * information, g the gradient of the feature, both by central differences. False when F is singular.
 */
bool wave_bounds(const struct wave *wave, enum bound_kind kind, double interval_s, double noise_a, double bound[WAVE_FEATURES]);
