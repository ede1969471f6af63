/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "serve.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "beaglelogic.h"
#include "gpio_sim.h"
#include "iiod.h"
#include "magstim_device.h"
#include "magventure_device.h"
#include "scope.h"
#include "serial_line.h"

enum { PACE_NS = 1000000, COMMAND_BYTES = 256 };

struct serve {
	struct plant plant;
	struct serve_faults *faults;
	unsigned bits[LOGIC_LINE_COUNT];
	struct logic_track *track;
	struct wires *wires; /* NULL: the bench has no emulation */
	struct iiod *iiod;
	struct beaglelogic *beaglelogic;
	struct scope *scope;
	struct magstim_device magstim;
	struct magventure_device magventure;
	struct serial_line *magstim_line, *magventure_line;
	struct gpio_sim *gpio;
	struct listener *control;
	pthread_t pacer;
	bool pacing;
	atomic_bool stopping;
};

/* Faults that end connections, which nobody else would notice while a client is silent. */
static void end_connections(struct serve *serve, enum serve_server server, struct listener *listener)
{
	double now_s = plant_monotonic_s();
	if (serve_faults_take(serve->faults, server, SERVE_FAULT_CLOSE, now_s, NULL))
		listener_end_all(listener, CONNECTION_CLOSE);
	if (serve_faults_take(serve->faults, server, SERVE_FAULT_RESET, now_s, NULL))
		listener_end_all(listener, CONNECTION_RESET);
}

static void *pacer_thread(void *self)
{
	struct serve *serve = self;
	while (!atomic_load(&serve->stopping)) {
		struct timespec pause = {.tv_nsec = PACE_NS};
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
		if (serve->track)
			logic_track_follow(serve->track);
		else
			plant_advance(&serve->plant);
		if (serve->iiod)
			end_connections(serve, SERVE_IIOD, iiod_listener(serve->iiod));
		if (serve->beaglelogic)
			end_connections(serve, SERVE_BEAGLELOGIC, beaglelogic_listener(serve->beaglelogic));
		if (serve->scope)
			end_connections(serve, SERVE_SCOPE, scope_listener(serve->scope));
	}
	return NULL;
}

/*
 * For a witness outside of all that is tested: "ok STATE ENABLE EMERGENCY_STOP TRIGGER STALL", levels as 0, 1 or - where there is no such line, and how
 * long, s, the machine kept a serial line standing still since the last look.
 */
static bool look_at_device(struct serve *serve, char *reply, size_t size, struct error *error)
{
	static const enum gpio_line LINES[] = {GPIO_ENABLE, GPIO_EMERGENCY_STOP, GPIO_TRIGGER};
	struct stimulator_status status = {0};
	const struct ports *ports = serve->plant.ports;
	plant_advance(&serve->plant);
	const struct stimulator_port *stimulator = plant_take_stimulator(&serve->plant);
	bool good = stimulator->ops ? stimulator->ops->status(stimulator->self, &status, error)
				    : error_config(error, "the bench has no simulated stimulator");
	plant_give_stimulator(&serve->plant);
	if (!good)
		return false;
	size_t length = (size_t)snprintf(reply, size, "ok %s", stimulator_state_name(status.state));
	for (size_t i = 0; i < sizeof LINES / sizeof *LINES; i++) {
		bool level, there = ports->gpio.ops && serve->plant.setup->gpio[LINES[i]].present &&
				    ports->gpio.ops->get(ports->gpio.self, LINES[i], &level, error);
		length += (size_t)snprintf(reply + length, size - length, " %s", !there ? "-" : level ? "1" : "0");
	}
	double stall_s = fmax(serve->magstim_line ? serial_line_stall_s(serve->magstim_line) : 0,
			      serve->magventure_line ? serial_line_stall_s(serve->magventure_line) : 0);
	snprintf(reply + length, size - length, " %.3f %lu\n", stall_s, serve->track ? logic_track_discharges(serve->track) : 0);
	return true;
}

/* For the same witness: "ok SENT LOSSES AFTER+COUNT ...", samples of the ADC that a client was sent since it opened its buffer, and those it was not. */
static bool tell_sent(struct serve *serve, char *reply, size_t size, struct error *error)
{
	if (!serve->iiod)
		return error_config(error, "there is no iiod");
	char account[COMMAND_BYTES];
	iiod_print_account(serve->iiod, account, sizeof account);
	snprintf(reply, size, "ok %s\n", account);
	return true;
}

static void serve_control(void *self, struct connection *connection)
{
	char line[COMMAND_BYTES];
	while (connection_line(connection, line, sizeof line)) {
		struct error error = {0};
		char reply[sizeof error.text + 16];
		bool good, told = true;
		if (strcmp(line, "look") == 0)
			good = look_at_device(self, reply, sizeof reply, &error);
		else if (strcmp(line, "sent") == 0)
			good = tell_sent(self, reply, sizeof reply, &error);
		else
			told = false, good = serve_command(self, line, &error);
		int length = good && told ? (int)strlen(reply)
			     : good       ? snprintf(reply, sizeof reply, "ok\n")
					  : snprintf(reply, sizeof reply, "error: %s\n", error.text);
		if (!connection_send(connection, reply, (size_t)length))
			return;
	}
}

static bool start_serial(struct serve *serve, struct error *error)
{
	const struct serve_setup *setup = serve->plant.setup->serve;
	const struct stimulator_port *port = &serve->plant.ports->stimulator;
	/* Where the bench says how the device reacts to silence, the device does it itself. */
	const struct emulator_port *emulator = serve->plant.setup->sim.reaction_s[IL13_WATCHDOG] > 0 ? &serve->plant.ports->emulator : NULL;
	if (setup->present[SERVE_MAGSTIM]) {
		magstim_device_make(&serve->magstim, port, setup);
		serve->magstim.emulator = emulator;
		serve->magstim_line =
			serial_line_start(&serve->plant, serve->track, setup->magstim_path,
					  &(struct serial_end){SERVE_MAGSTIM, &magstim_device_ops, &serve->magstim, 10.0 / 9600}, error);
		if (!serve->magstim_line)
			return false;
	}
	if (setup->present[SERVE_MAGVENTURE]) {
		magventure_device_make(&serve->magventure, port, serve->plant.setup->device);
		serve->magventure.emulator = emulator;
		serve->magventure_line = serial_line_start(
			&serve->plant, serve->track, setup->magventure_path,
			&(struct serial_end){SERVE_MAGVENTURE, &magventure_device_ops, &serve->magventure, 10.0 / 38400}, error);
		if (!serve->magventure_line)
			return false;
	}
	return true;
}

/* Where the lines to the device are not served, nobody could ever release it: they are then as if they were not wired. */
static bool release_lines(struct serve *serve, struct error *error)
{
	static const enum gpio_line LINES[] = {GPIO_EMERGENCY_STOP, GPIO_ENABLE};
	const struct bench_setup *setup = serve->plant.setup;
	const struct gpio_port *gpio = &serve->plant.ports->gpio;
	for (unsigned l = 0; gpio->ops && l < sizeof LINES / sizeof *LINES; l++)
		if (setup->gpio[LINES[l]].present && !gpio->ops->set(gpio->self, LINES[l], !setup->gpio[LINES[l]].safe_level, error))
			return false;
	return true;
}

static bool start_all(struct serve *serve, struct error *error)
{
	const struct bench_setup *setup = serve->plant.setup;
	if (setup->serve->present[SERVE_BEAGLELOGIC] && !beaglelogic_bits(setup, serve->bits, error))
		return false;
	if (setup->logic.driver && !(serve->track = logic_track_start(&serve->plant, serve->bits, error)))
		return false;
	if (setup->emulation.driver && !(serve->wires = wires_create(&serve->plant, error)))
		return error_prefix(error, "emulation");
	if (setup->serve->present[SERVE_IIOD] && !(serve->iiod = iiod_start(&serve->plant, serve->wires, error)))
		return false;
	if (setup->serve->present[SERVE_BEAGLELOGIC] && !(serve->beaglelogic = beaglelogic_start(&serve->plant, serve->track, error)))
		return false;
	if (setup->serve->present[SERVE_SCOPE] && !(serve->scope = scope_start(&serve->plant, error)))
		return false;
	if (!setup->serve->present[SERVE_GPIO_SIM] && !release_lines(serve, error))
		return false;
	if (!start_serial(serve, error))
		return false;
	if (setup->serve->present[SERVE_GPIO_SIM] && !(serve->gpio = gpio_sim_start(&serve->plant, serve->wires, error)))
		return false;
	if (setup->serve->control && !(serve->control = listener_start_local(setup->serve->control, serve_control, serve, error)))
		return error_prefix(error, "control");
	serve->pacing = pthread_create(&serve->pacer, NULL, pacer_thread, serve) == 0;
	return serve->pacing || error_bench(error, "cannot start a thread");
}

struct serve *serve_start(const struct bench_setup *setup, struct ports *ports, struct error *error)
{
	auto_serve struct serve *serve = calloc(1, sizeof *serve);
	if (serve)
		serve->faults = serve_faults_create();
	if (!serve || !serve->faults) {
		error_bench(error, "out of memory");
		return NULL;
	}
	if (!plant_make(&serve->plant, setup, ports, serve->faults, error) || !start_all(serve, error))
		return NULL;
	return steal(&serve);
}

void serve_stop(struct serve *serve)
{
	if (!serve)
		return;
	atomic_store(&serve->stopping, true);
	if (serve->pacing)
		pthread_join(serve->pacer, NULL);
	listener_stop(serve->control);
	gpio_sim_stop(serve->gpio);
	serial_line_stop(serve->magstim_line);
	serial_line_stop(serve->magventure_line);
	beaglelogic_stop(serve->beaglelogic);
	scope_stop(serve->scope);
	iiod_stop(serve->iiod);
	wires_destroy(serve->wires);
	logic_track_stop(serve->track);
	plant_finish(&serve->plant);
	serve_faults_destroy(serve->faults);
	free(serve);
}

bool serve_command(struct serve *serve, const char *line, struct error *error)
{
	return serve_faults_command(serve->faults, line, plant_monotonic_s(), error);
}

void serve_print_ready(const struct serve *serve, FILE *out)
{
	const struct serve_setup *setup = serve->plant.setup->serve;
	const char *separator = "ready: ";
	if (serve->iiod) {
		fprintf(out, "%siiod %u", separator, listener_port(iiod_listener(serve->iiod)));
		separator = ", ";
	}
	if (serve->beaglelogic) {
		fprintf(out, "%sbeaglelogic %u", separator, listener_port(beaglelogic_listener(serve->beaglelogic)));
		separator = ", ";
	}
	if (serve->scope) {
		fprintf(out, "%sscope %u", separator, listener_port(scope_listener(serve->scope)));
		separator = ", ";
	}
	if (serve->magstim_line) {
		fprintf(out, "%smagstim %s", separator, setup->magstim_path);
		separator = ", ";
	}
	if (serve->magventure_line) {
		fprintf(out, "%smagventure %s", separator, setup->magventure_path);
		separator = ", ";
	}
	if (serve->gpio)
		fprintf(out, "%sgpio_sim %s%s", separator, gpio_sim_chip(serve->gpio), gpio_sim_polled(serve->gpio) ? " (polled)" : "");
	fputc('\n', out);
	fflush(out);
}

bool serve_failed(struct serve *serve, struct error *error)
{
	return plant_failed(&serve->plant, error);
}
