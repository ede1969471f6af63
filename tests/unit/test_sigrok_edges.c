/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Edges found in logic samples, however the stream is torn; samples that are missing by the clock. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "edge_finder.h"
#include "sample_count.h"

enum { SAMPLES = 5000 };

struct seen {
	uint64_t hash, count;
};

static void note(void *self, uint64_t sample, uint64_t changed, uint64_t levels)
{
	struct seen *seen = self;
	seen->count++;
	seen->hash = seen->hash * 1099511628211U ^ sample ^ changed << 40 ^ levels << 52;
}

/* What a loop over samples, one by one, finds. */
static struct seen plain(const uint8_t *bytes, unsigned unit, uint64_t mask)
{
	struct seen seen = {0};
	uint64_t last = 0;
	for (uint64_t i = 0; i < SAMPLES; i++) {
		uint64_t value = 0;
		memcpy(&value, bytes + i * unit, unit);
		value &= mask;
		if (i > 0 && value != last)
			note(&seen, i, value ^ last, value);
		last = value;
	}
	return seen;
}

Test(sigrok_edges, any_division_finds_the_same)
{
	static uint8_t bytes[2 * SAMPLES];
	srand(7);
	for (unsigned unit = 1; unit <= 2; unit++) {
		uint64_t mask = unit == 1 ? 0x15 : 0x2105;
		uint8_t level = 0;
		for (size_t i = 0; i < unit * SAMPLES; i++) {
			if (rand() % 300 == 0)
				level = (uint8_t)rand();
			bytes[i] = level;
		}
		struct seen expected = plain(bytes, unit, mask);
		cr_assert(expected.count > 5);
		for (unsigned trial = 0; trial < 50; trial++) {
			struct edge_finder finder = {.unit = unit, .mask = mask};
			struct seen seen = {0};
			for (size_t at = 0; at < unit * SAMPLES;) {
				size_t length = 1 + (size_t)(rand() % (trial < 10 ? 3 : 700));
				if (at + length > unit * SAMPLES)
					length = unit * SAMPLES - at;
				edge_finder_push(&finder, bytes + at, length, note, &seen);
				at += length;
			}
			cr_assert_eq(finder.samples, SAMPLES);
			cr_assert_eq(finder.torn, 0);
			cr_assert_eq(seen.count, expected.count);
			cr_assert_eq(seen.hash, expected.hash);
		}
	}
}

Test(sigrok_edges, missing_samples_are_found_by_the_clock)
{
	struct sample_count count;
	sample_count_make(&count, 1e6, 100e-6);
	double lost = 0, found_s = 0;
	for (int k = 1; k < 2000 && lost == 0; k++) {
		double time_s = 100 + 0.01 * k, late_s = 0.003 * (k % 7), dropped = k > 700 ? 50000 : 0;
		lost = sample_count_add(&count, (uint64_t)((0.01 * k - late_s) * 1e6 * (1 + 50e-6) - dropped), time_s);
		found_s = time_s;
	}
	cr_assert_float_eq(lost, 50000, 2000);
	cr_assert(found_s > 107 && found_s < 109.1);
}

Test(sigrok_edges, a_clock_within_its_tolerance_is_no_loss)
{
	struct sample_count count;
	sample_count_make(&count, 1e6, 100e-6);
	for (int k = 1; k < 100000; k++)
		cr_assert_eq(sample_count_add(&count, (uint64_t)(0.01 * k * 1e6 * (1 - 90e-6)), 100 + 0.01 * k), 0);
}
