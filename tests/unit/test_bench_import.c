/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files read through libsigrok's input modules: WAV and VCD as their specifications have them, written here byte by byte. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "bench.h"

static char path[64];

static FILE *new_file(void)
{
	snprintf(path, sizeof path, "/tmp/tmsrig-import-XXXXXX");
	int fd = mkstemp(path);
	cr_assert(fd >= 0);
	return fdopen(fd, "w");
}

static struct bench_setup setup_of(const char *input, const char *first, const char *second)
{
	struct bench_setup setup = {.id = "t", .file = "t.yaml"};
	setup.adc = (struct adc_setup){.driver = "file", .format = FILE_SIGROK, .input = input, .sample_rate_hz = 1e6};
	setup.adc.channel_count = second ? 2 : 1;
	const char *const sources[] = {first, second};
	for (unsigned c = 0; c < setup.adc.channel_count; c++) {
		setup.adc.channels[c].source = sources[c];
		setup.adc.channels[c].index = -1;
		setup.adc.channels[c].channel.scale = c == 0 ? 1000 : 5;
	}
	return setup;
}

static struct bench *open_file(const struct bench_setup *setup, struct error *error)
{
	const struct driver *const drivers[] = {&driver_file, NULL};
	return bench_open(setup, drivers, path, error);
}

/* All frames as values of the channels' units; their number. */
static size_t read_values(struct bench *bench, double *out, size_t max)
{
	const struct adc_port *adc = &bench_ports(bench)->adc;
	unsigned channels = adc->format.channel_count;
	size_t frames = 0;
	for (;;) {
		struct error error = {0};
		struct adc_read read;
		cr_assert(adc->ops->read(adc->self, 777, &read, &error), "%s", error.text);
		if (read.state == ADC_END)
			return frames;
		cr_assert(read.state == ADC_BLOCK && frames + read.block.frames <= max);
		for (size_t i = 0; i < read.block.frames * channels; i++)
			out[frames * channels + i] = read.block.samples[i] * adc->format.channels[i % channels].scale;
		frames += read.block.frames;
	}
}

static void put(FILE *file, uint32_t value, int bytes)
{
	for (; bytes > 0; bytes--, value >>= 8)
		fputc((int)(value & 0xff), file);
}

/* RIFF WAVE, PCM of 16 bits, two channels. */
static void write_wav(uint32_t rate_hz, uint32_t frames)
{
	FILE *file = new_file();
	fputs("RIFF", file);
	put(file, 36 + 4 * frames, 4);
	fputs("WAVEfmt ", file);
	put(file, 16, 4);
	put(file, 1, 2);
	put(file, 2, 2);
	put(file, rate_hz, 4);
	put(file, 4 * rate_hz, 4);
	put(file, 4, 2);
	put(file, 16, 2);
	fputs("data", file);
	put(file, 4 * frames, 4);
	for (uint32_t k = 0; k < frames; k++) {
		put(file, (uint32_t)(int32_t)lrint(30000 * sin(0.01 * k)), 2);
		put(file, k % 100 < 50 ? 0 : 16384, 2);
	}
	fclose(file);
}

Test(import, wav, .timeout = 30)
{
	enum { FRAMES = 30000 };
	static double values[2 * FRAMES];
	struct bench_setup setup = setup_of("wav", "CH1", "CH2");
	struct error error = {0};
	write_wav(192000, FRAMES);
	auto_bench struct bench *bench = open_file(&setup, &error);
	cr_assert_not_null(bench, "%s", error.text);
	cr_expect_eq(bench_ports(bench)->adc.format.sample_rate_hz, 192000);
	cr_assert_eq(read_values(bench, values, FRAMES), FRAMES);
	for (int k = 0; k < FRAMES; k++) {
		/* Full scale is 1, which the setup says to be 1000 and 5; a count of what is read is at most 1000 / 30000. */
		cr_assert_float_eq(values[2 * k], 1000 * 30000 * sin(0.01 * k) / 32768, 0.05, "%d", k);
		cr_assert_float_eq(values[2 * k + 1], k % 100 < 50 ? 0 : 2.5, 0.01, "%d", k);
	}
	unlink(path);
}

/* IEEE 1364 value change dump: two wires on a time scale of 1 us. */
static void write_vcd(void)
{
	FILE *file = new_file();
	fputs("$timescale 1 us $end\n$scope module t $end\n$var wire 1 ! trig $end\n$var wire 1 \" out $end\n$upscope $end\n"
	      "$enddefinitions $end\n#0\n0!\n0\"\n#100\n1!\n#150\n0!\n1\"\n#2000\n0\"\n#3000\n1!\n#3001\n0!\n",
	      file);
	fclose(file);
}

Test(import, vcd, .timeout = 30)
{
	static double values[2 * 10000];
	struct bench_setup setup = setup_of("vcd", "trig", "out");
	struct error error = {0};
	write_vcd();
	auto_bench struct bench *bench = open_file(&setup, &error);
	cr_assert_not_null(bench, "%s", error.text);
	cr_expect_eq(bench_ports(bench)->adc.format.sample_rate_hz, 1e6);
	size_t frames = read_values(bench, values, 10000);
	cr_assert(frames >= 3001 && frames <= 3002, "%zu", frames);
	for (size_t k = 0; k < frames; k++) {
		bool trig = (k >= 100 && k < 150) || k == 3000, out = k >= 150 && k < 2000;
		cr_assert_float_eq(values[2 * k], trig ? 1000 : 0, 1e-6, "%zu", k);
		cr_assert_float_eq(values[2 * k + 1], out ? 5 : 0, 1e-6, "%zu", k);
	}
	unlink(path);
}

static void refused(const char *input, const char *channel, const char *words)
{
	struct bench_setup setup = setup_of(input, channel, NULL);
	struct error error = {0};
	auto_bench struct bench *bench = open_file(&setup, &error);
	cr_expect_null(bench);
	cr_expect(error.kind == ERROR_CONFIG && strncmp(error.text, path, strlen(path)) == 0 && strstr(error.text, words), "%s",
		  error.text);
}

Test(import, what_cannot_be, .timeout = 60)
{
	write_wav(48000, 1000);
	refused("no-such", "CH1", "no input module 'no-such'");
	refused("wav", "CH7", "no channel 'CH7'; the file has: CH1, CH2");
	refused("wav:loud=1", "CH1", "no option 'loud'");
	refused("vcd:skip=soon", "trig", "'soon' is no value of the option 'skip'");
	refused("vcd", "trig", "");
	unlink(path);
	refused("wav", "CH1", "cannot open it");
	write_wav(100, 1000);
	refused("wav", "CH1", "sample rate of 100 Hz");
	unlink(path);
	fclose(new_file());
	refused("wav", "CH1", "another kind");
	unlink(path);
}
