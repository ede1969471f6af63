/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Finding pulses in a stretch of coil current: threshold in both polarities with a dead time that follows from the pulse itself, so that its
 * further half waves and its commutation spikes are no pulses, and a second pulse shortly after it, or on its tail, is one.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A stretch of samples without a hole: current with offset, gain and droop corrected, and the counts it came from. */
struct trace {
	const double *current_a;
	const int16_t *counts;
	size_t n;
	double interval_s;
	double baseline_a;  /* of the whole stretch; local baselines are refined from pulse to pulse */
	double threshold_a; /* detection: the larger of 8 sigma and 0.5 % of full scale */
};

enum { NO_INDEX = -1 };

/* The coarse shape of a pulse; indices into the trace, NO_INDEX where there is no such thing. */
struct outline {
	ptrdiff_t detected, peak1, zero1, peak2, zero2;
	double onset;   /* index, extrapolated */
	double peak1_a; /* magnitude over the trace's baseline, raw */
	int sign;
	unsigned lobes; /* half waves of at least 20 % of the first */
	ptrdiff_t end;  /* the pulse is over; a new one may begin */
};

/* What the detector knows of the past; zero-initialise, with valley INFINITY not needed. */
struct arming {
	size_t from; /* first index to look at */
	bool after;  /* a pulse precedes, and its tail may still be there */
	int sign;    /* of that pulse */
	double peak_a;
	double onset;    /* index, may be negative when its samples have been dropped */
	double valley_a; /* least current, in its direction, since its end */
};

/*
 * The next pulse from arming->from on. True: *found describes it and *arming is set to look for the one after it. False: there is none;
 * arming->from is where to go on when the trace grows.
 */
bool detect_next(const struct trace *trace, struct arming *arming, struct outline *found);
