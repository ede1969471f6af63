/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Magstim 200-2, BiStim-2 and Rapid-2 by serial remote control. From public sources, not vendor-verified: ask the vendor for the document that is
 * in force before it is used on a real device.
 */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "keep_alive.h"
#include "magstim_link.h"

/* The device leaves remote control when it hears nothing for some time that the vendor does not publish; MagPy asks every 0.5 s, or 5 s disarmed. */
static const double ALIVE_ARMED_S = 0.4, ALIVE_LATEST_ARMED_S = 0.9, ALIVE_IDLE_S = 4, ALIVE_LATEST_IDLE_S = 4.9;
/* Single pulses by remote command come at 1 Hz at most; a shot that is a little late must not make the next one early. */
static const double FIRE_INTERVAL_S = 0.95;
/* The power ramps up at about 10 ms, down at about 100 ms a percent. */
static const double RAMP_UP_S = 0.01, RAMP_DOWN_S = 0.1;
/* How long the device may take to disarm, and what is waited before disarming is tried again. */
static const double DISARM_S = 0.3, AGAIN_S = 0.05;

struct magstim {
	const struct stimulator_setup *setup;
	struct magstim_link link;
	struct keep_alive *alive;
	pthread_mutex_t line; /* of the link; all else is of the thread that calls the port */
	bool remote;
	bool silent;                /* on purpose: nothing is said. Under the line */
	unsigned damaged;           /* commands sent damaged until now */
	double fired_s;             /* by remote command */
	double power_pct;           /* as set; NAN: not yet */
	bool paired;                /* a power B is set */
	double settled_s;           /* the power has reached it by then */
	struct magstim_store store; /* of a Rapid */
	char version[24];           /* its software, as it says; "" when it was not asked */
};

static bool is_rapid(const struct magstim *magstim)
{
	return magstim->link.model == MAGSTIM_RAPID;
}

static void pause_s(double time_s)
{
	struct timespec pause = {.tv_sec = 0, .tv_nsec = (long)(1e9 * time_s)};
	nanosleep(&pause, NULL);
}

/* "Q@", or with the unlock code of the machine. Already having it is fine. */
static bool take_remote_control(struct magstim *magstim, struct error *error)
{
	char command[MAGSTIM_FRAME_MAX] = "Q@";
	struct magstim_reply reply;
	const char *unlock = magstim->setup->unlock;
	size_t length = unlock ? magstim_unlock_command(command, unlock) : 2;
	if (!magstim_exchange(&magstim->link, command, length, &reply, error))
		return error_prefix(error, "taking remote control");
	if (!reply.conflict && !(reply.bytes[1] & MAGSTIM_REMOTE))
		return error_bench(error, "%s: the device does not give remote control", magstim->link.serial.path);
	magstim->remote = true;
	return true;
}

/* The lengths of a Rapid's replies depend on its software: what the bench file says of it must be true. */
static bool check_software(struct magstim *magstim, struct error *error)
{
	struct magstim_reply reply;
	if (!is_rapid(magstim))
		return true;
	if (!magstim_command(&magstim->link, "ND", &reply, error))
		return error_prefix(error, "asking for the version");
	const char *version = (const char *)reply.bytes + 1;
	snprintf(magstim->version, sizeof magstim->version, "%.20s", version);
	if (strtoul(version, NULL, 10) == magstim->link.software)
		return true;
	return error_config(error, "%s: the device says its software is %.20s; the bench file says %u", magstim->link.serial.path, version,
			    magstim->link.software);
}

static enum keep_alive_result talk(void *self, struct error *error)
{
	struct magstim *magstim = self;
	struct magstim_reply reply;
	bool new_rapid = is_rapid(magstim) && magstim->link.software >= 9;
	if (pthread_mutex_trylock(&magstim->line) != 0)
		return KEEP_ALIVE_BUSY;
	if (magstim->silent) {
		pthread_mutex_unlock(&magstim->line);
		return KEEP_ALIVE_BUSY;
	}
	bool good = magstim_exchange(&magstim->link, new_rapid ? "x@" : "Q@", 2, &reply, error);
	pthread_mutex_unlock(&magstim->line);
	if (good && !reply.conflict && !(reply.bytes[1] & MAGSTIM_REMOTE))
		good = error_bench(error, "%s: the device has left remote control", magstim->link.serial.path);
	return good ? KEEP_ALIVE_DONE : KEEP_ALIVE_FAILED;
}

/* Takes the line. False when the keep-alive found the device gone; the line is not taken then. */
static bool take_line(struct magstim *magstim, struct error *error)
{
	if (!keep_alive_good(magstim->alive, error))
		return false;
	pthread_mutex_lock(&magstim->line);
	if (!magstim->silent)
		return true;
	pthread_mutex_unlock(&magstim->line);
	return error_config(error, "the link is kept silent; it has to be made normal first");
}

static bool give_line(struct magstim *magstim, bool result)
{
	pthread_mutex_unlock(&magstim->line);
	if (result)
		keep_alive_told(magstim->alive);
	return result;
}

/* Instrument status, status of a Rapid and power. Under the line. */
static bool ask_parameters(struct magstim *magstim, struct magstim_reply *reply, double *power_pct, struct error *error)
{
	if (!magstim_command(&magstim->link, is_rapid(magstim) ? "\\@" : "J@", reply, error))
		return false;
	*power_pct = magstim_number(reply->bytes + (is_rapid(magstim) ? 3 : 2), 3);
	return isfinite(*power_pct) || error_bench(error, "%s: the device tells no power", magstim->link.serial.path);
}

static bool send_power(struct magstim *magstim, char command, double power_pct, struct error *error)
{
	char text[8];
	struct magstim_reply reply;
	double rounded = round(power_pct);
	if (!(rounded >= 0 && rounded <= 100))
		return error_config(error, "%g %% is outside 0 to 100 %%", power_pct);
	if (fabs(rounded - power_pct) > 1e-9)
		return error_config(error, "%g %%: this stimulator takes whole percents", power_pct);
	snprintf(text, sizeof text, "%c%03.0f", command, rounded);
	return magstim_command(&magstim->link, text, &reply, error);
}

static bool magstim_set_intensity(void *self, double intensity_pct, double second_pct, struct error *error)
{
	struct magstim *magstim = self;
	struct magstim_reply reply;
	double before_pct;
	if (isfinite(second_pct) && magstim->link.model != MAGSTIM_BISTIM)
		return error_config(error, "a second intensity needs a BiStim");
	if (!take_line(magstim, error))
		return false;
	if (!ask_parameters(magstim, &reply, &before_pct, error) || !send_power(magstim, '@', intensity_pct, error) ||
	    ((isfinite(second_pct) || magstim->paired) && !send_power(magstim, 'A', isfinite(second_pct) ? second_pct : 0, error)))
		return give_line(magstim, false);
	magstim->paired = isfinite(second_pct);
	double change_pct = intensity_pct - before_pct;
	double ramp_s = change_pct > 0 ? RAMP_UP_S * change_pct : -RAMP_DOWN_S * change_pct;
	magstim->settled_s = fmax(magstim->settled_s, serial_now_s() + ramp_s);
	magstim->power_pct = intensity_pct;
	return give_line(magstim, true);
}

/* In train mode one trigger would fire a whole train, which would look like pulses that nobody commanded. */
static bool single_pulse_mode(struct magstim *magstim, struct error *error)
{
	struct magstim_reply reply;
	double power_pct;
	if (!is_rapid(magstim))
		return true;
	if (!ask_parameters(magstim, &reply, &power_pct, error))
		return false;
	if (reply.bytes[2] & MAGSTIM_RAPID_SINGLE_PULSE)
		return true;
	if (!magstim_command(&magstim->link, magstim->link.software >= 9 ? "[0000" : "[000", &reply, error) ||
	    !ask_parameters(magstim, &reply, &power_pct, error))
		return false;
	return reply.bytes[2] & MAGSTIM_RAPID_SINGLE_PULSE ||
	       error_bench(error, "%s: the device does not leave its train mode", magstim->link.serial.path);
}

static bool arm(struct magstim *magstim, struct error *error)
{
	struct magstim_reply reply;
	double power_pct;
	if (!single_pulse_mode(magstim, error) || !magstim_exchange(&magstim->link, "EB", 2, &reply, error))
		return false;
	if (!reply.conflict)
		return true;
	/* Armed already, or not willing. */
	if (!ask_parameters(magstim, &reply, &power_pct, error))
		return false;
	return reply.bytes[1] & MAGSTIM_ARMED || error_set(error, ERROR_REFUSED, "%s: the device refuses to be armed (status %02x)",
							   magstim->link.serial.path, reply.bytes[1]);
}

static bool magstim_arm(void *self, struct error *error)
{
	struct magstim *magstim = self;
	if (!take_line(magstim, error))
		return false;
	bool armed = arm(magstim, error);
	if (armed)
		keep_alive_armed(magstim->alive, true);
	return give_line(magstim, armed);
}

/* Commands it, and makes sure that it is so. Under the line. */
static bool disarm_once(struct magstim *magstim, struct error *error)
{
	struct magstim_reply reply;
	double power_pct, until_s = serial_now_s() + DISARM_S;
	if (!magstim_exchange(&magstim->link, "EA", 2, &reply, error))
		return false;
	while (reply.conflict || reply.bytes[1] & MAGSTIM_ARMED) {
		if (serial_now_s() > until_s)
			return error_bench(error, "%s: the device stays armed", magstim->link.serial.path);
		if (!ask_parameters(magstim, &reply, &power_pct, error))
			return false;
	}
	return true;
}

/* Twice: it may be the answer to the command before that comes late, or a byte that was lost. */
static bool disarm(struct magstim *magstim, struct error *error)
{
	struct error first = {0};
	if (disarm_once(magstim, &first))
		return true;
	pause_s(AGAIN_S);
	if (disarm_once(magstim, error))
		return true;
	*error = first;
	return error_prefix(error, "disarming");
}

/* Also when the keep-alive had given up: it may be only the answer that was lost. */
static bool magstim_disarm(void *self, struct error *error)
{
	struct magstim *magstim = self;
	pthread_mutex_lock(&magstim->line);
	magstim->silent = false;
	bool done = disarm(magstim, error);
	if (done)
		keep_alive_armed(magstim->alive, false);
	/* One that does not even hear this will not hear the farewell. */
	magstim->remote = magstim->remote && done;
	return give_line(magstim, done);
}

static bool magstim_expect_shot(void *self, double host_s, struct error *error)
{
	struct magstim *magstim = self;
	if (!keep_alive_good(magstim->alive, error))
		return false;
	keep_alive_expect_shot(magstim->alive, host_s);
	if (!is_rapid(magstim) || isnan(magstim->power_pct) ||
	    magstim_store_take(&magstim->store, host_s, magstim_rapid_energy_j(magstim->power_pct)))
		return true;
	return error_config(
		error,
		"at %.0f %% the next pulse would exceed what the stimulator's supply can give (63 kJ a train, 1050 W on average); "
		"leave more time between the trains",
		magstim->power_pct);
}

/* Talking is the keep-alive's. */
static bool magstim_watch(void *self, double free_until_s, struct error *error)
{
	(void)free_until_s;
	return keep_alive_good(((struct magstim *)self)->alive, error);
}

static bool magstim_fire(void *self, double *time_s, struct error *error)
{
	struct magstim *magstim = self;
	struct magstim_reply reply;
	if (serial_now_s() < magstim->fired_s + FIRE_INTERVAL_S)
		return error_config(error, "pulses by remote command may follow each other after 1 s; use the trigger line");
	if (!take_line(magstim, error))
		return false;
	bool fired = magstim_command(&magstim->link, "EH", &reply, error);
	*time_s = magstim->fired_s = magstim->link.sent_s;
	return give_line(magstim, fired);
}

/* The error code of a Rapid, in words; the others have none. */
static void tell_error(struct magstim *magstim, struct stimulator_status *status)
{
	struct magstim_reply reply;
	struct error ignored = {0};
	if (!is_rapid(magstim) || !magstim_command(&magstim->link, "I@", &reply, &ignored)) {
		snprintf(status->fault, sizeof status->fault, "the device reports an error");
		return;
	}
	uint8_t source = reply.bytes[2];
	const char *part = source == 'U' ? "user interface" : source == 'C' ? "coil" : "system";
	snprintf(status->fault, sizeof status->fault, "error %02.0f of the %s", magstim_number(reply.bytes + 3, 2), part);
}

static void take_status(struct magstim *magstim, uint8_t bits, struct stimulator_status *status)
{
	bool ready = bits & MAGSTIM_READY && serial_now_s() >= magstim->settled_s;
	status->state = bits & MAGSTIM_ARMED ? (ready ? STIMULATOR_READY : STIMULATOR_CHARGING) : STIMULATOR_STANDBY;
	if (bits & (MAGSTIM_ERROR_PRESENT | MAGSTIM_FATAL))
		tell_error(magstim, status);
	else if (bits & MAGSTIM_REPLACE_COIL)
		snprintf(status->fault, sizeof status->fault, "replace coil");
	else if (!(bits & MAGSTIM_COIL_PRESENT))
		snprintf(status->fault, sizeof status->fault, "coil not connected");
	else if (!(bits & MAGSTIM_REMOTE))
		snprintf(status->fault, sizeof status->fault, "remote control was lost");
	if (status->fault[0])
		status->state = STIMULATOR_FAULT;
}

static bool magstim_status(void *self, struct stimulator_status *status, struct error *error)
{
	struct magstim *magstim = self;
	struct magstim_reply reply, heat;
	if (magstim->silent) {
		*status = stimulator_unheard();
		return true;
	}
	*status = (struct stimulator_status){0};
	if (!take_line(magstim, error))
		return false;
	if (!ask_parameters(magstim, &reply, &status->intensity_pct, error) || !magstim_command(&magstim->link, "F@", &heat, error))
		return give_line(magstim, false);
	/* The hotter of two windings, in tenths of a degree. */
	status->coil_temperature_degc = fmax(magstim_number(heat.bytes + 2, 3), magstim_number(heat.bytes + 5, 3)) / 10;
	take_status(magstim, reply.bytes[1], status);
	return give_line(magstim, true);
}

/* Of an exchange that has just been done: somewhere between its last byte out and its answer. */
static struct host_time exchanged(const struct magstim *magstim)
{
	double now_s = serial_now_s(), sent_s = magstim->link.sent_s;
	return (struct host_time){0.5 * (sent_s + now_s), 0.5 * (now_s - sent_s) / sqrt(3)};
}

/* Under the line. */
static bool disturb(struct magstim *magstim, enum signal_state state, struct error *error)
{
	struct magstim_reply reply;
	double power_pct;
	switch (state) {
	case STATE_NORMAL: magstim->silent = false; return take_remote_control(magstim, error);
	case STATE_SILENT: magstim->silent = true; return ask_parameters(magstim, &reply, &power_pct, error);
	case STATE_CORRUPTED: return magstim_damaged(&magstim->link, "@100", magstim->damaged++, error);
	case STATE_REPLAYED: return magstim_exchange(&magstim->link, "EB", 2, &reply, error);
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

static bool magstim_disturb(void *self, enum signal_state state, struct host_time *when, struct error *error)
{
	struct magstim *magstim = self;
	if (!when)
		return true;
	if (!keep_alive_good(magstim->alive, error))
		return false;
	pthread_mutex_lock(&magstim->line);
	bool done = disturb(magstim, state, error);
	*when = exchanged(magstim);
	return give_line(magstim, done);
}

static const struct stimulator_ops MAGSTIM_OPS = {
	.set_intensity = magstim_set_intensity,
	.arm = magstim_arm,
	.disarm = magstim_disarm,
	.status = magstim_status,
	.fire = magstim_fire,
	.expect_shot = magstim_expect_shot,
	.watch = magstim_watch,
	.disturb = magstim_disturb,
};

static void magstim_close(void *state)
{
	struct magstim *magstim = state;
	struct magstim_reply reply;
	struct error ignored = {0};
	if (!magstim)
		return;
	keep_alive_stop(magstim->alive);
	/* Whoever uses the front panel next must find it neither armed nor locked. The run has disarmed it already, or told why not. */
	if (magstim->remote && magstim_exchange(&magstim->link, "EA", 2, &reply, &ignored) &&
	    !magstim_exchange(&magstim->link, "R@", 2, &reply, &ignored))
		fprintf(stderr, "tmsrig: magstim: giving remote control back: %s\n", ignored.text);
	serial_close(&magstim->link.serial);
	pthread_mutex_destroy(&magstim->line);
	free(magstim);
}

static enum magstim_model model_of(const char *name)
{
	return strcmp(name, "rapid2") == 0 ? MAGSTIM_RAPID : strcmp(name, "bistim2") == 0 ? MAGSTIM_BISTIM : MAGSTIM_200;
}

static bool start(struct magstim *magstim, struct error *error)
{
	if (!serial_open(&magstim->link.serial, magstim->setup->port, 9600, 1, error))
		return false;
	serial_drop_rts(&magstim->link.serial);
	if (!take_remote_control(magstim, error) || !check_software(magstim, error))
		return false;
	magstim->alive = keep_alive_start(&(struct keep_alive_setup){.armed_s = ALIVE_ARMED_S,
								     .idle_s = ALIVE_IDLE_S,
								     .latest_armed_s = ALIVE_LATEST_ARMED_S,
								     .latest_idle_s = ALIVE_LATEST_IDLE_S,
								     .talk = talk,
								     .self = magstim},
					  error);
	return magstim->alive;
}

static bool magstim_open(const struct bench_setup *setup, const char *recording, struct ports *ports, void **state, struct error *error)
{
	(void)recording;
	struct magstim *magstim = calloc(1, sizeof *magstim);
	if (!magstim)
		return error_bench(error, "out of memory");
	magstim->setup = &setup->stimulator;
	magstim->link =
		(struct magstim_link){.serial.fd = -1, .model = model_of(setup->stimulator.model), .software = setup->stimulator.software};
	magstim->fired_s = -INFINITY;
	magstim->power_pct = NAN;
	pthread_mutex_init(&magstim->line, NULL);
	if (!start(magstim, error)) {
		magstim_close(magstim);
		return false;
	}
	uint8_t frame[MAGSTIM_FRAME_MAX];
	(void)serial_describe(&magstim->link.serial, frame, magstim_frame(frame, "EA", 2), &ports->device);
	ports->stimulator = (struct stimulator_port){&MAGSTIM_OPS, magstim};
	ports_note(ports, "stimulator", "model", setup->stimulator.model);
	ports_note(ports, "stimulator", "software", magstim->version[0] ? magstim->version : NULL);
	*state = magstim;
	return true;
}

const struct driver driver_magstim = {"magstim", magstim_open, magstim_close};
