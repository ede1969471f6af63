/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "magventure_device.h"

#include <math.h>
#include <string.h>

enum { START = 0xFE, END = 0xFF, MODEL_X100 = 1, MODE_STANDARD = 0, PAGE_MAIN = 1, PAGE_TIMING = 2, COIL_TYPE = 60, PROTOCOL_PAGE = 7 };

static const double ambient_degc = 22;

uint8_t magventure_device_crc(const uint8_t *bytes, size_t count)
{
	uint8_t crc = 0;
	for (size_t i = 0; i < count; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (uint8_t)(crc & 1 ? crc >> 1 ^ 0x8C : crc >> 1);
	}
	return crc;
}

static void answer(struct serial_reply *reply, const uint8_t *payload, size_t length)
{
	uint8_t frame[64] = {START, (uint8_t)length};
	memcpy(frame + 2, payload, length);
	frame[length + 2] = magventure_device_crc(payload, length);
	frame[length + 3] = END;
	serial_reply_add(reply, frame, length + 4, (int)length + 2);
}

static unsigned waveform_bits(const struct magventure_device *magventure)
{
	switch (magventure->device->waveform) {
	case WAVEFORM_MONOPHASIC: return 0;
	case WAVEFORM_BIPHASIC: return 1;
	case WAVEFORM_HALF_SINE: return 2;
	case WAVEFORM_RECTANGULAR:
	case WAVEFORM_UNKNOWN: break;
	}
	return 0;
}

static uint8_t flags(const struct magventure_device *magventure)
{
	return (uint8_t)(MODE_STANDARD | waveform_bits(magventure) << 2 | (magventure->enabled ? 0x10 : 0) | MODEL_X100 << 5);
}

/* Frames 1, 2, 3, 6, 7, 8: two bytes, and the flags. */
static void tell(const struct magventure_device *magventure, uint8_t id, unsigned a, unsigned b, struct serial_reply *reply)
{
	const uint8_t payload[] = {id, (uint8_t)(a > 255 ? 255 : a), (uint8_t)(b > 255 ? 255 : b), flags(magventure)};
	answer(reply, payload, sizeof payload);
}

static void tell_amplitude(const struct magventure_device *magventure, struct serial_reply *reply)
{
	tell(magventure, 1, magventure->amplitude_pct, magventure->second_pct, reply);
}

static bool tell_status(const struct magventure_device *magventure, bool extended, struct serial_reply *reply, struct error *error)
{
	struct stimulator_status status;
	if (!magventure->stimulator->ops->status(magventure->stimulator->self, &status, error))
		return false;
	double degc = isnan(status.coil_temperature_degc) ? ambient_degc : status.coil_temperature_degc;
	const uint8_t payload[] = {
		extended ? 5 : 0,
		flags(magventure),
		0,
		0,
		1, /* serial number */
		(uint8_t)lround(fmin(fmax(degc, 0), 255)),
		COIL_TYPE,
		(uint8_t)magventure->amplitude_pct,
		(uint8_t)magventure->second_pct,
		0,
		(uint8_t)magventure->amplitude_pct, /* as set on the device */
		0,
		100, /* factor, % */
		(uint8_t)magventure->page,
		fire_train_running(&magventure->train),
	};
	answer(reply, payload, extended ? sizeof payload : 9);
	return true;
}

/* The discharge's slope in A/us, as the device reports it: its nominal one at that amplitude. */
static void tell_discharge(const struct magventure_device *magventure, struct serial_reply *reply)
{
	double slope = magventure->device->didt0_a_per_s.value * 1e-6 * magventure->amplitude_pct / 100;
	tell(magventure, 2, (unsigned)lround(fmin(fmax(slope, 0), 255)), 0, reply);
}

static bool set_amplitude(struct magventure_device *magventure, struct serial_reply *reply, struct error *error)
{
	const struct stimulator_port *port = magventure->stimulator;
	if (magventure->length < 2 || magventure->payload[1] > 100)
		return true;
	if (!port->ops->set_intensity(port->self, magventure->payload[1], NAN, error))
		return false;
	magventure->amplitude_pct = magventure->payload[1];
	magventure->second_pct = magventure->length > 2 && magventure->payload[2] <= 100 ? magventure->payload[2] : 0;
	tell_amplitude(magventure, reply);
	return true;
}

static bool set_enabled(struct magventure_device *magventure, struct serial_reply *reply, struct error *error)
{
	const struct stimulator_port *port = magventure->stimulator;
	struct stimulator_status status;
	if (magventure->length < 2)
		return true;
	bool enable = magventure->payload[1] != 0;
	if (!(enable ? port->ops->arm : port->ops->disarm)(port->self, error) || !port->ops->status(port->self, &status, error))
		return false;
	if (!enable)
		magventure->train.left = magventure->train.trains_left = 0;
	magventure->enabled = status.state == STIMULATOR_CHARGING || status.state == STIMULATOR_READY || status.state == STIMULATOR_FIRING;
	tell_amplitude(magventure, reply);
	return true;
}

static bool fire(struct magventure_device *magventure, struct error *error)
{
	double time_s;
	return !magventure->enabled || magventure->stimulator->ops->fire(magventure->stimulator->self, &time_s, error);
}

/* On the page for it only. */
static void start_train(struct magventure_device *magventure, double now_s)
{
	if (!magventure->enabled || (magventure->page != PAGE_TIMING && magventure->page != PROTOCOL_PAGE) || magventure->rate == 0 ||
	    magventure->pulses == 0)
		return;
	magventure->train = (struct fire_train){
		.left = magventure->pulses,
		.next_s = now_s,
		.period_s = 10.0 / magventure->rate,
		.pulses = magventure->pulses,
		.trains_left = magventure->trains > 0 ? magventure->trains - 1 : 0,
		.between_s = magventure->between / 10.0,
		.ended_s = NAN,
	};
}

static unsigned big_endian(const uint8_t *bytes)
{
	return (unsigned)bytes[0] << 8 | bytes[1];
}

static void set_timing(struct magventure_device *magventure)
{
	if (magventure->length < 9)
		return;
	magventure->rate = big_endian(magventure->payload + 1);
	magventure->pulses = big_endian(magventure->payload + 3);
	magventure->trains = big_endian(magventure->payload + 5);
	magventure->between = big_endian(magventure->payload + 7);
}

/* 9 0 asks, 9 1 model mode direction waveform burst interval(2) B/A(2) sets. */
static bool set_or_tell_mode(struct magventure_device *magventure, struct serial_reply *reply, struct error *error)
{
	const struct stimulator_port *port = magventure->stimulator;
	if (magventure->length == sizeof magventure->setting && magventure->payload[1] == 1) {
		memcpy(magventure->setting, magventure->payload, sizeof magventure->setting);
		magventure->reversed = magventure->setting[4] != 0;
		if (port->ops->set_direction && !port->ops->set_direction(port->self, magventure->reversed, error))
			return false;
	} else if (magventure->length != 2 || magventure->payload[1] != 0) {
		return true;
	}
	answer(reply, magventure->setting, sizeof magventure->setting);
	return true;
}

static bool obey(struct magventure_device *magventure, double now_s, struct serial_reply *reply, struct error *error)
{
	switch (magventure->payload[0]) {
	case 0: return tell_status(magventure, false, reply, error);
	case 1: return set_amplitude(magventure, reply, error);
	case 2: return set_enabled(magventure, reply, error);
	case 3: return fire(magventure, error);
	case 4: start_train(magventure, now_s); return true;
	case 5: return tell_status(magventure, true, reply, error);
	case 6: set_timing(magventure); return true;
	case 7:
		if (magventure->length >= 2)
			magventure->page = magventure->payload[1];
		tell(magventure, 8, magventure->page, fire_train_running(&magventure->train), reply);
		return true;
	case 9: return set_or_tell_mode(magventure, reply, error);
	default: return true; /* the device answers nothing that it does not know */
	}
}

/* A damaged command of the amplitude, as the virtual device's own interlocks see it. */
static bool hear_damaged(const struct magventure_device *magventure, struct error *error)
{
	const struct emulator_port *emulator = magventure->emulator;
	struct host_time when;
	if (!emulator || magventure->payload[0] != 1)
		return true;
	return emulator->ops->set(emulator->self, SIGNAL_REMOTE, STATE_CORRUPTED, NAN, &when, error) &&
	       emulator->ops->set(emulator->self, SIGNAL_REMOTE, STATE_NORMAL, NAN, &when, error);
}

static bool take_byte(void *self, uint8_t byte, double now_s, struct serial_reply *reply, struct error *error)
{
	struct magventure_device *magventure = self;
	switch (magventure->expects) {
	case MAGVENTURE_START:
		if (byte == START)
			magventure->expects = MAGVENTURE_LENGTH;
		return true;
	case MAGVENTURE_LENGTH:
		magventure->length = byte;
		magventure->count = 0;
		magventure->expects = byte > 0 ? MAGVENTURE_PAYLOAD : MAGVENTURE_START;
		return true;
	case MAGVENTURE_PAYLOAD:
		magventure->payload[magventure->count++] = byte;
		if (magventure->count == magventure->length)
			magventure->expects = MAGVENTURE_CRC;
		return true;
	case MAGVENTURE_CRC:
		magventure->crc = byte;
		magventure->expects = MAGVENTURE_END;
		return true;
	case MAGVENTURE_END: break;
	}
	magventure->expects = byte == START ? MAGVENTURE_LENGTH : MAGVENTURE_START;
	bool whole = byte == END && magventure->crc == magventure_device_crc(magventure->payload, magventure->length);
	return whole ? obey(magventure, now_s, reply, error) : hear_damaged(magventure, error);
}

static bool tick(void *self, double now_s, unsigned long discharges, struct serial_reply *reply, struct error *error)
{
	struct magventure_device *magventure = self;
	if (!fire_train_tick(&magventure->train, magventure->stimulator, now_s, error))
		return false;
	for (; magventure->discharges < discharges; magventure->discharges++)
		tell_discharge(magventure, reply);
	return true;
}

void magventure_device_make(struct magventure_device *magventure, const struct stimulator_port *stimulator, const struct device *device)
{
	*magventure = (struct magventure_device){
		.stimulator = stimulator, .device = device, .page = PAGE_MAIN, .setting = {9, 1, MODEL_X100}, .train.ended_s = NAN};
}

const struct serial_ops magventure_device_ops = {take_byte, tick};
