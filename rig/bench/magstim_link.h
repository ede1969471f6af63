/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Commands to a Magstim and their answers over a serial line. One thread at a time.
 */
#include "error.h"
#include "magstim_frame.h"
#include "serial.h"

struct magstim_link {
	struct serial serial;
	enum magstim_model model;
	unsigned software; /* major version */
	double sent_s;     /* monotonic time at which the last command had been handed to the line */
};

struct magstim_reply {
	uint8_t bytes[MAGSTIM_FRAME_MAX];
	size_t length;
	bool conflict; /* refused in the present state of the device; no more than three bytes */
};

/*
 * One command and its reply, within 0.3 s from when it was sent. A refusal in the present state (arming what is armed) is not an error but told.
 */
bool magstim_exchange(struct magstim_link *link, const char *command, size_t length, struct magstim_reply *reply,
		      struct error *error) must_check;
/* As that, of a command that is a string; a conflict is an error. */
bool magstim_command(struct magstim_link *link, const char *command, struct magstim_reply *reply, struct error *error) must_check;
/*
 * A command whose check byte has a bit of it (0 to 7) flipped on the wire. Takes whatever is answered, if anything is, within 0.3 s. False when the line
 * is gone.
 */
bool magstim_damaged(struct magstim_link *link, const char *command, unsigned bit, struct error *error) must_check;
/* The number that `count` decimal digits show; NAN when they are none. */
double magstim_number(const uint8_t *digits, size_t count);
