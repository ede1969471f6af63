/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "provoke.h"

#include "safe_state.h"

/* What brings a signal into a state on this bench. */
enum means { BY_NOTHING, BY_EMULATOR, BY_LINE, BY_LINK };

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
	case SIGNAL_LINK:
	case SIGNAL_COUNT: break;
	}
	return GPIO_LINE_COUNT;
}

static bool has_output(const struct ports *ports, const struct bench_setup *setup, enum gpio_line line)
{
	return line != GPIO_LINE_COUNT && ports->gpio.ops && setup->gpio[line].present && setup->gpio[line].output;
}

static bool by_line(const struct ports *ports, const struct bench_setup *setup, const struct step *step, enum gpio_line *line)
{
	*line = line_of(step->emulate.signal);
	return has_output(ports, setup, *line) && (step->emulate.state == STATE_NORMAL || step->emulate.state == STATE_OPEN);
}

static bool by_emulator(const struct ports *ports, const struct step *step, struct host_time *when, struct error *error)
{
	const struct emulator_port *emulator = &ports->emulator;
	return emulator->ops->set(emulator->self, step->emulate.signal, step->emulate.state, step->emulate.value, when, error);
}

static bool by_link(const struct ports *ports, const struct step *step, struct host_time *when, struct error *error)
{
	const struct stimulator_port *stimulator = &ports->stimulator;
	return stimulator->ops->disturb(stimulator->self, step->emulate.state, when, error);
}

/* BY_NOTHING with *error when the bench has nothing that could. */
static enum means means_of(const struct ports *ports, const struct bench_setup *setup, const struct step *step, enum gpio_line *line,
			   struct error *error)
{
	enum interlock_signal signal = step->emulate.signal;
	*line = GPIO_LINE_COUNT;
	error_config(error, "the bench has nothing to bring the signal '%s' into the state '%s'", interlock_signal_name(signal),
		     signal_state_name(step->emulate.state));
	if (ports->emulator.ops && by_emulator(ports, step, NULL, error))
		return BY_EMULATOR;
	if (by_line(ports, setup, step, line))
		return BY_LINE;
	if (signal != SIGNAL_REMOTE || !ports->stimulator.ops || !ports->stimulator.ops->disturb)
		return BY_NOTHING;
	/* Its own remote command would end the silence. */
	if (step->emulate.state == STATE_SILENT && !has_output(ports, setup, GPIO_TRIGGER)) {
		error_config(error, "a link is kept silent, but this bench fires by remote command: it needs a trigger line");
		return BY_NOTHING;
	}
	return by_link(ports, step, NULL, error) ? BY_LINK : BY_NOTHING;
}

bool provoke_check(const struct ports *ports, const struct bench_setup *setup, const struct plan *plan, struct error *error)
{
	enum gpio_line line;
	for (size_t i = 0; i < plan->step_count; i++) {
		const struct step *step = &plan->steps[i];
		if (step->kind == STEP_EMULATE && step->emulate.signal != SIGNAL_NONE &&
		    means_of(ports, setup, step, &line, error) == BY_NOTHING)
			return error_prefix(error, "%s:%d", plan->source, step->line);
	}
	return true;
}

static bool switch_line(const struct ports *ports, const struct bench_setup *setup, const struct step *step, enum gpio_line line,
			bool held[GPIO_LINE_COUNT], struct host_time *when, struct error *error)
{
	bool normal = step->emulate.state == STATE_NORMAL;
	/* A coil is there while its line is active; an emergency stop is pressed at the line's safe level. */
	bool level = line == GPIO_EMERGENCY_STOP ? setup->gpio[line].safe_level != normal : normal;
	held[line] = !normal;
	*when = (struct host_time){.time_s = ports->clock.ops->now_s(ports->clock.self)};
	return safe_state_line(ports, setup, line, level, error);
}

bool provoke_signal(const struct ports *ports, const struct bench_setup *setup, const struct step *step, bool held[GPIO_LINE_COUNT],
		    struct host_time *when, struct error *error)
{
	enum gpio_line line;
	switch (means_of(ports, setup, step, &line, error)) {
	case BY_EMULATOR: return by_emulator(ports, step, when, error);
	case BY_LINE: return switch_line(ports, setup, step, line, held, when, error);
	case BY_LINK: return by_link(ports, step, when, error);
	case BY_NOTHING: break;
	}
	return false;
}
