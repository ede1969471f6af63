/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The baseline under a pulse: the mean of the samples shortly before it; on the tail of an earlier pulse, that tail carried on.
 */
#include "pulse_measure.h"

/* Samples from so long before the onset count for the baseline. */
#define BASELINE_FROM_S 150e-6

/*
 * floor + slope (i - centre) + level * exp(-decay (i - centre)), i an index into the trace; the noise around it, and the standard uncertainty under the
 * pulse.
 */
struct baseline {
	double level, decay, centre;
	double slope; /* 0 unless the samples show one, as of hum or drift */
	double u_slope;
	double floor, noise, u;
	double u_rounding; /* the part of u that is common to all samples: rounding to counts with little noise */
	double dof;        /* of the noise; 0 when there was nothing before the pulse: floor 0, noise carried over */
};

struct baseline baseline_find(const struct trace *trace, const struct outline *outline, const struct pulse_context *context);
/* Fills the context's scratch with sign * (current - baseline). */
void baseline_remove(const struct trace *trace, const struct baseline *base, int sign, const struct pulse_context *context);
