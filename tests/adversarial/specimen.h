/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Pulses of every waveform with a first peak of 1, from closed forms and from the monophasic circuit that was fitted to a recorded MagPro X100
 * (domain/tms-physics.md, 2.1 to 2.5): what a classification is asked about, with the answer.
 */
#include "pulse.h"

enum specimen_kind {
	SPECIMEN_BIPHASIC,
	SPECIMEN_HALF_SINE,
	SPECIMEN_TAIL,         /* a quarter wave, then an exponential of 0.6 periods */
	SPECIMEN_SHORT_TAIL,   /* of 0.35 periods */
	SPECIMEN_SECOND_PHASE, /* a tail that goes through zero and comes back from below: about 6 % of the peak */
	SPECIMEN_CIRCUIT,      /* monophasic by its circuit, with stray inductance in the diode's branch */
	SPECIMEN_TRIANGLE,     /* field of two equal rectangles */
	SPECIMEN_SLOW_FALL,    /* a ramp, down at half of its slope */
	SPECIMEN_CTMS,         /* the capacitor's field sags during the ramp by a quarter to two thirds; the coil free-wheels */
	SPECIMENS
};

struct specimen {
	enum specimen_kind kind;
	double period_s; /* of the oscillation; a ramp lasts a quarter of it */
	double ratio;    /* of successive half waves; of a sagging field its end by its beginning */
};

/* The current, t_s after the onset. */
double specimen_at(const struct specimen *specimen, double t_s);
/* Where the switch ceases to conduct, s after the onset; NAN: the current dies away by itself. */
double specimen_end_s(const struct specimen *specimen);
/* From the onset to the first peak. */
double specimen_rise_s(const struct specimen *specimen);
enum waveform specimen_waveform(enum specimen_kind kind);
/* Static string. */
const char *specimen_name(enum specimen_kind kind);
