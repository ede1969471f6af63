/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recordings that contradict themselves. A recording is made by the recorder's own reduction (rig/measure/scan.c) of a stream with pulses and a gap, then
 * written once more with one thing changed, as somebody would who has a library for HDF5.
 */
#include <criterion/criterion.h>
#include <hdf5.h>
#include <math.h>
#include <string.h>

#include "plain_text.h"
#include "recording_audit.h"
#include "recording_bench.h"
#include "scan.h"

enum { RATE_HZ = 100000, FRAMES = 100000, CHANNELS = 2, GAP_AT = 60123, GAP_FRAMES = 5000 };

static const int PULSES[] = {10000, 30050, 80077};

static char path[64];

static void enter(void)
{
	snprintf(path, sizeof path, "test_cli_recording_audit.%d.h5", (int)getpid());
}

static void leave(void)
{
	unlink(path);
}

TestSuite(recording_audit, .init = enter, .fini = leave);

/* What is changed on its way from the reduction to the file. */
struct change {
	size_t drop_window, drop_cell; /* the number, from 1 */
	bool drop_gap;
	double scale_window; /* of the second; 0: none */
	int16_t raise_cell;  /* counts, of a cell in which nothing happens */
	uint64_t more_frames;
	bool flip_gap_flag;
	/* so far */
	struct reduced_sink out;
	size_t windows, cells;
};

static bool on_format(void *self, const struct recording_format *format, const struct reduced_layout *layout, struct error *error)
{
	struct change *change = self;
	return change->out.format(change->out.self, format, layout, error);
}

static bool on_window(void *self, const struct window *window, struct error *error)
{
	struct change *change = self;
	if (++change->windows == change->drop_window)
		return true;
	int16_t *samples = (int16_t *)window->samples;
	for (size_t i = 0; change->scale_window > 0 && change->windows == 2 && i < window->frames; i++)
		samples[i * CHANNELS] = (int16_t)lrint(change->scale_window * samples[i * CHANNELS]);
	return change->out.window(change->out.self, window, error);
}

static bool on_envelope(void *self, const struct envelope_cell *cell, struct error *error)
{
	struct change *change = self;
	struct envelope_cell mine = *cell;
	if (++change->cells == change->drop_cell)
		return true;
	if (change->cells == 5)
		mine.maximum[0] = (int16_t)(mine.maximum[0] + change->raise_cell);
	if (change->flip_gap_flag)
		mine.gap = false;
	return change->out.envelope(change->out.self, &mine, error);
}

static bool on_gap(void *self, const struct gap *gap, struct error *error)
{
	struct change *change = self;
	return change->drop_gap || change->out.gap(change->out.self, gap, error);
}

static bool on_edge(void *self, const struct edge *edge, struct error *error)
{
	struct change *change = self;
	return change->out.edge(change->out.self, edge, error);
}

static bool on_event(void *self, const struct run_event *event, struct error *error)
{
	struct change *change = self;
	return change->out.event(change->out.self, event, error);
}

static bool on_finish(void *self, uint64_t total_frames, struct error *error)
{
	struct change *change = self;
	return change->out.finish(change->out.self, total_frames + change->more_frames, error);
}

/* Noise of some counts, and a damped sine at each pulse with an edge of the trigger line before it. */
static void fill(int16_t *samples)
{
	uint32_t noise = 1;
	for (int i = 0; i < FRAMES; i++) {
		noise = noise * 1664525U + 1013904223U;
		samples[i * CHANNELS] = (int16_t)((noise >> 16) % 21 - 10);
		samples[i * CHANNELS + 1] = 0;
	}
	for (size_t p = 0; p < sizeof PULSES / sizeof *PULSES; p++)
		for (int i = 0; i < 40; i++) {
			samples[(PULSES[p] + i) * CHANNELS] += (int16_t)(12000 * exp(-i / 30.0) * sin(i * 0.2));
			samples[(PULSES[p] + i) * CHANNELS + 1] = i < 5 ? 20000 : 0;
		}
}

static struct recording_format make_format(void)
{
	return (struct recording_format){
		.sample_rate_hz = RATE_HZ,
		.u_clock_rel = 1e-6,
		.channel_count = CHANNELS,
		.channels = {{.name = "coil_current",
			      .role = CHANNEL_COIL_CURRENT,
			      .unit = "A",
			      .scale = 0.25,
			      .count_min = INT16_MIN,
			      .count_max = INT16_MAX,
			      .threshold = NAN},
			     {.name = "trigger",
			      .role = CHANNEL_TRIGGER,
			      .unit = "V",
			      .scale = 3e-4,
			      .count_min = INT16_MIN,
			      .count_max = INT16_MAX,
			      .threshold = 1.5}},
	};
}

static void record(struct change *change)
{
	struct error error = {0};
	static int16_t samples[FRAMES * CHANNELS];
	const struct recording_format format = make_format();
	auto_store struct store *store = store_create(path, &error);
	cr_assert_not_null(store, "%s", error.text);
	change->out = store_sink(store);
	const struct reduced_sink sink = {change, on_format, on_window, on_envelope, on_gap, on_edge, on_event, on_finish};
	struct scan *scan = scan_create(&sink, &error);
	struct recording_sink in = scan_sink(scan);
	fill(samples);
	const struct block before = {0, GAP_AT, samples};
	const struct block after = {GAP_AT + GAP_FRAMES, FRAMES - GAP_AT - GAP_FRAMES, samples + (size_t)(GAP_AT + GAP_FRAMES) * CHANNELS};
	const struct gap gap = {GAP_AT, GAP_FRAMES, GAP_LOST};
	cr_assert(in.format(in.self, &format, &error) && in.block(in.self, &before, &error) && in.gap(in.self, &gap, &error) &&
			  in.block(in.self, &after, &error) && in.finish(in.self, &error),
		  "%s", error.text);
	scan_destroy(scan);
}

/* "": it agrees with itself. */
static void expect(struct change change, const char *what)
{
	struct error error = {0};
	record(&change);
	cr_assert_geq(change.windows, 3);
	auto_store_reader struct store_reader *reader = store_open(path, &error);
	cr_assert_not_null(reader, "%s", error.text);
	bool agrees = recording_audit(reader, "recording.h5", &error);
	cr_expect_eq(agrees, !*what, "%s: %s", what, error.text);
	cr_expect(!*what || strstr(error.text, what), "'%s' is not in '%s'", what, error.text);
}

Test(recording_audit, agrees_with_itself)
{
	expect((struct change){0}, "");
}

Test(recording_audit, contradictions)
{
	expect((struct change){.drop_window = 2}, "no window holds that");
	expect((struct change){.scale_window = 0.9}, "channel coil_current from sample");
	expect((struct change){.drop_cell = 7}, "and no gap lies between");
	expect((struct change){.drop_gap = true}, "the envelope");
	expect((struct change){.flip_gap_flag = true}, "no gap touches it");
	expect((struct change){.more_frames = 1}, "frames");
	expect((struct change){.more_frames = 4000}, "frames");
	expect((struct change){.raise_cell = 8000}, "no window holds that");
}

/* What a cell may stray by without being activity is no contradiction. */
Test(recording_audit, noise_is_no_contradiction)
{
	expect((struct change){.raise_cell = 100}, "");
}

Test(recording_audit, data_of_other_files)
{
	struct error error = {0};
	struct change change = {0};
	record(&change);
	hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
	cr_assert_geq(file, 0);
	cr_assert_geq(H5Ldelete(file, "/windows/samples", H5P_DEFAULT), 0);
	cr_assert_geq(H5Lcreate_external("elsewhere.h5", "/samples", file, "/windows/samples", H5P_DEFAULT, H5P_DEFAULT), 0);
	H5Fclose(file);
	auto_store_reader struct store_reader *reader = store_open(path, &error);
	cr_expect_null(reader);
	cr_expect(strstr(error.text, "'windows/samples' is a link to elsewhere"), "%s", error.text);
}

Test(recording_audit, an_object_that_nobody_reads)
{
	struct error error = {0};
	struct change change = {0};
	record(&change);
	hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
	hid_t group = H5Gcreate2(file, "/true", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	cr_assert_geq(group, 0);
	H5Gclose(group);
	H5Fclose(file);
	auto_store_reader struct store_reader *reader = store_open(path, &error);
	cr_expect_null(reader);
	cr_expect(strstr(error.text, "'true' is an object that no recording has"), "%s", error.text);
}

/* Every member of the format that numbers are made with. */
Test(recording_audit, format_and_bench)
{
	struct error error = {0};
	const struct recording_format stated = make_format();
	struct bench_setup setup = {.adc = {.driver = "sim",
					    .sample_rate_hz = stated.sample_rate_hz,
					    .clock_accuracy_rel = stated.u_clock_rel * sqrt(3),
					    .channel_count = CHANNELS}};
	for (unsigned c = 0; c < CHANNELS; c++)
		setup.adc.channels[c].channel = stated.channels[c];
	cr_assert(recording_bench_check(&stated, &setup, "recording.h5", &error), "%s", error.text);
	double *const members[] = {&setup.adc.channels[0].channel.scale,
				   &setup.adc.channels[0].channel.offset,
				   &setup.adc.channels[0].channel.delay_s,
				   &setup.adc.channels[0].channel.bandwidth_hz,
				   &setup.adc.channels[0].channel.u_offset,
				   &setup.adc.channels[0].channel.u_delay_s,
				   &setup.adc.channels[0].channel.u_sensor_gain_rel,
				   &setup.adc.channels[0].channel.u_position_rel,
				   &setup.adc.channels[0].channel.u_adc_gain_rel,
				   &setup.adc.channels[0].channel.droop_time_constant_s,
				   &setup.adc.channels[1].channel.threshold,
				   &setup.adc.sample_rate_hz,
				   &setup.adc.clock_accuracy_rel};
	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		double kept = *members[i];
		*members[i] = kept == 0 ? 1e-6 : kept * (1 + 1e-6);
		cr_expect_not(recording_bench_check(&stated, &setup, "recording.h5", &error), "member %zu", i);
		cr_expect(strstr(error.text, "the files of bench and sensors come to"), "%s", error.text);
		*members[i] = kept;
	}
	/* An instrument tells its scale; the range of the bench file holds it to 1 %. */
	setup.adc.driver = "iio";
	for (unsigned c = 0; c < CHANNELS; c++) {
		setup.adc.channels[c].per_volt = 1;
		setup.adc.channels[c].adc_range = stated.channels[c].scale * 32768;
		setup.adc.channels[c].channel.scale = 1;
	}
	cr_expect(recording_bench_check(&stated, &setup, "recording.h5", &error), "%s", error.text);
	setup.adc.channels[0].adc_range *= 1.02;
	cr_expect_not(recording_bench_check(&stated, &setup, "recording.h5", &error));
}

Test(plain_text, deceptions)
{
	static const char *const PLAIN[] = {"A. Meier", "Žofie Nováková", "佐藤",
					    "a\xc2\xa0"
					    "b",
					    "emoji \xf0\x9f\x98\x80"};
	static const char *const DECEPTIVE[] = {"a\x1b[2J",
						"a\nb",
						"a\x7f",
						"a\xc2\x9b",
						"\xe2\x80\xae"
						"ssap",
						"a\xe2\x80\x8b"
						"b",
						"\xef\xbb\xbf"
						"a",
						"a\xe2\x80\xa8"
						"b",
						"a\xc2\xad"
						"b",
						"\xf3\xa0\x81\x81",
						"\xc0\xaf",
						"\xed\xa0\x80",
						"\xff",
						"a\xe2\x80",
						"\xf4\x90\x80\x80"};
	for (size_t i = 0; i < sizeof PLAIN / sizeof *PLAIN; i++)
		cr_expect(plain_text_is(PLAIN[i]), "%zu", i);
	for (size_t i = 0; i < sizeof DECEPTIVE / sizeof *DECEPTIVE; i++) {
		char text[32];
		snprintf(text, sizeof text, "%s", DECEPTIVE[i]);
		cr_expect_not(plain_text_is(text), "%zu", i);
		plain_text_make(text);
		cr_expect(plain_text_is(text) && strchr(text, '?'), "%zu: %s", i, text);
	}
}
