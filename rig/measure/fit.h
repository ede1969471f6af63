/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The damped wave i(t) = exp(-alpha t) (a cos(omega t) + b sin(omega t)) + c, fitted by least squares (Levenberg-Marquardt); the solution of
 * the discharge of a capacitor through a coil (domain: series RLC circuit, underdamped).
 */
#include <stdbool.h>
#include <stddef.h>

enum { FIT_MAX_SPANS = 3 };

/* Samples [from, to) that take part. */
struct fit_span {
	size_t from, to;
};

struct fit_input {
	const double *current_a; /* sample i belongs to time (i - origin) * interval_s */
	double interval_s;
	double origin; /* index, may lie between samples */
	struct fit_span spans[FIT_MAX_SPANS];
	unsigned span_count;
	bool with_offset;     /* fit c too; else c = 0 */
	double offset_weight; /* so many samples before the wave have shown that c is 0 */
	double ramp_a; /* to every sample this is added for every sample it lies after the origin; 0 but to see what a sloping baseline does */
	double alpha_start_per_s, omega_start_per_s;
	double alpha_weight; /* what is known of alpha beforehand: it is alpha_start, with u^2 = variance of a sample / alpha_weight; 0: nothing */
	double sine_start_a; /* 0: not known, the linear part is solved for first */
};

struct wave_fit {
	double cosine_a, sine_a, offset_a, alpha_per_s, omega_per_s;
	double covariance[5][5]; /* in the order above, for unit variance of a sample; zero for an offset that was not fitted */
	double residual_a;       /* rms */
	size_t points;
	unsigned iterations;
};

/* False when there are too few points or no minimum is found. */
bool wave_fit(const struct fit_input *input, struct wave_fit *fit);
/* The slope of the fitted current at a time, A/s. */
double wave_slope_a_per_s(const struct wave_fit *fit, double t_s);
