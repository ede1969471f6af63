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
	double tail_s; /* time constant of the monophasic tail from the peak on */
	double onset_s, offset_a;
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
	WAVE_FEATURES
};

/* The current at a time, A, the offset included. */
double wave_at(const struct wave *wave, double t_s);
/* From the onset to the first peak; from the onset to the end, INFINITY for a monophasic pulse. */
double wave_peak_s(const struct wave *wave);
double wave_end_s(const struct wave *wave);
/* Every feature; NAN for those the shape does not have. Charge without a defined end: over 1 ms. */
void wave_features(const struct wave *wave, double feature[WAVE_FEATURES]);
/*
 * The Cramer-Rao bound of every feature, for samples every interval_s from 150 us before the onset to the end of the pulse with white noise of
 * standard deviation noise_a, when amplitude, alpha, omega, onset, offset (and tail) are all unknown: sqrt(g' F^-1 g), F the Fisher
 * information, g the gradient of the feature, both by central differences. False when F is singular.
 */
bool wave_bounds(const struct wave *wave, double interval_s, double noise_a, double bound[WAVE_FEATURES]);
