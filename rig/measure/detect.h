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
	const double *current_a; /* without spikes */
	const int16_t *counts;
	size_t n;
	double interval_s;
	double baseline_a;  /* where the stretch begins; it is followed from there */
	double threshold_a; /* detection: the larger of 8 sigma and 0.5 % of full scale */
	double full_scale_a;
	int32_t count_min, count_max; /* of the channel: at or beyond, it is clipped; equal: not known */
};

enum { NO_INDEX = -1 };

/* The coarse shape of a pulse; indices into the trace, NO_INDEX where there is no such thing. */
struct outline {
	ptrdiff_t detected, peak1, zero1, peak2, zero2;
	double onset;   /* index, extrapolated */
	double peak1_a; /* magnitude over the baseline at the pulse, raw */
	int sign;
	unsigned lobes; /* half waves of at least 20 % of the first */
	ptrdiff_t end;  /* the pulse is over; a new one may begin */
};

/* The baseline as it is followed: slowly enough that no pulse moves it, fast enough for hum of some per cent of the pulses. */
struct follower {
	bool started;
	double level_a, slope_a_per_s;
	double wander_a_per_s; /* how steep it was of late */
};

/* What the detector knows of the past; zero-initialise. */
struct arming {
	size_t from; /* first index to look at */
	bool after;  /* a pulse precedes, and its tail may still be there */
	bool tail;   /* it had not come back to zero at its end */
	int sign;    /* of that pulse */
	double peak_a;
	double onset, end; /* indices, may be negative when its samples have been dropped */
	double valley_a;   /* least current, in its direction, since its end */
	struct follower baseline;
	size_t behind;  /* so many samples before `from` the baseline has not been followed over yet */
	size_t pending; /* samples at the trace's end that are beyond the threshold, too few to be a pulse yet */
	bool strayed;   /* the current left its baseline for longer than any pulse, and not by a step */
};

/*
 * The next pulse from arming->from on. True: *found describes it and *arming is set to look for the one after it. False: there is none;
 * arming->from is where to go on when the trace grows, after detect_catch_up() on what it was.
 */
bool detect_next(const struct trace *trace, struct arming *arming, struct outline *found);
/* Follows the baseline over quiet samples at the trace's end, which is of use only where more come. */
void detect_catch_up(const struct trace *trace, struct arming *arming);
