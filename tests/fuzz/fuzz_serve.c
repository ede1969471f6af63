/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as what comes in over the wires of the simulated instruments: IIOD command lines, frames of both stimulators, lines of faults. */
#include <math.h>
#include <string.h>

#include "iiod_command.h"
#include "magstim_device.h"
#include "magventure_device.h"
#include "scope_device.h"
#include "serve_fault.h"

/* A stimulator that takes every command that a real one might. */
static struct stimulator_status device;

static bool set_intensity(void *self, double intensity_pct, double second_pct, struct error *error)
{
	(void)self, (void)second_pct;
	if (!(intensity_pct >= 0 && intensity_pct <= 110))
		abort();
	device.intensity_pct = intensity_pct;
	return error;
}

static bool set_direction(void *self, bool reversed, struct error *error)
{
	(void)self, (void)reversed;
	return error;
}

static bool arm(void *self, struct error *error)
{
	(void)self;
	device.state = STIMULATOR_READY;
	return error;
}

static bool disarm(void *self, struct error *error)
{
	(void)self;
	device.state = STIMULATOR_STANDBY;
	return error;
}

static bool status(void *self, struct stimulator_status *out, struct error *error)
{
	(void)self;
	*out = device;
	return error;
}

/* Whatever comes in, no protocol fires what is not armed. */
static bool fire(void *self, double *time_s, struct error *error)
{
	(void)self;
	if (device.state != STIMULATOR_READY)
		abort();
	*time_s = 0;
	return error;
}

static const struct stimulator_ops OPS = {set_intensity, set_direction, arm, disarm, status, fire};

static void run_device(const struct serial_ops *ops, void *self, const uint8_t *data, size_t size)
{
	struct error error = {0};
	device = (struct stimulator_status){.state = STIMULATOR_STANDBY, .coil_temperature_degc = NAN};
	for (size_t i = 0; i < size; i++) {
		struct serial_reply reply = {.count = 0};
		double now_s = (double)i * 1e-3;
		if (!ops->byte(self, data[i], now_s, &reply, &error) || !ops->tick(self, now_s, i / 100, &reply, &error) ||
		    reply.count > sizeof reply.bytes)
			abort();
	}
}

static void run_lines(const uint8_t *data, size_t size)
{
	struct serve_faults *faults = serve_faults_create();
	struct scope_device scope = {.rate_hz = 1e6, .timebase_s = 1e-3};
	char reply[SCOPE_REPLY_BYTES];
	for (size_t at = 0; at < size;) {
		char line[IIOD_LINE_BYTES], copy[IIOD_LINE_BYTES];
		struct error error = {0};
		struct iiod_command command;
		const uint8_t *end = memchr(data + at, '\n', size - at);
		size_t length = end ? (size_t)(end - data) - at : size - at;
		size_t kept = length < sizeof line - 1 ? length : sizeof line - 1;
		memcpy(line, data + at, kept);
		line[kept] = '\0';
		memcpy(copy, line, kept + 1);
		(void)scope_device_obey(&scope, line, reply);
		if (scope_device_before(&scope) >= scope_device_points(&scope) + (scope_device_points(&scope) == 1))
			abort();
		if (iiod_command_parse(line, &command) == 0 && (command.bytes > IIOD_BUFFER_BYTES || command.number > UINT32_MAX))
			abort();
		if (!serve_faults_command(faults, copy, 0, &error) && !error.text[0])
			abort();
		at += length + 1;
	}
	serve_faults_destroy(faults);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct stimulator_port port = {&OPS, NULL};
	struct device described = {.waveform = WAVEFORM_BIPHASIC, .didt0_a_per_s = {.value = 150e6}};
	struct magventure_device magventure;
	run_lines(data, size);
	for (unsigned model = SERVE_MAGSTIM_RAPID2; model <= SERVE_MAGSTIM_200_2; model++)
		for (unsigned software = 5; software <= 11; software += 3) {
			struct magstim_device magstim;
			struct serve_setup setup = {.magstim_model = (enum serve_magstim_model)model,
						    .magstim_software = software,
						    .magstim_keep_alive_s = NAN,
						    .magstim_armed_keep_alive_s = NAN};
			magstim_device_make(&magstim, &port, &setup);
			run_device(&magstim_device_ops, &magstim, data, size);
		}
	magventure_device_make(&magventure, &port, &described);
	run_device(&magventure_device_ops, &magventure, data, size);
	return 0;
}
