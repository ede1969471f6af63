/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The clock of a real bench: CLOCK_MONOTONIC, absolute deadlines, a sleep that another thread or a signal handler can end. */
#include <math.h>
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <time.h>

#include "bench.h"

struct clock_monotonic {
	int timer_fd, wake_fd;
};

static double monotonic_now_s(void *self)
{
	(void)self;
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool monotonic_sleep_until(void *self, double time_s, struct error *error)
{
	struct clock_monotonic *clock = self;
	double whole_s = floor(time_s);
	struct itimerspec at = {.it_value = {.tv_sec = (time_t)whole_s, .tv_nsec = (long)((time_s - whole_s) * 1e9)}};
	if (at.it_value.tv_sec == 0 && at.it_value.tv_nsec == 0)
		at.it_value.tv_nsec = 1;
	if (timerfd_settime(clock->timer_fd, TFD_TIMER_ABSTIME, &at, NULL) != 0)
		return error_errno(error, ERROR_BENCH, "clock: cannot set the timer");
	struct pollfd fds[] = {{.fd = clock->timer_fd, .events = POLLIN}, {.fd = clock->wake_fd, .events = POLLIN}};
	while (poll(fds, 2, -1) < 0)
		if (errno != EINTR)
			return error_errno(error, ERROR_BENCH, "clock: cannot wait");
	if (fds[1].revents)
		return error_set(error, ERROR_ABORTED, "stopped by the operator");
	return true;
}

static void monotonic_wake(void *self)
{
	struct clock_monotonic *clock = self;
	uint64_t one = 1;
	ssize_t written = write(clock->wake_fd, &one, sizeof one);
	(void)written;
}

/* Above the threads of interrupts, which a PREEMPT_RT kernel runs at 50. */
enum { PRIORITY = 70 };

static bool monotonic_real_time(void *self, bool on, struct error *error)
{
	(void)self;
	if (!on) {
		munlockall();
		if (sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){0}) == 0)
			return true;
		return error_errno(error, ERROR_BENCH, "cannot go back to ordinary priority");
	}
	if (sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = PRIORITY}) != 0)
		return error_errno(error, ERROR_BENCH, "no real-time priority (limit 'rtprio' of the user must be %d or more)", PRIORITY);
	/* Not what comes later (MCL_FUTURE): under a limit that would make allocations fail in mid-run. */
	if (mlockall(MCL_CURRENT) == 0)
		return true;
	error_errno(error, ERROR_BENCH, "memory cannot be held (limit 'memlock' of the user)");
	struct error ignored;
	return monotonic_real_time(self, false, &ignored) && false;
}

static const struct clock_ops MONOTONIC_OPS = {
	.now_s = monotonic_now_s,
	.sleep_until = monotonic_sleep_until,
	.wake = monotonic_wake,
	.real_time = monotonic_real_time,
};

static void monotonic_close(void *state)
{
	struct clock_monotonic *clock = state;
	if (!clock)
		return;
	if (clock->timer_fd >= 0)
		close(clock->timer_fd);
	if (clock->wake_fd >= 0)
		close(clock->wake_fd);
	free(clock);
}

static bool monotonic_open(const struct bench_setup *setup, const char *recording, struct ports *ports, void **state, struct error *error)
{
	(void)setup, (void)recording;
	struct clock_monotonic *clock = malloc(sizeof *clock);
	if (!clock)
		return error_bench(error, "clock: out of memory");
	clock->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	clock->wake_fd = eventfd(0, EFD_CLOEXEC);
	if (clock->timer_fd < 0 || clock->wake_fd < 0) {
		error_errno(error, ERROR_BENCH, "clock: cannot make a timer");
		monotonic_close(clock);
		return false;
	}
	ports->clock = (struct clock_port){&MONOTONIC_OPS, clock};
	*state = clock;
	return true;
}

const struct driver driver_monotonic = {.name = "monotonic", .open = monotonic_open, .close = monotonic_close};
