/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Stretches of the session in which the intensity stayed the same, and the voltage that the storage capacitor was charged to in each.
 */
#include "population.h"

struct plateau {
	uint32_t step; /* the STEP_SET_INTENSITY it follows */
	double intensity_pct;
	size_t first, end;           /* expected pulses fired at it */
	size_t first_cell, end_cell; /* envelope cells from shortly before the first of them that came to the last */
	double start_s, end_s;
	/*
	 * Magnitude: the mean of the cells within 1 % of the upper level of the histogram of the cells' means. A device regulates anew for every pulse, so
	 * u is the cells' scatter over the root of the number of pulses.
	 */
	double voltage_v, u_v, dof;
};

/* The plateau of the first step from *step on that sets one intensity and that observed pulses follow; *step is set past it. False at the end. */
bool plateau_next(const struct population *in, uint32_t *step, struct plateau *plateau);
/* The capacitor's channel, or NULL when there is none. */
const struct channel *plateau_channel(const struct population *in);
/* Magnitude of the mean of an envelope cell, V; NAN where there is none. */
double plateau_cell_v(const struct population *in, size_t cell);
