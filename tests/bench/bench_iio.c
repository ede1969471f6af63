/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sustained capture through libiio: a server in a child process paces two channels, this process reads and checks every sample's number.
 * usage: bench_iio RATE_HZ SECONDS. Exit status 1 when a sample is lost or wrong.
 */
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "bench.h"
#include "iiod_double.h"

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double cpu_s(void)
{
	struct rusage use;
	getrusage(RUSAGE_SELF, &use);
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) + 1e-6 * (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

static pid_t start_server(double rate_hz, char *uri, size_t size)
{
	int ends[2];
	if (pipe(ends) != 0)
		return -1;
	pid_t child = fork();
	if (child == 0) {
		const struct iiod_setup setup = {.sample_rate_hz = rate_hz, .paced = true};
		struct iiod *iiod = iiod_start(&setup);
		bool told = iiod && write(ends[1], iiod_uri(iiod), strlen(iiod_uri(iiod))) > 0;
		close(ends[1]);
		if (told)
			pause();
		_exit(1);
	}
	close(ends[1]);
	ssize_t got = child > 0 ? read(ends[0], uri, size - 1) : -1;
	close(ends[0]);
	uri[got > 0 ? got : 0] = '\0';
	return got > 0 ? child : -1;
}

int main(int argc, char **argv)
{
	static const struct driver *const DRIVERS[] = {&driver_iio, NULL};
	double rate_hz = argc > 1 ? strtod(argv[1], NULL) : 10e6, seconds = argc > 2 ? strtod(argv[2], NULL) : 10;
	char uri[64];
	pid_t child = start_server(rate_hz, uri, sizeof uri);
	if (child < 0)
		return 2;
	struct bench_setup setup = {.id = "bench", .file = "bench"};
	setup.adc = (struct adc_setup){.driver = "iio",
				       .uri = uri,
				       .instrument = "simadc",
				       .sample_rate_hz = rate_hz,
				       .clock_accuracy_rel = 50e-6,
				       .gaps = GAPS_BY_CLOCK,
				       .buffer_frames = 65536,
				       .kernel_buffers = 4,
				       .timeout_s = 1,
				       .channel_count = 2};
	for (unsigned c = 0; c < 2; c++)
		setup.adc.channels[c] = (struct adc_channel_setup){.source = c ? "voltage1" : "voltage0",
								   .adc_range = NAN,
								   .per_volt = 1,
								   .channel = {.unit = "V", .scale = 1, .threshold = NAN}};
	struct error error = {0};
	auto_bench struct bench *bench = bench_open(&setup, DRIVERS, NULL, &error);
	const struct adc_port *adc = bench ? &bench_ports(bench)->adc : NULL;
	uint64_t frames = 0, gaps = 0, wrong = 0;
	struct adc_read read = {.state = ADC_BLOCK};
	uint64_t skipped = 0;
	bool any = false;
	double began_s = now_s(), began_cpu_s = cpu_s();
	bool good = bench && adc->ops->start(adc->self, &error);
	while (good) {
		good = adc->ops->read(adc->self, 65536, &read, &error);
		if (!good || read.state == ADC_END)
			break;
		if (read.state == ADC_GAP) {
			gaps++;
			frames += read.gap.frames;
			continue;
		}
		for (size_t i = 0; i < read.block.frames; i++) {
			uint64_t number = (uint64_t)read.block.samples[2 * i] | (uint64_t)read.block.samples[2 * i + 1] << 15;
			/* The recording begins some buffers after the stream. */
			if (!any)
				skipped = number;
			any = true;
			wrong += number != ((read.block.first_frame + i + skipped) & 0x3fffffff);
		}
		frames += read.block.frames;
		if (now_s() - began_s >= seconds)
			good = adc->ops->stop(adc->self, &error);
	}
	double took_s = now_s() - began_s, share = (cpu_s() - began_cpu_s) / took_s;
	char proof[256] = "";
	if (good)
		adc->ops->gaps_found_by(adc->self, proof, sizeof proof);
	printf("2 x %.3g MSa/s for %.1f s: %llu frames, %llu gaps, %llu wrong, %.1f %% of a CPU; %s%s\n", rate_hz / 1e6, took_s,
	       (unsigned long long)frames, (unsigned long long)gaps, (unsigned long long)wrong, 100 * share, proof, error.text);
	bench_close(steal(&bench));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return good && gaps == 0 && wrong == 0 ? 0 : 1;
}
