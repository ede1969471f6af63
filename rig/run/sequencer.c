/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sequencer.h"

#include <math.h>
#include <stdio.h>

#include "safe_state.h"

/*
 * The longest sleep between two looks at the abort flag. On the virtual clock the run waits for the stream where that is safe_state_lag() behind, at each look:
 * with sleeps as long as that an event could enter the stream after later samples, and two runs would no longer be the same.
 */
static const double SLICE_S = 0.05;
/* So far behind the host's clock the samples may be before the stream counts as lost, beside what the instrument's buffers hold. */
static const double STREAM_LATE_S = 3;
/* The device is asked for its coil's temperature so often, when there is time for the answer. */
static const double WARM_S = 1;

double sequencer_now_s(const struct sequencer *seq)
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

void sequencer_attend(const struct sequencer *seq, bool waiting)
{
	const struct guardian_port *guardian = &seq->ports->guardian;
	if (guardian->ops)
		guardian->ops->attend(guardian->self, waiting);
}

/* The stream may not fall behind: on the virtual clock it is waited for, so that what is found stops a run at the same place each time. */
bool sequencer_keep_up(struct sequencer *seq)
{
	double frame = safe_state_frame(seq->ports, sequencer_now_s(seq)), lag = safe_state_lag(seq->ports);
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
		before = safe_state_frame(seq->ports, sequencer_now_s(seq)) - safe_state_lag(seq->ports);
	return !monitors_tripped(seq->monitors, before, &trip) || error_bench(error, "monitor: %s", trip.text);
}

/* Asks the device for the temperature of its coil now and then, when the run has nothing to do before free_until_s. */
static bool watch_coil(struct sequencer *seq, double free_until_s, struct error *error)
{
	const struct stimulator_port *stimulator = &seq->ports->stimulator;
	double now = sequencer_now_s(seq), limit_degc = bench_setup_safety(seq->setup).coil_max_degc;
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

bool sequencer_stopped(const struct sequencer *seq)
{
	return seq->options->abort && atomic_load(seq->options->abort);
}

/* Sleeps and looks at all that may end the run. Until free_until_s nothing is due, so that there is time to talk with the device. */
static bool sleep_free(struct sequencer *seq, double time_s, double free_until_s, struct error *error)
{
	const struct clock_port *clock = &seq->ports->clock;
	for (;;) {
		if (capture_failed(seq->capture) || sequencer_stopped(seq) || !sequencer_keep_up(seq))
			return error_set(error, ERROR_ABORTED, "stopped");
		if (!monitored(seq, error) || !watch_coil(seq, free_until_s, error))
			return false;
		const struct stimulator_port *stimulator = &seq->ports->stimulator;
		if (stimulator->ops && stimulator->ops->watch && !stimulator->ops->watch(stimulator->self, free_until_s, error))
			return error_prefix(error, "stimulator");
		if (!guarded(seq, error))
			return false;
		double next_s = fmin(time_s, sequencer_now_s(seq) + SLICE_S);
		if (!clock->ops->sleep_until(clock->self, next_s, error))
			return false;
		if (next_s >= time_s)
			return true;
	}
}

bool sequencer_sleep_until(struct sequencer *seq, double time_s, struct error *error)
{
	return sleep_free(seq, time_s, time_s, error);
}

bool sequencer_idle(struct sequencer *seq, double time_s, struct error *error)
{
	return sleep_free(seq, time_s, INFINITY, error);
}

bool sequencer_set_line(struct sequencer *seq, enum gpio_line line, bool level, struct error *error)
{
	return safe_state_line(seq->ports, seq->setup, line, level, error);
}

void sequencer_tell(const struct sequencer *seq, uint32_t step, const struct error *why_not)
{
	if (seq->options->did)
		seq->options->did(seq->options->self, step, why_not);
}

void sequencer_tell_armed(struct sequencer *seq, bool armed)
{
	monitors_armed(seq->monitors, armed, safe_state_frame(seq->ports, sequencer_now_s(seq)));
}

bool sequencer_has_trigger_line(const struct sequencer *seq)
{
	return seq->ports->gpio.ops && seq->setup->gpio[GPIO_TRIGGER].present;
}

bool sequencer_can_fire_remotely(const struct sequencer *seq)
{
	return seq->ports->stimulator.ops && seq->ports->stimulator.ops->fire;
}

bool sequencer_can_disarm(const struct sequencer *seq)
{
	const struct gpio_line_setup *lines = seq->setup->gpio;
	return (seq->ports->stimulator.ops && seq->ports->stimulator.ops->disarm) ||
	       (seq->ports->gpio.ops && (lines[GPIO_ENABLE].present || lines[GPIO_EMERGENCY_STOP].present));
}
