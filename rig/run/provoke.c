/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "provoke.h"

#include "safe_state.h"

/* The line whose relay opens the wire of a signal. */
static enum gpio_line line_of(enum interlock_signal signal)
{
	switch (signal) {
	case SIGNAL_COIL_PRESENT: return GPIO_COIL_PRESENT;
	case SIGNAL_EMERGENCY_STOP: return GPIO_EMERGENCY_STOP;
	case SIGNAL_NONE:
	case SIGNAL_COIL_ID:
	case SIGNAL_COIL_TEMPERATURE:
	case SIGNAL_EMERGENCY_STOP_1:
	case SIGNAL_EMERGENCY_STOP_2:
	case SIGNAL_FOOT_SWITCH:
	case SIGNAL_DOOR:
	case SIGNAL_CAPACITOR_VOLTAGE:
	case SIGNAL_CHARGER:
	case SIGNAL_REMOTE:
	case SIGNAL_SENSOR_BOARD:
	case SIGNAL_MAINS:
	case SIGNAL_SWITCH:
	case SIGNAL_GATE_DRIVER:
	case SIGNAL_COOLING:
	case SIGNAL_COUNT: break;
	}
	return GPIO_LINE_COUNT;
}

static bool by_line(const struct ports *ports, const struct bench_setup *setup, const struct step *step, enum gpio_line *line)
{
	*line = line_of(step->emulate.signal);
	return *line != GPIO_LINE_COUNT && ports->gpio.ops && setup->gpio[*line].present && setup->gpio[*line].output &&
	       (step->emulate.state == STATE_NORMAL || step->emulate.state == STATE_OPEN);
}

static bool can(const struct ports *ports, const struct bench_setup *setup, const struct step *step, struct error *error)
{
	const struct emulator_port *emulator = &ports->emulator;
	enum gpio_line line;
	if (emulator->ops)
		return emulator->ops->set(emulator->self, step->emulate.signal, step->emulate.state, step->emulate.value, NULL, error);
	return by_line(ports, setup, step, &line) ||
	       error_config(error, "the bench has nothing to bring the signal '%s' into the state '%s'",
			    interlock_signal_name(step->emulate.signal), signal_state_name(step->emulate.state));
}

bool provoke_check(const struct ports *ports, const struct bench_setup *setup, const struct plan *plan, struct error *error)
{
	for (size_t i = 0; i < plan->step_count; i++) {
		const struct step *step = &plan->steps[i];
		if (step->kind == STEP_EMULATE && step->emulate.signal != SIGNAL_NONE && !can(ports, setup, step, error))
			return error_prefix(error, "%s:%d", plan->source, step->line);
	}
	return true;
}

bool provoke_signal(const struct ports *ports, const struct bench_setup *setup, const struct step *step, bool held[GPIO_LINE_COUNT],
		    double *host_s, struct error *error)
{
	const struct emulator_port *emulator = &ports->emulator;
	if (emulator->ops)
		return emulator->ops->set(emulator->self, step->emulate.signal, step->emulate.state, step->emulate.value, host_s, error);
	enum gpio_line line;
	if (!by_line(ports, setup, step, &line))
		return can(ports, setup, step, error);
	bool normal = step->emulate.state == STATE_NORMAL;
	/* A coil is there while its line is active; an emergency stop is pressed at the line's safe level. */
	bool level = line == GPIO_EMERGENCY_STOP ? setup->gpio[line].safe_level != normal : normal;
	held[line] = !normal;
	*host_s = ports->clock.ops->now_s(ports->clock.self);
	return safe_state_line(ports, setup, line, level, error);
}
