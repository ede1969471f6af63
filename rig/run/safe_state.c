/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "safe_state.h"

bool safe_state_line(const struct ports *ports, const struct bench_setup *setup, enum gpio_line line, bool level, struct error *error)
{
	if (!ports->gpio.ops || !setup->gpio[line].present || !setup->gpio[line].output)
		return true;
	if (!ports->gpio.ops->set(ports->gpio.self, line, level, error))
		return error_prefix(error, "gpio line %s", gpio_line_name(line));
	return true;
}

bool safe_state_enter(const struct ports *ports, const struct bench_setup *setup, struct error *error)
{
	bool good = true;
	struct error one = {0};
	static const enum gpio_line ORDER[] = {GPIO_TRIGGER, GPIO_ENABLE, GPIO_EMERGENCY_STOP};
	for (size_t i = 0; i < sizeof ORDER / sizeof *ORDER; i++)
		if (!safe_state_line(ports, setup, ORDER[i], setup->gpio[ORDER[i]].safe_level, &one) && good) {
			good = false;
			*error = one;
		}
	const struct stimulator_port *stimulator = &ports->stimulator;
	if (stimulator->ops && stimulator->ops->disarm && !stimulator->ops->disarm(stimulator->self, &one) && good) {
		good = false;
		*error = one;
	}
	return good || error_prefix(error, "safe state");
}
