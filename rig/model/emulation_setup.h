/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * How a bench brings the signals that interlocks look at into their states, as its section `emulation` says: a relay on a GPIO line for each state, an
 * analog output for values. With no line active, and no power, a wire is open.
 */
#include <stdbool.h>

#include "error.h"
#include "gpio_setup.h"
#include "interlock.h"

enum { EMULATION_POINTS_MAX = 16 };

/* An analog output that stands for a sensor. */
struct emulation_output {
	bool present;
	const char *uri, *instrument, *channel; /* IIO; uri NULL: of a virtual bench */
	double rest;                            /* the value when all is well, in the unit of the signal: degC, % */
	unsigned count;                         /* of points: at least 2 */
	double value[EMULATION_POINTS_MAX];     /* rising */
	double volts[EMULATION_POINTS_MAX];     /* rising or falling */
};

struct emulation_signal {
	bool present;
	/*
	 * The line that is active in a state, and in no other. Of STATE_NORMAL: the wire is as it should be while it is active, and open without, so the
	 * relay fails to the open wire. Of STATE_OPEN: the other way round. Of STATE_VALUE there is none: STATE_NORMAL's is active then.
	 */
	struct gpio_line_setup lines[STATE_COUNT];
	struct emulation_output output;
	double settling_s; /* the contact or the voltage is there so long after the command at most */
};

struct emulation_setup {
	const char *driver; /* "sim", "relays"; NULL: none */
	const char *chip;   /* of lines that name none */
	struct emulation_signal signals[SIGNAL_COUNT];
};

/* Whether the signal can be brought into that state; ERROR_CONFIG says what is missing. value: of STATE_VALUE. */
bool emulation_can(const struct emulation_setup *setup, enum interlock_signal signal, enum signal_state state, double value,
		   struct error *error) must_check;
/* Whether the line of `line` is active while the signal is in a state. */
bool emulation_active(enum signal_state line, enum signal_state state);
/* The state that a signal is in while the lines of these states (a bit each, 1 << state) are active. */
enum signal_state emulation_state(const struct emulation_signal *signal, unsigned active);
/* Straight lines between the points: the voltage of a value and the value of a voltage; NAN outside of them. */
double emulation_volts(const struct emulation_output *output, double value);
double emulation_value(const struct emulation_output *output, double volts);
