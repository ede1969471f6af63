/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Whether the current turns at its peak along a wave or by a corner, which is what tells a near-rectangular pulse of the field from all others.
 */
#include "lobes.h"

/* How the current turns at its peak. */
enum turn {
	TURN_UNKNOWN,
	TURN_WAVE,   /* its slope comes to zero at the peak */
	TURN_CORNER, /* it rises until there, as while a switch keeps a voltage on the coil */
};

/*
 * How the current turns at the first peak: two models of the first half wave are fitted, one that turns along a wave and one by a corner, and the one
 * that leaves less must do so by more than chance allows. A wave's fit (pulse_fit_wave) that leaves little decides by itself.
 */
enum turn turn_find(const struct work *work, const struct lobes *lobes, double noise_a);
