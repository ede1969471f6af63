/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * MagVenture R30, X100, MST by serial remote control. From public sources, not vendor-verified: ask the vendor for the document that is in force
 * before it is used on a real device.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "magventure_frame.h"
#include "serial.h"

static const double REPLY_S = 0.3;

enum command { GET_STATUS = 0x00, AMPLITUDE = 0x01, ENABLE = 0x02, FIRE = 0x03 };
enum flag { FLAG_ENABLED = 1 << 4 };

struct magventure {
	struct serial serial;
	struct magventure_parser parser;
};

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Sends a payload. */
static bool tell(struct magventure *magventure, const uint8_t *payload, size_t length, struct error *error)
{
	uint8_t frame[MAGVENTURE_FRAME_MAX];
	return serial_write(&magventure->serial, frame, magventure_frame(frame, payload, length), error);
}

/* Waits for a frame of that id, at least `least` bytes of payload; others, which the device sends by itself, are passed over. */
static bool await_frame(struct magventure *magventure, uint8_t id, size_t least, const uint8_t **payload, struct error *error)
{
	double until_s = now_s() + REPLY_S;
	unsigned bad = magventure->parser.bad;
	for (;;) {
		uint8_t byte;
		size_t got;
		if (!serial_read_some(&magventure->serial, &byte, 1, fmax(0, until_s - now_s()), &got, error))
			return false;
		if (got == 0)
			return error_bench(error, "%s: no answer to command %02x within %.0f ms%s", magventure->serial.path, id, 1e3 * REPLY_S,
					   magventure->parser.bad > bad ? "; what came had a wrong check byte or no frame" : "");
		if (!magventure_push(&magventure->parser, byte))
			continue;
		*payload = magventure->parser.bytes + 2;
		if ((*payload)[0] == id && magventure->parser.bytes[1] >= least)
			return true;
	}
}

/* The status frame: flags, serial number, temperature, coil, amplitudes. */
static bool ask_status(struct magventure *magventure, const uint8_t **payload, struct error *error)
{
	enum { LENGTH = 9 };
	uint8_t command = GET_STATUS;
	serial_flush(&magventure->serial);
	magventure->parser.count = 0;
	return tell(magventure, &command, 1, error) && await_frame(magventure, GET_STATUS, LENGTH, payload, error);
}

/* The places in the payload of a status frame. */
enum { AT_FLAGS = 1, AT_TEMPERATURE = 5, AT_COIL = 6, AT_AMPLITUDE = 7 };

static bool whole_percent(double pct, uint8_t *byte, struct error *error)
{
	double rounded = round(pct);
	if (!(rounded >= 0 && rounded <= 100))
		return error_bench(error, "%g %% is outside 0 to 100 %%", pct);
	if (fabs(rounded - pct) > 1e-9)
		return error_config(error, "%g %%: this stimulator takes whole percents", pct);
	*byte = (uint8_t)rounded;
	return true;
}

static bool magventure_set_intensity(void *self, double intensity_pct, double second_pct, struct error *error)
{
	struct magventure *magventure = self;
	uint8_t command[3] = {AMPLITUDE};
	const uint8_t *status;
	size_t length = 2;
	if (!whole_percent(intensity_pct, &command[1], error))
		return false;
	if (isfinite(second_pct)) {
		if (!whole_percent(second_pct, &command[2], error))
			return false;
		length = 3;
	}
	/* What it really took is asked for, not presumed: it limits the amplitude in some modes. */
	if (!tell(magventure, command, length, error) || !ask_status(magventure, &status, error))
		return false;
	if (status[AT_AMPLITUDE] != command[1])
		return error_bench(error, "%s: told %u %%, the device is at %u %%", magventure->serial.path, command[1], status[AT_AMPLITUDE]);
	return true;
}

static bool set_enabled(struct magventure *magventure, bool enabled, struct error *error)
{
	uint8_t command[2] = {ENABLE, enabled};
	const uint8_t *status;
	if (!tell(magventure, command, 2, error) || !ask_status(magventure, &status, error))
		return false;
	if (((status[AT_FLAGS] & FLAG_ENABLED) != 0) != enabled)
		return error_bench(error, "%s: the device did not %s", magventure->serial.path, enabled ? "enable" : "disable");
	return true;
}

static bool magventure_arm(void *self, struct error *error)
{
	return set_enabled(self, true, error);
}

static bool magventure_disarm(void *self, struct error *error)
{
	return set_enabled(self, false, error);
}

static bool magventure_fire(void *self, double *time_s, struct error *error)
{
	static const uint8_t COMMAND[2] = {FIRE, 1};
	*time_s = now_s();
	return tell(self, COMMAND, sizeof COMMAND, error);
}

static bool magventure_status(void *self, struct stimulator_status *out, struct error *error)
{
	const uint8_t *status;
	if (!ask_status(self, &status, error))
		return false;
	/* The device says whether it is enabled, not whether it is charged: an enabled one is taken as ready. */
	*out = (struct stimulator_status){
		.state = status[AT_FLAGS] & FLAG_ENABLED ? STIMULATOR_READY : STIMULATOR_STANDBY,
		.intensity_pct = status[AT_AMPLITUDE],
		.coil_temperature_degc = status[AT_TEMPERATURE],
	};
	if (status[AT_COIL] == 0) {
		out->state = STIMULATOR_FAULT;
		snprintf(out->fault, sizeof out->fault, "coil not connected");
	}
	return true;
}

static const struct stimulator_ops MAGVENTURE_OPS = {
	.set_intensity = magventure_set_intensity,
	.arm = magventure_arm,
	.disarm = magventure_disarm,
	.status = magventure_status,
	.fire = magventure_fire,
};

static void magventure_close(void *state)
{
	static const uint8_t DISABLE[2] = {ENABLE, 0};
	struct magventure *magventure = state;
	struct error ignored = {0};
	if (!magventure)
		return;
	if (magventure->serial.fd >= 0 && !tell(magventure, DISABLE, sizeof DISABLE, &ignored))
		serial_flush(&magventure->serial);
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
		return error_prefix(error, "stimulator");
	}
	ports->stimulator = (struct stimulator_port){&MAGVENTURE_OPS, magventure};
	*state = magventure;
	return true;
}

const struct driver driver_magventure = {"magventure", magventure_open, magventure_close};
