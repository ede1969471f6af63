/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Two damped sines of unit first peak, laid on one another at their onsets: how far apart they are until the first of them ends.
 */
#include <stdbool.h>

struct wave_difference {
	double rms, worst; /* in units of the peak */
};

/* half_sine: they end at the first zero, else at the second. False when one of them is no damped oscillation. */
bool wave_difference(double alpha1_per_s, double omega1_per_s, double alpha2_per_s, double omega2_per_s, bool half_sine,
		     struct wave_difference *difference);
