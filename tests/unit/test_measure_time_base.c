/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two clocks and a line that both saw, with what goes wrong with edges on either side. The truth is known here, so an alignment that was found must be
 * right by its own uncertainty; one that cannot be told must say so.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "time_base_fit.h"

enum { MAX_EDGES = 8000 };

static uint64_t state = 1;

static double uniform(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	uint64_t x = state ^ (state >> 29);
	x *= 0xbf58476d1ce4e5b9u;
	x ^= x >> 32;
	return (double)(x >> 11) * 0x1p-53;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

struct clocks {
	double offset_s;            /* recording time of the analyser's 0 */
	double recorded_rate, rate; /* relative errors of both */
	double bend_s;              /* of the analyser against a straight line, over the whole: a parabola */
	double length_s;
};

static double recorded_of(const struct clocks *clocks, double true_s)
{
	return true_s * (1 + clocks->recorded_rate);
}

static double logic_of(const struct clocks *clocks, double true_s)
{
	double x = true_s / clocks->length_s;
	return (true_s - clocks->offset_s) * (1 + clocks->rate) + clocks->bend_s * x * x;
}

/* Pulses of a protocol: trains of bursts. jitter_s: of the host that fired them. */
struct protocol {
	unsigned trains, bursts, pulses;
	double train_s, burst_s, pulse_s, jitter_s;
};

static size_t fire(const struct protocol *protocol, double *out)
{
	size_t count = 0;
	for (unsigned t = 0; t < protocol->trains; t++)
		for (unsigned b = 0; b < protocol->bursts; b++)
			for (unsigned p = 0; p < protocol->pulses; p++)
				out[count++] = 3 + t * protocol->train_s + b * protocol->burst_s + p * protocol->pulse_s +
					       protocol->jitter_s * uniform();
	return count;
}

struct spoil {
	double missing, extra; /* shares */
};

/* What an instrument makes of the pulses: edges it misses, bounces and spikes that it sees besides. Ascending. */
static size_t see(const struct clocks *clocks, const double *fired, size_t count, const struct spoil *spoil, bool logic, double *out)
{
	size_t seen = 0;
	for (size_t k = 0; k < count; k++) {
		double t = logic ? logic_of(clocks, fired[k]) : recorded_of(clocks, fired[k]);
		if (uniform() >= spoil->missing)
			out[seen++] = t;
		if (uniform() < spoil->extra)
			out[seen++] = t + (uniform() < 0.5 ? 25e-6 + 2e-3 * uniform() : (uniform() - 0.5) * 0.2);
	}
	qsort(out, seen, sizeof *out, ascending);
	for (size_t k = 0; k < seen; k++)
		out[k] = logic ? ceil(out[k] * 10e6) / 10e6 : out[k] + 1e-6 * (uniform() - 0.5);
	return seen;
}

struct outcome {
	struct time_base base;
	double worst; /* error of the mapping over the span, by its standard uncertainty */
	double worst_s;
};

static struct outcome align(const struct clocks *clocks, const struct protocol *protocol, const struct spoil *spoil, double u_start_s)
{
	static double fired[MAX_EDGES], recorded[2 * MAX_EDGES], logic[2 * MAX_EDGES];
	static int32_t pair[2 * MAX_EDGES];
	size_t count = fire(protocol, fired);
	struct edge_lists lists = {
		.recorded_s = recorded,
		.recorded_count = see(clocks, fired, count, spoil, false, recorded),
		.logic_s = logic,
		.logic_count = see(clocks, fired, count, spoil, true, logic),
		.u_recorded_s = 1e-6 / sqrt(12),
		.u_logic_s = 1e-7 / sqrt(12),
		.start_s = recorded_of(clocks, clocks->offset_s) + 1.7 * u_start_s * (2 * uniform() - 1),
		.u_start_s = u_start_s,
		.u_rate_rel = 200e-6 / sqrt(3),
	};
	struct outcome outcome = {0};
	struct error error = {0};
	cr_assert(time_base_fit(&lists, &outcome.base, pair, &error), "%s", error.text);
	for (size_t k = 0; k < count; k++) {
		double logic_s = logic_of(clocks, fired[k]) + 0.5e-7, wanted_s = recorded_of(clocks, fired[k]);
		double wrong_s = fabs(time_base_map(&outcome.base, logic_s) - wanted_s);
		outcome.worst = fmax(outcome.worst, wrong_s / time_base_u_s(&outcome.base, logic_s));
		outcome.worst_s = fmax(outcome.worst_s, wrong_s);
	}
	return outcome;
}

static const struct protocol SINGLE = {600, 1, 1, 4.5, 0, 0, 0.5}, ITBS = {20, 10, 3, 10, 0.2, 0.02, 30e-6},
			     HF10 = {75, 1, 40, 30, 0, 0.1, 30e-6}, STEADY = {1, 1, 2000, 0, 0, 1, 50e-6};

/* 45 minutes, seconds of offset, 200 ppm, one in five edges missing on both sides and as many that are none. */
Test(time_base, found_through_everything_that_goes_wrong_with_edges)
{
	const struct protocol protocols[] = {SINGLE, ITBS, HF10, STEADY};
	const struct spoil spoil = {0.2, 0.2};
	unsigned found = 0, runs = 0;
	for (unsigned run = 0; run < 40; run++) {
		const struct protocol *protocol = &protocols[run % 4];
		const struct clocks clocks = {.offset_s = 6 * uniform() - 3,
					      .recorded_rate = 20e-6 * (2 * uniform() - 1),
					      .rate = 180e-6 * (2 * uniform() - 1),
					      .length_s = 2700};
		state = 1000 + run;
		struct outcome outcome = align(&clocks, protocol, &spoil, 0.15);
		runs++;
		found += outcome.base.source == TIME_BASE_SHARED;
		cr_expect_lt(outcome.worst, 5, "run %u: %s, wrong by %g s, %g u", run, time_base_source_name(outcome.base.source),
			     outcome.worst_s, outcome.worst);
		if (outcome.base.source != TIME_BASE_SHARED)
			continue;
		cr_expect_lt(outcome.worst_s, 1e-6, "run %u: wrong by %g s", run, outcome.worst_s);
		double rate = (1 + clocks.recorded_rate) / (1 + clocks.rate) - 1;
		cr_expect_lt(fabs(outcome.base.rate_rel - rate), 5 * outcome.base.u_rate_rel + 1e-12);
		cr_expect_not(outcome.base.drifts);
		cr_expect_not(outcome.base.rate_outside);
		cr_expect_gt(outcome.base.shared, outcome.base.logic_count / 2);
	}
	cr_expect_eq(found, runs, "%u of %u", found, runs);
}

/* A regular train looks the same one period on: only the host's times can tell, and they must be good enough. */
Test(time_base, a_regular_train_is_aligned_by_the_host_or_not_at_all)
{
	const struct protocol regular = {1, 1, 300, 0, 0, 0.1, 0};
	const struct spoil spoil = {0.1, 0.1};
	const struct clocks clocks = {.offset_s = 0.4, .rate = 50e-6, .length_s = 40};
	unsigned told = 0;
	for (unsigned run = 0; run < 20; run++) {
		state = 77 + run;
		struct outcome sure = align(&clocks, &regular, &spoil, 5e-3), unsure = align(&clocks, &regular, &spoil, 0.2);
		cr_expect_eq(sure.base.source, TIME_BASE_SHARED, "run %u", run);
		cr_expect_lt(sure.worst, 5);
		cr_expect_lt(unsure.worst, 5, "run %u: %s, wrong by %g s", run, time_base_source_name(unsure.base.source), unsure.worst_s);
		told += unsure.base.ambiguous && unsure.base.source == TIME_BASE_HOST;
	}
	cr_expect_eq(told, 20);
}

Test(time_base, one_edge_is_enough_where_there_is_one)
{
	const struct protocol one = {1, 1, 1, 0, 0, 0, 0};
	const struct clocks clocks = {.offset_s = -1.5, .rate = -100e-6, .length_s = 10};
	struct outcome outcome = align(&clocks, &one, &(struct spoil){0}, 0.1);
	cr_expect_eq(outcome.base.source, TIME_BASE_SHARED);
	cr_expect_lt(outcome.worst, 5);
	/* A second further on nothing is known but what clocks can do: 115 ppm. */
	double u = time_base_u_s(&outcome.base, outcome.base.pivot_s + 1);
	cr_expect_float_eq(u, 115.47e-6, 1e-6, "%g", u);
}

Test(time_base, lines_that_have_nothing_in_common_are_left_to_the_host)
{
	double recorded[200], logic[200];
	int32_t pair[200];
	for (size_t k = 0; k < 200; k++) {
		recorded[k] = 100 * uniform();
		logic[k] = 100 * uniform();
	}
	qsort(recorded, 200, sizeof *recorded, ascending);
	qsort(logic, 200, sizeof *logic, ascending);
	struct edge_lists lists = {recorded, 200, logic, 200, 3e-7, 3e-8, 0, 0.1, 30e-6};
	struct time_base base;
	struct error error = {0};
	cr_assert(time_base_fit(&lists, &base, pair, &error));
	cr_expect(base.source == TIME_BASE_HOST && base.ambiguous);
	for (size_t k = 0; k < 200; k++)
		cr_expect_eq(pair[k], -1);
	lists.start_s = NAN;
	cr_assert(time_base_fit(&lists, &base, pair, &error));
	cr_expect_eq(base.source, TIME_BASE_NONE);
	cr_expect(isinf(time_base_u_s(&base, 10)));
}

/* Clocks that warm up go no straight line: it must be said, and covered. */
Test(time_base, a_bend_of_the_clocks_is_seen_and_covered)
{
	struct clocks clocks = {.offset_s = 1, .rate = 40e-6, .length_s = 2300, .bend_s = 200e-6};
	state = 5;
	struct outcome bent = align(&clocks, &HF10, &(struct spoil){0.05, 0.05}, 0.05);
	cr_expect_eq(bent.base.source, TIME_BASE_SHARED);
	cr_expect(bent.base.drifts);
	cr_expect_lt(bent.worst, 3, "%g", bent.worst);
	cr_expect_gt(bent.base.residual_s, 5 * bent.base.expected_s);
	/* 200 us of a parabola lie 200/6 us off the best line at the ends (Legendre): no more than a few of that is claimed. */
	cr_expect_lt(bent.base.u_drift_s, 34e-6);
	clocks.bend_s = 0;
	cr_expect_not(align(&clocks, &HF10, &(struct spoil){0.05, 0.05}, 0.05).base.drifts);
}

Test(time_base, clocks_worse_than_stated_are_told)
{
	static double recorded[100], logic[100];
	int32_t pair[100];
	double t = 1;
	for (size_t k = 0; k < 100; k++, t += 0.05 + 0.1 * uniform()) {
		recorded[k] = t + 1e-6 * (uniform() - 0.5);
		logic[k] = t * (1 + 150e-6);
	}
	const struct edge_lists lists = {recorded, 100, logic, 100, 1e-6 / sqrt(12), 3e-8, 0, 0.1, 2e-6};
	struct time_base base;
	struct error error = {0};
	cr_assert(time_base_fit(&lists, &base, pair, &error));
	cr_expect(base.source == TIME_BASE_SHARED && base.rate_outside);
	cr_expect_float_eq(base.rate_rel, -150e-6, 1e-6);
}

/* Edges that are always wrong by the same do not scatter; that does not make them right. */
Test(time_base, what_does_not_scatter_does_not_average_out)
{
	static double recorded[100], logic[100];
	int32_t pair[100];
	for (size_t k = 0; k < 100; k++)
		recorded[k] = logic[k] = 1 + 0.1 * (double)k + 0.03 * (double)((k * k) % 7);
	for (size_t k = 0; k < 100; k++)
		recorded[k] += 0.45e-6;
	const struct edge_lists lists = {recorded, 100, logic, 100, 1e-6 / sqrt(12), 3e-8, 0, 0.01, 2e-6};
	struct time_base base;
	struct error error = {0};
	cr_assert(time_base_fit(&lists, &base, pair, &error));
	cr_expect_eq(base.source, TIME_BASE_SHARED);
	cr_expect_geq(time_base_u_s(&base, 5), 1e-6 / sqrt(12));
}

/* Outside of what both saw, the mapping is worth less and less. */
Test(time_base, uncertainty_grows_outside_the_shared_edges)
{
	const struct clocks clocks = {.offset_s = 0.2, .rate = 30e-6, .length_s = 100};
	state = 3;
	struct outcome outcome = align(&clocks, &(struct protocol){20, 1, 1, 1, 0, 0, 0.1}, &(struct spoil){0}, 0.05);
	cr_assert_eq(outcome.base.source, TIME_BASE_SHARED);
	double before = time_base_u_s(&outcome.base, outcome.base.last_s);
	for (double after_s = 1; after_s < 1000; after_s *= 3) {
		double u = time_base_u_s(&outcome.base, outcome.base.last_s + after_s);
		cr_expect_gt(u, before);
		double logic_s = outcome.base.last_s + after_s, true_s = logic_s / (1 + clocks.rate) + clocks.offset_s;
		cr_expect_lt(fabs(time_base_map(&outcome.base, logic_s) - true_s), 3 * u);
		before = u;
	}
	cr_expect_gt(before, 100e-6);
}
