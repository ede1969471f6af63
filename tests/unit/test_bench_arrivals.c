/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lost samples by count against the clock, in arrivals as computers make them: delays that scatter, that drift to and fro for a second, stalls after
 * which all that waited comes at once, clocks that differ. Whatever they are, one loss is one gap around its place, and a delay is none.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loss_finder.h"

enum { KERNEL_BUFFERS = 8 };
static const double TOLERANCE = 50e-6;

struct series {
	double rate_hz, clock_error, scatter_s, beat_s, beat_period_s, spell_s, spell_until_s, stall_until_s, last_s;
	unsigned buffer, stalls_left;
	bool spells, slow_start; /* it did not read while it should have learnt when samples come */
	uint64_t loss_at, lost;
};

struct outcome {
	unsigned gaps;
	struct loss loss;
	bool let_go;       /* samples of the gap, before it was told */
	double resolution; /* samples, as stated */
	bool good;
	struct error error;
};

/* Many more at night. */
static unsigned trials(void)
{
	const char *wanted = getenv("TMSRIG_ARRIVALS");
	return wanted ? (unsigned)strtoul(wanted, NULL, 10) : 400;
}

static double uniform(double low, double high)
{
	return low + (high - low) * drand48();
}

static struct series draw_series(void)
{
	static const unsigned BUFFERS[] = {62500, 8192, 10000, 100000, 1000, 250000};
	struct series series = {
		.rate_hz = 1e6,
		.clock_error = uniform(-50e-6, 50e-6),
		.scatter_s = exp(uniform(log(5e-6), log(400e-6))),
		.beat_s = drand48() < 0.5 ? uniform(0, 1.5e-3) : 0,
		.beat_period_s = uniform(0.1, 1.2),
		.spells = drand48() < 0.5,
		.stalls_left = (unsigned)uniform(0, 4),
		.buffer = BUFFERS[(unsigned)uniform(0, 6)],
		.loss_at = UINT64_MAX,
	};
	return series;
}

/* How late what was due at time_s comes. The reader looks again after a stall, and finds all that has come meanwhile. */
static double arrive_s(struct series *series, double time_s)
{
	double delay_s = -series->scatter_s * log(1 - drand48());
	if (drand48() < 0.02)
		delay_s *= 10;
	delay_s += series->beat_s * fmod(time_s / series->beat_period_s + 2, 1);
	if (series->spells && time_s > series->spell_until_s) {
		series->spell_s = drand48() < 0.5 ? 0 : uniform(0.2e-3, 0.9e-3);
		series->spell_until_s = time_s + uniform(0.1, 1);
	}
	if (series->stalls_left > 0 && drand48() < 0.01) {
		series->stall_until_s = time_s + uniform(1e-3, 300e-3);
		series->stalls_left--;
		series->slow_start |= time_s < 0.3;
	}
	double at_s = time_s + 300e-6 + delay_s + series->spell_s;
	at_s = fmax(at_s, series->stall_until_s + 20e-6);
	/* They come in order. */
	series->last_s = fmax(series->last_s + 5e-6, at_s);
	return series->last_s;
}

static void take_losses(struct loss_finder *finder, uint64_t released, struct outcome *outcome)
{
	struct loss loss;
	while (loss_finder_take(finder, &loss)) {
		/* What touches is one gap. */
		if (outcome->gaps > 0 && loss.first <= outcome->loss.last) {
			outcome->loss.last = loss.last > outcome->loss.last ? loss.last : outcome->loss.last;
			outcome->loss.lost += loss.lost;
		} else if (outcome->gaps++ == 0) {
			outcome->loss = loss;
		}
		outcome->let_go = outcome->let_go || loss.first < released;
	}
}

static double stated_resolution(const struct loss_finder *finder)
{
	char proof[256];
	loss_finder_proof(finder, proof, sizeof proof);
	const char *number = strstr(proof, "beyond ");
	cr_assert_not_null(number, "%s", proof);
	return atof(number + strlen("beyond "));
}

/* A recording of `frames` samples, and as much behind it as may be needed to be sure of it. */
static struct outcome record(enum gap_detection method, struct series *series, uint64_t frames)
{
	struct loss_finder *finder = loss_finder_create(&(struct loss_finder_setup){.method = method,
										    .sample_rate_hz = series->rate_hz,
										    .clock_accuracy_rel = TOLERANCE,
										    .buffer_frames = series->buffer,
										    .kernel_buffers = KERNEL_BUFFERS});
	cr_assert_not_null(finder);
	struct outcome outcome = {.good = true};
	unsigned skipped = loss_finder_skip(finder) / series->buffer;
	uint64_t end = frames + (uint64_t)(1.5 * loss_finder_held_s(finder) * series->rate_hz), released = 0;
	bool overflowed = false;
	for (uint64_t k = 1; outcome.good && k * series->buffer <= end; k++) {
		uint64_t first = (uint64_t)skipped * series->buffer;
		uint64_t received = k * series->buffer > first ? k * series->buffer - first : 0;
		uint64_t taken = k * series->buffer + (received > series->loss_at ? series->lost : 0);
		double at_s = arrive_s(series, (double)taken / series->rate_hz * (1 + series->clock_error));
		outcome.good = k <= skipped ? loss_finder_skipped(finder, at_s, &outcome.error)
					    : loss_finder_arrival(finder, received, at_s, &outcome.error);
		/* The register says it as soon as it happens, be the samples read or not. */
		bool overflow =
			!overflowed && k > skipped && series->lost > 0 && at_s * series->rate_hz > (double)(first + series->loss_at);
		overflowed |= overflow;
		if (method == GAPS_BY_OVERFLOW_REGISTER && k > skipped && outcome.good)
			outcome.good = loss_finder_overflow(finder, received, overflow, &outcome.error);
		take_losses(finder, released, &outcome);
		cr_expect_geq(loss_finder_released(finder), released);
		released = loss_finder_released(finder);
	}
	outcome.resolution = stated_resolution(finder);
	loss_finder_destroy(finder);
	return outcome;
}

static void print(unsigned trial, const struct series *series, const struct outcome *outcome)
{
	printf("trial %u: buffers of %u, clock %+.0f ppm, scatter %.0f us, beat %.1f ms of %.2f s, spells %d, %llu lost at %llu: "
	       "%u gaps, %llu in %llu..%llu (+-%.0f), let go %d; %s\n",
	       trial, series->buffer, 1e6 * series->clock_error, 1e6 * series->scatter_s, 1e3 * series->beat_s, series->beat_period_s,
	       series->spells, (unsigned long long)series->lost, (unsigned long long)series->loss_at, outcome->gaps,
	       (unsigned long long)outcome->loss.lost, (unsigned long long)outcome->loss.first, (unsigned long long)outcome->loss.last,
	       outcome->resolution, outcome->let_go, outcome->error.text);
}

static bool is_right(const struct series *series, const struct outcome *outcome)
{
	return outcome->good && outcome->gaps == 1 && !outcome->let_go && outcome->loss.first <= series->loss_at &&
	       series->loss_at <= outcome->loss.last && fabs((double)outcome->loss.lost - (double)series->lost) <= outcome->resolution;
}

static uint64_t length_of(const struct series *series)
{
	return 40ull * series->buffer > 5000000 ? 40ull * series->buffer : 5000000;
}

/* Told beside its place, in a second gap or with a wrong size: delays can be made to look like anything, at night such are drawn, too. */
static unsigned may_be_wrong(unsigned count)
{
	return count / 4000;
}

static double width_s(const struct series *series, const struct outcome *outcome)
{
	return (double)(outcome->loss.last - outcome->loss.first) / series->rate_hz;
}

Test(arrivals, delays_are_no_loss)
{
	srand48(11);
	unsigned count = trials(), false_gaps = 0, given_up = 0, refused = 0;
	for (unsigned trial = 0; trial < count; trial++) {
		struct series series = draw_series();
		struct outcome outcome = record(GAPS_BY_CLOCK, &series, length_of(&series));
		false_gaps += outcome.gaps;
		given_up += !outcome.good;
		refused += !outcome.good && series.slow_start;
		if (outcome.gaps > 0)
			print(trial, &series, &outcome);
	}
	printf("%u recordings without a loss: %u gaps told, %u given up\n", count, false_gaps, given_up);
	cr_expect_eq(false_gaps, 0);
	cr_expect_eq(given_up, refused, "only where the reader was slow to start");
}

Test(arrivals, one_loss_is_one_gap)
{
	srand48(12);
	unsigned count = trials(), found = 0, below = 0, missed = 0, wrong = 0, refused = 0;
	double widest_s = 0;
	for (unsigned trial = 0; trial < count; trial++) {
		struct series series = draw_series();
		uint64_t frames = length_of(&series);
		series.lost = (uint64_t)exp(uniform(trial % 2 ? log(1000) : 0, log(100000)));
		/* In the first buffer, in the last, and anywhere. */
		double from = trial % 10 == 1 ? (double)(frames - series.buffer) : 0, to = trial % 10 == 0 ? series.buffer : (double)frames;
		series.loss_at = (uint64_t)uniform(from, to - 1);
		struct outcome outcome = record(GAPS_BY_CLOCK, &series, frames + 4 * series.buffer);
		bool silent = outcome.good && outcome.gaps == 0, right = is_right(&series, &outcome);
		bool gave_up = !outcome.good && series.slow_start;
		bool unseen = silent && (double)series.lost > outcome.resolution;
		found += right;
		refused += gave_up;
		below += silent && !unseen;
		missed += unseen;
		wrong += !silent && !right && !gave_up;
		if (right)
			widest_s = fmax(widest_s, width_s(&series, &outcome));
		else if (unseen || (!silent && !gave_up))
			print(trial, &series, &outcome);
	}
	printf("%u recordings with a loss: %u found, %u below what is stated, %u missed, %u told wrong, %u given up; widest %.2f s\n",
	       count, found, below, missed, wrong, refused, widest_s);
	cr_expect_eq(missed, 0);
	cr_expect_leq(wrong, may_be_wrong(count));
	cr_expect_gt(found, count / 2);
}

/* By an overflow register every loss is found, and what is known of its size by the clock goes with it. */
Test(arrivals, an_overflow_is_one_gap)
{
	srand48(13);
	unsigned count = trials(), found = 0, missed = 0, wrong = 0, refused = 0;
	double widest_s = 0;
	for (unsigned trial = 0; trial < count; trial++) {
		struct series series = draw_series();
		/* A stall must not fill the kernel's buffers: that would be a loss of its own. */
		series.buffer = trial % 2 ? 62500 : 100000;
		uint64_t frames = length_of(&series);
		series.lost = (uint64_t)exp(uniform(0, log(100000)));
		series.loss_at = (uint64_t)uniform(0, (double)frames);
		struct outcome outcome = record(GAPS_BY_OVERFLOW_REGISTER, &series, frames + (KERNEL_BUFFERS + 4) * series.buffer);
		bool right = is_right(&series, &outcome), gave_up = !outcome.good && series.slow_start;
		found += right;
		refused += gave_up;
		missed += outcome.good && outcome.gaps == 0;
		wrong += !right && !gave_up && (!outcome.good || outcome.gaps > 0);
		if (right)
			widest_s = fmax(widest_s, width_s(&series, &outcome));
		else if (!gave_up)
			print(trial, &series, &outcome);
	}
	printf("%u recordings with an overflow: %u found, %u missed, %u told wrong, %u given up; widest %.2f s\n", count, found, missed,
	       wrong, refused, widest_s);
	cr_expect_eq(missed, 0);
	cr_expect_leq(wrong, may_be_wrong(count));
	cr_expect_gt(found, count / 2);
}
