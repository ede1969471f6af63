/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run_log.h"

#include <math.h>
#include <pthread.h>

/* Triggers stand in one line while they come closer than this, up to so many. */
static const double TRAIN_PAUSE_S = 1;
enum { TRAIN_MAX = 256 };

struct run_log {
	struct event_log *log;
	const struct plan *plan;
	pthread_mutex_t lock;
	struct error error; /* the first */
	bool failed;
	size_t triggers; /* not written yet */
	struct run_event first, last;
};

struct run_log *run_log_create(const char *path, const struct plan *plan, struct error *error)
{
	auto_run_log struct run_log *log = calloc(1, sizeof *log);
	if (!log) {
		error_bench(error, "%s: out of memory", path);
		return NULL;
	}
	pthread_mutex_init(&log->lock, NULL);
	log->plan = plan;
	log->log = event_log_create(path, error);
	return log->log ? steal(&log) : NULL;
}

void run_log_destroy(struct run_log *log)
{
	if (!log)
		return;
	event_log_close(log->log);
	pthread_mutex_destroy(&log->lock);
	free(log);
}

/* Ends a line; the lock is held. */
static void end(struct run_log *log)
{
	struct error error = {0};
	if (event_log_end(log->log, &error) || log->failed)
		return;
	log->error = error;
	log->failed = true;
}

/* The triggers that are still waiting for others. */
static void write_triggers(struct run_log *log)
{
	if (log->triggers == 0)
		return;
	struct json_emitter *json = event_log_begin(log->log, "triggers");
	emit_unsigned(json, "count", log->triggers);
	emit_unsigned(json, "first_pulse", log->first.index);
	emit_unsigned(json, "last_pulse", log->last.index);
	emit_number(json, "first_s", log->first.time_s);
	emit_number(json, "last_s", log->last.time_s);
	end(log);
	log->triggers = 0;
}

static struct json_emitter *begin(struct run_log *log, const char *event)
{
	pthread_mutex_lock(&log->lock);
	return event_log_begin(log->log, event);
}

/* Gives the lock back; false with *error when the log has failed, now or before. */
static bool finish(struct run_log *log, struct error *error)
{
	bool failed = log->failed;
	if (failed && error)
		*error = log->error;
	pthread_mutex_unlock(&log->lock);
	return !failed;
}

bool run_log_started(struct run_log *log, const char *run_id, const char *command, const char *bench, const char *scenario,
		     const char *ledger, struct error *error)
{
	struct json_emitter *json = begin(log, "started");
	emit_string(json, "run", run_id);
	emit_string(json, "command", command);
	emit_string(json, "bench", bench);
	emit_string(json, "scenario", scenario);
	emit_string(json, "ledger", ledger);
	end(log);
	return finish(log, error) && event_log_sync(log->log, error);
}

static bool on_format(void *self, const struct recording_format *format, const struct reduced_layout *layout, struct error *error)
{
	struct run_log *log = self;
	(void)layout;
	struct json_emitter *json = begin(log, "recording");
	emit_number(json, "sample_rate_hz", format->sample_rate_hz);
	emit_unsigned(json, "channels", format->channel_count);
	end(log);
	return finish(log, error);
}

static bool on_window(void *self, const struct window *window, struct error *error)
{
	(void)self, (void)window, (void)error;
	return true;
}

static bool on_envelope(void *self, const struct envelope_cell *cell, struct error *error)
{
	(void)self, (void)cell, (void)error;
	return true;
}

static bool on_edge(void *self, const struct edge *edge, struct error *error)
{
	(void)self, (void)edge, (void)error;
	return true;
}

static bool on_gap(void *self, const struct gap *gap, struct error *error)
{
	struct run_log *log = self;
	pthread_mutex_lock(&log->lock);
	write_triggers(log);
	struct json_emitter *json = event_log_begin(log->log, "gap");
	emit_unsigned(json, "first_frame", gap->first_frame);
	emit_unsigned(json, "frames", gap->frames);
	emit_string(json, "cause", gap_cause_name(gap->cause));
	end(log);
	return finish(log, error);
}

static void take_trigger(struct run_log *log, const struct run_event *event)
{
	if (log->triggers == TRAIN_MAX || (log->triggers > 0 && event->time_s - log->last.time_s > TRAIN_PAUSE_S))
		write_triggers(log);
	if (log->triggers++ == 0)
		log->first = *event;
	log->last = *event;
}

static bool on_event(void *self, const struct run_event *event, struct error *error)
{
	struct run_log *log = self;
	pthread_mutex_lock(&log->lock);
	if (event->kind == EVENT_TRIGGER) {
		take_trigger(log, event);
		return finish(log, error);
	}
	write_triggers(log);
	struct json_emitter *json = event_log_begin(log->log, run_event_kind_name(event->kind));
	emit_unsigned(json, "index", event->index);
	emit_number(json, "recording_s", event->time_s);
	end(log);
	return finish(log, error);
}

static bool on_finish(void *self, uint64_t total_frames, struct error *error)
{
	struct run_log *log = self;
	pthread_mutex_lock(&log->lock);
	write_triggers(log);
	struct json_emitter *json = event_log_begin(log->log, "recorded");
	emit_unsigned(json, "total_frames", total_frames);
	end(log);
	return finish(log, error);
}

struct reduced_sink run_log_sink(struct run_log *log)
{
	return (struct reduced_sink){log, on_format, on_window, on_envelope, on_gap, on_edge, on_event, on_finish};
}

/* What a step was to do, where its kind does not say it all. */
static void emit_step(struct json_emitter *json, const struct step *step)
{
	emit_integer(json, "line", step->line);
	switch (step->kind) {
	case STEP_SET_INTENSITY:
		emit_number(json, "intensity_pct", step->set.intensity_pct);
		if (!isnan(step->set.second_pct))
			emit_number(json, "second_pct", step->set.second_pct);
		return;
	case STEP_AWAIT:
		emit_string(json, "line_name", step->await.name);
		emit_number(json, "timeout_s", step->await.timeout_s);
		return;
	case STEP_TRIGGER: emit_unsigned(json, "pulse", step->trigger.pulse); return;
	case STEP_DRIVE_LINE:
		emit_string(json, "line_name", step->drive.name);
		emit_boolean(json, "level", step->drive.level);
		return;
	case STEP_PROMPT: emit_string(json, "text", step->prompt.text); return;
	case STEP_EXPECT_DISCHARGE:
		emit_number(json, "level_v", step->discharge.level_v);
		emit_number(json, "timeout_s", step->discharge.timeout_s);
		return;
	case STEP_EMULATE:
		if (step->emulate.signal != SIGNAL_NONE) {
			emit_string(json, "signal", interlock_signal_name(step->emulate.signal));
			emit_string(json, "state", signal_state_name(step->emulate.state));
			if (step->emulate.state == STATE_VALUE)
				emit_number(json, "value", step->emulate.value);
		}
		emit_boolean(json, "watched", step->emulate.watched);
		return;
	case STEP_PROVOKE:
	case STEP_ARM:
	case STEP_DISARM:
	case STEP_WAIT: return;
	}
}

void run_log_did(struct run_log *log, uint32_t index, const struct error *why_not)
{
	const struct step *step = log->plan && index < log->plan->step_count ? &log->plan->steps[index] : NULL;
	/* Triggers and waits that went well are in the recording, all together. */
	if (step && !why_not && (step->kind == STEP_TRIGGER || step->kind == STEP_PROVOKE || step->kind == STEP_WAIT))
		return;
	struct json_emitter *json = begin(log, step ? "step" : "safe_state");
	if (step) {
		emit_unsigned(json, "index", index);
		emit_string(json, "kind", step_kind_name(step->kind));
		emit_step(json, step);
	}
	emit_string(json, "failed", why_not ? why_not->text : NULL);
	end(log);
	(void)finish(log, NULL);
}

void run_log_say(struct run_log *log, const char *event, const char *text)
{
	emit_string(begin(log, event), "text", text);
	end(log);
	(void)finish(log, NULL);
}

void run_log_safety(struct run_log *log, const struct safety *safety)
{
	struct json_emitter *json = begin(log, RUN_LOG_SAFETY);
	if (safety->proof == SAFE_NOT_PROVABLE)
		emit_null(json, "proven");
	else
		emit_boolean(json, "proven", safety->proof == SAFE_PROVEN);
	emit_string(json, "text", safety->text);
	emit_string(json, "monitor", safety->tripped ? monitor_name(safety->monitor) : NULL);
	end(log);
	(void)finish(log, NULL);
}

bool run_log_ended(struct run_log *log, const char *verdict, struct event_log_state *state, struct error *error)
{
	pthread_mutex_lock(&log->lock);
	write_triggers(log);
	emit_string(event_log_begin(log->log, "ended"), "verdict", verdict);
	end(log);
	*state = event_log_state(log->log);
	return finish(log, error) && event_log_sync(log->log, error);
}
