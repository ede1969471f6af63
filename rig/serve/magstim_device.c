/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "magstim_device.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Status byte of the instrument, and of a Rapid. */
enum { IS_STANDBY = 1, IS_ARMED = 2, IS_READY = 4, IS_COIL = 8, IS_ERROR = 32, IS_REMOTE = 128 };
enum { RS_ENHANCED = 1, RS_TRAIN = 2, RS_WAIT = 4, RS_SINGLE = 8, RS_HV = 16, RS_COIL_READY = 32 };
enum { UNLOCK_BYTES = 16, PULSES_MAX = 6000, FREQUENCY_MAX = 1000, DURATION_MAX = 9999 };

/* The power follows its setting by 1 % in so long, up and down. */
static const double ramp_up_s = 10e-3, ramp_down_s = 100e-3;
static const double single_interval_s = 1, train_wait_s = 0.5, byte_timeout_s = 0.2;
static const double keep_alive_default_s = 10, armed_keep_alive_default_s = 1, ambient_degc = 22;

enum verdict_of_command { ACCEPTED, BAD_DATA, CONFLICT, BROKEN };

/* A command as it stands in the table: how long it is, what it needs, what its answer has beside the status. */
struct command {
	uint8_t byte;
	bool rapid_only, needs_remote;
	bool answers_rapid_status;
	unsigned (*data_bytes)(const struct magstim_device *magstim); /* NULL: one */
	enum verdict_of_command (*act)(struct magstim_device *magstim, double now_s, struct error *error);
	/* Appends what follows the status; NULL: nothing. */
	size_t (*detail)(const struct magstim_device *magstim, const struct stimulator_status *status, char *out, size_t size);
};

uint8_t magstim_crc(const uint8_t *bytes, size_t count)
{
	unsigned sum = 0;
	for (size_t i = 0; i < count; i++)
		sum += bytes[i];
	return (uint8_t)~sum;
}

static bool port_status(const struct magstim_device *magstim, struct stimulator_status *status, struct error *error)
{
	return magstim->stimulator->ops->status(magstim->stimulator->self, status, error);
}

static bool is_armed(const struct stimulator_status *status)
{
	return status->state == STIMULATOR_CHARGING || status->state == STIMULATOR_READY || status->state == STIMULATOR_FIRING;
}

static bool is_ready(const struct magstim_device *magstim, const struct stimulator_status *status, double now_s)
{
	return status->state == STIMULATOR_READY && now_s >= magstim->power_at_s;
}

static uint8_t instrument_status(const struct magstim_device *magstim, const struct stimulator_status *status, double now_s)
{
	bool coil = !strstr(status->fault, "coil not connected");
	return (uint8_t)((is_armed(status) ? IS_ARMED : IS_STANDBY) | (is_ready(magstim, status, now_s) ? IS_READY : 0) |
			 (coil ? IS_COIL : 0) | (status->state == STIMULATOR_FAULT ? IS_ERROR : 0) | (magstim->remote ? IS_REMOTE : 0));
}

static bool train_waits(const struct magstim_device *magstim, double now_s)
{
	return now_s < magstim->train.ended_s + train_wait_s;
}

static uint8_t rapid_status(const struct magstim_device *magstim, const struct stimulator_status *status, double now_s)
{
	return (uint8_t)((magstim->enhanced ? RS_ENHANCED : 0) | (fire_train_running(&magstim->train) ? RS_TRAIN : 0) |
			 (train_waits(magstim, now_s) ? RS_WAIT : 0) | (magstim->duration == 0 ? RS_SINGLE : 0) | RS_HV |
			 (is_ready(magstim, status, now_s) ? RS_COIL_READY : 0));
}

/* The data of the frame as a number; -1 when it is none. */
static long digits(const struct magstim_device *magstim)
{
	long value = 0;
	for (size_t i = 1; i + 1 < magstim->count; i++) {
		if (magstim->frame[i] < '0' || magstim->frame[i] > '9')
			return -1;
		value = value * 10 + (magstim->frame[i] - '0');
	}
	return value;
}

static bool padded(const struct magstim_device *magstim)
{
	return magstim->frame[1] == '@';
}

static enum verdict_of_command act_status(struct magstim_device *magstim, double now_s, struct error *error)
{
	(void)now_s, (void)error;
	return padded(magstim) ? ACCEPTED : BAD_DATA;
}

/* From software 9 on by a code of four characters, eight characters and two bytes; the way to the last two is not public. */
static enum verdict_of_command act_remote_on(struct magstim_device *magstim, double now_s, struct error *error)
{
	(void)now_s, (void)error;
	bool locked = magstim->model == SERVE_MAGSTIM_RAPID2 && magstim->software >= 9;
	bool code = magstim->count == UNLOCK_BYTES + 2 && magstim->frame[5] == '-' && magstim->frame[14] == '-';
	if (locked ? !code : !padded(magstim))
		return BAD_DATA;
	magstim->remote = true;
	return ACCEPTED;
}

static bool disarm(struct magstim_device *magstim, struct error *error)
{
	magstim->train.left = magstim->train.trains_left = 0;
	magstim->armed = false;
	return magstim->stimulator->ops->disarm(magstim->stimulator->self, error);
}

static enum verdict_of_command act_remote_off(struct magstim_device *magstim, double now_s, struct error *error)
{
	(void)now_s;
	if (!padded(magstim))
		return BAD_DATA;
	if (magstim->armed && !disarm(magstim, error))
		return BROKEN;
	magstim->remote = false;
	return ACCEPTED;
}

/* A BiStim with a power B discharges with A and with B in turn, once a trigger; with both on each where the bench makes it two units. */
static bool give_power(const struct magstim_device *magstim, unsigned power_pct, unsigned second_pct, struct error *error)
{
	const struct stimulator_port *port = magstim->stimulator;
	return port->ops->set_intensity(port->self, power_pct, second_pct > 0 ? (double)second_pct : (double)NAN, error);
}

static enum verdict_of_command act_second_power(struct magstim_device *magstim, double now_s, struct error *error)
{
	(void)now_s;
	long power = digits(magstim);
	if (power < 0 || power > 100)
		return BAD_DATA;
	if (!give_power(magstim, magstim->power_pct, (unsigned)power, error))
		return BROKEN;
	magstim->second_pct = (unsigned)power;
	return ACCEPTED;
}

static enum verdict_of_command act_power(struct magstim_device *magstim, double now_s, struct error *error)
{
	long power = digits(magstim);
	if (power < 0 || power > (magstim->enhanced ? 110 : 100))
		return BAD_DATA;
	if (fire_train_running(&magstim->train))
		return CONFLICT;
	double change = (double)power - magstim->power_pct;
	if (!give_power(magstim, (unsigned)power, magstim->second_pct, error))
		return BROKEN;
	magstim->power_at_s = now_s + (change > 0 ? change * ramp_up_s : -change * ramp_down_s);
	magstim->power_pct = (unsigned)power;
	return ACCEPTED;
}

static enum verdict_of_command act_arm(struct magstim_device *magstim, struct error *error)
{
	struct stimulator_status status;
	if (magstim->armed)
		return CONFLICT;
	if (!magstim->stimulator->ops->arm(magstim->stimulator->self, error) || !port_status(magstim, &status, error))
		return BROKEN;
	magstim->armed = is_armed(&status);
	return magstim->armed ? ACCEPTED : CONFLICT;
}

static enum verdict_of_command act_fire(struct magstim_device *magstim, double now_s, struct error *error)
{
	struct stimulator_status status;
	double time_s;
	if (!port_status(magstim, &status, error))
		return BROKEN;
	if (!is_ready(magstim, &status, now_s) || fire_train_running(&magstim->train) || train_waits(magstim, now_s) ||
	    (magstim->duration == 0 && now_s < magstim->fired_s + single_interval_s))
		return CONFLICT;
	magstim->fired_s = now_s;
	if (magstim->duration > 0) {
		magstim->train.left = magstim->pulses;
		magstim->train.next_s = now_s;
		magstim->train.period_s = 10.0 / magstim->frequency;
		return fire_train_tick(&magstim->train, magstim->stimulator, now_s, error) ? ACCEPTED : BROKEN;
	}
	return magstim->stimulator->ops->fire(magstim->stimulator->self, &time_s, error) ? ACCEPTED : BROKEN;
}

/* 'A' disarm, 'B' arm, 'H' fire. Disarming needs no remote control. */
static enum verdict_of_command act_mode(struct magstim_device *magstim, double now_s, struct error *error)
{
	uint8_t mode = magstim->frame[1];
	if (mode == 'A')
		return disarm(magstim, error) ? ACCEPTED : BROKEN;
	if (mode != 'B' && mode != 'H')
		return BAD_DATA;
	if (!magstim->remote)
		return CONFLICT;
	return mode == 'B' ? act_arm(magstim, error) : act_fire(magstim, now_s, error);
}

static enum verdict_of_command set_train(struct magstim_device *magstim, double now_s, long least, long most, unsigned *value)
{
	long number = digits(magstim);
	if (number < least || number > most)
		return BAD_DATA;
	if (fire_train_running(&magstim->train) || train_waits(magstim, now_s))
		return CONFLICT;
	*value = (unsigned)number;
	return ACCEPTED;
}

static enum verdict_of_command act_frequency(struct magstim_device *magstim, double now_s, struct error *error)
{
	(void)error;
	return set_train(magstim, now_s, 1, FREQUENCY_MAX, &magstim->frequency);
}

static enum verdict_of_command act_pulses(struct magstim_device *magstim, double now_s, struct error *error)
{
	(void)error;
	return set_train(magstim, now_s, 1, PULSES_MAX, &magstim->pulses);
}

static enum verdict_of_command act_duration(struct magstim_device *magstim, double now_s, struct error *error)
{
	(void)error;
	return set_train(magstim, now_s, 0, DURATION_MAX, &magstim->duration);
}

static enum verdict_of_command act_delay(struct magstim_device *magstim, double now_s, struct error *error)
{
	(void)error;
	return set_train(magstim, now_s, 0, magstim->software >= 10 ? 10000 : 2000, &magstim->delay);
}

static enum verdict_of_command act_enhanced(struct magstim_device *magstim, double now_s, struct error *error)
{
	(void)now_s, (void)error;
	if (!padded(magstim))
		return BAD_DATA;
	if (magstim->duration > 0)
		return CONFLICT;
	magstim->enhanced = magstim->frame[0] == '^';
	return ACCEPTED;
}

static enum verdict_of_command act_version(struct magstim_device *magstim, double now_s, struct error *error)
{
	(void)now_s, (void)error;
	return magstim->frame[1] == 'D' ? ACCEPTED : BAD_DATA;
}

static unsigned power_bytes(const struct magstim_device *magstim)
{
	(void)magstim;
	return 3;
}

static unsigned frequency_bytes(const struct magstim_device *magstim)
{
	(void)magstim;
	return 4;
}

static unsigned pulses_bytes(const struct magstim_device *magstim)
{
	return magstim->software >= 9 ? 5 : 4;
}

static unsigned duration_bytes(const struct magstim_device *magstim)
{
	return magstim->software >= 9 ? 4 : 3;
}

static unsigned delay_bytes(const struct magstim_device *magstim)
{
	return magstim->software >= 10 ? 5 : 4;
}

/* A device that wants a code still takes '@' for the short frame, whose data are then bad. */
static unsigned remote_bytes(const struct magstim_device *magstim)
{
	bool locked = magstim->model == SERVE_MAGSTIM_RAPID2 && magstim->software >= 9;
	return locked && magstim->frame[1] != '@' ? UNLOCK_BYTES : 1;
}

static size_t detail_params(const struct magstim_device *magstim, const struct stimulator_status *status, char *out, size_t size)
{
	(void)status;
	return (size_t)snprintf(out, size, "%03u%03u000", magstim->power_pct, magstim->second_pct);
}

static size_t detail_rapid_params(const struct magstim_device *magstim, const struct stimulator_status *status, char *out, size_t size)
{
	(void)status;
	const char *format = magstim->software >= 9   ? "%03u%04u%05u%04u%04u"
			     : magstim->software >= 7 ? "%03u%04u%04u%03u%04u"
						      : "%03u%04u%04u%03u%03u";
	unsigned wait = (unsigned)lround(10 * train_wait_s);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	return (size_t)snprintf(out, size, format, magstim->power_pct, magstim->frequency, magstim->pulses, magstim->duration, wait);
#pragma GCC diagnostic pop
}

static size_t detail_temperature(const struct magstim_device *magstim, const struct stimulator_status *status, char *out, size_t size)
{
	double degc = isnan(status->coil_temperature_degc) ? magstim->coil_ambient_degc : status->coil_temperature_degc;
	unsigned tenths = (unsigned)lround(fmin(fmax(degc * 10, 0), 999));
	return (size_t)snprintf(out, size, "%03u%03u", tenths, tenths);
}

static size_t detail_error(const struct magstim_device *magstim, const struct stimulator_status *status, char *out, size_t size)
{
	(void)magstim;
	bool coil = strstr(status->fault, "coil");
	bool error = status->state == STIMULATOR_FAULT;
	return (size_t)snprintf(out, size, "%c%02d", error && coil ? 'C' : error ? 'E' : 'U', error);
}

static size_t detail_system(const struct magstim_device *magstim, const struct stimulator_status *status, char *out, size_t size)
{
	(void)status;
	if (size < 2)
		return 0;
	out[0] = 0;
	out[1] = magstim->delay > 0 ? 4 : 0;
	return 2;
}

static size_t detail_delay(const struct magstim_device *magstim, const struct stimulator_status *status, char *out, size_t size)
{
	(void)status;
	return (size_t)snprintf(out, size, "%0*u", (int)delay_bytes(magstim), magstim->delay);
}

static const struct command COMMANDS[] = {
	{'Q', false, false, false, remote_bytes, act_remote_on, NULL},
	{'R', false, false, false, NULL, act_remote_off, NULL},
	{'@', false, true, false, power_bytes, act_power, NULL},
	{'A', false, true, false, power_bytes, act_second_power, NULL},
	{'E', false, false, false, NULL, act_mode, NULL},
	{'J', false, false, false, NULL, act_status, detail_params},
	{'F', false, false, false, NULL, act_status, detail_temperature},
	{'N', true, false, false, NULL, act_version, NULL},
	{'I', true, false, false, NULL, act_status, detail_error},
	{'\\', true, false, true, NULL, act_status, detail_rapid_params},
	{'x', true, false, true, NULL, act_status, detail_system},
	{'B', true, true, true, frequency_bytes, act_frequency, NULL},
	{'D', true, true, true, pulses_bytes, act_pulses, NULL},
	{'[', true, true, true, duration_bytes, act_duration, NULL},
	{'^', true, true, true, NULL, act_enhanced, NULL},
	{'_', true, true, true, NULL, act_enhanced, NULL},
	{'b', true, true, false, NULL, act_status, NULL},
	{'n', true, true, true, delay_bytes, act_delay, NULL},
	{'o', true, false, false, NULL, act_status, detail_delay},
};

/* NULL: this device does not know it. */
static const struct command *find(const struct magstim_device *magstim, uint8_t byte)
{
	bool rapid = magstim->model == SERVE_MAGSTIM_RAPID2;
	for (size_t c = 0; c < sizeof COMMANDS / sizeof *COMMANDS; c++) {
		if (byte == 'A' && magstim->model != SERVE_MAGSTIM_BISTIM_2)
			continue;
		bool newer = byte == 'x' || byte == 'n' || byte == 'o';
		if (COMMANDS[c].byte == byte && (rapid || !COMMANDS[c].rapid_only) && (!newer || magstim->software >= 9))
			return &COMMANDS[c];
	}
	return NULL;
}

static void answer(struct serial_reply *reply, uint8_t *frame, size_t count)
{
	frame[count] = magstim_crc(frame, count);
	serial_reply_add(reply, frame, count + 1, (int)count);
}

static bool answer_accepted(struct magstim_device *magstim, const struct command *command, double now_s, struct serial_reply *reply,
			    struct error *error)
{
	uint8_t frame[64] = {command->byte};
	struct stimulator_status status;
	size_t count = 1;
	if (!port_status(magstim, &status, error))
		return false;
	if (command->byte == 'N') {
		count += (size_t)snprintf((char *)frame + 1, sizeof frame - 2, "%u.0.0", magstim->software) + 1;
		answer(reply, frame, count);
		return true;
	}
	frame[count++] = instrument_status(magstim, &status, now_s);
	if (command->answers_rapid_status)
		frame[count++] = rapid_status(magstim, &status, now_s);
	if (command->byte == 'n' && magstim->software >= 10)
		count += detail_system(magstim, &status, (char *)frame + count, 2);
	if (command->detail)
		count += command->detail(magstim, &status, (char *)frame + count, sizeof frame - 1 - count);
	answer(reply, frame, count);
	return true;
}

/* What came over the link, as the virtual device's own interlocks see it. */
static bool tell_link(const struct magstim_device *magstim, enum signal_state state, struct error *error)
{
	const struct emulator_port *emulator = magstim->emulator;
	struct host_time when;
	return !emulator || emulator->ops->set(emulator->self, SIGNAL_REMOTE, state, NAN, &when, error);
}

/* A word was heard: it was damaged, or it ends a silence. */
static bool hear(struct magstim_device *magstim, bool whole, struct error *error)
{
	bool damaged = !whole && magstim->frame[0] == '@', ends = whole && magstim->silent;
	if (ends)
		magstim->silent = false;
	return (!damaged || tell_link(magstim, STATE_CORRUPTED, error)) && (!(damaged || ends) || tell_link(magstim, STATE_NORMAL, error));
}

static bool obey(struct magstim_device *magstim, const struct command *command, double now_s, struct serial_reply *reply,
		 struct error *error)
{
	bool whole = magstim->frame[magstim->count - 1] == magstim_crc(magstim->frame, magstim->count - 1);
	enum verdict_of_command verdict = BAD_DATA;
	if (!hear(magstim, whole, error))
		return false;
	if (whole)
		verdict = command->needs_remote && !magstim->remote ? CONFLICT : command->act(magstim, now_s, error);
	if (verdict == BROKEN)
		return false;
	if (verdict != BAD_DATA)
		magstim->heard_s = now_s;
	if (verdict == ACCEPTED)
		return answer_accepted(magstim, command, now_s, reply, error);
	uint8_t frame[3] = {command->byte, verdict == CONFLICT ? 'S' : '?'};
	answer(reply, frame, 2);
	return true;
}

static bool take_byte(void *self, uint8_t byte, double now_s, struct serial_reply *reply, struct error *error)
{
	struct magstim_device *magstim = self;
	/* Nothing marks the beginning of a frame: what was not finished in time is no frame. */
	if (now_s > magstim->byte_s + byte_timeout_s)
		magstim->count = 0;
	magstim->byte_s = now_s;
	magstim->frame[magstim->count++] = byte;
	const struct command *command = find(magstim, magstim->frame[0]);
	if (!command) {
		static const uint8_t UNKNOWN = '?';
		magstim->count = 0;
		serial_reply_add(reply, &UNKNOWN, 1, -1);
		return true;
	}
	if (magstim->count < 2 || magstim->count < (command->data_bytes ? command->data_bytes(magstim) : 1) + 2)
		return true;
	bool good = obey(magstim, command, now_s, reply, error);
	magstim->count = 0;
	return good;
}

/* A host that has gone silent has lost the device: it disarms and is under local control again. */
static bool tick(void *self, double now_s, unsigned long discharges, struct serial_reply *reply, struct error *error)
{
	struct magstim_device *magstim = self;
	(void)discharges, (void)reply;
	if (!fire_train_tick(&magstim->train, magstim->stimulator, now_s, error))
		return false;
	if (!magstim->remote || now_s <= magstim->heard_s + (magstim->armed ? magstim->armed_keep_alive_s : magstim->keep_alive_s))
		return true;
	magstim->remote = false;
	if (!magstim->armed)
		return true;
	magstim->silent = magstim->emulator;
	return magstim->emulator ? tell_link(magstim, STATE_SILENT, error) : disarm(magstim, error);
}

void magstim_device_make(struct magstim_device *magstim, const struct stimulator_port *stimulator, const struct serve_setup *setup)
{
	*magstim = (struct magstim_device){
		.stimulator = stimulator,
		.model = setup->magstim_model,
		.software = setup->magstim_software,
		.keep_alive_s = isnan(setup->magstim_keep_alive_s) ? keep_alive_default_s : setup->magstim_keep_alive_s,
		.armed_keep_alive_s =
			isnan(setup->magstim_armed_keep_alive_s) ? armed_keep_alive_default_s : setup->magstim_armed_keep_alive_s,
		.coil_ambient_degc = ambient_degc,
		.power_at_s = -INFINITY,
		.fired_s = -INFINITY,
		.byte_s = -INFINITY,
		.frequency = 10,
		.pulses = 1,
		.train.ended_s = NAN,
	};
}

const struct serial_ops magstim_device_ops = {take_byte, tick};
