/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The speed of the measuring chain on a file, in process: read, scan, detect, fit, match, every measurand; beside plain reading of the file, a min/max
 * scan of the same samples in memory, both in the same rounds.
 * usage: bench_analyze FILE FIXTURES ROUNDS
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "bench.h"
#include "config.h"
#include "measure.h"
#include "run.h"
#include "scan.h"

enum { MAX_ROUNDS = 31, BUFFER_BYTES = 1 << 20 };

static double clock_s(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double now_s(void)
{
	return clock_s(CLOCK_MONOTONIC);
}

static double plain_read_s(const char *path, char *buffer)
{
	double start_s = now_s();
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	while (read(fd, buffer, BUFFER_BYTES) > 0)
		continue;
	close(fd);
	return now_s() - start_s;
}

static double min_max_s(const int16_t *samples, size_t count, int *sink)
{
	double start_s = now_s();
	int16_t low[64] = {0}, high[64] = {0};
	for (size_t i = 0; i + 64 <= count; i += 64) {
		for (int k = 0; k < 64; k++) {
			int16_t x = samples[i + (size_t)k];
			low[k] = x < low[k] ? x : low[k];
			high[k] = x > high[k] ? x : high[k];
		}
	}
	for (int k = 0; k < 64; k++)
		*sink += low[k] + high[k];
	return now_s() - start_s;
}

/* *cpu_s: what of it this thread, which scans and measures, was on a processor; another reads ahead. */
static double chain_s(const struct bench_setup *setup, const char *path, double *cpu_s, size_t *pulses, struct error *error)
{
	double start_s = now_s(), start_cpu_s = clock_s(CLOCK_THREAD_CPUTIME_ID);
	const struct driver *const drivers[] = {&driver_file, &driver_monotonic, NULL};
	auto_bench struct bench *bench = bench_open(setup, drivers, path, error);
	auto_measure struct measure *measure = bench ? measure_create(NULL, setup->device, error) : NULL;
	if (!measure)
		return -1;
	struct reduced_sink reduced = measure_sink(measure);
	auto_scan struct scan *scan = scan_create(&reduced, error);
	if (!scan)
		return -1;
	struct recording_sink sink = scan_sink(scan);
	struct run_options options = {0};
	if (!run_recording(bench, &sink, &options, error))
		return -1;
	auto_results struct results *results = measure_finish(measure, error);
	if (!results)
		return -1;
	*pulses = results->pulse_count;
	*cpu_s = clock_s(CLOCK_THREAD_CPUTIME_ID) - start_cpu_s;
	return now_s() - start_s;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void print_row(const char *what, double *seconds, int rounds, double samples, double limit_s)
{
	qsort(seconds, (size_t)rounds, sizeof *seconds, ascending);
	double median_s = seconds[rounds / 2];
	printf("%-44s %7.0f MSa/s [%.0f-%.0f]", what, samples / median_s / 1e6, samples / seconds[rounds - 1] / 1e6,
	       samples / seconds[0] / 1e6);
	if (limit_s > 0)
		printf("   %.2f of the read limit", limit_s / median_s);
	printf("\n");
}

int main(int argc, char **argv)
{
	struct error error = {0};
	struct stat status;
	if (argc != 4 || stat(argv[1], &status) != 0)
		return 2;
	int rounds = (int)strtol(argv[3], NULL, 10);
	rounds = rounds < 1 ? 1 : rounds > MAX_ROUNDS ? MAX_ROUNDS : rounds;
	size_t count = (size_t)status.st_size / 2;
	auto_bench_setup struct bench_setup *setup = config_load_bench("recording", argv[2], &error);
	auto_free char *buffer = malloc(BUFFER_BYTES);
	auto_free int16_t *samples = malloc(count * 2);
	auto_fd int fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (!setup || !buffer || !samples || fd < 0) {
		fprintf(stderr, "%s\n", error.text);
		return 2;
	}
	for (size_t have = 0; have < count * 2;) {
		ssize_t got = read(fd, (char *)samples + have, count * 2 - have);
		if (got <= 0)
			return 4;
		have += (size_t)got;
	}
	double reads[MAX_ROUNDS], scans[MAX_ROUNDS], chains[MAX_ROUNDS], chains_cpu[MAX_ROUNDS];
	size_t pulses = 0;
	int sink = 0;
	for (int r = 0; r < rounds; r++) {
		reads[r] = plain_read_s(argv[1], buffer);
		chains[r] = chain_s(setup, argv[1], &chains_cpu[r], &pulses, &error);
		scans[r] = min_max_s(samples, count, &sink);
		if (chains[r] < 0) {
			fprintf(stderr, "%s\n", error.text);
			return 4;
		}
	}
	printf("%.0f MSa (2 channels), %zu pulses found, median of %d rounds [min-max]%s\n", (double)count / 1e6, pulses, rounds,
	       sink == 1 ? " " : "");
	print_row("limit: min/max scan in memory, one core", scans, rounds, (double)count, 0);
	print_row("limit: read(2) of the file", reads, rounds, (double)count, 0);
	double limit_s = reads[rounds / 2];
	print_row("tmsrig: read, scan, measure everything", chains, rounds, (double)count, limit_s);
	print_row("  its thread that measures, by CPU time", chains_cpu, rounds, (double)count, 0);
	return 0;
}
