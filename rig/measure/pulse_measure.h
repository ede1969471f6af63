/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Measuring one pulse: onset, peaks, zeros, widths, the fit of the damped wave, integrals, classification (domain/measurands.md, 1 and 2).
 */
#include "detect.h"
#include "pulse.h"
#include "recording.h"

/* The after-current of a pulse with a defined end is looked for until so long after it. */
#define PULSE_AFTER_S 500e-6

/* What surrounds the pulse in its trace. */
struct pulse_context {
	const struct channel *channel;
	double sample_rate_hz;
	uint64_t first_frame;         /* of trace index 0 */
	size_t from, to;              /* indices that belong to this pulse: from the end of the one before to shortly before the next */
	const struct pulse *previous; /* an earlier pulse whose tail may still be there, or NULL */
	double carried_noise_a;       /* standard deviation seen before earlier pulses, for a pulse that nothing precedes; 0: none yet */
	double u_hum_slope_a;         /* standard uncertainty, a sample, of the slope of the hum that was taken out; 0 without hum */
	double *scratch;              /* room for to - from samples */
};

/* Fills *pulse (trigger, match and voiding are left to others). */
void pulse_measure(const struct trace *trace, const struct outline *outline, const struct pulse_context *context, struct pulse *pulse);
