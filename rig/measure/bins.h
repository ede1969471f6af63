/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A pulse's samples taken together, so that every decision on its shape averages over as many samples as there are.
 */
#include "pulse_work.h"

/* So many bins a rise, over so many rises. */
enum { BINS_A_RISE = 16, BINS_RISES = 9, BINS_MOST = BINS_A_RISE * BINS_RISES };

/* Means of the samples from shortly before the onset on. */
struct bins {
	double y[BINS_MOST];
	size_t count, width;
	double start;   /* index of the first bin's first sample */
	double noise_a; /* of a bin */
};

struct bins bins_make(const struct work *work, double noise_a);

/* Bins have their middle at these indices of the samples, and back. */
static inline double bins_index(const struct bins *bins, double bin)
{
	return bins->start + (bin + 0.5) * (double)bins->width - 0.5;
}

static inline double bins_bin(const struct bins *bins, double index)
{
	return (index + 0.5 - bins->start) / (double)bins->width - 0.5;
}
