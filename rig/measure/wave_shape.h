/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What a fitted damped wave says of its pulse, each value with the standard uncertainty that follows from the fit's covariance (GUM 5.2: g' C g).
 * The fitted offset is no part of the wave.
 */
#include "fit.h"

struct wave_value {
	double value, u;
};

/*
 * Times in s; onset, peak_at, peak2_at, half_up and low_up (10 %) from the fit's origin; half_wave from onset to zero. All for a wave whose first half is positive; peak2, the size of the second
 * half wave, and ratio, peak2 / peak, too.
 */
struct wave_shape {
	struct wave_value onset, rise, peak_at, peak, peak2_at, peak2, ratio, slope, rise_10_90, half_width, half_up, width_10, low_up,
		half_wave;
};

/* noise_a: standard deviation of a sample, which scales the covariance. */
void wave_shape_of(const struct wave_fit *fit, double noise_a, struct wave_shape *shape);
/*
 * Standard uncertainty, s, that the fit gives to its peak's time less that of a step of its slope at the onset, which samples lead_s after it show: those say
 * slope (t - alpha t^2 - omega^2 t^3 / 6), so that fits of a steeper or less damped wave place the step differently.
 */
double wave_u_field_rise(const struct wave_fit *fit, double noise_a, double lead_s);
