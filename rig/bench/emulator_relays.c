/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Driver "relays": the signals that interlocks look at, by relays on GPIO lines and by analog outputs, as the section `emulation` of a bench file
 * describes them. After opening and after closing no line is active: every wire is open, which the device's interlocks have to take for a fault.
 */
#include <math.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "device_file.h"
#include "gpio_find.h"
#include "iio_output.h"

enum { WHERE_SIZE = 96 };

struct relay {
	struct gpio_line_request *request; /* NULL: there is no such line */
	bool active;
	char where[WHERE_SIZE]; /* "gpiochip0 line 3 'DOOR'" */
};

struct relays {
	const struct emulation_setup *setup;
	struct relay relays[SIGNAL_COUNT][STATE_COUNT];
	struct iio_output outputs[SIGNAL_COUNT];
};

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool drive(struct relay *relay, bool active, struct error *error)
{
	if (!relay->request || relay->active == active)
		return true;
	if (!gpio_line_set(relay->request, active))
		return error_errno(error, ERROR_BENCH, "%s: cannot be set %s", relay->where, active ? "active" : "inactive");
	relay->active = active;
	return true;
}

/* Of one signal: first what lets go, then what closes, so that no two states are wired at once. */
static bool drive_all(struct relays *relays, enum interlock_signal signal, enum signal_state state, struct error *error)
{
	struct relay *all = relays->relays[signal];
	for (unsigned turn = 0; turn < 2; turn++)
		for (unsigned s = 0; s < STATE_COUNT; s++) {
			bool active = emulation_active((enum signal_state)s, state);
			if (active == (turn == 1) && !drive(&all[s], active, error))
				return error_prefix(error, "signal %s", interlock_signal_name(signal));
		}
	return true;
}

static bool bring(struct relays *relays, enum interlock_signal signal, enum signal_state state, double value, struct error *error)
{
	const struct emulation_output *output = &relays->setup->signals[signal].output;
	double volts = output->present ? emulation_volts(output, state == STATE_VALUE ? value : output->rest) : NAN;
	/* A sensor is given its value before it is connected. */
	if (output->present && !iio_output_write(&relays->outputs[signal], volts, error))
		return error_prefix(error, "signal %s", interlock_signal_name(signal));
	return drive_all(relays, signal, state, error);
}

/* Both channels of the emergency stop at once, where each has a relay of its own. */
static bool both_channels(const struct relays *relays, enum interlock_signal signal)
{
	const struct emulation_signal *signals = relays->setup->signals;
	return signal == SIGNAL_EMERGENCY_STOP && !signals[signal].present && signals[SIGNAL_EMERGENCY_STOP_1].present &&
	       signals[SIGNAL_EMERGENCY_STOP_2].present;
}

static bool can(const struct relays *relays, enum interlock_signal signal, enum signal_state state, double value, struct error *error)
{
	if (!both_channels(relays, signal))
		return emulation_can(relays->setup, signal, state, value, error);
	return emulation_can(relays->setup, SIGNAL_EMERGENCY_STOP_1, state, value, error) &&
	       emulation_can(relays->setup, SIGNAL_EMERGENCY_STOP_2, state, value, error);
}

/* The contact moves between the command and the end of its settling: anywhere there is as likely. */
static bool relays_set(void *self, enum interlock_signal signal, enum signal_state state, double value, struct host_time *when,
		       struct error *error)
{
	struct relays *relays = self;
	if (!can(relays, signal, state, value, error))
		return false;
	if (!when)
		return true;
	bool both = both_channels(relays, signal);
	enum interlock_signal first = both ? SIGNAL_EMERGENCY_STOP_1 : signal;
	double before_s = now_s();
	bool done = bring(relays, first, state, value, error);
	done = done && (!both || bring(relays, SIGNAL_EMERGENCY_STOP_2, state, value, error));
	double after_s = now_s() + relays->setup->signals[first].settling_s;
	*when = (struct host_time){0.5 * (before_s + after_s), 0.5 * (after_s - before_s) / sqrt(3)};
	return done;
}

static bool release(struct relays *relays, struct error *error)
{
	struct error again;
	bool good = true;
	for (unsigned signal = 0; signal < SIGNAL_COUNT; signal++)
		for (unsigned s = 0; s < STATE_COUNT; s++)
			good = drive(&relays->relays[signal][s], false, good ? error : &again) && good;
	return good;
}

static bool relays_connect(void *self, bool on, struct error *error)
{
	struct relays *relays = self;
	double settling_s = 0;
	if (!on)
		return release(relays, error);
	for (unsigned signal = 0; signal < SIGNAL_COUNT; signal++) {
		const struct emulation_signal *wired = &relays->setup->signals[signal];
		if (!wired->present)
			continue;
		if (!bring(relays, (enum interlock_signal)signal, STATE_NORMAL, NAN, error))
			return false;
		settling_s = fmax(settling_s, wired->settling_s);
	}
	const struct timespec pause = {.tv_sec = (time_t)settling_s, .tv_nsec = (long)(1e9 * (settling_s - floor(settling_s)))};
	nanosleep(&pause, NULL);
	return true;
}

static const struct emulator_ops RELAYS_OPS = {.set = relays_set, .connect = relays_connect};

static void relays_close(void *state)
{
	struct relays *relays = state;
	struct error error;
	if (!relays)
		return;
	if (!release(relays, &error))
		fprintf(stderr, "tmsrig: %s\n", error.text);
	for (unsigned signal = 0; signal < SIGNAL_COUNT; signal++) {
		for (unsigned s = 0; s < STATE_COUNT; s++)
			gpio_line_release(relays->relays[signal][s].request);
		iio_output_close(&relays->outputs[signal]);
	}
	free(relays);
}

static bool take(const struct emulation_setup *setup, const struct gpio_line_setup *line, const char *name, struct relay *relay,
		 struct error *error)
{
	struct gpio_place place;
	char consumer[GPIO_NAME_SIZE];
	if (!gpio_find(line->chip ? line->chip : setup->chip, line->line, &place, error))
		return error_prefix(error, "signal %s", name);
	snprintf(relay->where, sizeof relay->where, "%s line %u%s%s%s", place.chip, place.offset, place.name[0] ? " '" : "", place.name,
		 place.name[0] ? "'" : "");
	snprintf(consumer, sizeof consumer, "tmsrig:%s", name);
	relay->request = gpio_line_take(place.path, place.offset, line, consumer, false);
	if (relay->request)
		return true;
	if (errno == EACCES || errno == EPERM)
		device_file_refused(place.path, error);
	else
		error_errno(error, ERROR_BENCH, "%s cannot be made an output", relay->where);
	return error_prefix(error, "signal %s", name);
}

static bool take_signal(struct relays *relays, enum interlock_signal signal, struct error *error)
{
	const struct emulation_signal *wired = &relays->setup->signals[signal];
	const struct emulation_output *output = &wired->output;
	const char *name = interlock_signal_name(signal);
	for (unsigned s = 0; s < STATE_COUNT; s++)
		if (wired->lines[s].present && !take(relays->setup, &wired->lines[s], name, &relays->relays[signal][s], error))
			return false;
	if (!output->present)
		return true;
	return (iio_output_open(&relays->outputs[signal], output->uri, output->instrument, output->channel, error) &&
		iio_output_write(&relays->outputs[signal], emulation_volts(output, output->rest), error)) ||
	       error_prefix(error, "signal %s", name);
}

static bool relays_open(const struct bench_setup *setup, const char *recording, struct ports *ports, void **state, struct error *error)
{
	(void)recording;
	struct relays *relays = calloc(1, sizeof *relays);
	if (!relays)
		return error_bench(error, "out of memory");
	relays->setup = &setup->emulation;
	for (unsigned signal = 0; signal < SIGNAL_COUNT; signal++)
		if (relays->setup->signals[signal].present && !take_signal(relays, (enum interlock_signal)signal, error)) {
			relays_close(relays);
			return error_prefix(error, "%s", setup->file);
		}
	ports->emulator = (struct emulator_port){&RELAYS_OPS, relays};
	*state = relays;
	return true;
}

const struct driver driver_relays = {.name = "relays", .open = relays_open, .close = relays_close};
