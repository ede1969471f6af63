/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Features of a pulse beside those of pulse_measure.c: slopes, widths by other definitions, integrals of its square, what comes after it
 * (domain/measurands.md, 2.7 to 2.19). It runs last, on the same upright samples.
 */
#include "pulse.h"
#include "pulse_work.h"

struct shape_input {
	const struct work *work;
	double fit_origin; /* index that the fit's time counts from */
	double time0_s;    /* recording time of index 0 */
	double end_s;      /* of the pulse; NAN where it has none */
	enum waveform waveform;
};

/* The smoothed slope is that of a straight line (Savitzky-Golay, quadratic) over about so much time. */
#define SLOPE_WINDOW_S 8e-6
/* Samples either side of the centre. */
static inline size_t slope_half_window(double interval_s)
{
	double half = 0.5 * SLOPE_WINDOW_S / interval_s;
	return half < 1 ? 1 : (size_t)(half + 0.5);
}

/* So much to either side of a zero in the middle of a pulse is left out for the switching spike there; of short pulses a third of what lies near it. */
static inline double zero_guard_s(double rise_s)
{
	return rise_s < 50e-6 ? 0.08 * rise_s : 4e-6;
}

/* Variance of the crossing of a noisy ramp as linear interpolation finds it, by reach^2; reach: standard deviation of the noise by the step of one sample. */
double crossing_variance(double reach);
/* Sets every feature of pulse_shape() to NAN. */
void pulse_shape_unknown(struct pulse *pulse);
/* Fills those the pulse has. */
void pulse_shape(const struct shape_input *in, struct pulse *pulse);
