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
#include "magstim_frame.h"
#include "serial.h"

static const double REPLY_S = 0.3;
/* The device leaves remote control when it hears nothing for some time that the vendor does not publish; MagPy asks every 0.5 s, or 5 s disarmed. */
static const double ALIVE_ARMED_S = 0.4, ALIVE_IDLE_S = 4, ALIVE_LATEST_S = 0.9;
/* No question to the device from so long before a shot until so long after. */
static const double QUIET_BEFORE_S = 0.05, QUIET_AFTER_S = 0.002;
/* Single pulses by remote command come at 1 Hz at most. */
static const double FIRE_INTERVAL_S = 1;

struct magstim {
	const struct stimulator_setup *setup;
	struct serial serial;
	enum magstim_model model;
	pthread_mutex_t lock; /* of the line and of all below */
	pthread_cond_t wake;
	pthread_t keeper;
	bool keeper_started, stop, armed, remote;
	double told_s;  /* of the last exchange */
	double shot_s;  /* when the next one is due, or the last one was */
	double fired_s; /* by remote command */
	double power_pct;
	struct magstim_store store; /* of a Rapid */
	struct error lost;          /* the keep-alive found the device gone; kind ERROR_NONE: not */
};

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool wrong_answer(const struct magstim *magstim, const char *command, const uint8_t *reply, size_t length, const char *what,
			 struct error *error)
{
	char hex[3 * MAGSTIM_FRAME_MAX + 1] = "";
	for (size_t i = 0; i < length; i++)
		snprintf(hex + 3 * i, 4, "%02x ", reply[i]);
	return error_bench(error, "%s: command '%c': %s (answer: %s)", magstim->serial.path, command[0], what, length ? hex : "none");
}

/* The bytes of a reply whose end is a zero byte, and the check byte. */
static bool read_text(struct magstim *magstim, uint8_t *reply, size_t *length, struct error *error)
{
	while (*length + 1 < MAGSTIM_FRAME_MAX) {
		if (!serial_read(&magstim->serial, reply + *length, 1, REPLY_S, NULL, error))
			return false;
		if (reply[(*length)++] == 0) {
			bool good = serial_read(&magstim->serial, reply + *length, 1, REPLY_S, NULL, error);
			++*length;
			return good;
		}
	}
	return error_bench(error, "%s: the version has no end", magstim->serial.path);
}

/*
 * One command and its reply. conflict_is_fine: a command that is refused in this state (arming what is armed) is no error. reply has
 * MAGSTIM_FRAME_MAX bytes. Under the lock.
 */
static bool exchange(struct magstim *magstim, const char *command, size_t length, bool conflict_is_fine, uint8_t *reply,
		     struct error *error)
{
	uint8_t frame[MAGSTIM_FRAME_MAX];
	struct serial *serial = &magstim->serial;
	size_t sent = magstim_frame(frame, command, length), got = 0, rest = 0;
	size_t due = magstim_reply_length(command[0], magstim->model, magstim->setup->software);
	serial_flush(serial);
	if (!serial_write(serial, frame, sent, error) || !serial_read(serial, reply, 1, REPLY_S, NULL, error))
		return false;
	got = 1;
	if (reply[0] == '?')
		return wrong_answer(magstim, command, reply, got, "the device does not know it", error);
	if (due == MAGSTIM_TEXT_REPLY) {
		if (!read_text(magstim, reply, &got, error))
			return false;
	} else {
		if (!serial_read(serial, reply + got, 1, REPLY_S, NULL, error))
			return false;
		got++;
		bool refused = reply[1] == '?' || reply[1] == 'S';
		if (!serial_read(serial, reply + got, (refused ? 3 : due) - got, REPLY_S, &rest, error))
			return wrong_answer(magstim, command, reply, got + rest, "the answer is too short", error);
		got = refused ? 3 : due;
	}
	magstim->told_s = now_s();
	if (reply[got - 1] != magstim_check(reply, got - 1))
		return wrong_answer(magstim, command, reply, got, "the check byte of the answer is wrong", error);
	if (reply[0] != (uint8_t)command[0])
		return wrong_answer(magstim, command, reply, got, "the answer is to another command", error);
	if (due != MAGSTIM_TEXT_REPLY && reply[1] == '?')
		return wrong_answer(magstim, command, reply, got, "the device refuses its data", error);
	if (due != MAGSTIM_TEXT_REPLY && reply[1] == 'S' && !conflict_is_fine)
		return wrong_answer(magstim, command, reply, got, "the device refuses it in its present state", error);
	return true;
}

static bool simple(struct magstim *magstim, const char *command, bool conflict_is_fine, struct error *error)
{
	uint8_t reply[MAGSTIM_FRAME_MAX];
	return exchange(magstim, command, strlen(command), conflict_is_fine, reply, error);
}

/* "Q@", or with the unlock code of the machine. */
static bool take_remote_control(struct magstim *magstim, struct error *error)
{
	char command[MAGSTIM_FRAME_MAX] = "Q@";
	uint8_t reply[MAGSTIM_FRAME_MAX];
	size_t length = 2;
	const char *unlock = magstim->setup->unlock;
	if (unlock) {
		/* Fourteen characters and the two bytes of their check, apart by hyphens: XXXX-XXXXXXXX-cc. */
		length = (size_t)snprintf(command, sizeof command - 1, "Q%s", unlock);
		if (length >= sizeof command - 1)
			return error_config(error, "the unlock code is too long");
	}
	if (!exchange(magstim, command, length, true, reply, error))
		return false;
	if (reply[1] != 'S' && !(reply[1] & MAGSTIM_REMOTE))
		return error_bench(error, "%s: the device does not accept remote control%s", magstim->serial.path,
				   unlock ? "" : " (software 9 and later wants the unlock code of the machine: 'unlock')");
	magstim->remote = true;
	return true;
}

static const char *keep_alive_command(const struct magstim *magstim)
{
	return magstim->model == MAGSTIM_RAPID && magstim->setup->software >= 9 ? "x@" : "Q@";
}

/* When the next keep-alive is to be sent: as late as it may, but outside the quiet time around a shot, unless that would be too late. */
static double next_alive_s(const struct magstim *magstim)
{
	double due_s = magstim->told_s + (magstim->armed ? ALIVE_ARMED_S : ALIVE_IDLE_S);
	double latest_s = magstim->told_s + (magstim->armed ? ALIVE_LATEST_S : ALIVE_IDLE_S + ALIVE_LATEST_S);
	double at_s = fmax(due_s, now_s());
	if (at_s > magstim->shot_s - QUIET_BEFORE_S && at_s < magstim->shot_s + QUIET_AFTER_S)
		return fmin(magstim->shot_s + QUIET_AFTER_S, fmax(latest_s, at_s));
	return due_s;
}

static void *keep_alive(void *argument)
{
	struct magstim *magstim = argument;
	pthread_mutex_lock(&magstim->lock);
	while (!magstim->stop && magstim->lost.kind == ERROR_NONE) {
		double at_s = next_alive_s(magstim);
		if (magstim->remote && at_s <= now_s()) {
			struct error error = {0};
			if (!simple(magstim, keep_alive_command(magstim), true, &error))
				magstim->lost = error;
			continue;
		}
		struct timespec until = {.tv_sec = (time_t)at_s, .tv_nsec = (long)(1e9 * (at_s - floor(at_s)))};
		pthread_cond_timedwait(&magstim->wake, &magstim->lock, &until);
	}
	pthread_mutex_unlock(&magstim->lock);
	return NULL;
}

/* Takes the line. False when the keep-alive found the device gone; the line is not taken then. */
static bool take_line(struct magstim *magstim, struct error *error)
{
	pthread_mutex_lock(&magstim->lock);
	if (magstim->lost.kind == ERROR_NONE)
		return true;
	*error = magstim->lost;
	pthread_mutex_unlock(&magstim->lock);
	return error_prefix(error, "keep-alive");
}

static bool give_line(struct magstim *magstim, bool result)
{
	pthread_cond_signal(&magstim->wake);
	pthread_mutex_unlock(&magstim->lock);
	return result;
}

static bool send_power(struct magstim *magstim, char command, double power_pct, struct error *error)
{
	char text[8];
	double rounded = round(power_pct);
	if (!(rounded >= 0 && rounded <= 100))
		return error_bench(error, "%g %% is outside 0 to 100 %%", power_pct);
	if (fabs(rounded - power_pct) > 1e-9)
		return error_config(error, "%g %%: this stimulator takes whole percents", power_pct);
	snprintf(text, sizeof text, "%c%03.0f", command, rounded);
	return simple(magstim, text, false, error);
}

static bool magstim_set_intensity(void *self, double intensity_pct, double second_pct, struct error *error)
{
	struct magstim *magstim = self;
	if (isfinite(second_pct) && magstim->model != MAGSTIM_BISTIM)
		return error_config(error, "a second intensity needs a BiStim");
	if (!take_line(magstim, error))
		return false;
	bool sent = send_power(magstim, '@', intensity_pct, error) &&
		    (!isfinite(second_pct) || send_power(magstim, 'A', second_pct, error));
	if (sent)
		magstim->power_pct = intensity_pct;
	return give_line(magstim, sent);
}

static bool magstim_arm(void *self, struct error *error)
{
	struct magstim *magstim = self;
	if (!take_line(magstim, error))
		return false;
	bool armed = simple(magstim, "EB", true, error);
	magstim->armed |= armed;
	return give_line(magstim, armed);
}

/* Also when the keep-alive had given up: it may be only the answer that was lost. */
static bool magstim_disarm(void *self, struct error *error)
{
	struct magstim *magstim = self;
	pthread_mutex_lock(&magstim->lock);
	bool done = simple(magstim, "EA", true, error);
	if (done)
		magstim->armed = false;
	return give_line(magstim, done);
}

/* The host keeps the energy limits of a Rapid: the device only stops when it is too late. Under the lock. */
static bool spend(struct magstim *magstim, double at_s, struct error *error)
{
	if (magstim->model != MAGSTIM_RAPID || magstim_store_take(&magstim->store, at_s, magstim_rapid_energy_j(magstim->power_pct)))
		return true;
	return error_bench(error, "at %.0f %% the next pulse would exceed what the stimulator's supply can give (63 kJ a train, 1050 W on average)",
			   magstim->power_pct);
}

static bool magstim_expect_shot(void *self, double host_s, struct error *error)
{
	struct magstim *magstim = self;
	if (!take_line(magstim, error))
		return false;
	magstim->shot_s = host_s;
	return give_line(magstim, spend(magstim, host_s, error));
}

static bool magstim_fire(void *self, double *time_s, struct error *error)
{
	struct magstim *magstim = self;
	if (!take_line(magstim, error))
		return false;
	bool early = now_s() < magstim->fired_s + FIRE_INTERVAL_S - 1e-3;
	if (early)
		return give_line(magstim, error_bench(error, "single pulses by remote command may follow each other after %.0f s; use the trigger line",
						      FIRE_INTERVAL_S));
	uint8_t reply[MAGSTIM_FRAME_MAX];
	*time_s = now_s();
	magstim->fired_s = *time_s;
	return give_line(magstim, exchange(magstim, "EH", 2, false, reply, error));
}

/* The error code of a Rapid, in words; the others have none. */
static void tell_error(struct magstim *magstim, struct stimulator_status *status)
{
	uint8_t reply[MAGSTIM_FRAME_MAX];
	struct error ignored = {0};
	if (magstim->model == MAGSTIM_RAPID && exchange(magstim, "I@", 2, false, reply, &ignored))
		snprintf(status->fault, sizeof status->fault, "error %c%c of the %s", reply[3], reply[4],
			 reply[2] == 'U'   ? "user interface"
			 : reply[2] == 'C' ? "coil"
					   : "system");
	else
		snprintf(status->fault, sizeof status->fault, "the device reports an error");
}

static void take_status(struct magstim *magstim, uint8_t bits, struct stimulator_status *status)
{
	status->fault[0] = '\0';
	status->state = bits & MAGSTIM_ARMED ? (bits & MAGSTIM_READY ? STIMULATOR_READY : STIMULATOR_CHARGING) : STIMULATOR_STANDBY;
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

static double number(const uint8_t *digits, size_t count)
{
	double value = 0;
	for (size_t i = 0; i < count; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return NAN;
		value = 10 * value + (digits[i] - '0');
	}
	return value;
}

static bool magstim_status(void *self, struct stimulator_status *status, struct error *error)
{
	struct magstim *magstim = self;
	uint8_t reply[MAGSTIM_FRAME_MAX], heat[MAGSTIM_FRAME_MAX];
	bool rapid = magstim->model == MAGSTIM_RAPID;
	if (!take_line(magstim, error))
		return false;
	bool good = exchange(magstim, rapid ? "\\@" : "J@", 2, false, reply, error) && exchange(magstim, "F@", 2, false, heat, error);
	if (good) {
		*status = (struct stimulator_status){
			.intensity_pct = number(reply + (rapid ? 3 : 2), 3),
			/* The hotter of two windings, in tenths of a degree. */
			.coil_temperature_degc = fmax(number(heat + 2, 3), number(heat + 5, 3)) / 10,
		};
		magstim->armed = reply[1] & MAGSTIM_ARMED;
		take_status(magstim, reply[1], status);
	}
	return give_line(magstim, good);
}

static const struct stimulator_ops MAGSTIM_OPS = {
	.set_intensity = magstim_set_intensity,
	.arm = magstim_arm,
	.disarm = magstim_disarm,
	.status = magstim_status,
	.fire = magstim_fire,
	.expect_shot = magstim_expect_shot,
};

static void magstim_close(void *state)
{
	struct magstim *magstim = state;
	struct error ignored = {0};
	if (!magstim)
		return;
	pthread_mutex_lock(&magstim->lock);
	magstim->stop = true;
	give_line(magstim, true);
	if (magstim->keeper_started)
		pthread_join(magstim->keeper, NULL);
	/* Whoever uses the front panel next must not find it armed, nor locked. */
	if (magstim->remote && simple(magstim, "EA", true, &ignored))
		(void)simple(magstim, "R@", true, &ignored);
	serial_close(&magstim->serial);
	pthread_cond_destroy(&magstim->wake);
	pthread_mutex_destroy(&magstim->lock);
	free(magstim);
}

static enum magstim_model model_of(const char *name)
{
	return strcmp(name, "rapid2") == 0 ? MAGSTIM_RAPID : strcmp(name, "bistim2") == 0 ? MAGSTIM_BISTIM : MAGSTIM_200;
}

static bool magstim_open(const struct bench_setup *setup, const char *recording, struct ports *ports, void **state, struct error *error)
{
	(void)recording;
	struct magstim *magstim = calloc(1, sizeof *magstim);
	if (!magstim)
		return error_bench(error, "out of memory");
	magstim->setup = &setup->stimulator;
	magstim->model = model_of(setup->stimulator.model);
	magstim->serial.fd = -1;
	magstim->shot_s = magstim->fired_s = -INFINITY;
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&magstim->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&magstim->lock, NULL);
	if (!serial_open(&magstim->serial, setup->stimulator.port, 9600, 1, error) || !take_remote_control(magstim, error))
		goto failed;
	magstim->keeper_started = pthread_create(&magstim->keeper, NULL, keep_alive, magstim) == 0;
	if (!magstim->keeper_started) {
		error_bench(error, "cannot start a thread");
		goto failed;
	}
	ports->stimulator = (struct stimulator_port){&MAGSTIM_OPS, magstim};
	*state = magstim;
	return true;
failed:
	magstim_close(magstim);
	return error_prefix(error, "stimulator");
}

const struct driver driver_magstim = {"magstim", magstim_open, magstim_close};
