/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Whether samples are missing from a stream that has no counter, by how many came and the host's clock. What is on its way when a count is taken
 * makes the stream seem behind; the least it is behind within a second is compared with the least in the first.
 */
#include <stdbool.h>
#include <stdint.h>

struct sample_count {
	double rate_hz, tolerance_rel;
	double begin_s, window_s;    /* host time of the first count, of the beginning of the window under way */
	double first_behind, behind; /* samples; of the first window, least of the one under way */
	bool any, first_done;
	uint64_t samples, first_samples;
};

void sample_count_make(struct sample_count *count, double rate_hz, double tolerance_rel);
/*
 * `samples` have come by time_s. Returns how many are missing, when that is more than the tolerance of the rates and sample_count_resolution() explain;
 * else 0.
 */
double sample_count_add(struct sample_count *count, uint64_t samples, double time_s);
/* The smallest loss that is found at time_s, in samples. */
double sample_count_resolution(const struct sample_count *count, double time_s);
