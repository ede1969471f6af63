/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The clock of a real bench: real-time priority where the machine gives it, a reason where not, and ordinary again afterwards.
 */
#include <criterion/criterion.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>

#include "bench.h"

static struct ports ports;
static void *state;

static void open_clock(void)
{
	struct error error = {0};
	const struct bench_setup setup = {.clock_driver = "monotonic"};
	cr_assert(driver_monotonic.open(&setup, NULL, &ports, &state, &error), "%s", error.text);
}

TestSuite(clock_monotonic, .init = open_clock);

Test(clock_monotonic, real_time_is_given_and_given_back)
{
	struct error error = {0};
	if (!ports.clock.ops->real_time(ports.clock.self, true, &error)) {
		cr_expect(strstr(error.text, "limit 'rtprio'") || strstr(error.text, "limit 'memlock'"), "%s", error.text);
	} else {
		cr_expect_eq(sched_getscheduler(0), SCHED_FIFO);
		cr_expect(ports.clock.ops->real_time(ports.clock.self, false, &error), "%s", error.text);
	}
	cr_expect_eq(sched_getscheduler(0), SCHED_OTHER);
	driver_monotonic.close(state);
}

Test(clock_monotonic, a_user_without_the_right_is_told_which)
{
	struct error error = {0};
	cr_assert(setrlimit(RLIMIT_RTPRIO, &(struct rlimit){0}) == 0);
	if (getuid() == 0)
		cr_assert(setuid(65534) == 0);
	cr_expect(!ports.clock.ops->real_time(ports.clock.self, true, &error));
	cr_expect(strncmp(error.text, "no real-time priority (limit 'rtprio' of the user must be 70 or more): ", 71) == 0, "%s",
		  error.text);
	cr_expect_eq(sched_getscheduler(0), SCHED_OTHER);
	driver_monotonic.close(state);
}

Test(clock_monotonic, a_sleep_ends_when_due_and_not_before)
{
	struct error error = {0};
	const struct clock_port *clock = &ports.clock;
	for (int i = 0; i < 20; i++) {
		double due_s = clock->ops->now_s(clock->self) + 1e-3;
		cr_assert(clock->ops->sleep_until(clock->self, due_s, &error), "%s", error.text);
		cr_expect(clock->ops->now_s(clock->self) >= due_s - 1e-9);
	}
	driver_monotonic.close(state);
}
