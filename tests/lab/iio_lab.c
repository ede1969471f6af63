/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inside the lab's kernel: driver iio on the kernel's dummy ADC with a timer trigger. usage: iio_lab URI INSTRUMENT TRIGGER RATE_HZ FRAMES
 * Prints one line a check, "ok - ..." or "not ok - ...".
 */
#include <math.h>
#include <string.h>
#include <time.h>

#include "bench.h"

static void check(bool good, const char *uri, const char *text)
{
	printf("%s - iio %s: %s\n", good ? "ok" : "not ok", uri, text);
}

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int main(int argc, char **argv)
{
	if (argc != 6)
		return 2;
	static const struct driver *const DRIVERS[] = {&driver_iio, NULL};
	const char *uri = argv[1];
	double rate_hz = strtod(argv[4], NULL);
	uint64_t wanted = strtoul(argv[5], NULL, 10), frames = 0, gaps = 0;
	struct bench_setup setup = {.id = "lab", .file = "lab"};
	setup.adc = (struct adc_setup){.driver = "iio",
				       .uri = uri,
				       .instrument = argv[2],
				       .trigger = argv[3],
				       .sample_rate_hz = rate_hz,
				       .clock_accuracy_rel = 1e-3,
				       .gaps = GAPS_BY_TIMESTAMP,
				       .timestamp_channel = "timestamp",
				       .buffer_frames = 32,
				       .kernel_buffers = 4,
				       .timeout_s = 1,
				       .channel_count = 1};
	setup.adc.channels[0] = (struct adc_channel_setup){.source = "voltage0",
							   .adc_range = NAN,
							   .per_volt = 1,
							   .channel = {.name = "coil_current", .unit = "V", .scale = 1, .threshold = NAN}};
	struct error error = {0};
	auto_bench struct bench *bench = bench_open(&setup, DRIVERS, NULL, &error);
	if (!bench) {
		check(false, uri, error.text);
		return 1;
	}
	const struct adc_port *adc = &bench_ports(bench)->adc;
	double began_s = now_s();
	bool good = adc->ops->start(adc->self, &error);
	struct adc_read read = {.state = ADC_BLOCK};
	while (good && read.state != ADC_END) {
		good = adc->ops->read(adc->self, 1000, &read, &error);
		if (!good || read.state == ADC_END)
			break;
		gaps += read.state == ADC_GAP;
		frames += read.state == ADC_GAP ? read.gap.frames : read.block.frames;
		if (frames >= wanted)
			good = adc->ops->stop(adc->self, &error);
	}
	double took_s = now_s() - began_s, u, planned_s = (double)wanted / rate_hz;
	char text[2048], proof[256];
	adc->ops->gaps_found_by(adc->self, proof, sizeof proof);
	snprintf(text, sizeof text, "%llu frames in %.3f s, %llu gaps, %s%s", (unsigned long long)frames, took_s, (unsigned long long)gaps,
		 proof, error.text);
	check(good && frames >= wanted && took_s > 0.8 * planned_s && took_s < 2 * planned_s + 1, uri, text);
	check(gaps == 0, uri, "no gap where none is");
	double frame = adc->ops->frame_of_host_time(adc->self, now_s(), &u);
	snprintf(text, sizeof text, "now is frame %.1f, u %.1f", frame, u);
	check(frame > (double)frames - 100 && frame < (double)frames + 500, uri, text);
	/* The dummy's own: in_voltage0_scale is 0.001333 (mV), the offset 7, and 13 bits unsigned, whose middle is 4096. */
	snprintf(text, sizeof text, "one count is %.6g V, offset %.6g V", adc->format.channels[0].scale, adc->format.channels[0].offset);
	check(fabs(adc->format.channels[0].scale - 1.333e-6) < 1e-9 && fabs(adc->format.channels[0].offset - 4103 * 1.333e-6) < 1e-9, uri,
	      text);
	setup.adc.channels[0].source = "voltage9";
	auto_bench struct bench *wrong = bench_open(&setup, DRIVERS, NULL, &error);
	check(!wrong && strstr(error.text, "it has: voltage"), uri, "an unknown channel is told with those that are there");
	return 0;
}
