/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A line protocol of a stimulator, as fixtures/stimulators/NAME.yaml describes it: lines of text out, at most one line of text back for each.
 */
#include <stdbool.h>
#include <stddef.h>

#include "error.h"

enum { LINE_TEXT_MAX = 128 };

enum line_command {
	LINE_SET_INTENSITY,
	LINE_SET_INTENSITY_SECOND,
	LINE_ARM,
	LINE_DISARM,
	LINE_FIRE,
	LINE_DIRECTION_NORMAL,
	LINE_DIRECTION_REVERSED,
	LINE_STATUS,
	LINE_KEEP_ALIVE,
	LINE_COMMAND_COUNT,
};

/* In the order in which a status reply is looked through: the worst first. */
enum line_state { LINE_FAULT, LINE_FIRING, LINE_READY, LINE_CHARGING, LINE_STANDBY, LINE_STATE_COUNT };

enum line_end { LINE_END_LF, LINE_END_CR, LINE_END_CRLF };

struct line_exchange {
	const char *send;  /* template; NULL: the device has no such command */
	const char *reply; /* pattern with * ? [...]; NULL: nothing is answered */
};

struct line_protocol {
	const char *id, *title, *file;
	unsigned baud, stop_bits;
	enum line_end end;
	double timeout_s;
	struct line_exchange commands[LINE_COMMAND_COUNT];
	const char *states[LINE_STATE_COUNT]; /* patterns on the reply to LINE_STATUS; NULL: none */
	const char *temperature_after;        /* the text before the coil's temperature in that reply; NULL: not told */
	double keep_alive_period_s;
};

/* "set_intensity", …; "standby", …. Static strings. */
const char *line_command_name(enum line_command command);
const char *line_state_name(enum line_state state);
/* The name of the one placeholder a command may have, NULL for none. */
const char *line_command_placeholder(enum line_command command);

/*
 * A template is text with at most one placeholder, {intensity}, {intensity:.1f} or {intensity:05.1f}, the latter two as printf writes numbers. Checks
 * it; placeholder: the one that is known, which must be there then, or NULL.
 */
bool line_template_check(const char *template, const char *placeholder, struct error *error) must_check;
/* Writes the text with the value in place; an error when the digits cannot show it, or when it does not fit. The template has been checked. */
bool line_template_write(const char *template, double value, char *out, size_t size, struct error *error) must_check;
