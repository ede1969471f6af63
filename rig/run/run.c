/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run.h"

#include <math.h>
#include <string.h>

#include "capture.h"
#include "emergency.h"
#include "monitors.h"
#include "provoke.h"
#include "safe_state.h"

/* Time for a quiet baseline before the first step, and for the last pulse's tail after the last. */
static const double LEAD_S = 0.1, TAIL_S = 0.1;
static const double POLL_S = 0.001;
/* So often it is looked whether the operator has answered. */
static const double ASK_S = 0.02;
/* A discharge by remote command comes within this of it: bytes on the line, a busy computer, the device's own time. Anywhere in it is as likely. */
static const double REMOTE_FIRE_S = 0.05;
/*
 * The longest sleep between two looks at the abort flag. On the virtual clock the run waits for the stream where that is safe_state_lag() behind, at each look:
 * with sleeps as long as that an event could enter the stream after later samples, and two runs would no longer be the same.
 */
static const double SLICE_S = 0.05;

/* How late after its time the rig may know that it fired: by the line, or by a command whose answer takes its time. */
static const double SETTLE_LINE_S = 0.1, SETTLE_REMOTE_S = 0.5;
/* The current's channel is looked at for so long before anything is armed; so long its samples may be in coming. */
static const double SELF_TEST_S = 0.1, SELF_TEST_PATIENCE_S = 5;
/* So far behind the host's clock the samples may be before the stream counts as lost, beside what the instrument's buffers hold. */
static const double STREAM_LATE_S = 3;
/* The device is asked for its coil's temperature so often, when there is time for the answer. */
static const double WARM_S = 1;

struct sequencer {
	struct bench *bench;
	struct ports *ports;
	const struct bench_setup *setup;
	const struct plan *plan;
	const struct run_options *options;
	struct capture *capture;
	struct monitors *monitors;
	bool began; /* something is recorded, or was */
	struct safety *safety;
	double settle_s;
	double asked_warm_s;        /* when the coil's temperature was last asked for */
	double origin_s;            /* of the section under way, host time */
	double watch_s;             /* keep recording until then: a discharge is being watched */
	bool reversed;              /* the current direction last commanded */
	bool wronged[SIGNAL_COUNT]; /* the plan holds the signal in a state that is not normal */
	bool held[GPIO_LINE_COUNT]; /* the plan holds the line in a state of its own: arming leaves it so */
};

static double now_s(const struct sequencer *seq)
{
	return seq->ports->clock.ops->now_s(seq->ports->clock.self);
}

/* Tells the guardian that the run is alive, and looks whether it is. */
static bool guarded(const struct sequencer *seq, struct error *error)
{
	const struct guardian_port *guardian = &seq->ports->guardian;
	if (!guardian->ops)
		return true;
	guardian->ops->progress(guardian->self);
	return !guardian->ops->lost(guardian->self) || error_bench(error, "the guardian has gone, or took over: see guardian.log");
}

/* waiting: not firing at all. */
static void attend(const struct sequencer *seq, bool waiting)
{
	const struct guardian_port *guardian = &seq->ports->guardian;
	if (guardian->ops)
		guardian->ops->attend(guardian->self, waiting);
}

/* The stream may not fall behind: on the virtual clock it is waited for, so that what is found stops a run at the same place each time. */
static bool keep_up(struct sequencer *seq)
{
	double frame = safe_state_frame(seq->ports, now_s(seq)), lag = safe_state_lag(seq->ports);
	const struct adc_setup *adc = &seq->setup->adc;
	if (!isfinite(frame))
		return true;
	if (safe_state_virtual(seq->ports))
		return frame <= lag || monitors_await(seq->monitors, (uint64_t)(frame - lag));
	/* Of one that records frames its driver watches over them: there is no stream. */
	if (safe_state_one_shot(seq->ports))
		return true;
	double late = frame - (double)monitors_seen(seq->monitors), rate_hz = seq->ports->adc.format.sample_rate_hz;
	if (late > STREAM_LATE_S * rate_hz + 4.0 * adc->buffer_frames) {
		char text[SAFETY_TEXT];
		snprintf(text, sizeof text, "no samples have come for %.1f s", late / rate_hz);
		monitors_trip(seq->monitors, MONITOR_STREAM_LOST, frame, text);
	}
	return true;
}

/* False with *error when a monitor has tripped. */
static bool monitored(struct sequencer *seq, struct error *error)
{
	struct monitor_trip trip;
	double before = INFINITY;
	if (safe_state_virtual(seq->ports))
		before = safe_state_frame(seq->ports, now_s(seq)) - safe_state_lag(seq->ports);
	return !monitors_tripped(seq->monitors, before, &trip) || error_bench(error, "monitor: %s", trip.text);
}

/* Asks the device for the temperature of its coil now and then, when the run has nothing to do before free_until_s. */
static bool watch_coil(struct sequencer *seq, double free_until_s, struct error *error)
{
	const struct stimulator_port *stimulator = &seq->ports->stimulator;
	double now = now_s(seq), limit_degc = bench_setup_safety(seq->setup).coil_max_degc;
	struct stimulator_status status = {.coil_temperature_degc = NAN};
	if (!stimulator->ops || !stimulator->ops->status || isinf(limit_degc) || now < seq->asked_warm_s + WARM_S ||
	    free_until_s < now + WARM_S)
		return true;
	seq->asked_warm_s = now;
	/* Twice: it may be a byte that was lost. */
	bool told = stimulator->ops->status(stimulator->self, &status, error);
	if (!told)
		told = stimulator->ops->status(stimulator->self, &status, error);
	if (!told)
		return error_prefix(error, "stimulator");
	if (status.coil_temperature_degc > limit_degc) {
		char text[SAFETY_TEXT];
		snprintf(text, sizeof text, "the coil is at %.1f degC, above %.1f degC", status.coil_temperature_degc, limit_degc);
		monitors_trip(seq->monitors, MONITOR_COIL_HOT, safe_state_frame(seq->ports, now), text);
	}
	return true;
}

static bool stopped_by_operator(const struct sequencer *seq)
{
	return seq->options->abort && atomic_load(seq->options->abort);
}

/* Sleeps and looks at all that may end the run. Until free_until_s nothing is due, so that there is time to talk with the device. */
static bool sleep_free(struct sequencer *seq, double time_s, double free_until_s, struct error *error)
{
	const struct clock_port *clock = &seq->ports->clock;
	for (;;) {
		if (capture_failed(seq->capture) || stopped_by_operator(seq) || !keep_up(seq))
			return error_set(error, ERROR_ABORTED, "stopped");
		if (!monitored(seq, error) || !watch_coil(seq, free_until_s, error))
			return false;
		const struct stimulator_port *stimulator = &seq->ports->stimulator;
		if (stimulator->ops && stimulator->ops->watch && !stimulator->ops->watch(stimulator->self, free_until_s, error))
			return error_prefix(error, "stimulator");
		if (!guarded(seq, error))
			return false;
		double next_s = fmin(time_s, now_s(seq) + SLICE_S);
		if (!clock->ops->sleep_until(clock->self, next_s, error))
			return false;
		if (next_s >= time_s)
			return true;
	}
}

static bool sleep_until(struct sequencer *seq, double time_s, struct error *error)
{
	return sleep_free(seq, time_s, time_s, error);
}

/* A sleep in a wait whose end nobody knows: nothing is due at a time of its own. */
static bool idle(struct sequencer *seq, double time_s, struct error *error)
{
	return sleep_free(seq, time_s, INFINITY, error);
}

static bool set_line(struct sequencer *seq, enum gpio_line line, bool level, struct error *error)
{
	return safe_state_line(seq->ports, seq->setup, line, level, error);
}

static void tell(const struct sequencer *seq, uint32_t step, const struct error *why_not)
{
	if (seq->options->did)
		seq->options->did(seq->options->self, step, why_not);
}

static bool safe_state(struct sequencer *seq, struct error *error)
{
	bool safe = safe_state_enter(seq->ports, seq->setup, error);
	tell(seq, UINT32_MAX, safe ? NULL : error);
	return safe;
}

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
	if ((!seq->held[GPIO_COIL_PRESENT] && !set_line(seq, GPIO_COIL_PRESENT, true, error)) ||
	    (!seq->held[GPIO_EMERGENCY_STOP] &&
	     !set_line(seq, GPIO_EMERGENCY_STOP, !seq->setup->gpio[GPIO_EMERGENCY_STOP].safe_level, error)) ||
	    !set_line(seq, GPIO_ENABLE, !seq->setup->gpio[GPIO_ENABLE].safe_level, error))
		return false;
	const struct stimulator_port *stimulator = &seq->ports->stimulator;
	if (!stimulator->ops || !stimulator->ops->arm || stimulator->ops->arm(stimulator->self, error))
		return true;
	return refusal_is_right(seq, error);
}

static void tell_armed(struct sequencer *seq, bool armed)
{
	monitors_armed(seq->monitors, armed, safe_state_frame(seq->ports, now_s(seq)));
}

static bool do_disarm(struct sequencer *seq, uint32_t step, struct error *error)
{
	capture_event(seq->capture, EVENT_DISARM, step, now_s(seq), 0);
	const struct stimulator_port *stimulator = &seq->ports->stimulator;
	if (stimulator->ops && stimulator->ops->disarm && !stimulator->ops->disarm(stimulator->self, error))
		return false;
	bool disarmed = set_line(seq, GPIO_ENABLE, seq->setup->gpio[GPIO_ENABLE].safe_level, error);
	if (disarmed)
		tell_armed(seq, false);
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
	double deadline_s = now_s(seq) + step->await.timeout_s;
	for (;;) {
		bool active = false;
		if (!await_over(seq, line, &active, error))
			return false;
		if (active)
			return true;
		if (now_s(seq) >= deadline_s) {
			struct stimulator_status status;
			if (!device_state(seq, &status, error))
				return false;
			return error_bench(error, "the device did not signal '%s' within %.3g s (state: %s%s%s)", step->await.name,
					   step->await.timeout_s, stimulator_state_name(status.state), status.fault[0] ? ": " : "",
					   status.fault);
		}
		if (!idle(seq, now_s(seq) + POLL_S, error))
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

/* Whether the bench has a trigger line to the device. Without one the stimulator is fired by remote command, if it can be. */
static bool has_trigger_line(const struct sequencer *seq)
{
	return seq->ports->gpio.ops && seq->setup->gpio[GPIO_TRIGGER].present;
}

static bool can_fire_remotely(const struct sequencer *seq)
{
	return seq->ports->stimulator.ops && seq->ports->stimulator.ops->fire;
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
	monitors_firing(seq->monitors, safe_state_frame(seq->ports, now_s(seq)));
	bool fired = has_trigger_line(seq) ? gpio->ops->pulse(gpio->self, GPIO_TRIGGER, &host_s, error)
					   : stimulator->ops->fire(stimulator->self, &host_s, error);
	monitors_fired(seq->monitors, safe_state_frame(seq->ports, now_s(seq)));
	if (!fired)
		return false;
	double u_host_s = has_trigger_line(seq) && gpio->ops->pulse_u_s ? gpio->ops->pulse_u_s(gpio->self) : 0;
	if (!has_trigger_line(seq))
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
	struct host_time when = {.time_s = now_s(seq)};
	/* The rig's own enable line must not stand in for the device: a repeated command that is obeyed has to show. */
	if (step->emulate.state == STATE_REPLAYED && !set_line(seq, GPIO_ENABLE, !seq->setup->gpio[GPIO_ENABLE].safe_level, error))
		return false;
	if (step->emulate.signal != SIGNAL_NONE && !provoke_signal(seq->ports, seq->setup, step, seq->held, &when, error))
		return false;
	seq->wronged[step->emulate.signal] = step->emulate.signal != SIGNAL_NONE && step->emulate.state != STATE_NORMAL;
	if (step->emulate.watched)
		capture_event(seq->capture, EVENT_INTERLOCK, index, when.time_s, when.u_s);
	return true;
}

/* Tells the stimulator's driver when the next trigger is due. */
static bool announce(struct sequencer *seq, double host_s, struct error *error)
{
	const struct stimulator_port *stimulator = &seq->ports->stimulator;
	return !stimulator->ops || !stimulator->ops->expect_shot || stimulator->ops->expect_shot(stimulator->self, host_s, error);
}

static bool do_drive(struct sequencer *seq, const struct step *step, struct error *error)
{
	enum gpio_line line;
	if (!line_from_name(step->drive.name, &line) || !seq->setup->gpio[line].present || !seq->setup->gpio[line].output)
		return error_config(error, "the bench has no output line '%s'", step->drive.name);
	return set_line(seq, line, step->drive.level, error);
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
		if (!idle(seq, now_s(seq) + ASK_S, error))
			return false;
	}
}

static bool do_step(struct sequencer *seq, uint32_t index, struct error *error)
{
	const struct step *step = &seq->plan->steps[index];
	switch (step->kind) {
	case STEP_SET_INTENSITY: return do_set_intensity(seq, step, error);
	case STEP_ARM: tell_armed(seq, true); return do_arm(seq, error);
	case STEP_DISARM: return do_disarm(seq, index, error);
	case STEP_AWAIT: return do_await(seq, step, error);
	case STEP_TRIGGER: return do_trigger(seq, step, error);
	case STEP_DRIVE_LINE: return do_drive(seq, step, error);
	case STEP_WAIT: return true;
	case STEP_PROMPT: return do_prompt(seq, step, error);
	case STEP_PROVOKE: return fire(seq, EVENT_PROVOKE, index, error) || error_prefix(error, "trigger that is to be refused");
	case STEP_EMULATE: return do_emulate(seq, index, error);
	case STEP_EXPECT_DISCHARGE:
		capture_event(seq->capture, EVENT_DISCHARGE, index, now_s(seq), 0);
		seq->watch_s = fmax(seq->watch_s, now_s(seq) + step->discharge.timeout_s);
		return true;
	}
	return error_config(error, "unknown step");
}

static bool walk(struct sequencer *seq, struct error *error)
{
	const struct plan *plan = seq->plan;
	uint32_t section = UINT32_MAX;
	seq->origin_s = now_s(seq);
	for (uint32_t i = 0; i < plan->step_count; i++) {
		const struct step *step = &plan->steps[i];
		if (step->section != section) {
			section = step->section;
			seq->origin_s = now_s(seq) + LEAD_S;
			if (!sleep_until(seq, seq->origin_s, error))
				return false;
			capture_event(seq->capture, EVENT_SECTION, section, seq->origin_s, 0);
		}
		if ((step->kind == STEP_TRIGGER || step->kind == STEP_PROVOKE) && !announce(seq, seq->origin_s + step->time_s, error))
			return error_prefix(error, "%s:%d", plan->source, step->line);
		if (!sleep_until(seq, seq->origin_s + step->time_s, error))
			return false;
		bool done = do_step(seq, i, error);
		tell(seq, i, done ? NULL : error);
		if (!done)
			return error_prefix(error, "%s:%d", plan->source, step->line);
	}
	double end_s = fmax(seq->watch_s, seq->origin_s + (plan->section_count ? plan->section_duration_s[plan->section_count - 1] : 0));
	if (!sleep_until(seq, end_s + TAIL_S, error))
		return false;
	capture_event(seq->capture, EVENT_END, 0, now_s(seq), 0);
	return true;
}

/* The thread that fires, and only that: what it starts would inherit its priority. */
static bool begin_real_time(const struct sequencer *seq)
{
	const struct clock_port *clock = &seq->ports->clock;
	struct error why;
	if (!clock->ops->real_time)
		return false;
	if (clock->ops->real_time(clock->self, true, &why))
		return true;
	char text[sizeof why.text + 64];
	snprintf(text, sizeof text, "triggers are timed at ordinary priority: %s", why.text);
	if (seq->options->notice)
		seq->options->notice(seq->options->self, text);
	return false;
}

static bool walk_in_real_time(struct sequencer *seq, struct error *error)
{
	bool real_time = begin_real_time(seq);
	bool walked = walk(seq, error);
	struct error late;
	if (real_time && !seq->ports->clock.ops->real_time(seq->ports->clock.self, false, &late) && walked) {
		*error = late;
		return false;
	}
	return walked;
}

static bool check_bench(const struct sequencer *seq, struct error *error)
{
	if (!seq->ports->clock.ops)
		return error_config(error, "%s: a bench that fires needs a clock (clock: monotonic)", seq->setup->file);
	if (seq->plan->pulse_count > 0 && !has_trigger_line(seq) && !can_fire_remotely(seq))
		return error_config(error,
				    "%s: a bench that fires needs gpio with a line 'trigger', or a stimulator that fires by remote command",
				    seq->setup->file);
	return provoke_check(seq->ports, seq->setup, seq->plan, error);
}

static bool can_disarm(const struct sequencer *seq)
{
	const struct gpio_line_setup *lines = seq->setup->gpio;
	return (seq->ports->stimulator.ops && seq->ports->stimulator.ops->disarm) ||
	       (seq->ports->gpio.ops && (lines[GPIO_ENABLE].present || lines[GPIO_EMERGENCY_STOP].present));
}

/* Whether the plan makes faults on purpose. */
static bool provokes(const struct plan *plan)
{
	for (size_t i = 0; i < plan->step_count; i++)
		switch (plan->steps[i].kind) {
		case STEP_SET_INTENSITY:
		case STEP_ARM:
		case STEP_DISARM:
		case STEP_AWAIT:
		case STEP_TRIGGER:
		case STEP_DRIVE_LINE:
		case STEP_WAIT:
		case STEP_PROMPT:
		case STEP_EXPECT_DISCHARGE: break;
		case STEP_PROVOKE:
		case STEP_EMULATE: return true;
		}
	return false;
}

/* An instrument that records frames shows nothing by itself; that it waits for its trigger is all there is to see before anything is armed. */
static bool await_armed(struct sequencer *seq, struct error *error)
{
	const struct adc_port *adc = &seq->ports->adc;
	double until_s = now_s(seq) + SELF_TEST_PATIENCE_S;
	while (!adc->ops->expect_shot(adc->self, error))
		if (now_s(seq) >= until_s)
			return error_prefix(error, "adc");
		else if (!sleep_until(seq, now_s(seq) + ASK_S, error))
			return false;
	return true;
}

/* A channel that does not live would show no current, whatever flows: then nothing is armed. */
static bool self_test(struct sequencer *seq, struct error *error)
{
	char text[SAFETY_TEXT] = "";
	if (safe_state_one_shot(seq->ports))
		return await_armed(seq, error);
	double begun_s = now_s(seq), look_s = SELF_TEST_S;
	enum monitor_rest rest = REST_UNKNOWN;
	/* On the virtual clock how far the samples are behind is chance. It must not move the run: the samples are there at the first look. */
	if (safe_state_virtual(seq->ports))
		look_s += safe_state_lag(seq->ports) / seq->ports->adc.format.sample_rate_hz;
	while (rest == REST_UNKNOWN && now_s(seq) < begun_s + SELF_TEST_PATIENCE_S) {
		if (!sleep_until(seq, now_s(seq) + look_s, error))
			return false;
		if (!keep_up(seq))
			return error_set(error, ERROR_ABORTED, "stopped");
		rest = monitors_rest(seq->monitors, text, sizeof text);
	}
	if (rest == REST_ALIVE)
		return true;
	if (rest == REST_UNKNOWN)
		snprintf(text, sizeof text, "no samples of the coil current came within %.0f s", SELF_TEST_PATIENCE_S);
	monitors_trip(seq->monitors, MONITOR_CURRENT_DEAD, 0, text);
	return error_bench(error, "monitor: %s; nothing was armed", text);
}

/* What nobody watches on this bench is told, to people, in the events and in the result. */
static void tell_unwatched(const struct sequencer *seq)
{
	char text[256] = "";
	size_t length = 0;
	const struct stimulator_port *stimulator = &seq->ports->stimulator;
	const struct safety_setup limits = bench_setup_safety(seq->setup);
	bool one_shot = safe_state_one_shot(seq->ports);
	struct safety *safety = seq->safety;
	const struct {
		bool missing;
		const char *what;
	} monitors[SAFETY_UNWATCHED_MAX] = {
		{one_shot, "the current and the capacitor (the oscilloscope records frames)"},
		{!one_shot && recording_find(&seq->ports->adc.format, CHANNEL_CAPACITOR_VOLTAGE) < 0, "the capacitor (no channel)"},
		{!stimulator->ops || !stimulator->ops->status, "the coil's temperature (the device cannot be asked)"},
		{stimulator->ops && stimulator->ops->status && isinf(limits.coil_max_degc), "the coil's temperature (no limit is known)"},
		{!one_shot && !can_disarm(seq), "current while disarmed (the bench cannot disarm)"},
	};
	safety->unwatched_count = 0;
	for (size_t i = 0; i < SAFETY_UNWATCHED_MAX; i++)
		if (monitors[i].missing)
			safety->unwatched[safety->unwatched_count++] = monitors[i].what;
	for (size_t i = 0; i < safety->unwatched_count && length < sizeof text; i++)
		length += (size_t)snprintf(text + length, sizeof text - length, "%s%s",
					   i ? ", " : "not watched on this bench: ", safety->unwatched[i]);
	if (length > 0 && seq->options->notice)
		seq->options->notice(seq->options->self, text);
}

/* What the run says about safety, once all samples have been looked at. */
static void take_trip(struct sequencer *seq)
{
	struct monitor_trip trip;
	if (!monitors_tripped(seq->monitors, INFINITY, &trip))
		return;
	seq->safety->tripped = true;
	seq->safety->monitor = trip.monitor;
	seq->safety->trip_s = trip.frame / seq->ports->adc.format.sample_rate_hz;
	snprintf(seq->safety->trip_text, sizeof seq->safety->trip_text, "%s", trip.text);
}

/* The last safe state, and the look at what it did. stream: NULL when nothing was recorded. */
static bool end_safely(struct sequencer *seq, struct monitors *stream, struct error *error)
{
	bool safe = safe_state(seq, error);
	const struct guardian_port *guardian = &seq->ports->guardian;
	/* A line that hung up may be there again for somebody who opens it anew. */
	if (!safe && guardian->ops)
		guardian->ops->take_over(guardian->self);
	if (seq->capture)
		capture_event(seq->capture, EVENT_SAFE_STATE, 0, now_s(seq), 0);
	if (stream)
		tell_armed(seq, false);
	const struct safe_state_watch watch = {seq->ports, seq->setup, stream, seq->settle_s, safe, seq->began};
	if (seq->ports->clock.ops)
		safe_state_prove(&watch, seq->safety);
	return safe;
}

static bool run_captured(struct sequencer *seq, bool *finished, struct error *error)
{
	struct error walk_error = {0}, safe_error = {0}, capture_error = {0};
	tell_unwatched(seq);
	attend(seq, false);
	bool walked = self_test(seq, &walk_error) && walk_in_real_time(seq, &walk_error);
	bool safe = end_safely(seq, capture_failed(seq->capture) ? NULL : seq->monitors, &safe_error);
	attend(seq, true);
	bool captured = capture_stop(steal(&seq->capture), !walked || !safe, finished, &capture_error);
	take_trip(seq);
	/* A failed capture stops the sequencer, so its cause comes first. */
	if (!captured)
		*error = capture_error;
	else if (!walked)
		*error = walk_error;
	else if (!safe)
		*error = safe_error;
	else if (seq->safety->tripped)
		error_bench(error, "monitor: %s", seq->safety->trip_text);
	if (stopped_by_operator(seq))
		error_set(error, ERROR_ABORTED, "stopped by the operator");
	return captured && walked && safe && !seq->safety->tripped;
}

/* The wires of emulated signals: as they should be for the run, and as nobody drives them after it. */
static bool connect_emulator(const struct sequencer *seq, bool on, struct error *error)
{
	const struct emulator_port *emulator = &seq->ports->emulator;
	return !emulator->ops || !emulator->ops->connect || emulator->ops->connect(emulator->self, on, error) ||
	       error_prefix(error, "emulation");
}

static bool run_watched(struct sequencer *seq, const struct recording_sink *sink, bool *finished, struct error *error)
{
	const struct monitor_options options = {can_disarm(seq), provokes(seq->plan), safe_state_one_shot(seq->ports), seq->settle_s};
	auto_monitors struct monitors *monitors = monitors_create(seq->setup, &seq->ports->adc.format, &options);
	struct error ignored;
	/* Lines are at their safe levels since they were opened. What the open wires have tripped is reset by disarming. */
	if (!connect_emulator(seq, true, error) || !safe_state(seq, error))
		return end_safely(seq, NULL, &ignored) && false;
	seq->monitors = monitors;
	if (monitors)
		seq->capture = capture_start(seq->bench, sink, seq->options, monitors, plan_duration_s(seq->plan), seq->plan->section_count,
					     error);
	else
		error_bench(error, "out of memory for the monitors");
	if (!seq->capture)
		return end_safely(seq, NULL, &ignored) && false;
	seq->began = true;
	return run_captured(seq, finished, error);
}

/* safety: where it goes when the options do not want it. */
static struct sequencer begin(struct bench *bench, const struct plan *plan, const struct run_options *options, struct safety *safety)
{
	struct sequencer seq = {.bench = bench,
				.ports = bench_ports(bench),
				.setup = bench_setup(bench),
				.plan = plan,
				.options = options,
				.safety = options->safety ? options->safety : safety,
				.asked_warm_s = -INFINITY};
	*seq.safety = (struct safety){.proof = SAFE_NOT_PROVEN, .trip_s = NAN, .text = "the run did not begin"};
	seq.settle_s = has_trigger_line(&seq) ? SETTLE_LINE_S : SETTLE_REMOTE_S;
	return seq;
}

bool run_plan(struct bench *bench, const struct plan *plan, const struct recording_sink *sink, const struct run_options *options,
	      bool *finished, struct error *error)
{
	struct safety unwanted;
	struct sequencer seq = begin(bench, plan, options, &unwanted);
	struct error ignored;
	*finished = false;
	/* The bench is open: also a run that is refused leaves it safe. */
	if (!emergency_begin(seq.ports, seq.setup, error))
		return end_safely(&seq, NULL, &ignored) && false;
	bool good = check_bench(&seq, error) ? run_watched(&seq, sink, finished, error) : end_safely(&seq, NULL, &ignored) && false;
	struct error late;
	if (!connect_emulator(&seq, false, &late) && good) {
		*error = late;
		good = false;
	}
	emergency_end();
	return good;
}

void run_withdraw(struct bench *bench, const struct run_options *options)
{
	struct safety unwanted;
	struct error ignored;
	struct sequencer seq = begin(bench, NULL, options, &unwanted);
	bool watched = emergency_begin(seq.ports, seq.setup, &ignored);
	(void)end_safely(&seq, NULL, &ignored);
	if (watched)
		emergency_end();
}

bool run_recording(struct bench *bench, const struct recording_sink *sink, const struct run_options *options, struct error *error)
{
	const struct adc_port *adc = &bench_ports(bench)->adc;
	uint64_t frames = 0, gaps = 0, next_report = 0;
	if (!sink->format(sink->self, &adc->format, error) || !adc->ops->start(adc->self, error))
		return false;
	for (;;) {
		struct adc_read read;
		if (options->abort && atomic_load(options->abort))
			return error_set(error, ERROR_ABORTED, "stopped by the operator");
		if (!adc->ops->read(adc->self, 262144, &read, error))
			return false;
		switch (read.state) {
		case ADC_BLOCK:
			if (!sink->block(sink->self, &read.block, error))
				return false;
			frames = read.block.first_frame + read.block.frames;
			break;
		case ADC_GAP:
			gaps++;
			if (!sink->gap(sink->self, &read.gap, error))
				return false;
			break;
		case ADC_END: return sink->finish(sink->self, error);
		}
		if (options->progress && frames >= next_report) {
			next_report = frames + 4000000;
			options->progress(options->self, &(struct run_progress){.time_s = (double)frames / adc->format.sample_rate_hz,
										.planned_s = NAN,
										.gaps = gaps});
		}
	}
}
