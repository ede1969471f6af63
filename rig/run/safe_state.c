/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "safe_state.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

bool safe_state_line(const struct ports *ports, const struct bench_setup *setup, enum gpio_line line, bool level, struct error *error)
{
	if (!ports->gpio.ops || !setup->gpio[line].present || !setup->gpio[line].output)
		return true;
	if (!ports->gpio.ops->set(ports->gpio.self, line, level, error))
		return error_prefix(error, "gpio line %s", gpio_line_name(line));
	return true;
}

static bool disarm(const struct ports *ports, struct error *error)
{
	const struct stimulator_port *stimulator = &ports->stimulator;
	return !stimulator->ops || !stimulator->ops->disarm || stimulator->ops->disarm(stimulator->self, error);
}

bool safe_state_enter(const struct ports *ports, const struct bench_setup *setup, struct error *error)
{
	bool good = true;
	struct error first = {0}, again = {0};
	static const enum gpio_line ORDER[] = {GPIO_TRIGGER, GPIO_EMERGENCY_STOP, GPIO_ENABLE};
	for (size_t i = 0; i < sizeof ORDER / sizeof *ORDER; i++) {
		struct error *told = good ? &first : &again;
		bool level = setup->gpio[ORDER[i]].safe_level;
		bool set = safe_state_line(ports, setup, ORDER[i], level, told) || safe_state_line(ports, setup, ORDER[i], level, &again);
		good = good && set;
	}
	bool disarmed = disarm(ports, good ? &first : &again) || disarm(ports, &again);
	if (good && disarmed)
		return true;
	*error = first;
	return error_prefix(error, "safe state");
}

bool safe_state_virtual(const struct ports *ports)
{
	return ports->clock.ops && !ports->clock.ops->real_time;
}

bool safe_state_one_shot(const struct ports *ports)
{
	return ports->adc.ops && ports->adc.ops->expect_shot;
}

double safe_state_frame(const struct ports *ports, double host_s)
{
	double u_frames;
	const struct adc_port *adc = &ports->adc;
	return adc->ops->frame_of_host_time ? adc->ops->frame_of_host_time(adc->self, host_s, &u_frames) : NAN;
}

double safe_state_lag(const struct ports *ports)
{
	static const double LAG_S = 0.15, LAG_FRAMES = 4096;
	return fmax(LAG_S * ports->adc.format.sample_rate_hz, LAG_FRAMES);
}

/* Nothing may move for so long; the device is asked so often; where the commands failed no more than a short look is worth it. */
static const double QUIET_S = 0.25, ASK_S = 0.3, SHORT_S = 0.5, LOOK_S = 0.02;

enum { UNANSWERED = 2 };

enum seen { NOTHING, GOOD, BAD };

enum witness { BY_READY, BY_STATUS, BY_CAPACITOR, BY_CURRENT, BY_LINES, WITNESS_COUNT };
static const char *const WITNESSES[WITNESS_COUNT] = {"ready line", "remote status", "capacitor voltage", "coil current", "lines read back"};

struct looking {
	const struct safe_state_watch *watch;
	double begun_s, asked_s, now_s;
	unsigned unanswered; /* questions that the device did not answer */
	double begun_frame;  /* of the stream when the safe state had been entered */
	enum seen seen[WITNESS_COUNT];
	char text[WITNESS_COUNT][120];
};

printf_like(4, 5) static void note(struct looking *looking, enum witness witness, enum seen seen, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(looking->text[witness], sizeof looking->text[witness], format, arguments);
	va_end(arguments);
	looking->seen[witness] = seen;
}

static void look_at_ready(struct looking *looking)
{
	const struct ports *ports = looking->watch->ports;
	struct error error = {0};
	bool level = false;
	if (!ports->gpio.ops || !looking->watch->setup->gpio[GPIO_READY].present)
		return;
	if (!ports->gpio.ops->get(ports->gpio.self, GPIO_READY, &level, &error))
		note(looking, BY_READY, BAD, "the ready line cannot be read: %.80s", error.text);
	else
		note(looking, BY_READY, level ? BAD : GOOD, "ready is %s", level ? "HIGH" : "low");
}

/* An output of the rig's own that it can read back: those of a guardian are the guardian's. */
static void look_at_lines(struct looking *looking)
{
	static const enum gpio_line LINES[] = {GPIO_TRIGGER, GPIO_EMERGENCY_STOP, GPIO_ENABLE};
	const struct ports *ports = looking->watch->ports;
	struct error error = {0};
	unsigned read = 0;
	for (size_t i = 0; ports->gpio.ops && i < sizeof LINES / sizeof *LINES; i++) {
		const struct gpio_line_setup *line = &looking->watch->setup->gpio[LINES[i]];
		bool level = false;
		if (!line->present || !line->output || (ports->guardian.ops && LINES[i] != GPIO_TRIGGER))
			continue;
		if (!ports->gpio.ops->get(ports->gpio.self, LINES[i], &level, &error)) {
			note(looking, BY_LINES, BAD, "%s cannot be read back: %.80s", gpio_line_name(LINES[i]), error.text);
			return;
		}
		if (level != line->safe_level) {
			note(looking, BY_LINES, BAD, "%s reads back %s, which is not its safe level", gpio_line_name(LINES[i]),
			     level ? "active" : "inactive");
			return;
		}
		read++;
	}
	if (read > 0)
		note(looking, BY_LINES, GOOD, "%u line%s read back safe", read, read == 1 ? "" : "s");
}

static void look_at_status(struct looking *looking)
{
	const struct stimulator_port *stimulator = &looking->watch->ports->stimulator;
	struct stimulator_status status = {0};
	struct error error = {0};
	if (!stimulator->ops || !stimulator->ops->status || looking->seen[BY_STATUS] == GOOD || looking->unanswered >= UNANSWERED ||
	    looking->now_s < looking->asked_s + ASK_S)
		return;
	looking->asked_s = looking->now_s;
	if (!stimulator->ops->status(stimulator->self, &status, &error)) {
		looking->unanswered++;
		note(looking, BY_STATUS, BAD, "the device does not tell its status: %.70s", error.text);
		return;
	}
	switch (status.state) {
	case STIMULATOR_OFF:
	case STIMULATOR_STANDBY: note(looking, BY_STATUS, GOOD, "the device says %s", stimulator_state_name(status.state)); return;
	case STIMULATOR_CHARGING:
	case STIMULATOR_READY:
	case STIMULATOR_FIRING:
		note(looking, BY_STATUS, BAD, "the device says %s after it was told to disarm", stimulator_state_name(status.state));
		return;
	/* A fault says nothing about what is in the capacitor. */
	case STIMULATOR_FAULT: looking->seen[BY_STATUS] = NOTHING; return;
	}
}

static void look_at_stream(struct looking *looking)
{
	const struct safe_state_watch *watch = looking->watch;
	const struct recording_format *format = &watch->ports->adc.format;
	bool has_capacitor = recording_find(format, CHANNEL_CAPACITOR_VOLTAGE) >= 0;
	if (!watch->began || safe_state_one_shot(watch->ports))
		return;
	if (!watch->monitors) {
		if (has_capacitor)
			note(looking, BY_CAPACITOR, BAD, "the recording has ended, so that the capacitor is not seen");
		note(looking, BY_CURRENT, BAD, "the recording has ended, so that the current is not seen");
		return;
	}
	double horizon = (double)monitors_seen(watch->monitors);
	if (safe_state_virtual(watch->ports))
		horizon = safe_state_frame(watch->ports, looking->now_s) - safe_state_lag(watch->ports);
	double limit_v = bench_setup_safety(watch->setup).discharge_v, since = monitors_discharged(watch->monitors, horizon);
	enum capacitor_witness witness = monitors_capacitor(watch->monitors);
	/* A channel that showed no charge in all of the run, or none since a pulse, does not show by its 0 V that there is none. */
	if (has_capacitor && witness == CAPACITOR_LOST)
		note(looking, BY_CAPACITOR, BAD, "the capacitor's channel was lost, so that the %.0f V it shows say nothing",
		     monitors_capacitor_v(watch->monitors));
	else if (has_capacitor && (!monitors_charged(watch->monitors) || (witness == CAPACITOR_IN_DOUBT && isfinite(since))))
		looking->seen[BY_CAPACITOR] = NOTHING;
	else if (has_capacitor && horizon >= looking->begun_frame && isfinite(since))
		note(looking, BY_CAPACITOR, GOOD, "the capacitor is at or below %.0f V", limit_v);
	else if (has_capacitor)
		note(looking, BY_CAPACITOR, BAD, "the capacitor is still at %.0f V, above %.0f V, %.1f s after it",
		     monitors_capacitor_v(watch->monitors), limit_v, looking->now_s - looking->begun_s);
	double moved = monitors_moved(watch->monitors);
	double quiet = looking->begun_frame + QUIET_S * format->sample_rate_hz;
	if (moved >= looking->begun_frame)
		note(looking, BY_CURRENT, BAD, "a coil current flowed %.3f s after it",
		     (moved - looking->begun_frame) / format->sample_rate_hz);
	else if (horizon - watch->settle_s * format->sample_rate_hz >= quiet)
		note(looking, BY_CURRENT, GOOD, "no current for %.0f ms", 1e3 * QUIET_S);
	else
		note(looking, BY_CURRENT, BAD, "the samples after it did not come, so that the current is not seen");
}

static bool look(struct looking *looking)
{
	look_at_ready(looking);
	look_at_lines(looking);
	look_at_stream(looking);
	bool rest = true, all = true;
	for (unsigned w = 0; w < WITNESS_COUNT; w++)
		rest = rest && (w == BY_STATUS || looking->seen[w] != BAD);
	/* Talk takes time on a serial line: at the end, and when there is something to hope for. */
	if (rest || looking->now_s >= looking->asked_s + 2 * ASK_S)
		look_at_status(looking);
	/* A device that does not answer is not waited for: what else there is to see may come. */
	bool mute = looking->unanswered >= UNANSWERED;
	for (unsigned w = 0; w < WITNESS_COUNT; w++)
		all = all && (looking->seen[w] != BAD || (w == BY_STATUS && mute));
	bool asked = !looking->watch->ports->stimulator.ops || !looking->watch->ports->stimulator.ops->status || isfinite(looking->asked_s);
	return all && asked;
}

/* A little later; false when the clock does not go on. On the virtual clock the stream is waited for, so that what is seen is the same each time. */
static bool pause_look(struct looking *looking)
{
	const struct safe_state_watch *watch = looking->watch;
	const struct clock_port *clock = &watch->ports->clock;
	const struct guardian_port *guardian = &watch->ports->guardian;
	struct error ignored;
	if (guardian->ops)
		guardian->ops->progress(guardian->self);
	double before_s = looking->now_s;
	/* Woken by an abort or a failure: once more. */
	bool slept = false;
	for (int tries = 0; tries < 2 && !slept; tries++)
		slept = clock->ops->sleep_until(clock->self, before_s + LOOK_S, &ignored);
	looking->now_s = clock->ops->now_s(clock->self);
	double seen = safe_state_virtual(watch->ports) && watch->monitors
			      ? safe_state_frame(watch->ports, looking->now_s) - safe_state_lag(watch->ports)
			      : 0;
	if (seen > 0)
		(void)monitors_await(watch->monitors, (uint64_t)seen);
	return slept || looking->now_s > before_s;
}

static void conclude(const struct looking *looking, struct safety *safety)
{
	bool bad = false, shown = false;
	size_t length = 0;
	safety->by_count = 0;
	for (unsigned w = 0; w < WITNESS_COUNT; w++) {
		if (looking->seen[w] == NOTHING)
			continue;
		safety->by[safety->by_count++] = WITNESSES[w];
		bad = bad || looking->seen[w] == BAD;
		/* What the rig does itself, and a current that does not flow, tell nothing about what the device holds. */
		shown = shown || (looking->seen[w] == GOOD && (w == BY_READY || w == BY_STATUS || w == BY_CAPACITOR));
	}
	safety->proof = bad || !looking->watch->commanded ? SAFE_NOT_PROVEN : shown ? SAFE_PROVEN : SAFE_NOT_PROVABLE;
	const char *head = safety->proof == SAFE_PROVEN ? "the safe state was seen at the end"
			   : safety->proof == SAFE_NOT_PROVEN
				   ? "the safe state COULD NOT BE PROVEN"
				   : "the bench has nothing that could show whether the device is safe at the end";
	length = (size_t)snprintf(safety->text, sizeof safety->text, "%s", head);
	if (!looking->watch->commanded)
		length += (size_t)snprintf(safety->text + length, sizeof safety->text - length, ", a command of it failed");
	for (unsigned w = 0, told = 0; w < WITNESS_COUNT && length < sizeof safety->text; w++) {
		if (looking->seen[w] == NOTHING || (bad && looking->seen[w] == GOOD))
			continue;
		length += (size_t)snprintf(safety->text + length, sizeof safety->text - length, "%s%s", told++ ? ", " : ": ",
					   looking->text[w]);
	}
}

void safe_state_prove(const struct safe_state_watch *watch, struct safety *safety)
{
	const struct clock_port *clock = &watch->ports->clock;
	struct looking looking = {.watch = watch, .asked_s = -INFINITY};
	looking.begun_s = looking.now_s = clock->ops->now_s(clock->self);
	looking.begun_frame = watch->monitors ? safe_state_frame(watch->ports, looking.begun_s) : NAN;
	if (watch->monitors && !isfinite(looking.begun_frame))
		looking.begun_frame = (double)monitors_seen(watch->monitors);
	double patience_s = watch->commanded ? bench_setup_safety(watch->setup).discharge_s : SHORT_S;
	/* On the virtual clock the stream is seen this much later. */
	if (safe_state_virtual(watch->ports))
		patience_s += safe_state_lag(watch->ports) / watch->ports->adc.format.sample_rate_hz;
	/* Without a stream only what answers at once can be looked at. */
	if (!watch->monitors)
		patience_s = fmin(patience_s, SHORT_S);
	while (!look(&looking) && looking.now_s < looking.begun_s + patience_s)
		if (!pause_look(&looking))
			break;
	conclude(&looking, safety);
}
