/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For LD_PRELOAD: steps the wall clock of a program, and no other clock. CLOCK_STEPS="SECONDS@TIME ...": from TIME, s of the monotonic clock, on the
 * wall clock shows SECONDS more, or less, than the machine's; the steps add up.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

typedef int clock_gettime_fn(clockid_t, struct timespec *);

static int machine_time(clockid_t clock, struct timespec *time)
{
	static clock_gettime_fn *next;
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "clock_gettime");
	return next(clock, time);
}

static time_t stepped_by(void)
{
	struct timespec now;
	machine_time(CLOCK_MONOTONIC, &now);
	double now_s = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec, step_s, at_s;
	time_t sum_s = 0;
	int used = 0;
	const char *steps = getenv("CLOCK_STEPS");
	for (; steps && sscanf(steps, " %lf@%lf%n", &step_s, &at_s, &used) == 2; steps += used)
		if (now_s >= at_s)
			sum_s += (time_t)step_s;
	return sum_s;
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
	int failed = machine_time(clock, time);
	if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		time->tv_sec += stepped_by();
	return failed;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
	struct timespec now;
	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	*time = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
	return 0;
}

time_t time(time_t *out)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	if (out)
		*out = now.tv_sec;
	return now.tv_sec;
}
