/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "steps.h"

#include <math.h>
#include <string.h>

#include "provoke.h"
#include "safe_state.h"

static const double POLL_S = 0.001;
/* So often it is looked whether the operator has answered. */
static const double ASK_S = 0.02;
/* A discharge by remote command comes within this of it: bytes on the line, a busy computer, the device's own time. Anywhere in it is as likely. */
static const double REMOTE_FIRE_S = 0.05;

/*
 * A device that does not let itself be armed while an interlock is wronged does what it should. It must have said so itself: a command that got lost
 * shows nothing of the device.
 */
static bool refusal_is_right(const struct sequencer *seq, const struct error *why)
{
	const struct stimulator_port *stimulator = &seq->ports->stimulator;
	struct stimulator_status status;
	struct error ignored;
	bool wronged = false;
	for (unsigned signal = 0; signal < SIGNAL_COUNT; signal++)
		wronged |= seq->wronged[signal];
	if (why->kind != ERROR_REFUSED || !wronged || !stimulator->ops->status ||
	    !stimulator->ops->status(stimulator->self, &status, &ignored))
		return false;
	return status.state == STIMULATOR_OFF || status.state == STIMULATOR_STANDBY || status.state == STIMULATOR_FAULT;
}

static bool do_arm(struct sequencer *seq, struct error *error)
{
	if ((!seq->held[GPIO_COIL_PRESENT] && !sequencer_set_line(seq, GPIO_COIL_PRESENT, true, error)) ||
	    (!seq->held[GPIO_EMERGENCY_STOP] &&
	     !sequencer_set_line(seq, GPIO_EMERGENCY_STOP, !seq->setup->gpio[GPIO_EMERGENCY_STOP].safe_level, error)) ||
	    !sequencer_set_line(seq, GPIO_ENABLE, !seq->setup->gpio[GPIO_ENABLE].safe_level, error))
		return false;
	const struct stimulator_port *stimulator = &seq->ports->stimulator;
	if (!stimulator->ops || !stimulator->ops->arm || stimulator->ops->arm(stimulator->self, error))
		return true;
	return refusal_is_right(seq, error);
}

static bool do_disarm(struct sequencer *seq, uint32_t step, struct error *error)
{
	capture_event(seq->capture, EVENT_DISARM, step, sequencer_now_s(seq), 0);
	const struct stimulator_port *stimulator = &seq->ports->stimulator;
	if (stimulator->ops && stimulator->ops->disarm && !stimulator->ops->disarm(stimulator->self, error))
		return false;
	bool disarmed = sequencer_set_line(seq, GPIO_ENABLE, seq->setup->gpio[GPIO_ENABLE].safe_level, error);
	if (disarmed)
		sequencer_tell_armed(seq, false);
	return disarmed;
}

static bool do_set_intensity(struct sequencer *seq, const struct step *step, struct error *error)
{
	const struct stimulator_port *stimulator = &seq->ports->stimulator;
	if (!stimulator->ops || !stimulator->ops->set_intensity)
		return error_config(
			error, "the bench has no stimulator remote control; the scenario sets an intensity (a prompt could ask for it)");
	return stimulator->ops->set_intensity(stimulator->self, step->set.intensity_pct, step->set.second_pct, error);
}

static bool line_from_name(const char *name, enum gpio_line *line)
{
	for (int i = 0; i < GPIO_LINE_COUNT; i++) {
		if (strcmp(name, gpio_line_name((enum gpio_line)i)) == 0) {
			*line = (enum gpio_line)i;
			return true;
		}
	}
	return false;
}

static bool device_state(struct sequencer *seq, struct stimulator_status *status, struct error *error)
{
	const struct stimulator_port *stimulator = &seq->ports->stimulator;
	*status = (struct stimulator_status){.state = STIMULATOR_STANDBY};
	if (!stimulator->ops || !stimulator->ops->status)
		return true;
	return stimulator->ops->status(stimulator->self, status, error);
}

static bool await_over(struct sequencer *seq, enum gpio_line line, bool *active, struct error *error)
{
	if (seq->ports->gpio.ops && seq->setup->gpio[line].present) {
		if (!seq->ports->gpio.ops->get(seq->ports->gpio.self, line, active, error))
			return error_prefix(error, "gpio line %s", gpio_line_name(line));
		return true;
	}
	struct stimulator_status status;
	if (!device_state(seq, &status, error))
		return false;
	*active = line == GPIO_READY ? status.state == STIMULATOR_READY : line == GPIO_FAULT && status.state == STIMULATOR_FAULT;
	return true;
}

static bool do_await(struct sequencer *seq, const struct step *step, struct error *error)
{
	enum gpio_line line;
	if (!line_from_name(step->await.name, &line))
		return error_config(error, "there is no line '%s' to wait for", step->await.name);
	double deadline_s = sequencer_now_s(seq) + step->await.timeout_s;
	for (;;) {
		bool active = false;
		if (!await_over(seq, line, &active, error))
			return false;
		if (active)
			return true;
		if (sequencer_now_s(seq) >= deadline_s) {
			struct stimulator_status status;
			if (!device_state(seq, &status, error))
				return false;
			return error_bench(error, "the device did not signal '%s' within %.3g s (state: %s%s%s)", step->await.name,
					   step->await.timeout_s, stimulator_state_name(status.state), status.fault[0] ? ": " : "",
					   status.fault);
		}
		if (!sequencer_idle(seq, sequencer_now_s(seq) + POLL_S, error))
			return false;
	}
}

static bool set_direction(struct sequencer *seq, bool reversed, struct error *error)
{
	const struct stimulator_port *stimulator = &seq->ports->stimulator;
	if (seq->reversed == reversed)
		return true;
	if (!stimulator->ops || !stimulator->ops->set_direction)
		return error_config(error, "the scenario reverses the current, which this bench cannot command");
	seq->reversed = reversed;
	return stimulator->ops->set_direction(stimulator->self, reversed, error);
}

/* Fires, or tries to, and puts that into the recording. */
static bool fire(struct sequencer *seq, enum run_event_kind kind, uint32_t index, struct error *error)
{
	const struct gpio_port *gpio = &seq->ports->gpio;
	const struct stimulator_port *stimulator = &seq->ports->stimulator;
	const struct adc_port *adc = &seq->ports->adc;
	double host_s;
	if (adc->ops->expect_shot && !adc->ops->expect_shot(adc->self, error))
		return error_prefix(error, "adc");
	monitors_firing(seq->monitors, safe_state_frame(seq->ports, sequencer_now_s(seq)));
	bool fired = sequencer_has_trigger_line(seq) ? gpio->ops->pulse(gpio->self, GPIO_TRIGGER, &host_s, error)
						     : stimulator->ops->fire(stimulator->self, &host_s, error);
	monitors_fired(seq->monitors, safe_state_frame(seq->ports, sequencer_now_s(seq)));
	if (!fired)
		return false;
	double u_host_s = sequencer_has_trigger_line(seq) && gpio->ops->pulse_u_s ? gpio->ops->pulse_u_s(gpio->self) : 0;
	if (!sequencer_has_trigger_line(seq))
		u_host_s = REMOTE_FIRE_S / sqrt(3);
	if (adc->ops->shot)
		adc->ops->shot(adc->self, &(struct host_time){host_s, u_host_s});
	capture_event(seq->capture, kind, index, host_s, u_host_s);
	return true;
}

static bool do_trigger(struct sequencer *seq, const struct step *step, struct error *error)
{
	if (!set_direction(seq, seq->plan->pulses[step->trigger.pulse].reversed, error))
		return false;
	return fire(seq, EVENT_TRIGGER, step->trigger.pulse, error) || error_prefix(error, "trigger of pulse %u", step->trigger.pulse);
}

static bool do_emulate(struct sequencer *seq, uint32_t index, struct error *error)
{
	const struct step *step = &seq->plan->steps[index];
	struct host_time when = {.time_s = sequencer_now_s(seq)};
	/* The rig's own enable line must not stand in for the device: a repeated command that is obeyed has to show. */
	if (step->emulate.state == STATE_REPLAYED &&
	    !sequencer_set_line(seq, GPIO_ENABLE, !seq->setup->gpio[GPIO_ENABLE].safe_level, error))
		return false;
	if (step->emulate.signal != SIGNAL_NONE && !provoke_signal(seq->ports, seq->setup, step, seq->held, &when, error))
		return false;
	seq->wronged[step->emulate.signal] = step->emulate.signal != SIGNAL_NONE && step->emulate.state != STATE_NORMAL;
	if (step->emulate.watched)
		capture_event(seq->capture, EVENT_INTERLOCK, index, when.time_s, when.u_s);
	return true;
}

bool step_announce(struct sequencer *seq, double host_s, struct error *error)
{
	const struct stimulator_port *stimulator = &seq->ports->stimulator;
	return !stimulator->ops || !stimulator->ops->expect_shot || stimulator->ops->expect_shot(stimulator->self, host_s, error);
}

static bool do_drive(struct sequencer *seq, const struct step *step, struct error *error)
{
	enum gpio_line line;
	if (!line_from_name(step->drive.name, &line) || !seq->setup->gpio[line].present || !seq->setup->gpio[line].output)
		return error_config(error, "the bench has no output line '%s'", step->drive.name);
	return sequencer_set_line(seq, line, step->drive.level, error);
}

static bool do_prompt(struct sequencer *seq, const struct step *step, struct error *error)
{
	const struct run_options *options = seq->options;
	/* The virtual clock stands still unless it is slept on: there the wait for the answer is what makes it go as fast as the machine's. */
	double patience_s = safe_state_virtual(seq->ports) ? ASK_S : 0;
	if (!options->ask)
		return error_config(error, "the scenario needs an operator (\"%s\"), but nobody can be asked here", step->prompt.text);
	options->ask(options->self, step->prompt.text);
	for (;;) {
		switch (options->answer(options->self, patience_s)) {
		case ANSWER_CONFIRMED: return true;
		case ANSWER_REFUSED: return error_set(error, ERROR_ABORTED, "the operator did not confirm \"%s\"", step->prompt.text);
		case ANSWER_NONE: break;
		}
		/* The device may be charged all the while: monitors, stream, guardian and the operator's stop are looked at as in any wait. */
		if (!sequencer_idle(seq, sequencer_now_s(seq) + ASK_S, error))
			return false;
	}
}

bool step_do(struct sequencer *seq, uint32_t index, struct error *error)
{
	const struct step *step = &seq->plan->steps[index];
	switch (step->kind) {
	case STEP_SET_INTENSITY: return do_set_intensity(seq, step, error);
	case STEP_ARM: sequencer_tell_armed(seq, true); return do_arm(seq, error);
	case STEP_DISARM: return do_disarm(seq, index, error);
	case STEP_AWAIT: return do_await(seq, step, error);
	case STEP_TRIGGER: return do_trigger(seq, step, error);
	case STEP_DRIVE_LINE: return do_drive(seq, step, error);
	case STEP_WAIT: return true;
	case STEP_PROMPT: return do_prompt(seq, step, error);
	case STEP_PROVOKE: return fire(seq, EVENT_PROVOKE, index, error) || error_prefix(error, "trigger that is to be refused");
	case STEP_EMULATE: return do_emulate(seq, index, error);
	case STEP_EXPECT_DISCHARGE:
		capture_event(seq->capture, EVENT_DISCHARGE, index, sequencer_now_s(seq), 0);
		seq->watch_s = fmax(seq->watch_s, sequencer_now_s(seq) + step->discharge.timeout_s);
		return true;
	}
	return error_config(error, "unknown step");
}
