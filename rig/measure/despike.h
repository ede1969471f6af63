/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Spikes: excursions too short for a coil current, which an inductance keeps from jumping. A morphological opening and closing finds them (what is
 * narrower than its window goes, flanks and plateaus stay); where it moves a sample far, the sample is replaced.
 */
#include <stdbool.h>
#include <stddef.h>

struct despike {
	size_t width;      /* samples; the narrowest excursion that is kept */
	double limit_a;    /* what is moved by less stays as it is */
	double baseline_a; /* far from it, the limit grows: tops of fast waves are narrow too */
};

/* For excursions of up to 3 us at this sampling interval. */
size_t despike_width(double interval_s);
/* True: clean[] is x[] without spikes. False: there are none, and clean[] is as it was. n samples each; scratch has room for n. */
bool despike(const struct despike *settings, const double *x, double *clean, double *scratch, size_t n);
