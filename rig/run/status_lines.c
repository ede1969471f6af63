/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "status_lines.h"

#include <math.h>

enum { BATCH = 256 };

/* Whether changes are to be had, and have a place on the recording's time. */
static bool wanted(const struct ports *ports)
{
	return ports->gpio.ops && ports->gpio.ops->events && !ports->logic.ops && ports->adc.ops->frame_of_host_time;
}

static enum logic_line logic_of(enum gpio_line line)
{
	switch (line) {
	case GPIO_TRIGGER: return LOGIC_TRIGGER;
	case GPIO_READY: return LOGIC_READY;
	case GPIO_FAULT: return LOGIC_FAULT;
	case GPIO_ENABLE:
	case GPIO_EMERGENCY_STOP:
	case GPIO_COIL_PRESENT:
	case GPIO_LINE_COUNT: break;
	}
	return LOGIC_LINE_COUNT;
}

bool status_lines_begin(struct ports *ports, struct error *error)
{
	struct gpio_event events[BATCH];
	size_t count = BATCH;
	uint64_t lost;
	while (wanted(ports) && count == BATCH)
		if (!ports->gpio.ops->events(ports->gpio.self, events, BATCH, &count, &lost, error))
			return error_prefix(error, "gpio");
	return true;
}

static bool add(const struct ports *ports, struct pending *pending, const struct gpio_event *event, struct error *error)
{
	double u_frames, frame = ports->adc.ops->frame_of_host_time(ports->adc.self, event->time_s, &u_frames);
	const struct edge edge = {logic_of(event->line), event->active, frame / ports->adc.format.sample_rate_hz};
	if (edge.line == LOGIC_LINE_COUNT || !isfinite(edge.time_s) || edge.time_s < 0)
		return true;
	return pending_edge(pending, &edge) || error_bench(error, "capture: out of memory for edges");
}

bool status_lines_collect(struct ports *ports, struct pending *pending, struct error *error)
{
	struct gpio_event events[BATCH];
	size_t count = BATCH;
	while (wanted(ports) && count == BATCH) {
		uint64_t lost;
		if (!ports->gpio.ops->events(ports->gpio.self, events, BATCH, &count, &lost, error))
			return error_prefix(error, "gpio");
		if (lost > 0)
			return error_bench(error,
					   "gpio: at least %llu changes of the status lines were lost: a line chatters, or the machine "
					   "is too busy",
					   (unsigned long long)lost);
		for (size_t i = 0; i < count; i++)
			if (!add(ports, pending, &events[i], error))
				return false;
	}
	return true;
}
