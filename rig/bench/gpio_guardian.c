/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gpio_guardian.h"

#include <linux/gpio.h>
#include <math.h>
#include <stdio.h>

#include "guard_port.h"

static uint64_t line_flags(const struct gpio_line_setup *setup)
{
	uint64_t flags = setup->active_low ? GPIO_V2_LINE_FLAG_ACTIVE_LOW : 0;
	switch (setup->drive) {
	case GPIO_PUSH_PULL: break;
	case GPIO_OPEN_DRAIN: flags |= GPIO_V2_LINE_FLAG_OPEN_DRAIN; break;
	case GPIO_OPEN_SOURCE: flags |= GPIO_V2_LINE_FLAG_OPEN_SOURCE; break;
	}
	switch (setup->bias) {
	case GPIO_BIAS_AS_IS: break;
	case GPIO_BIAS_PULL_UP: flags |= GPIO_V2_LINE_FLAG_BIAS_PULL_UP; break;
	case GPIO_BIAS_PULL_DOWN: flags |= GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN; break;
	case GPIO_BIAS_DISABLED: flags |= GPIO_V2_LINE_FLAG_BIAS_DISABLED; break;
	}
	return flags;
}

static void describe(const struct bench_setup *bench, const struct gpio_place *places, enum gpio_line line, struct guardian_line *out)
{
	const struct gpio_line_setup *setup = &bench->gpio[line];
	const struct gpio_place *place = &places[line];
	if (!setup->present)
		return;
	*out = (struct guardian_line){
		.kind = GUARDIAN_CHARDEV, .offset = place->offset, .flags = line_flags(setup), .safe_level = setup->safe_level};
	snprintf(out->path, sizeof out->path, "%.*s", (int)sizeof out->path - 1, place->path);
	snprintf(out->name, sizeof out->name, "%s", gpio_line_name(line));
}

struct guard *gpio_guardian_start(const struct bench_setup *bench, const struct gpio_place places[GPIO_LINE_COUNT], struct error *error)
{
	static const struct {
		enum gpio_line line;
		enum guardian_role role;
	} LINES[] = {{GPIO_TRIGGER, GUARDIAN_TRIGGER},
		     {GPIO_EMERGENCY_STOP, GUARDIAN_EMERGENCY_STOP},
		     {GPIO_ENABLE, GUARDIAN_ENABLE},
		     {GPIO_READY, GUARDIAN_READY}};
	struct guardian_setup setup = {.heartbeat_ms = (uint32_t)lround(1e3 * bench->heartbeat_s)};
	for (size_t i = 0; i < sizeof LINES / sizeof *LINES; i++)
		describe(bench, places, LINES[i].line, &setup.lines[LINES[i].role]);
	return guard_port_start(&setup, error);
}
