/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Host time of samples, from when they arrived: no sample arrives before it was taken, so the line of sample times lies below all arrivals. The line is
 * the lower hull of the arrivals at their mean, its slope held within the tolerance of the sample clock.
 */
#include <stdint.h>

enum { HOST_LINE_POINTS = 128 };

struct host_line {
	double period_s, rate_tolerance;
	double latency_s; /* the quickest arrival is up to so late, rectangular: the least round trip to the instrument */
	double start_s;   /* host time of the start, until there are arrivals */
	double start_width_s;
	unsigned count, per_point, in_point; /* arrivals a point stands for; in the last one already */
	struct {
		double sample, time_s;
	} points[HOST_LINE_POINTS];
};

/* An arrival: at time_s `samples` samples of the recording had been taken. */
void host_line_add(struct host_line *line, double samples, double time_s);
/* Everything from sample number `from` on is `by` samples later: lost samples were found. */
void host_line_shift(struct host_line *line, double from, double by);
/* The sample number at a host time; *u_samples its standard uncertainty. */
double host_line_sample(const struct host_line *line, double host_s, double *u_samples);
