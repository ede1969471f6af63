/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How fast a recording is reduced and measured, beside the same machine's limit of reading it from memory: two interleaved channels at 1 MSa/s with 10
 * pulses a second. Rounds are interleaved; the median counts. Times are CPU time.
 * usage: bench_scan [SECONDS [ROUNDS]]    60 s, 7 rounds
 */
#include <math.h>
#include <string.h>
#include <time.h>

#include "measure.h"
#include "scan.h"

enum { CHANNELS = 2, RATE_HZ = 1000000, PULSE_PERIOD = 100000, MAX_ROUNDS = 99, BLOCK_FRAMES = 262144 };
#define AMPERE_PER_COUNT (12000.0 / 32768)

static double now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static uint32_t draw(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static void generate(int16_t *samples, size_t frames)
{
	uint32_t state = 2463534242u;
	for (size_t i = 0; i < frames; i++) {
		double noise = (double)(draw(&state) & 31) - 15.5, t = (double)(i % PULSE_PERIOD) * 1e-6 - 1.0005e-3, current = 0;
		if (t > 0 && t < 290e-6)
			current = 5200 * exp(-770 * t) * sin(2 * 3.141592653589793 * 3448 * t);
		samples[CHANNELS * i] = (int16_t)lrint(current / AMPERE_PER_COUNT + noise);
		samples[CHANNELS * i + 1] = (int16_t)(t > -20e-6 && t < 30e-6 ? 16000 : (int)(draw(&state) & 15));
	}
}

static bool ignore_format(void *self, const struct recording_format *format, const struct reduced_layout *layout, struct error *error)
{
	(void)self, (void)format, (void)layout, (void)error;
	return true;
}

static bool count_window(void *self, const struct window *window, struct error *error)
{
	(void)error;
	*(size_t *)self += window->frames;
	return true;
}

static bool ignore_envelope(void *self, const struct envelope_cell *cell, struct error *error)
{
	(void)self, (void)cell, (void)error;
	return true;
}

static bool ignore_finish(void *self, uint64_t total_frames, struct error *error)
{
	(void)self, (void)total_frames, (void)error;
	return true;
}

static struct recording_format make_format(void)
{
	struct recording_format format = {.sample_rate_hz = RATE_HZ, .u_clock_rel = 2e-6, .channel_count = CHANNELS};
	struct channel base = {
		.count_min = -32768, .count_max = 32767, .droop_time_constant_s = 0.5, .bandwidth_hz = 1e6, .threshold = NAN};
	format.channels[0] = base;
	format.channels[0].role = CHANNEL_COIL_CURRENT;
	format.channels[0].scale = AMPERE_PER_COUNT;
	format.channels[1] = base;
	format.channels[1].role = CHANNEL_TRIGGER;
	format.channels[1].scale = 10.0 / 32768;
	format.channels[1].threshold = 1.5;
	format.channels[1].droop_time_constant_s = INFINITY;
	return format;
}

static void fail(const struct error *error)
{
	fprintf(stderr, "bench_scan: %s\n", error->text);
	exit(1);
}

static void push(const struct reduced_sink *out, const int16_t *samples, size_t frames)
{
	struct error error = {0};
	auto_scan struct scan *scan = scan_create(out, &error);
	if (!scan)
		fail(&error);
	struct recording_sink sink = scan_sink(scan);
	struct recording_format format = make_format();
	bool ok = sink.format(sink.self, &format, &error);
	for (size_t at = 0; ok && at < frames; at += BLOCK_FRAMES) {
		struct block block = {.first_frame = at, .frames = frames - at < BLOCK_FRAMES ? frames - at : BLOCK_FRAMES};
		block.samples = samples + at * CHANNELS;
		ok = sink.block(sink.self, &block, &error);
	}
	if (!ok || !sink.finish(sink.self, &error))
		fail(&error);
}

static double time_scan(const int16_t *samples, size_t frames)
{
	size_t kept = 0;
	struct reduced_sink out = {
		.self = &kept, .format = ignore_format, .window = count_window, .envelope = ignore_envelope, .finish = ignore_finish};
	double start = now_s();
	push(&out, samples, frames);
	return now_s() - start;
}

/* A call of its own: compare.sh counts the instructions in it. */
__attribute__((noinline)) static double time_measure(const int16_t *samples, size_t frames, size_t *pulses)
{
	struct error error = {0};
	double start = now_s();
	auto_measure struct measure *measure = measure_create(NULL, NULL, &error);
	if (!measure)
		fail(&error);
	struct reduced_sink out = measure_sink(measure);
	push(&out, samples, frames);
	auto_results struct results *results = measure_finish(measure, &error);
	if (!results)
		fail(&error);
	*pulses = results->pulse_count;
	return now_s() - start;
}

/* The limit: the least and the greatest of all samples, in the form that the compiler turns into the machine's vector instructions. */
static double time_memory(const int16_t *samples, size_t frames, int *range)
{
	enum { LANES = 32, AT_ONCE = 16 };
	int16_t least[LANES] = {0}, most[LANES] = {0};
	double start = now_s();
	for (size_t at = 0; at + LANES * AT_ONCE <= frames * CHANNELS; at += LANES * AT_ONCE) {
		const int16_t *in = samples + at;
		for (unsigned i = 0; i < LANES; i++) {
			int16_t low = least[i], high = most[i];
			for (unsigned k = 0; k < AT_ONCE; k++) {
				int16_t x = in[k * LANES + i];
				low = x < low ? x : low;
				high = x > high ? x : high;
			}
			least[i] = low;
			most[i] = high;
		}
	}
	double seconds = now_s() - start;
	*range = 0;
	for (unsigned i = 0; i < LANES; i++)
		*range = most[i] - least[i] > *range ? most[i] - least[i] : *range;
	return seconds;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(double *seconds, unsigned rounds)
{
	qsort(seconds, rounds, sizeof *seconds, compare);
	return seconds[rounds / 2];
}

int main(int argc, char **argv)
{
	long seconds = argc > 1 ? strtol(argv[1], NULL, 10) : 60, rounds = argc > 2 ? strtol(argv[2], NULL, 10) : 7;
	if (argc > 3 || seconds < 1 || seconds > 600 || rounds < 1 || rounds > MAX_ROUNDS) {
		fprintf(stderr, "usage: bench_scan [SECONDS [ROUNDS]], up to 600 s and %d rounds\n", MAX_ROUNDS);
		return 2;
	}
	size_t frames = (size_t)seconds * RATE_HZ;
	auto_free int16_t *samples = malloc(frames * CHANNELS * sizeof *samples);
	if (!samples) {
		fprintf(stderr, "bench_scan: no memory for %zu samples\n", frames * CHANNELS);
		return 1;
	}
	generate(samples, frames);
	double memory[MAX_ROUNDS], scan[MAX_ROUNDS], both[MAX_ROUNDS];
	size_t pulses = 0;
	int range = 0;
	for (long round = 0; round < rounds; round++) {
		memory[round] = time_memory(samples, frames, &range);
		scan[round] = time_scan(samples, frames);
		both[round] = time_measure(samples, frames, &pulses);
	}
	unsigned n = (unsigned)rounds;
	double total = (double)(frames * CHANNELS) / 1e6, m = median(memory, n), s = median(scan, n), b = median(both, n);
	printf("%zu pulses found in %.0f MSa, range %d counts; medians of %u rounds, all channels counted, one core\n", pulses, total,
	       range, n);
	printf("memory read limit    %7.0f MSa/s\n", total / m);
	printf("scan                 %7.0f MSa/s  %.2f of the limit\n", total / s, m / s);
	printf("scan and measure     %7.0f MSa/s  %.2f of the limit\n", total / b, m / b);
	printf("measuring a pulse    %7.1f us\n", (b - s) * 1e6 / (double)(pulses ? pulses : 1));
	return 0;
}
