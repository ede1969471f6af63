/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lost samples in simulated streams whose losses, jitter and clocks are known, without an instrument. */
#include <criterion/criterion.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "host_line.h"
#include "loss_finder.h"

static double jitter_s(double scale_s)
{
	/* Mostly short, now and then ten times as long. */
	double delay_s = -scale_s * log(1 - drand48());
	return drand48() < 0.02 ? 10 * delay_s : delay_s;
}

struct arrivals {
	double rate_hz, clock_error, jitter_s;
	uint64_t loss_at, lost;
	unsigned buffer;
};

/* Feeds the arrivals of `buffers` buffers; sums up what was found. false: the finder gave up. */
static bool feed(struct loss_finder *finder, const struct arrivals *a, unsigned buffers, struct loss *found, unsigned *count)
{
	struct error error = {0};
	double last_s = 0;
	*count = 0;
	*found = (struct loss){.first = UINT64_MAX};
	for (unsigned b = 1; b <= buffers; b++) {
		uint64_t received = (uint64_t)b * a->buffer, taken = received + (received > a->loss_at ? a->lost : 0);
		double at_s = (double)taken / a->rate_hz * (1 + a->clock_error) + 300e-6 + jitter_s(a->jitter_s);
		/* They come in order. */
		last_s = at_s > last_s ? at_s : last_s;
		if (!loss_finder_arrival(finder, received, last_s, &error))
			return false;
		struct loss loss;
		while (loss_finder_take(finder, &loss)) {
			found->first = loss.first < found->first ? loss.first : found->first;
			found->last = loss.last > found->last ? loss.last : found->last;
			found->lost += loss.lost;
			++*count;
		}
	}
	return true;
}

static struct loss_finder *by_clock(double rate_hz, unsigned buffer)
{
	struct loss_finder *finder = loss_finder_create(&(struct loss_finder_setup){.method = GAPS_BY_CLOCK,
										    .sample_rate_hz = rate_hz,
										    .clock_accuracy_rel = 50e-6,
										    .buffer_frames = buffer,
										    .kernel_buffers = 4});
	cr_assert_not_null(finder);
	return finder;
}

/* By the clock a loss beyond what the finder says it can see is found, void around its place, and its size right to that. */
Test(gaps, by_the_clock)
{
	srand48(1);
	unsigned trials = 0, found_all = 0;
	for (int trial = 0; trial < 200; trial++) {
		struct arrivals a = {.rate_hz = 1e6,
				     .clock_error = (2 * drand48() - 1) * 100e-6,
				     .jitter_s = 50e-6,
				     .buffer = 8192,
				     .loss_at = (uint64_t)((0.5 + drand48()) * 1e6),
				     .lost = (uint64_t)exp(log(2000) + drand48() * log(50))};
		struct loss_finder *finder = by_clock(a.rate_hz, a.buffer);
		struct loss loss;
		unsigned count;
		bool good = feed(finder, &a, 500, &loss, &count);
		bool found = good && count == 1 && loss.first <= a.loss_at && a.loss_at <= loss.last &&
			     fabs((double)loss.lost - (double)a.lost) < 600;
		cr_expect(found, "trial %d: %llu at %llu: %u found, %llu in %llu..%llu", trial, (unsigned long long)a.lost,
			  (unsigned long long)a.loss_at, count, (unsigned long long)loss.lost, (unsigned long long)loss.first,
			  (unsigned long long)loss.last);
		loss_finder_destroy(finder);
		trials++;
		found_all += found;
	}
	cr_expect_eq(found_all, trials);
}

/* A loss in the first buffer that is kept is found by what was thrown away before it. */
Test(gaps, in_the_first_buffer_by_the_clock)
{
	srand48(4);
	for (int trial = 0; trial < 50; trial++) {
		struct arrivals a = {
			.rate_hz = 1e6, .jitter_s = 50e-6, .buffer = 62500, .loss_at = (uint64_t)(drand48() * 62000), .lost = 20000};
		struct loss_finder *finder = by_clock(a.rate_hz, a.buffer);
		struct error error = {0};
		unsigned skip = loss_finder_skip(finder) / a.buffer;
		cr_assert_geq(skip, 4);
		for (unsigned b = 0; b < skip; b++)
			cr_assert(loss_finder_skipped(finder, ((double)b + 1 - skip) * 62.5e-3 + 300e-6 + jitter_s(a.jitter_s), &error));
		struct loss loss;
		unsigned count;
		bool good = feed(finder, &a, 40, &loss, &count);
		cr_expect(good && count > 0 && loss.first <= a.loss_at && a.loss_at <= loss.last && fabs((double)loss.lost - 20000) < 600,
			  "trial %d: %u found, %llu in %llu..%llu", trial, count, (unsigned long long)loss.lost,
			  (unsigned long long)loss.first, (unsigned long long)loss.last);
		loss_finder_destroy(finder);
	}
}

/* Without a loss jitter is no loss. */
Test(gaps, no_false_alarm_by_the_clock)
{
	srand48(2);
	for (int trial = 0; trial < 50; trial++) {
		struct arrivals a = {.rate_hz = 1e6,
				     .clock_error = (2 * drand48() - 1) * 100e-6,
				     .jitter_s = 200e-6,
				     .buffer = 8192,
				     .loss_at = UINT64_MAX};
		struct loss_finder *finder = by_clock(a.rate_hz, a.buffer);
		struct loss loss;
		unsigned count;
		cr_expect(feed(finder, &a, 1000, &loss, &count));
		cr_expect_eq(count, 0);
		loss_finder_destroy(finder);
	}
}

/* One sample in a thousand lost all the time is no step; the rate gives it away. */
Test(gaps, slow_losses_by_the_clock)
{
	struct arrivals a = {.rate_hz = 1e6, .clock_error = 1e-3, .jitter_s = 20e-6, .buffer = 8192, .loss_at = UINT64_MAX};
	struct loss_finder *finder = by_clock(a.rate_hz, a.buffer);
	struct loss loss;
	unsigned count;
	srand48(3);
	bool good = feed(finder, &a, 1000, &loss, &count);
	cr_expect(!good || count > 0);
	loss_finder_destroy(finder);
}

static struct loss_finder *by_stamps(double rate_hz)
{
	return loss_finder_create(&(struct loss_finder_setup){.method = GAPS_BY_TIMESTAMP,
							      .sample_rate_hz = rate_hz,
							      .clock_accuracy_rel = 50e-6,
							      .buffer_frames = 1024,
							      .kernel_buffers = 4});
}

/*
 * Takes all losses that can be had; returns how many are one of the `expected` ones, UINT_MAX when one is none of them. The place is exact, the size by
 * the clock of the stamps, which 50 ppm are allowed.
 */
static unsigned match(struct loss_finder *finder, const struct loss *expected, unsigned count)
{
	unsigned matched = 0;
	struct loss loss;
	while (loss_finder_take(finder, &loss)) {
		bool known = false;
		for (unsigned e = 0; e < count; e++)
			known = known || (loss.first == expected[e].first && loss.last == loss.first &&
					  fabs((double)loss.lost - (double)expected[e].lost) <=
						  1 + 50e-6 * (double)(expected[0].lost + expected[e].lost));
		if (!known)
			return UINT_MAX;
		matched++;
	}
	return matched;
}

/*
 * Stamps of a quartz, in buffers of any size, and two losses anywhere, 130 frames apart at least: most windows are in step and not looked at in detail;
 * each loss is found, at its place, in its size.
 */
Test(gaps, any_losses_by_regular_stamps)
{
	enum { FRAMES = 40000, TRIALS = 300 };
	static uint64_t stamps[FRAMES];
	static const double RATES_HZ[] = {1e6, 10e6, 3e5, 48e3};
	srand48(9);
	unsigned found = 0;
	for (unsigned trial = 0; trial < TRIALS; trial++) {
		double rate_hz = RATES_HZ[trial % 4], period_ns = 1e9 / rate_hz * (1 + (2 * drand48() - 1) * 50e-6),
		       jitter = 0.2 * (trial % 3 == 2);
		struct loss losses[2] = {{.first = 200 + (uint64_t)(drand48() * (FRAMES - 1000))}};
		losses[1].first = losses[0].first + 130 + (uint64_t)exp(drand48() * log(500));
		for (unsigned l = 0; l < 2; l++)
			losses[l].lost = (uint64_t)exp(drand48() * log(100000));
		for (uint64_t i = 0; i < FRAMES; i++) {
			uint64_t lost = (i >= losses[0].first ? losses[0].lost : 0) + (i >= losses[1].first ? losses[1].lost : 0);
			stamps[i] = (uint64_t)(1e12 + period_ns * ((double)(i + lost) + jitter * (2 * drand48() - 1)));
		}
		struct loss_finder *finder = by_stamps(rate_hz);
		struct error error = {0};
		size_t buffer = 16 + (size_t)exp(drand48() * log(20000));
		for (size_t done = 0, frames; done < FRAMES; done += frames) {
			frames = FRAMES - done < buffer ? FRAMES - done : buffer;
			cr_assert(loss_finder_stamps(finder, stamps + done, frames, &error), "trial %u: %s", trial, error.text);
		}
		unsigned matched = match(finder, losses, 2);
		cr_expect_eq(matched, 2, "trial %u: buffers of %zu, %llu at %llu, %llu at %llu: %u", trial, buffer,
			     (unsigned long long)losses[0].lost, (unsigned long long)losses[0].first, (unsigned long long)losses[1].lost,
			     (unsigned long long)losses[1].first, matched);
		cr_expect_geq(loss_finder_released(finder), FRAMES - 200);
		found += matched == 2;
		loss_finder_destroy(finder);
	}
	cr_log_info("%u of %u trials: both losses found", found, TRIALS);
	cr_expect_eq(found, TRIALS);
}

/* In step all the time, and yet another rate than was said. */
Test(gaps, regular_stamps_of_another_rate)
{
	static uint64_t stamps[65536];
	for (int rate_ppm = -2000; rate_ppm <= 2000; rate_ppm += 4000) {
		struct loss_finder *finder = by_stamps(1e6);
		struct error error = {0};
		bool good = true;
		for (uint64_t b = 0; b < 16 && good; b++) {
			for (uint64_t i = 0; i < 65536; i++)
				stamps[i] = (uint64_t)(1e9 + 1e3 * (1 + rate_ppm * 1e-6) * (double)(b * 65536 + i));
			good = loss_finder_stamps(finder, stamps, 65536, &error);
		}
		cr_expect_not(good, "%d ppm", rate_ppm);
		cr_expect_not_null(strstr(error.text, "by its time stamps the sample rate is off by"), "%s", error.text);
		loss_finder_destroy(finder);
	}
}

/* Stamps that scatter by 0.2 samples, from a clock that is 80 ppm off: a single sample is found at its place. */
Test(gaps, single_samples_by_scattering_stamps)
{
	srand48(5);
	for (int trial = 0; trial < 200; trial++) {
		struct loss_finder *finder = by_stamps(100e3);
		struct error error = {0};
		uint64_t at = 100 + (uint64_t)(drand48() * 3000), stamps[4096];
		for (uint64_t i = 0; i < 4096; i++)
			stamps[i] = (uint64_t)(1e15 + 1e4 * (1 + 80e-6) * (double)(i + (i >= at)) + 2e3 * (drand48() - 0.5) * 2);
		cr_assert(loss_finder_stamps(finder, stamps, 4096, &error), "%s", error.text);
		struct loss loss;
		cr_assert(loss_finder_take(finder, &loss), "trial %d", trial);
		cr_expect(loss.first == at && loss.last == at && loss.lost == 1, "trial %d: %llu, not %llu", trial,
			  (unsigned long long)loss.first, (unsigned long long)at);
		cr_expect_not(loss_finder_take(finder, &loss));
		loss_finder_destroy(finder);
	}
}

/* One stamp for 16 samples: the place is known to these. */
Test(gaps, groups_of_stamps)
{
	struct loss_finder *finder = by_stamps(100e3);
	struct error error = {0};
	uint64_t stamps[8192];
	for (uint64_t i = 0; i < 8192; i++)
		stamps[i] = 1000000000 + 10000 * (i / 16 * 16 + 15 + (i >= 4000 ? 3 : 0));
	cr_assert(loss_finder_stamps(finder, stamps, 8192, &error), "%s", error.text);
	struct loss loss;
	cr_assert(loss_finder_take(finder, &loss));
	cr_expect(loss.first <= 4000 && loss.last >= 4000 && loss.last - loss.first <= 16 && loss.lost == 3, "%llu..%llu, %llu",
		  (unsigned long long)loss.first, (unsigned long long)loss.last, (unsigned long long)loss.lost);
	char proof[256];
	loss_finder_proof(finder, proof, sizeof proof);
	cr_expect_str_eq(proof, "by a time stamp for up to 16 samples: any lost sample, its place to so many");
	loss_finder_destroy(finder);
}

Test(gaps, stamps_that_run_back)
{
	struct loss_finder *finder = by_stamps(100e3);
	struct error error = {0};
	uint64_t stamps[1024];
	for (uint64_t i = 0; i < 1024; i++)
		stamps[i] = 2000000000 + 10000 * i - (i >= 500 ? 1000000 : 0);
	cr_expect_not(loss_finder_stamps(finder, stamps, 1024, &error));
	cr_expect_not_null(strstr(error.text, "run back or scatter by more than half a sample"), "%s", error.text);
	loss_finder_destroy(finder);
}

/* A first stamp that is late is no reason to give up. */
Test(gaps, first_stamp_is_late)
{
	struct loss_finder *finder = by_stamps(100e3);
	struct error error = {0};
	uint64_t stamps[1024];
	for (uint64_t i = 0; i < 1024; i++)
		stamps[i] = 2000000000 + 10000 * i + (i == 0 ? 9000 : 0);
	cr_expect(loss_finder_stamps(finder, stamps, 1024, &error), "%s", error.text);
	struct loss loss;
	cr_expect_not(loss_finder_take(finder, &loss));
	loss_finder_destroy(finder);
}

/* A counter of 8 bits turns over, and a loss across the turn is counted. */
Test(gaps, narrow_counter)
{
	struct loss_finder *finder = loss_finder_create(&(struct loss_finder_setup){.method = GAPS_BY_COUNTER,
										    .sample_rate_hz = 1e5,
										    .clock_accuracy_rel = 50e-6,
										    .buffer_frames = 1024,
										    .kernel_buffers = 4,
										    .counter_bits = 8});
	struct error error = {0};
	uint64_t stamps[1024];
	for (uint64_t i = 0; i < 1024; i++)
		stamps[i] = (i + (i >= 250 ? 200 : 0)) & 0xff;
	cr_assert(loss_finder_stamps(finder, stamps, 1024, &error));
	struct loss loss;
	cr_assert(loss_finder_take(finder, &loss));
	cr_expect(loss.first == 250 && loss.last == 250 && loss.lost == 200);
	cr_expect_not(loss_finder_take(finder, &loss));
	loss_finder_destroy(finder);
}

/* The host's time of a sample, out of arrivals that are late by chance; the truth lies within three standard uncertainties. */
Test(gaps, host_time_of_samples)
{
	srand48(6);
	unsigned inside = 0;
	for (int trial = 0; trial < 100; trial++) {
		double error_rel = (2 * drand48() - 1) * 50e-6, transport_s = 200e-6 * drand48();
		struct host_line line = {.period_s = 1e-6, .rate_tolerance = 150e-6, .latency_s = 200e-6};
		for (unsigned b = 1; b <= 500; b++)
			host_line_add(&line, 8192.0 * b, 100 + 8192e-6 * b * (1 + error_rel) + transport_s + jitter_s(100e-6));
		double at = 0.5e6 + 3.5e6 * drand48(), u;
		double sample = host_line_sample(&line, 100 + at * 1e-6 * (1 + error_rel), &u);
		cr_expect(fabs(sample - at) < 3 * u && u < 300, "trial %d: off by %g, u %g", trial, sample - at, u);
		inside += fabs(sample - at) < 2 * u;
	}
	cr_expect_gt(inside, 94u);
}
