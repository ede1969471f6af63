/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stream of samples: independent of how it is read, the same for the same seed. */
#include <pthread.h>

#include "sim_bench.h"

static void real_instruments(struct sim_bench *bench, uint64_t seed)
{
	bench_init(bench);
	struct calibrated gain = {.value = 1, .expanded_uncertainty = 0.006, .k = 2, .limit = NAN};
	bench->rogowski = (struct sensor){
		.gain = gain,
		.position = {.value = NAN, .expanded_uncertainty = NAN, .k = NAN, .limit = 0.005, .distribution = DISTRIBUTION_RECTANGULAR},
		.offset = {.value = NAN, .expanded_uncertainty = NAN, .k = NAN, .limit = 3, .distribution = DISTRIBUTION_RECTANGULAR},
		.droop_time_constant = EXACT(0.5),
		.delay = EXACT(40e-9),
		.bandwidth_hz = 1e6,
	};
	struct adc_channel_setup *current = &bench->setup.adc.channels[BENCH_CURRENT];
	current->sensor = &bench->rogowski;
	current->channel.droop_time_constant_s = 0.5;
	current->channel.bandwidth_hz = 1e6;
	current->channel.delay_s = 40e-9;
	for (unsigned c = 0; c < 3; c++)
		bench->setup.adc.channels[c].noise_rms = 2e-4 * bench->setup.adc.channels[c].adc_range;
	bench->setup.adc.clock_accuracy_rel = 50e-6;
	bench->setup.sim.seed = seed;
}

/* A burst, a pair on two banks, a step down, the discharge. */
static void session(struct sim_bench *bench)
{
	bench_arm(bench, 80);
	for (int n = 0; n < 3; n++) {
		bench_trigger(bench);
		bench_sleep(bench, 0.02);
	}
	bench_intensity(bench, 50, 70);
	bench_await_ready(bench);
	bench_trigger(bench);
	bench_sleep(bench, 2e-3);
	bench_trigger(bench);
	bench_sleep(bench, 0.05);
	bench_disarm(bench);
	bench_sleep(bench, 0.1234567);
}

static const struct sim_artefacts ALL_ARTEFACTS = {
	.ringing_rel = 0.27,
	.ringing_hz = 300e3,
	.ringing_s = 2e-6,
	.spike_rel = 0.24,
	.spike_hz = 300e3,
	.spike_s = 2e-6,
	.after_rel = 0.005,
	.after_s = 80e-6,
	.hum_a = 6,
	.hum_hz = 50,
	.drift_a = 6,
	.drift_s = 3,
};

static void record_rough(struct sim_bench *bench, uint64_t seed, size_t max_frames)
{
	real_instruments(bench, seed);
	bench->setup.sim.artefacts = ALL_ARTEFACTS;
	bench_open_sim(bench);
	session(bench);
	bench_record(bench, max_frames);
}

static void record_session(struct sim_bench *bench, uint64_t seed, size_t max_frames)
{
	real_instruments(bench, seed);
	bench_open_sim(bench);
	session(bench);
	bench_record(bench, max_frames);
}

static bool same(const struct sim_bench *a, const struct sim_bench *b)
{
	return a->count == b->count && memcmp(a->frames, b->frames, a->count * 3 * sizeof *a->frames) == 0;
}

Test(sim_stream, does_not_depend_on_the_division_into_blocks)
{
	static const size_t sizes[] = {1, 7, 1000, 1024, 1025, 65536};
	struct sim_bench whole;
	record_session(&whole, 7, 10000000);
	cr_assert_gt(whole.count, 500000);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct sim_bench divided;
		record_session(&divided, 7, sizes[i]);
		cr_expect(same(&whole, &divided), "blocks of %zu frames differ", sizes[i]);
		bench_finish(&divided);
	}
	bench_finish(&whole);
}

Test(sim_stream, artefacts_do_not_depend_on_the_division_into_blocks)
{
	static const size_t sizes[] = {1000, 1025, 65536};
	struct sim_bench whole, smooth;
	record_rough(&whole, 7, 10000000);
	record_session(&smooth, 7, 10000000);
	cr_expect_not(same(&whole, &smooth));
	bench_finish(&smooth);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct sim_bench divided;
		record_rough(&divided, 7, sizes[i]);
		cr_expect(same(&whole, &divided), "blocks of %zu frames differ", sizes[i]);
		bench_finish(&divided);
	}
	bench_finish(&whole);
}

Test(sim_stream, seeds_decide)
{
	struct sim_bench a, b;
	record_session(&a, 7, 4096);
	record_session(&b, 8, 4096);
	cr_expect_not(same(&a, &b));
	struct sim_truth ta = sim_truth(a.state), tb = sim_truth(b.state);
	cr_assert_eq(ta.count, 5);
	cr_assert_eq(tb.count, 5);
	for (size_t i = 0; i < ta.count; i++) {
		cr_expect_neq(ta.pulses[i].peak1_a, tb.pulses[i].peak1_a);
		cr_expect_neq(ta.pulses[i].onset_s, tb.pulses[i].onset_s);
	}
	bench_finish(&a);
	bench_finish(&b);
}

struct reader {
	struct sim_bench *bench;
	size_t frames;
	bool equal;
	const struct sim_bench *expected;
};

/* Reads while the session is still going on, as the capture does. */
static void *read_along(void *argument)
{
	struct reader *reader = argument;
	struct adc_port *adc = &reader->bench->ports.adc;
	struct error error = {0};
	struct adc_read read;
	reader->equal = true;
	while (adc->ops->read(adc->self, 3000, &read, &error) && read.state == ADC_BLOCK) {
		size_t end = reader->frames + read.block.frames;
		reader->equal = reader->equal && end <= reader->expected->count &&
				memcmp(read.block.samples, reader->expected->frames + 3 * reader->frames,
				       read.block.frames * 3 * sizeof(int16_t)) == 0;
		reader->frames = end;
	}
	return NULL;
}

Test(sim_stream, does_not_depend_on_when_it_is_read)
{
	struct sim_bench after, along;
	record_session(&after, 7, 4096);
	for (int round = 0; round < 3; round++) {
		struct error error = {0};
		pthread_t thread;
		real_instruments(&along, 7);
		bench_open_sim(&along);
		struct reader reader = {.bench = &along, .expected = &after};
		cr_assert_eq(pthread_create(&thread, NULL, read_along, &reader), 0);
		session(&along);
		cr_assert(along.ports.adc.ops->stop(along.ports.adc.self, &error));
		cr_assert_eq(pthread_join(thread, NULL), 0);
		cr_expect(reader.equal);
		cr_expect_eq(reader.frames, after.count);
		bench_finish(&along);
	}
	bench_finish(&after);
}

Test(sim_stream, errors_of_the_instruments_are_within_their_limits_and_differ)
{
	double gains[40], offsets[40], mean = 0, spread = 0;
	for (uint64_t seed = 0; seed < 40; seed++) {
		struct sim_bench bench;
		real_instruments(&bench, seed);
		bench.setup.adc.channel_count = 1;
		bench_open_sim(&bench);
		bench_arm(&bench, 100);
		size_t quiet = 0;
		bench_trigger(&bench);
		bench_sleep(&bench, 0.01);
		struct sim_truth_pulse pulse = sim_truth(bench.state).pulses[0];
		bench_record(&bench, 100000);
		offsets[seed] = 0;
		for (quiet = 0; quiet < 50000; quiet++)
			offsets[seed] += bench_sample(&bench, 0, quiet) / 50000;
		double highest = 0;
		for (size_t n = 0; n < bench.count; n++)
			highest = fmax(highest, bench_sample(&bench, 0, n));
		gains[seed] = (highest - offsets[seed]) / pulse.peak1_a - 1;
		cr_expect_leq(fabs(offsets[seed]), 3.1);
		cr_expect_leq(fabs(gains[seed]), 0.02);
		/* The truth is on the ADC's time base: the peak is found there although the clock is off by up to 50 ppm. */
		cr_expect_float_eq(pulse.onset_s, pulse.trigger_s + 20e-6, 2e-6);
		mean += gains[seed] / 40;
		bench_finish(&bench);
	}
	for (int i = 0; i < 40; i++)
		spread += pow(gains[i] - mean, 2) / 39;
	/* 0.3 % normal and 0.5 % / sqrt(3) rectangular make 0.42 %; 40 draws know it to some 11 %. */
	cr_expect_float_eq(sqrt(spread), 0.0042, 0.0018, "spread of the gain %g", sqrt(spread));
}

Test(sim_stream, noise_has_the_stated_size)
{
	struct sim_bench bench;
	bench_init(&bench);
	bench.setup.adc.channels[BENCH_CURRENT].noise_rms = 5;
	bench_open_sim(&bench);
	bench_sleep(&bench, 1);
	bench_record(&bench, 4096);
	double sum = 0, square = 0, product = 0;
	for (size_t n = 1; n < bench.count; n++) {
		double i = bench_sample(&bench, BENCH_CURRENT, n);
		sum += i;
		square += i * i;
		product += i * bench_sample(&bench, BENCH_CURRENT, n - 1);
	}
	double count = (double)bench.count;
	cr_expect_float_eq(sum / count, 0, 0.05);
	cr_expect_float_eq(sqrt(square / count), 5, 0.03);
	cr_expect_float_eq(product / square, 0, 0.01, "noise is not white");
	bench_finish(&bench);
}

Test(sim_stream, clock_error_stretches_the_recording)
{
	double longest = 0;
	for (uint64_t seed = 0; seed < 8; seed++) {
		struct sim_bench bench;
		real_instruments(&bench, seed);
		bench_open_sim(&bench);
		bench_sleep(&bench, 1);
		bench_record(&bench, 65536);
		double off = (double)bench.count - 1e6, u_frames = 0;
		cr_expect_leq(fabs(off), 51);
		longest = fmax(longest, fabs(off));
		cr_expect_float_eq(bench.ports.adc.ops->frame_of_host_time(bench.ports.adc.self, 1, &u_frames), 1e6, 1e-3);
		cr_expect_float_eq(u_frames, 50 / sqrt(3), 1e-6);
		bench_finish(&bench);
	}
	cr_expect_gt(longest, 10);
}
