/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Changes of ready and fault from the GPIO become edges on the recording's time, in order of time; lost ones end the run. The port is a script here:
 * the real one is tried on the kernel's lines in the lab.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "status_lines.h"

static struct {
	const struct gpio_event *events;
	size_t count, taken;
	uint64_t lost;
} script;

static bool scripted_events(void *self, struct gpio_event *events, size_t max, size_t *count, uint64_t *lost, struct error *error)
{
	(void)self, (void)error;
	*count = script.count - script.taken < max ? script.count - script.taken : max;
	memcpy(events, script.events + script.taken, *count * sizeof *events);
	script.taken += *count;
	*lost = script.lost;
	return true;
}

/* Sample 0 at 100 s of the host, 1 kHz. */
static double frame_of_host_time(void *self, double host_s, double *u_frames)
{
	(void)self;
	*u_frames = 0;
	return (host_s - 100) * 1000;
}

static const struct gpio_ops GPIO = {.events = scripted_events};
static const struct adc_ops ADC = {.frame_of_host_time = frame_of_host_time};
static const struct logic_ops LOGIC;

static struct edge pushed[16];
static size_t pushed_count;

static bool on_edge(void *self, const struct edge *edge, struct error *error)
{
	(void)self, (void)error;
	pushed[pushed_count++] = *edge;
	return true;
}

static bool on_event(void *self, const struct run_event *event, struct error *error)
{
	(void)self, (void)event, (void)error;
	return true;
}

static struct ports make_ports(void)
{
	return (struct ports){.gpio = {&GPIO, NULL}, .adc = {&ADC, NULL, {.sample_rate_hz = 1000}}};
}

static void push_all(struct pending *pending)
{
	const struct recording_sink sink = {.edge = on_edge, .event = on_event};
	struct error error;
	uint32_t section;
	cr_assert(pending_push(pending, INFINITY, &sink, &section, &error));
}

Test(status_lines, changes_become_edges_in_order_of_time)
{
	static const struct gpio_event FIRST[] = {{GPIO_READY, true, 101}, {GPIO_READY, false, 103}, {GPIO_READY, true, 99}};
	static const struct gpio_event SECOND[] = {{GPIO_FAULT, true, 102}};
	struct ports ports = make_ports();
	struct error error = {0};
	struct pending *pending = pending_create();
	script.events = FIRST;
	script.count = 3;
	cr_assert(status_lines_collect(&ports, pending, &error), "%s", error.text);
	script.events = SECOND;
	script.count = 1;
	script.taken = 0;
	cr_assert(status_lines_collect(&ports, pending, &error), "%s", error.text);
	push_all(pending);
	cr_assert_eq(pushed_count, 3, "what was before the recording is no part of it");
	cr_expect(pushed[0].line == LOGIC_READY && pushed[0].rising && fabs(pushed[0].time_s - 1) < 1e-9);
	cr_expect(pushed[1].line == LOGIC_FAULT && pushed[1].rising && fabs(pushed[1].time_s - 2) < 1e-9);
	cr_expect(pushed[2].line == LOGIC_READY && !pushed[2].rising && fabs(pushed[2].time_s - 3) < 1e-9);
	pending_destroy(pending);
}

Test(status_lines, lost_changes_end_the_run)
{
	struct ports ports = make_ports();
	struct error error = {0};
	struct pending *pending = pending_create();
	script.lost = 3;
	cr_expect(status_lines_begin(&ports, &error), "before the recording nothing counts");
	cr_expect(!status_lines_collect(&ports, pending, &error));
	cr_expect(error.kind == ERROR_BENCH && strstr(error.text, "at least 3 changes of the status lines were lost"), "%s", error.text);
	pending_destroy(pending);
}

Test(status_lines, a_logic_analyser_is_the_better_witness)
{
	static const struct gpio_event EVENTS[] = {{GPIO_READY, true, 101}};
	struct ports ports = make_ports();
	struct error error = {0};
	struct pending *pending = pending_create();
	ports.logic.ops = &LOGIC;
	script.events = EVENTS;
	script.count = 1;
	cr_expect(status_lines_collect(&ports, pending, &error));
	push_all(pending);
	cr_expect_eq(pushed_count, 0);
	pending_destroy(pending);
}
