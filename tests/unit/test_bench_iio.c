/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Driver iio with an unmodified libiio against a server that loses samples and fails at exact places. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "bench.h"
#include "iiod_double.h"

static const struct driver *const DRIVERS[] = {&driver_iio, &driver_iio_dac, NULL};
/* What the issue allows from a fault to its error. */
static const double ENDS_WITHIN_S = 2;

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static struct bench_setup setup_of(const char *uri, enum gap_detection gaps, double rate_hz, unsigned buffer)
{
	struct bench_setup setup = {.id = "t", .file = "t.yaml"};
	setup.adc = (struct adc_setup){
		.driver = "iio",
		.uri = uri,
		.instrument = "simadc",
		.sample_rate_hz = rate_hz,
		.clock_accuracy_rel = 50e-6,
		.gaps = gaps,
		.timestamp_channel = gaps == GAPS_BY_TIMESTAMP ? "timestamp" : NULL,
		.counter_channel = gaps == GAPS_BY_COUNTER ? "count0" : NULL,
		.buffer_frames = buffer,
		.kernel_buffers = 4,
		.timeout_s = 1,
		.channel_count = 2,
	};
	for (unsigned c = 0; c < 2; c++) {
		struct adc_channel_setup *channel = &setup.adc.channels[c];
		channel->source = c ? "voltage1" : "voltage0";
		channel->adc_range = NAN;
		channel->per_volt = c ? 1 : 1000;
		channel->channel = (struct channel){.scale = channel->per_volt, .threshold = NAN};
		snprintf(channel->channel.name, sizeof channel->channel.name, "ch%u", c);
		snprintf(channel->channel.unit, sizeof channel->channel.unit, "%s", c ? "V" : "A");
	}
	return setup;
}

struct tally {
	uint64_t frames, gaps, gap_frames, wrong; /* wrong: blocks whose samples are not those of their frame numbers */
	bool failed;
	double failed_s;
	struct error error;
};

/* Reads until `frames` frames or the end. The frame number of every sample is held against the number of the sample that it carries. */
static struct tally drain(struct bench *bench, uint64_t frames, uint64_t number_of_first)
{
	const struct adc_port *adc = &bench_ports(bench)->adc;
	struct tally tally = {0};
	cr_assert(adc->ops->start(adc->self, &tally.error), "%s", tally.error.text);
	for (;;) {
		struct adc_read read;
		if (!adc->ops->read(adc->self, 10000, &read, &tally.error)) {
			tally.failed = true;
			tally.failed_s = now_s();
			return tally;
		}
		if (read.state == ADC_END)
			return tally;
		if (read.state == ADC_GAP) {
			cr_assert_eq(read.gap.first_frame, tally.frames);
			tally.gaps++;
			tally.gap_frames += read.gap.frames;
			tally.frames += read.gap.frames;
			continue;
		}
		cr_assert_eq(read.block.first_frame, tally.frames);
		for (size_t i = 0; i < read.block.frames; i++) {
			uint64_t number = (uint64_t)read.block.samples[2 * i] | (uint64_t)read.block.samples[2 * i + 1] << 15;
			tally.wrong += number != ((tally.frames + i + number_of_first) & 0x3fffffff);
		}
		tally.frames += read.block.frames;
		if (tally.frames >= frames && frames > 0) {
			frames = 0;
			cr_assert(adc->ops->stop(adc->self, &tally.error));
		}
	}
}

static struct bench *open_bench(const struct bench_setup *setup)
{
	struct error error = {0};
	struct bench *bench = bench_open(setup, DRIVERS, NULL, &error);
	cr_assert_not_null(bench, "%s", error.text);
	return bench;
}

/* A stop without hurry: what was read before is whole, the attributes were set, and volts are what scale and per_volt make of them. */
Test(iio, reads_and_scales)
{
	const struct iiod_setup server = {.sample_rate_hz = 1e6};
	struct iiod *iiod = iiod_start(&server);
	cr_assert_not_null(iiod);
	struct bench_setup setup = setup_of(iiod_uri(iiod), GAPS_BY_TIMESTAMP, 1e6, 4096);
	setup.adc.trigger = "timer";
	struct bench *bench = open_bench(&setup);
	const struct channel *channel = bench_ports(bench)->adc.format.channels;
	cr_expect_float_eq(channel[0].scale, 1000 * 0.1e-3, 1e-12);
	cr_expect_float_eq(channel[1].scale, 0.1e-3, 1e-15);
	cr_expect_eq(channel[0].count_max, INT16_MAX);
	char rate[64];
	iiod_attribute(iiod, "simadc - sampling_frequency", rate, sizeof rate);
	cr_expect_str_eq(rate, "1000000");
	struct tally tally = drain(bench, 300000, 0);
	cr_expect(!tally.failed && tally.frames >= 300000, "%s", tally.error.text);
	cr_expect(tally.wrong == 0 && tally.gaps == 0);
	char proof[256];
	bench_ports(bench)->adc.ops->gaps_found_by(bench_ports(bench)->adc.self, proof, sizeof proof);
	cr_expect_str_eq(proof, "by the time stamp of every sample: any lost sample, and its place");
	bench_close(bench);
	iiod_stop(iiod);
}

/* 12 bits unsigned, shifted: a count is 16 steps wide, and zero volts lie at the lower end. */
Test(iio, converts_formats)
{
	const struct iiod_setup server = {.sample_rate_hz = 1e6, .format = "le:u12/16&gt;&gt;4", .scale = "1"};
	struct iiod *iiod = iiod_start(&server);
	struct bench_setup setup = setup_of(iiod_uri(iiod), GAPS_BY_TIMESTAMP, 1e6, 4096);
	struct bench *bench = open_bench(&setup);
	const struct adc_port *adc = &bench_ports(bench)->adc;
	struct error error = {0};
	struct adc_read read;
	cr_assert(adc->ops->start(adc->self, &error) && adc->ops->read(adc->self, 4096, &read, &error), "%s", error.text);
	cr_assert_eq(read.state, ADC_BLOCK);
	for (size_t i = 0; i < read.block.frames; i++) {
		const struct channel *channel = &adc->format.channels[1];
		double volts = channel->scale * read.block.samples[2 * i + 1] + channel->offset;
		double amperes = adc->format.channels[0].scale * read.block.samples[2 * i] + adc->format.channels[0].offset;
		cr_assert_float_eq(volts, 0, 1e-12);
		cr_assert_float_eq(amperes, 1000 * 1e-3 * (double)(i >> 4), 1e-9);
	}
	bench_close(bench);
	iiod_stop(iiod);
}

/* The issue's own criterion: 1 to 100 000 samples at random places, 200 trials, every one found, at its place, of its size. */
Test(iio, finds_every_loss_by_time_stamps)
{
	srand48(4);
	unsigned found = 0;
	for (int trial = 0; trial < 200; trial++) {
		struct iiod_loss loss = {.at = 100 + (uint64_t)(drand48() * 8000), .lost = (uint64_t)exp(drand48() * log(100000))};
		loss.lost += loss.lost == 0;
		const struct iiod_setup server = {.sample_rate_hz = 1e6, .losses = &loss, .loss_count = 1};
		struct iiod *iiod = iiod_start(&server);
		struct bench_setup setup = setup_of(iiod_uri(iiod), GAPS_BY_TIMESTAMP, 1e6, 1024);
		struct bench *bench = open_bench(&setup);
		struct tally tally = drain(bench, 10000 + loss.lost, 0);
		bench_close(bench);
		iiod_stop(iiod);
		cr_expect(!tally.failed && tally.wrong == 0 && tally.gaps == 1 && tally.gap_frames == loss.lost,
			  "trial %d: %llu lost at %llu: %llu gaps of %llu, %llu wrong; %s", trial, (unsigned long long)loss.lost,
			  (unsigned long long)loss.at, (unsigned long long)tally.gaps, (unsigned long long)tally.gap_frames,
			  (unsigned long long)tally.wrong, tally.error.text);
		found += tally.gaps == 1;
	}
	cr_expect_eq(found, 200);
}

static struct tally run_once(enum gap_detection gaps, const struct iiod_setup *server, uint64_t frames, uint64_t first, char *proof)
{
	struct iiod *iiod = iiod_start(server);
	struct bench_setup setup = setup_of(iiod_uri(iiod), gaps, server->sample_rate_hz, 2048);
	struct bench *bench = open_bench(&setup);
	struct tally tally = drain(bench, frames, first);
	bench_ports(bench)->adc.ops->gaps_found_by(bench_ports(bench)->adc.self, proof, 256);
	bench_close(bench);
	iiod_stop(iiod);
	return tally;
}

/* A machine that is busy elsewhere may keep the reader away; the driver then says so and gives up, rightly, and the test begins again. */
static struct tally run_paced(enum gap_detection gaps, const struct iiod_setup *server, uint64_t frames, uint64_t first, char *proof)
{
	struct tally tally;
	unsigned starved = 0;
	do
		tally = run_once(gaps, server, frames, first, proof);
	while (tally.failed && strstr(tally.error.text, "this computer was kept from reading") && ++starved < 5);
	if (starved > 0)
		fprintf(stderr, "begun again %u times: the machine kept the reader away\n", starved);
	return tally;
}

Test(iio, finds_losses_by_a_counter)
{
	const struct iiod_loss losses[] = {{40000, 1}, {40001, 2}, {50000, 20000}};
	const struct iiod_setup server = {.sample_rate_hz = 1e5, .paced = true, .losses = losses, .loss_count = 3};
	char proof[256];
	struct tally tally = run_paced(GAPS_BY_COUNTER, &server, 80000, 0, proof);
	cr_expect(!tally.failed && tally.wrong == 0 && tally.gaps == 3 && tally.gap_frames == 20003, "%llu gaps of %llu, %llu wrong; %s",
		  (unsigned long long)tally.gaps, (unsigned long long)tally.gap_frames, (unsigned long long)tally.wrong, tally.error.text);
}

/* By the clock a loss of 5000 samples at 100 kSa/s is found to a few ms, and what is not void is where it belongs to that. */
Test(iio, finds_losses_by_the_clock)
{
	/* On a busy machine the server itself is late, and one loss may be seen in two steps. */
	const struct iiod_loss loss = {60000, 5000};
	const struct iiod_setup server = {.sample_rate_hz = 1e5, .paced = true, .losses = &loss, .loss_count = 1};
	char proof[256];
	struct tally tally = run_paced(GAPS_BY_CLOCK, &server, 150000, 2048, proof);
	cr_expect(!tally.failed && tally.gaps >= 1, "%llu gaps; %s", (unsigned long long)tally.gaps, tally.error.text);
	cr_expect(tally.gap_frames >= 5000 - 500 && tally.gap_frames <= 5000 + 40 * 2048, "%llu", (unsigned long long)tally.gap_frames);
	cr_expect_not_null(strstr(proof, "by count against the clock: losses beyond"), "%s", proof);
}

/* An overflow voids all that may be lost, whatever the clock can see: here 10 samples. */
Test(iio, overflow_register_voids_the_place)
{
	const struct iiod_loss loss = {40000, 10};
	const struct iiod_setup server = {.sample_rate_hz = 1e5, .paced = true, .losses = &loss, .loss_count = 1, .overflows = true};
	char proof[256];
	struct tally tally = run_paced(GAPS_BY_OVERFLOW_REGISTER, &server, 120000, 2048, proof);
	cr_expect(!tally.failed && tally.gaps >= 1, "%llu gaps; %s", (unsigned long long)tally.gaps, tally.error.text);
	/* The buffer of the loss, the five that the kernel could hold, and one to look. */
	cr_expect(tally.gap_frames >= 5 * 2048 && tally.gap_frames <= 40 * 2048, "%llu", (unsigned long long)tally.gap_frames);
}

/* The rate is 2 % less than what was set: as if samples were lost all the time. */
Test(iio, refuses_a_rate_that_is_not_so)
{
	const struct iiod_setup server = {.sample_rate_hz = 0.98e5, .paced = true};
	struct iiod *iiod = iiod_start(&server);
	struct bench_setup setup = setup_of(iiod_uri(iiod), GAPS_BY_CLOCK, 1e5, 2048);
	struct bench *bench = open_bench(&setup);
	struct tally tally = drain(bench, 300000, 2048);
	/* It may come as losses first, of what is then one after the other. */
	cr_expect(tally.gaps > 0 || tally.failed);
	cr_expect(tally.gaps > 0 || strstr(tally.error.text, "the sample rate is off by"), "%s", tally.error.text);
	bench_close(bench);
	iiod_stop(iiod);
}

/* Time of a sample at the host: the server's own pace is the truth. */
Test(iio, maps_host_time)
{
	const struct iiod_setup server = {.sample_rate_hz = 1e5, .paced = true};
	struct iiod *iiod = iiod_start(&server);
	struct bench_setup setup = setup_of(iiod_uri(iiod), GAPS_BY_TIMESTAMP, 1e5, 2048);
	struct bench *bench = open_bench(&setup);
	const struct adc_port *adc = &bench_ports(bench)->adc;
	double before_s = now_s();
	struct tally tally = drain(bench, 50000, 0);
	double after_s = now_s();
	cr_assert(!tally.failed, "%s", tally.error.text);
	double u_first, u_last;
	double first = adc->ops->frame_of_host_time(adc->self, before_s, &u_first);
	double last = adc->ops->frame_of_host_time(adc->self, after_s, &u_last);
	/* Sampling began when the buffer was opened, soon after. */
	cr_expect(first <= 3 * u_first && first > -0.2e5, "%g, u %g", first, u_first);
	cr_expect_float_eq(last - first, 1e5 * (after_s - before_s), 40);
	cr_expect(u_last > 0 && u_last < 20e3);
	bench_close(bench);
	iiod_stop(iiod);
}

struct fault_case {
	enum iiod_fault fault;
	const char *expected;
};

/* Every fault in the middle of a run ends in time, as a fault of the bench, with what was read before whole. */
Test(iio, ends_in_time)
{
	static const struct fault_case CASES[] = {
		{IIOD_CLOSE, "the connection was closed after"},
		{IIOD_RESET, "the connection was closed after"},
		{IIOD_STALL, "no samples for 1."},
		{IIOD_SHORT, "a buffer of 16384 bytes came instead of 32768"},
		{IIOD_ERROR, "the samples ended after"},
		{IIOD_STALL_CONTROL, "no samples for 1."},
	};
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		const struct iiod_setup server = {.sample_rate_hz = 1e5, .paced = true, .fault = CASES[i].fault, .fault_at = 20000};
		struct iiod *iiod = iiod_start(&server);
		struct bench_setup setup = setup_of(iiod_uri(iiod), GAPS_BY_TIMESTAMP, 1e5, 2048);
		struct bench *bench = open_bench(&setup);
		double began_s = now_s();
		struct tally tally = drain(bench, 100000, 0);
		bench_close(bench);
		double took_s = now_s() - began_s;
		cr_expect(tally.failed && tally.error.kind == ERROR_BENCH && tally.wrong == 0 && tally.frames > 15000);
		cr_expect_not_null(strstr(tally.error.text, CASES[i].expected), "%s", tally.error.text);
		cr_expect_not_null(strstr(tally.error.text, iiod_uri(iiod)), "%s", tally.error.text);
		cr_expect_not_null(strstr(tally.error.text, "simadc"), "%s", tally.error.text);
		cr_expect(took_s < 0.2 + ENDS_WITHIN_S, "fault %d: %.2f s", (int)CASES[i].fault, took_s);
		iiod_stop(iiod);
	}
}

static void expect_refusal(const struct bench_setup *setup, const char *expected)
{
	struct error error = {0};
	double began_s = now_s();
	cr_expect_null(bench_open(setup, DRIVERS, NULL, &error));
	double took_s = now_s() - began_s;
	cr_expect_eq(error.kind, ERROR_BENCH);
	cr_expect_not_null(strstr(error.text, expected), "expected '%s' in: %s", expected, error.text);
	cr_expect(took_s < ENDS_WITHIN_S, "%.2f s", took_s);
}

Test(iio, refused_connection)
{
	/* A port that was free a moment ago. */
	const struct iiod_setup server = {.sample_rate_hz = 1e6};
	struct iiod *iiod = iiod_start(&server);
	char uri[64];
	snprintf(uri, sizeof uri, "%s", iiod_uri(iiod));
	iiod_stop(iiod);
	struct bench_setup setup = setup_of(uri, GAPS_BY_TIMESTAMP, 1e6, 8192);
	expect_refusal(&setup, "Connection refused");
}

Test(iio, mute_server)
{
	const struct iiod_setup server = {.sample_rate_hz = 1e6, .fault = IIOD_MUTE};
	struct iiod *iiod = iiod_start(&server);
	struct bench_setup setup = setup_of(iiod_uri(iiod), GAPS_BY_TIMESTAMP, 1e6, 8192);
	expect_refusal(&setup, "nobody answers there");
	iiod_stop(iiod);
}

Test(iio, broken_context)
{
	const struct iiod_setup server = {.sample_rate_hz = 1e6, .fault = IIOD_BAD_XML};
	struct iiod *iiod = iiod_start(&server);
	struct bench_setup setup = setup_of(iiod_uri(iiod), GAPS_BY_TIMESTAMP, 1e6, 8192);
	expect_refusal(&setup, "no IIO context could be opened");
	iiod_stop(iiod);
}

/* Names that are not there are told with those that are. */
Test(iio, unknown_names_and_values)
{
	const struct iiod_setup server = {.sample_rate_hz = 1e6};
	struct iiod *iiod = iiod_start(&server);
	struct bench_setup setup = setup_of(iiod_uri(iiod), GAPS_BY_TIMESTAMP, 1e6, 8192);
	setup.adc.instrument = "ad7606";
	expect_refusal(&setup, "there is no device 'ad7606'; it has: simadc, simdac, timer");
	setup = setup_of(iiod_uri(iiod), GAPS_BY_TIMESTAMP, 1e6, 8192);
	setup.adc.channels[1].source = "voltage3";
	expect_refusal(&setup, "there is no input 'voltage3'; it has: voltage0, voltage1, timestamp, count0");
	setup.adc.channels[1].source = "voltage7";
	expect_refusal(&setup, "its channel 'voltage7' can be read singly, but not streamed");
	setup.adc.channels[1].source = "voltage0";
	expect_refusal(&setup, "its channel 'voltage0' is named twice");
	setup.adc.channels[1].source = "count0";
	expect_refusal(&setup, "'count0' is no voltage");
	setup = setup_of(iiod_uri(iiod), GAPS_BY_TIMESTAMP, 1e6, 8192);
	setup.adc.trigger = "hrtimer";
	expect_refusal(&setup, "there is no trigger 'hrtimer'; the context has: timer");
	setup = setup_of(iiod_uri(iiod), GAPS_BY_TIMESTAMP, 1e6, 8192);
	setup.adc.channels[0].adc_range = 10e3;
	expect_refusal(&setup, "'voltage0' has a full scale of 3277 A by its own scale, not of 1e+04 A");
	setup = setup_of(iiod_uri(iiod), GAPS_BY_TIMESTAMP, 1e6, 8192);
	setup.adc.channels[1].channel.threshold = 5;
	expect_refusal(&setup, "the threshold of 'ch1' must lie inside its range of -3.277 to 3.277 V");
	iiod_stop(iiod);
}

Test(iio, rate_that_cannot_be_set)
{
	const struct iiod_setup server = {.sample_rate_hz = 1e6, .fixed_rate = true};
	struct iiod *iiod = iiod_start(&server);
	struct bench_setup setup = setup_of(iiod_uri(iiod), GAPS_BY_TIMESTAMP, 1e6, 8192);
	expect_refusal(&setup,
		       "its sampling_frequency is 250000 Hz and cannot be set to 1000000 Hz; it offers: 250000 1000000: Permission");
	/* What it has already needs no writing. */
	setup = setup_of(iiod_uri(iiod), GAPS_BY_TIMESTAMP, 250e3, 8192);
	struct bench *bench = open_bench(&setup);
	bench_close(bench);
	iiod_stop(iiod);
}

/* The voltage is there only while armed. */
Test(iio, analog_output)
{
	const struct iiod_setup server = {.sample_rate_hz = 1e6};
	struct iiod *iiod = iiod_start(&server);
	struct bench_setup setup = setup_of(iiod_uri(iiod), GAPS_BY_TIMESTAMP, 1e6, 8192);
	setup.stimulator_driver = "iio-dac";
	setup.iio_dac = (struct iio_dac_setup){iiod_uri(iiod), "simdac", "voltage0", 5};
	struct bench *bench = open_bench(&setup);
	const struct stimulator_port *stimulator = &bench_ports(bench)->stimulator;
	struct error error = {0};
	struct stimulator_status status;
	char raw[64];
	cr_assert(stimulator->ops->set_intensity(stimulator->self, 50, NAN, &error), "%s", error.text);
	iiod_attribute(iiod, "simdac voltage0 raw", raw, sizeof raw);
	cr_expect_str_eq(raw, "0");
	cr_assert(stimulator->ops->arm(stimulator->self, &error), "%s", error.text);
	iiod_attribute(iiod, "simdac voltage0 raw", raw, sizeof raw);
	cr_expect_str_eq(raw, "5000"); /* 2.5 V at 0.5 mV */
	cr_assert(stimulator->ops->set_intensity(stimulator->self, 100, NAN, &error), "%s", error.text);
	iiod_attribute(iiod, "simdac voltage0 raw", raw, sizeof raw);
	cr_expect_str_eq(raw, "10000");
	cr_assert(stimulator->ops->status(stimulator->self, &status, &error));
	cr_expect(status.state != STIMULATOR_READY && status.intensity_pct == 100);
	cr_expect_not(stimulator->ops->set_intensity(stimulator->self, 80, 90, &error));
	cr_expect_not(stimulator->ops->set_intensity(stimulator->self, 101, NAN, &error));
	cr_assert(stimulator->ops->disarm(stimulator->self, &error), "%s", error.text);
	iiod_attribute(iiod, "simdac voltage0 raw", raw, sizeof raw);
	cr_expect_str_eq(raw, "0");
	cr_assert(stimulator->ops->arm(stimulator->self, &error), "%s", error.text);
	bench_close(bench);
	iiod_attribute(iiod, "simdac voltage0 raw", raw, sizeof raw);
	cr_expect_str_eq(raw, "0");
	iiod_stop(iiod);
}
