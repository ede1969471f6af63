/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The readers of recordings made elsewhere. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>

#include "bench.h"

static struct bench_setup setup_of(enum file_format format, unsigned channels)
{
	struct bench_setup setup = {.id = "t", .file = "t.yaml", .adc = {.driver = "file", .format = format, .sample_rate_hz = 1e6}};
	setup.adc.channel_count = channels;
	for (unsigned c = 0; c < channels; c++) {
		struct adc_channel_setup *channel = &setup.adc.channels[c];
		channel->index = -1;
		snprintf(channel->channel.name, sizeof channel->channel.name, "ch%u", c);
		channel->channel.scale = 1;
	}
	return setup;
}

static char path[64];

static const char *file_with(const void *bytes, size_t size)
{
	snprintf(path, sizeof path, "/tmp/tmsrig-test-XXXXXX");
	int fd = mkstemp(path);
	cr_assert(fd >= 0);
	cr_assert_eq(write(fd, bytes, size), (ssize_t)size);
	close(fd);
	return path;
}

static struct bench *open_file(const struct bench_setup *setup, const char *file, struct error *error)
{
	const struct driver *const drivers[] = {&driver_file, NULL};
	return bench_open(setup, drivers, file, error);
}

/* Reads all frames of at most 1000, in pieces of `piece`; returns their number, *gap true when the end was cut. */
static size_t read_all(struct bench *bench, size_t piece, int16_t *out, bool *gap)
{
	const struct adc_port *adc = &bench_ports(bench)->adc;
	size_t frames = 0;
	*gap = false;
	for (;;) {
		struct error error = {0};
		struct adc_read read;
		cr_assert(adc->ops->read(adc->self, piece, &read, &error), "%s", error.text);
		if (read.state == ADC_END)
			return frames;
		if (read.state == ADC_GAP) {
			*gap = true;
			continue;
		}
		cr_assert_eq(read.block.first_frame, frames);
		memcpy(out + frames * adc->format.channel_count, read.block.samples,
		       read.block.frames * adc->format.channel_count * sizeof *out);
		frames += read.block.frames;
	}
}

Test(s16le, any_piece_gives_the_same_frames)
{
	int16_t samples[200 * 2];
	for (int i = 0; i < 400; i++)
		samples[i] = (int16_t)(i * 37 - 5000);
	struct bench_setup setup = setup_of(FILE_S16LE, 2);
	const char *file = file_with(samples, sizeof samples);
	for (size_t piece = 1; piece < 250; piece += 31) {
		struct error error = {0};
		auto_bench struct bench *bench = open_file(&setup, file, &error);
		cr_assert_not_null(bench, "%s", error.text);
		int16_t got[400];
		bool gap;
		cr_assert_eq(read_all(bench, piece, got, &gap), 200);
		cr_assert_not(gap);
		cr_assert_eq(memcmp(got, samples, 200 * 4), 0);
	}
	unlink(path);
}

Test(s16le, a_cut_file_is_refused)
{
	struct bench_setup setup = setup_of(FILE_S16LE, 2);
	struct error error = {0};
	auto_bench struct bench *bench = open_file(&setup, file_with("abcdefghi", 9), &error);
	cr_assert_null(bench);
	cr_assert_eq(error.kind, ERROR_CONFIG);
	cr_assert_not_null(strstr(error.text, "9 bytes are no whole number of frames of 4 bytes"), "%s", error.text);
	unlink(path);
}

Test(s16le, channels_are_picked_by_index)
{
	int16_t samples[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
	struct bench_setup setup = setup_of(FILE_S16LE, 2);
	setup.adc.channels[0].index = 2;
	setup.adc.channels[1].index = 0;
	struct error error = {0};
	auto_bench struct bench *bench = open_file(&setup, file_with(samples, sizeof samples), &error);
	cr_assert_not_null(bench, "%s", error.text);
	int16_t got[6];
	bool gap;
	cr_assert_eq(read_all(bench, 100, got, &gap), 3);
	cr_assert_not(gap);
	const int16_t expected[] = {3, 1, 6, 4, 9, 7};
	cr_assert_eq(memcmp(got, expected, sizeof expected), 0);
	unlink(path);
}

static void csv_fails(const char *text, const char *expected)
{
	struct bench_setup setup = setup_of(FILE_CSV, 1);
	setup.adc.channels[0].source = "i";
	struct error error = {0};
	auto_bench struct bench *bench = open_file(&setup, file_with(text, strlen(text)), &error);
	cr_expect_null(bench, "%s", text);
	cr_expect_eq(error.kind, ERROR_CONFIG);
	cr_expect_not_null(strstr(error.text, expected), "'%s' lacks '%s'", error.text, expected);
	unlink(path);
}

Test(csv, wrong_files_are_named_with_their_line)
{
	csv_fails("", ":1: the file is empty");
	csv_fails("1,2\n3,4\n", ":1: the first line holds numbers");
	csv_fails("t_us,x\n0,1\n1,2\n", ":1: there is no column 'i'; the file has: t_us, x");
	csv_fails("a,i\n0,1\n1,2\n", ":1: no time column");
	csv_fails("t_us,i\n0,1\n1,nan\n", ":3: 'nan' in column 'i'");
	csv_fails("t_us,i\n0,1\n1,0x10\n", ":3: '0x10' in column 'i'");
	csv_fails("t_us,i\n0,1\n1,2,3\n", ":3: 3 columns where the header names 2");
	csv_fails("t_us,i\n0,1\n0,2\n", ":3: time does not increase");
	csv_fails("t_us,i\n0,1\n1,1\n5,1\n", "the time steps are not even");
	csv_fails("t_us,i\n0,1\n", "at least two are needed");
}

Test(csv, time_unit_scale_and_values)
{
	const char *text = "# time [us]\ti\r\n0\t1e3\r\n0.5\t-2e3\r\n1.0\t0\r\n";
	struct bench_setup setup = setup_of(FILE_CSV, 1);
	setup.adc.channels[0].source = "i";
	setup.adc.channels[0].channel.scale = 2;
	struct error error = {0};
	auto_bench struct bench *bench = open_file(&setup, file_with(text, strlen(text)), &error);
	cr_assert_not_null(bench, "%s", error.text);
	const struct recording_format *format = &bench_ports(bench)->adc.format;
	cr_assert_float_eq(format->sample_rate_hz, 2e6, 1);
	int16_t got[3];
	bool gap;
	cr_assert_eq(read_all(bench, 2, got, &gap), 3);
	cr_assert_float_eq(got[0] * format->channels[0].scale, 2000, 0.1);
	cr_assert_float_eq(got[1] * format->channels[0].scale, -4000, 0.1);
	unlink(path);
}

Test(sr, foreign_files_are_refused)
{
	struct bench_setup setup = setup_of(FILE_SR, 1);
	struct error error = {0};
	auto_bench struct bench *bench = open_file(&setup, file_with("PK no zip", 9), &error);
	cr_assert_null(bench);
	cr_assert_not_null(strstr(error.text, "cannot open as a sigrok session"));
	unlink(path);
}

Test(driver, one_that_is_not_built_in_is_told_with_what_it_needs_or_those_there_are)
{
	struct bench_setup setup = setup_of(FILE_S16LE, 1);
	setup.adc.driver = "iio";
	struct error error = {0};
	auto_bench struct bench *bench = open_file(&setup, "x", &error);
	cr_assert_null(bench);
	cr_assert_not_null(strstr(
		error.text, "the driver 'iio' is not in this build, which was made without libiio; `./dev drivers` installs libiio-dev"));
	setup.adc.driver = "nosuch";
	auto_bench struct bench *other = open_file(&setup, "x", &error);
	cr_assert_null(other);
	cr_assert_not_null(strstr(error.text, "there is no driver 'nosuch'; this build has: file"));
}
