/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run.h"

#include <math.h>
#include <stdio.h>

#include "emergency.h"
#include "provoke.h"
#include "safe_state.h"
#include "self_test.h"
#include "sequencer.h"
#include "steps.h"

/* Time for a quiet baseline before the first step, and for the last pulse's tail after the last. */
static const double LEAD_S = 0.1, TAIL_S = 0.1;
/* How late after its time the rig may know that it fired: by the line, or by a command whose answer takes its time. */
static const double SETTLE_LINE_S = 0.1, SETTLE_REMOTE_S = 0.5;

static bool safe_state(struct sequencer *seq, struct error *error)
{
	bool safe = safe_state_enter(seq->ports, seq->setup, error);
	sequencer_tell(seq, UINT32_MAX, safe ? NULL : error);
	return safe;
}

static bool walk(struct sequencer *seq, struct error *error)
{
	const struct plan *plan = seq->plan;
	uint32_t section = UINT32_MAX;
	seq->origin_s = sequencer_now_s(seq);
	for (uint32_t i = 0; i < plan->step_count; i++) {
		const struct step *step = &plan->steps[i];
		if (step->section != section) {
			section = step->section;
			seq->origin_s = sequencer_now_s(seq) + LEAD_S;
			if (!sequencer_sleep_until(seq, seq->origin_s, error))
				return false;
			capture_event(seq->capture, EVENT_SECTION, section, seq->origin_s, 0);
		}
		if ((step->kind == STEP_TRIGGER || step->kind == STEP_PROVOKE) && !step_announce(seq, seq->origin_s + step->time_s, error))
			return error_prefix(error, "%s:%d", plan->source, step->line);
		if (!sequencer_sleep_until(seq, seq->origin_s + step->time_s, error))
			return false;
		bool done = step_do(seq, i, error);
		sequencer_tell(seq, i, done ? NULL : error);
		if (!done)
			return error_prefix(error, "%s:%d", plan->source, step->line);
	}
	double end_s = fmax(seq->watch_s, seq->origin_s + (plan->section_count ? plan->section_duration_s[plan->section_count - 1] : 0));
	if (!sequencer_sleep_until(seq, end_s + TAIL_S, error))
		return false;
	capture_event(seq->capture, EVENT_END, 0, sequencer_now_s(seq), 0);
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
	if (seq->plan->pulse_count > 0 && !sequencer_has_trigger_line(seq) && !sequencer_can_fire_remotely(seq))
		return error_config(error,
				    "%s: a bench that fires needs gpio with a line 'trigger', or a stimulator that fires by remote command",
				    seq->setup->file);
	return provoke_check(seq->ports, seq->setup, seq->plan, error);
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
		capture_event(seq->capture, EVENT_SAFE_STATE, 0, sequencer_now_s(seq), 0);
	if (stream)
		sequencer_tell_armed(seq, false);
	const struct safe_state_watch watch = {seq->ports, seq->setup, stream, seq->settle_s, safe, seq->began};
	if (seq->ports->clock.ops)
		safe_state_prove(&watch, seq->safety);
	return safe;
}

static bool run_captured(struct sequencer *seq, bool *finished, struct error *error)
{
	struct error walk_error = {0}, safe_error = {0}, capture_error = {0};
	self_test_tell_unwatched(seq);
	sequencer_attend(seq, false);
	bool walked = self_test_pass(seq, &walk_error) && walk_in_real_time(seq, &walk_error);
	bool safe = end_safely(seq, capture_failed(seq->capture) ? NULL : seq->monitors, &safe_error);
	sequencer_attend(seq, true);
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
	if (sequencer_stopped(seq))
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
	const struct monitor_options options = {sequencer_can_disarm(seq), provokes(seq->plan), safe_state_one_shot(seq->ports),
						seq->settle_s};
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
	seq.settle_s = sequencer_has_trigger_line(&seq) ? SETTLE_LINE_S : SETTLE_REMOTE_S;
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
