/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What stands behind a serial line: bytes in, bytes out, and time. A protocol is a pure object of this kind; it touches the virtual
 * stimulator only through the port it was given.
 */
#include <stddef.h>
#include <stdint.h>

#include "ports.h"

enum { SERIAL_REPLY_BYTES = 512 };

/* Answers of one call. Frames stand one after the other; last: where the last one begins. */
struct serial_reply {
	uint8_t bytes[SERIAL_REPLY_BYTES];
	size_t count, last;
	uint8_t *crc; /* check byte of the last frame, NULL: it has none */
};

struct serial_ops {
	/* One byte came, at a time in s. False when a port failed. */
	bool (*byte)(void *self, uint8_t byte, double now_s, struct serial_reply *reply, struct error *error);
	/* Time went on: what the device does of its own accord. discharges: how many the device has made. */
	bool (*tick)(void *self, double now_s, unsigned long discharges, struct serial_reply *reply, struct error *error);
};

/* Adds a whole frame, crc its check byte's place in it or -1; frames beyond the room are dropped. */
void serial_reply_add(struct serial_reply *reply, const uint8_t *bytes, size_t count, int crc);

/* Discharges by remote command, one after the other. */
struct fire_train {
	unsigned left;
	double next_s, period_s;
	unsigned trains_left, pulses; /* whole trains after this one */
	double between_s;             /* from the last pulse of a train to the first of the next */
	double ended_s;               /* of the last train; NAN: none */
};

/* Fires what is due. False when the port failed. */
bool fire_train_tick(struct fire_train *train, const struct stimulator_port *stimulator, double now_s, struct error *error) must_check;
bool fire_train_running(const struct fire_train *train);
