/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A link that is wronged on purpose, as the bytes on the wire show it: nothing is said while it is silent, a damaged command is damaged in one bit, a
 * repeated one is the same to the byte.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "line_double.h"
#include "serial.h"

struct stand {
	struct line_double device;
	struct line_protocol protocol;
	struct bench_setup setup;
	struct ports ports;
	const struct driver *driver;
	void *state;
	struct error error;
};

static const struct line_protocol PROTOCOL = {
	.id = "line",
	.file = "line.yaml",
	.baud = 115200,
	.stop_bits = 1,
	.end = LINE_END_CRLF,
	.timeout_s = 0.2,
	.commands =
		{
			[LINE_SET_INTENSITY] = {"AMP {intensity:.1f}", "OK"},
			[LINE_ARM] = {"ARM 1", "OK"},
			[LINE_DISARM] = {"ARM 0", "OK*"},
			[LINE_STATUS] = {"STAT?", NULL},
			[LINE_KEEP_ALIVE] = {"PING", "PONG"},
		},
	.states = {[LINE_FAULT] = "ERR*", [LINE_READY] = "READY*", [LINE_STANDBY] = "STANDBY*"},
	.keep_alive_period_s = 0.2,
};

#define OPS (stand->ports.stimulator.ops)
#define SELF (stand->ports.stimulator.self)
#define GOOD(call) cr_assert(call, "%s", stand->error.text)

static void make(struct stand *stand, enum double_kind kind, bool rapid)
{
	*stand = (struct stand){.protocol = PROTOCOL};
	double_start(&stand->device, kind);
	stand->device.software = 8;
	stand->setup.stimulator = (struct stimulator_setup){.port = stand->device.path, .model = rapid ? "rapid2" : "200-2"};
	stand->setup.stimulator.software = rapid ? 8 : 0;
	stand->setup.stimulator.protocol = &stand->protocol;
	stand->driver = kind == DOUBLE_MAGSTIM ? &driver_magstim : kind == DOUBLE_MAGVENTURE ? &driver_magventure : &driver_generic;
	GOOD(stand->driver->open(&stand->setup, NULL, &stand->ports, &stand->state, &stand->error));
	GOOD(OPS->set_intensity(SELF, 50, NAN, &stand->error));
	GOOD(OPS->arm(SELF, &stand->error));
}

static void end(struct stand *stand)
{
	stand->driver->close(stand->state);
	double_stop(&stand->device);
}

static void sleep_s(double time_s)
{
	struct timespec pause = {.tv_sec = (time_t)time_s, .tv_nsec = (long)(1e9 * (time_s - floor(time_s)))};
	nanosleep(&pause, NULL);
}

static size_t said(struct stand *stand)
{
	pthread_mutex_lock(&stand->device.lock);
	size_t count = stand->device.count;
	pthread_mutex_unlock(&stand->device.lock);
	return count;
}

static void stays_silent(struct stand *stand)
{
	struct host_time when;
	struct stimulator_status status;
	double fired_s;
	sleep_s(0.1);
	size_t before = said(stand);
	double begin_s = serial_now_s();
	GOOD(OPS->disturb(SELF, STATE_SILENT, &when, &stand->error));
	cr_expect(when.time_s >= begin_s && when.time_s <= serial_now_s() && when.u_s > 0 && when.u_s < 0.5);
	sleep_s(0.05);
	size_t last = said(stand);
	cr_expect_eq(last, before + 1, "one last word, of which the time is told");
	for (double until_s = serial_now_s() + 1.2; serial_now_s() < until_s; sleep_s(0.02)) {
		if (OPS->watch)
			GOOD(OPS->watch(SELF, INFINITY, &stand->error));
		if (OPS->expect_shot)
			GOOD(OPS->expect_shot(SELF, serial_now_s() + 1, &stand->error));
	}
	GOOD(OPS->status(SELF, &status, &stand->error));
	cr_expect(status.state == STIMULATOR_CHARGING && isnan(status.coil_temperature_degc), "nothing that could prove anything");
	cr_expect_not(OPS->set_intensity(SELF, 40, NAN, &stand->error));
	cr_expect_not(OPS->arm(SELF, &stand->error));
	cr_expect(strstr(stand->error.text, "kept silent"), "%s", stand->error.text);
	if (OPS->fire)
		cr_expect_not(OPS->fire(SELF, &fired_s, &stand->error));
	cr_expect_eq(said(stand), last, "%zu words in 1.2 s of silence", said(stand) - last);
	GOOD(OPS->disturb(SELF, STATE_NORMAL, &when, &stand->error));
	sleep_s(0.05);
	cr_expect_gt(said(stand), last);
	/* The safe state is told to a silent link, too. */
	GOOD(OPS->disturb(SELF, STATE_SILENT, &when, &stand->error));
	GOOD(OPS->disarm(SELF, &stand->error));
	cr_expect_eq(stand->device.status & (stand->device.kind == DOUBLE_MAGSTIM ? 2u : 1u), 0);
}

Test(disturb, a_silent_link_says_nothing_until_it_disarms)
{
	static struct stand stands[4];
	for (int kind = 0; kind < 4; kind++) {
		make(&stands[kind], kind < 3 ? (enum double_kind)kind : DOUBLE_MAGSTIM, kind == 3);
		stays_silent(&stands[kind]);
		end(&stands[kind]);
	}
}

static unsigned bits_apart(const uint8_t *a, const uint8_t *b, size_t length)
{
	unsigned count = 0;
	for (size_t i = 0; i < length; i++)
		count += (unsigned)__builtin_popcount(a[i] ^ b[i]);
	return count;
}

/* The last command that begins so, of those that were sent from a place in the log on; its length. */
static size_t sent(struct stand *stand, size_t from, char first, uint8_t *bytes)
{
	size_t length = 0;
	sleep_s(0.05);
	pthread_mutex_lock(&stand->device.lock);
	for (size_t i = from; i < stand->device.count; i++) {
		uint8_t had = stand->device.log[i].bytes[stand->device.kind == DOUBLE_MAGVENTURE ? 2 : 0];
		if ((had & 0x7F) != (uint8_t)first)
			continue;
		/* Of frames that came at once the first. */
		bool several = stand->device.kind == DOUBLE_MAGVENTURE;
		length = several ? 4u + stand->device.log[i].bytes[1] : stand->device.log[i].length;
		memcpy(bytes, stand->device.log[i].bytes, length);
	}
	pthread_mutex_unlock(&stand->device.lock);
	return length;
}

static void damages(struct stand *stand, char first)
{
	struct host_time when;
	uint8_t whole[32] = {0}, bytes[32] = {0}, last[32] = {0};
	size_t from = said(stand);
	GOOD(OPS->set_intensity(SELF, 100, NAN, &stand->error));
	size_t length = sent(stand, from, first, whole);
	cr_assert_gt(length, 3);
	for (int n = 0; n < 8; n++) {
		from = said(stand);
		GOOD(OPS->disturb(SELF, STATE_CORRUPTED, &when, &stand->error));
		cr_expect_eq(sent(stand, from, first, bytes), length);
		cr_expect_eq(bits_apart(whole, bytes, length), 1, "kind %d, damage %d", stand->device.kind, n);
		cr_expect_gt(bits_apart(last, bytes, length), 0, "each time in another way");
		memcpy(last, bytes, length);
	}
}

Test(disturb, a_damaged_command_is_damaged_in_one_bit)
{
	static struct stand stands[3];
	static const char FIRST[] = {'@', 1, 'A'};
	for (int kind = 0; kind < 3; kind++) {
		make(&stands[kind], (enum double_kind)kind, false);
		damages(&stands[kind], FIRST[kind]);
		end(&stands[kind]);
	}
}

Test(disturb, a_repeated_command_is_the_last_arming_command)
{
	static struct stand stands[3];
	static const char FIRST[] = {'E', 2, 'A'};
	for (int kind = 0; kind < 3; kind++) {
		struct stand *stand = &stands[kind];
		struct host_time when;
		uint8_t armed[32] = {0}, again[32] = {0};
		make(stand, (enum double_kind)kind, false);
		size_t from = said(stand);
		GOOD(OPS->arm(SELF, &stand->error));
		size_t length = sent(stand, from, FIRST[kind], armed);
		GOOD(OPS->disarm(SELF, &stand->error));
		sleep_s(0.05);
		from = said(stand);
		GOOD(OPS->disturb(SELF, STATE_REPLAYED, &when, &stand->error));
		cr_expect_eq(sent(stand, from, FIRST[kind], again), length);
		cr_expect_arr_eq(armed, again, length, "kind %d", kind);
		GOOD(OPS->disarm(SELF, &stand->error));
		end(stand);
	}
}

Test(disturb, what_a_protocol_lacks_is_said_beforehand)
{
	static struct stand one;
	struct stand *stand = &one;
	make(stand, DOUBLE_LINE, false);
	GOOD(OPS->disturb(SELF, STATE_CORRUPTED, NULL, &stand->error));
	GOOD(OPS->disturb(SELF, STATE_REPLAYED, NULL, &stand->error));
	stand->protocol.commands[LINE_SET_INTENSITY].send = NULL;
	cr_expect_not(OPS->disturb(SELF, STATE_CORRUPTED, NULL, &stand->error));
	cr_expect(strstr(stand->error.text, "line.yaml: a link that is 'corrupted' needs the command 'set_intensity'"), "%s",
		  stand->error.text);
	cr_expect_not(OPS->disturb(SELF, STATE_OPEN, NULL, &stand->error));
	end(stand);
}
