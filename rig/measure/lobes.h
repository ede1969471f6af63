/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The half waves of a pulse by what averages over many samples, each decision with a margin that grows with the noise: how fast the first one falls, and
 * what comes after it.
 */
#include "pulse_work.h"

/* What follows the first half wave. */
enum course {
	COURSE_UNKNOWN,
	COURSE_TWO_LOBES,  /* a half wave of the other sign, and no third */
	COURSE_ONE_LOBE,   /* the current falls as fast as it rose, and is over */
	COURSE_TAIL,       /* it falls much more slowly */
	COURSE_MORE_LOBES, /* a third half wave */
};

/* What the decisions rest on. Indices are those of the work's samples. */
struct lobes {
	enum course course;
	double peak_a;            /* coarse */
	double onset;             /* where its flank leads to */
	double top, down_quarter; /* where the first half wave is the largest; where it has come down to a quarter of that, NAN: nowhere */
	double zero1;             /* where a wave with such a flank is zero */
	double latest_zero1;      /* where a straight line is: a zero after it is not the half wave's */
	double foot2;             /* where a second half wave has come down to less than a third; NAN without one */
};

/* The course of the current after the onset. */
struct lobes lobes_find(const struct work *work);
