/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How late the sequencer's sleep ends: the clock of a real bench, every millisecond. Prints a histogram as cyclictest does (whole microseconds and
 * how often), and says on standard error when the machine gives no real-time priority.
 * usage: bench_jitter SLEEPS
 */
#include <string.h>

#include "bench.h"

enum { HISTOGRAM_US = 20000 };
static unsigned histogram[HISTOGRAM_US + 1];

int main(int argc, char **argv)
{
	long sleeps = argc > 1 ? strtol(argv[1], NULL, 10) : 10000;
	const struct bench_setup setup = {.clock_driver = "monotonic"};
	struct ports ports = {0};
	struct error error = {0};
	void *state = NULL;
	if (!driver_monotonic.open(&setup, NULL, &ports, &state, &error)) {
		fprintf(stderr, "bench_jitter: %s\n", error.text);
		return 1;
	}
	const struct clock_port *clock = &ports.clock;
	if (!clock->ops->real_time(clock->self, true, &error))
		fprintf(stderr, "bench_jitter: %s\n", error.text);
	double next_s = clock->ops->now_s(clock->self);
	for (long i = 0; i < sleeps; i++) {
		next_s += 1e-3;
		if (!clock->ops->sleep_until(clock->self, next_s, &error))
			return 1;
		double now_s = clock->ops->now_s(clock->self), late_us = (now_s - next_s) * 1e6;
		histogram[late_us < HISTOGRAM_US ? (unsigned)late_us : HISTOGRAM_US]++;
		/* What was missed is not made up for: cyclictest does not either. */
		if (late_us > 1000)
			next_s = now_s;
	}
	driver_monotonic.close(state);
	for (unsigned us = 0; us <= HISTOGRAM_US; us++)
		if (histogram[us] > 0)
			printf("%06u %06u\n", us, histogram[us]);
	return 0;
}
