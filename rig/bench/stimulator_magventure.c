/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * MagVenture R30, X100, MST by serial remote control. From public sources, not vendor-verified: ask the vendor for the document that is in force
 * before it is used on a real device.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "magventure_frame.h"
#include "serial.h"

static const double REPLY_S = 0.3;
/* How long the device may take to enable or disable. */
static const double SWITCH_S = 0.4;
/* How often it is asked whether it is still there. */
static const double WATCH_S = 0.5;

enum command { GET_STATUS = 0x00, AMPLITUDE = 0x01, ENABLE = 0x02, FIRE = 0x03 };
enum flag { FLAG_MODE = 0x03, FLAG_WAVEFORM = 0x0C, FLAG_ENABLED = 1 << 4 };
/* Modes and waveforms in which one trigger gives more than one pulse. */
enum { MODE_TWIN = 2, WAVEFORM_BURST = 3 << 2 };

struct magventure {
	struct serial serial;
	struct magventure_parser parser;
	double asked_s;   /* the last time */
	bool silent;      /* on purpose: nothing is said */
	unsigned damaged; /* commands sent damaged until now */
};

/* Sends a payload. */
static bool tell(const struct magventure *magventure, const uint8_t *payload, size_t length, struct error *error)
{
	uint8_t frame[MAGVENTURE_FRAME_MAX];
	return serial_write(&magventure->serial, frame, magventure_frame(frame, payload, length), error);
}

/* Waits for a frame of that id, at least `least` bytes of payload; others, which the device sends by itself, are passed over. */
static bool await_frame(struct magventure *magventure, uint8_t id, size_t least, const uint8_t **payload, struct error *error)
{
	double until_s = serial_now_s() + REPLY_S;
	unsigned bad = magventure->parser.bad;
	while (serial_now_s() < until_s) {
		uint8_t byte;
		size_t got;
		if (!serial_read_some(&magventure->serial, &byte, 1, until_s, &got, error))
			return false;
		if (got == 0 || !magventure_push(&magventure->parser, byte))
			continue;
		*payload = magventure->parser.bytes + 2;
		if ((*payload)[0] == id && magventure->parser.bytes[1] >= least)
			return true;
	}
	return error_bench(error, "%s: no answer to command %02x within %.0f ms%s", magventure->serial.path, id, 1e3 * REPLY_S,
			   magventure->parser.bad > bad ? "; what came had a wrong check byte or is no frame" : "");
}

/* The status frame: flags, serial number, temperature, coil, amplitudes. */
static bool ask_status(struct magventure *magventure, const uint8_t **payload, struct error *error)
{
	enum { LENGTH = 9 };
	uint8_t command = GET_STATUS;
	serial_flush(&magventure->serial);
	magventure->parser.count = 0;
	magventure->asked_s = serial_now_s();
	return tell(magventure, &command, 1, error) && await_frame(magventure, GET_STATUS, LENGTH, payload, error);
}

static bool kept_silent(const struct magventure *magventure, struct error *error)
{
	return magventure->silent && !error_config(error, "the link is kept silent; it has to be made normal first");
}

/* The places in the payload of a status frame. */
enum { AT_FLAGS = 1, AT_TEMPERATURE = 5, AT_AMPLITUDE = 7 };

static bool whole_percent(double pct, uint8_t *byte, struct error *error)
{
	double rounded = round(pct);
	if (!(rounded >= 0 && rounded <= 100))
		return error_config(error, "%g %% is outside 0 to 100 %%", pct);
	if (fabs(rounded - pct) > 1e-9)
		return error_config(error, "%g %%: this stimulator takes whole percents", pct);
	*byte = (uint8_t)rounded;
	return true;
}

static bool magventure_set_intensity(void *self, double intensity_pct, double second_pct, struct error *error)
{
	struct magventure *magventure = self;
	uint8_t command[2] = {AMPLITUDE};
	const uint8_t *status;
	if (kept_silent(magventure, error))
		return false;
	/* Its amplitude B is of the second pulse that one trigger gives, not of every second trigger. */
	if (isfinite(second_pct))
		return error_config(error, "this driver has no pairs of different intensity");
	if (!whole_percent(intensity_pct, &command[1], error))
		return false;
	/* What it really took is asked for, not presumed: it limits the amplitude in some modes. */
	if (!tell(magventure, command, sizeof command, error) || !ask_status(magventure, &status, error))
		return false;
	if (status[AT_AMPLITUDE] != command[1])
		return error_bench(error, "%s: told %u %%, the device is at %u %%", magventure->serial.path, command[1],
				   status[AT_AMPLITUDE]);
	return true;
}

/* Commands it, and makes sure that it is so. */
static bool set_enabled(struct magventure *magventure, bool enabled, struct error *error)
{
	uint8_t command[2] = {ENABLE, enabled};
	const uint8_t *status;
	double until_s = serial_now_s() + SWITCH_S;
	if (!tell(magventure, command, sizeof command, error))
		return false;
	do {
		if (!ask_status(magventure, &status, error))
			return false;
		if (((status[AT_FLAGS] & FLAG_ENABLED) != 0) == enabled)
			return true;
	} while (serial_now_s() < until_s);
	return error_set(error, enabled ? ERROR_REFUSED : ERROR_BENCH, "%s: the device did not %s", magventure->serial.path,
			 enabled ? "enable" : "disable");
}

static bool magventure_arm(void *self, struct error *error)
{
	struct magventure *magventure = self;
	const uint8_t *status;
	if (kept_silent(magventure, error) || !ask_status(magventure, &status, error))
		return false;
	uint8_t flags = status[AT_FLAGS];
	if ((flags & FLAG_MODE) >= MODE_TWIN || (flags & FLAG_WAVEFORM) == WAVEFORM_BURST)
		return error_bench(error,
				   "%s: the device stands at a mode in which one trigger gives more than one pulse; set it to Standard",
				   magventure->serial.path);
	/* Commands are not acknowledged: only one that was given twice was refused. */
	return set_enabled(magventure, true, error) || (error->kind == ERROR_REFUSED && set_enabled(magventure, true, error));
}

/* Twice: it may be a byte that was lost. */
static bool magventure_disarm(void *self, struct error *error)
{
	struct error first = {0};
	((struct magventure *)self)->silent = false;
	if (set_enabled(self, false, &first) || set_enabled(self, false, error))
		return true;
	*error = first;
	return error_prefix(error, "disarming");
}

static bool magventure_fire(void *self, double *time_s, struct error *error)
{
	static const uint8_t COMMAND[2] = {FIRE, 1};
	bool sent = !kept_silent(self, error) && tell(self, COMMAND, sizeof COMMAND, error);
	*time_s = serial_now_s();
	return sent;
}

static bool magventure_status(void *self, struct stimulator_status *out, struct error *error)
{
	const uint8_t *status;
	if (((struct magventure *)self)->silent) {
		*out = stimulator_unheard();
		return true;
	}
	if (!ask_status(self, &status, error))
		return false;
	/* The device says whether it is enabled, not whether it is charged: an enabled one is taken as ready. */
	*out = (struct stimulator_status){
		.state = status[AT_FLAGS] & FLAG_ENABLED ? STIMULATOR_READY : STIMULATOR_STANDBY,
		.intensity_pct = status[AT_AMPLITUDE],
		.coil_temperature_degc = status[AT_TEMPERATURE],
	};
	return true;
}

/* It tells nothing of its own accord, so it is asked now and then, when there is time for the longest answer. */
static bool magventure_watch(void *self, double free_until_s, struct error *error)
{
	struct magventure *magventure = self;
	const uint8_t *status;
	double now_s = serial_now_s();
	if (magventure->silent || now_s < magventure->asked_s + WATCH_S || free_until_s < now_s + 2 * REPLY_S)
		return true;
	/* Twice: it may be a byte that was lost. */
	bool answered = ask_status(magventure, &status, error);
	if (!answered)
		answered = ask_status(magventure, &status, error);
	return answered;
}

/* The command for the largest amplitude, one bit of whose check byte changes on the wire. */
static bool tell_damaged(struct magventure *magventure, struct error *error)
{
	static const uint8_t LARGEST[2] = {AMPLITUDE, 100};
	uint8_t frame[MAGVENTURE_FRAME_MAX];
	size_t length = magventure_frame(frame, LARGEST, sizeof LARGEST);
	frame[length - 2] ^= (uint8_t)(1u << magventure->damaged++ % 8);
	return serial_write(&magventure->serial, frame, length, error);
}

static bool disturb(struct magventure *magventure, enum signal_state state, struct error *error)
{
	static const uint8_t ARM[2] = {ENABLE, 1};
	const uint8_t *status;
	switch (state) {
	case STATE_NORMAL: magventure->silent = false; return ask_status(magventure, &status, error);
	case STATE_SILENT: magventure->silent = true; return ask_status(magventure, &status, error);
	case STATE_CORRUPTED: return tell_damaged(magventure, error);
	case STATE_REPLAYED: return tell(magventure, ARM, sizeof ARM, error);
	case STATE_OPEN:
	case STATE_SHORT_LOW:
	case STATE_SHORT_HIGH:
	case STATE_VALUE:
	case STATE_PRESSED:
	case STATE_UNKNOWN:
	case STATE_SELF_FIRE:
	case STATE_COUNT: break;
	}
	return error_config(error, "a link has no state '%s'", signal_state_name(state));
}

static bool magventure_disturb(void *self, enum signal_state state, struct host_time *when, struct error *error)
{
	if (!when)
		return true;
	double before_s = serial_now_s();
	bool done = disturb(self, state, error);
	double after_s = serial_now_s();
	*when = (struct host_time){0.5 * (before_s + after_s), 0.5 * (after_s - before_s) / sqrt(3)};
	return done;
}

static const struct stimulator_ops MAGVENTURE_OPS = {
	.set_intensity = magventure_set_intensity,
	.arm = magventure_arm,
	.disarm = magventure_disarm,
	.status = magventure_status,
	.fire = magventure_fire,
	.watch = magventure_watch,
	.disturb = magventure_disturb,
};

static void magventure_close(void *state)
{
	static const uint8_t DISABLE[2] = {ENABLE, 0};
	struct magventure *magventure = state;
	struct error ignored = {0};
	if (!magventure)
		return;
	/* The run has disarmed it already, or told why not; this is for a bench that is closed without a run. */
	if (magventure->serial.fd >= 0)
		(void)!tell(magventure, DISABLE, sizeof DISABLE, &ignored);
	serial_close(&magventure->serial);
	free(magventure);
}

static bool magventure_open(const struct bench_setup *setup, const char *recording, struct ports *ports, void **state, struct error *error)
{
	(void)recording;
	const uint8_t *status;
	struct magventure *magventure = calloc(1, sizeof *magventure);
	if (!magventure)
		return error_bench(error, "out of memory");
	magventure->serial.fd = -1;
	if (!serial_open(&magventure->serial, setup->stimulator.port, 38400, 1, error) || !ask_status(magventure, &status, error)) {
		magventure_close(magventure);
		return false;
	}
	static const uint8_t DISABLE[2] = {ENABLE, 0};
	uint8_t frame[MAGVENTURE_FRAME_MAX];
	(void)serial_describe(&magventure->serial, frame, magventure_frame(frame, DISABLE, sizeof DISABLE), &ports->device);
	ports->stimulator = (struct stimulator_port){&MAGVENTURE_OPS, magventure};
	*state = magventure;
	return true;
}

const struct driver driver_magventure = {"magventure", magventure_open, magventure_close};
