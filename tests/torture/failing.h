/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The virtual bench with one operation of its ports that fails at a given call. It goes by the name of the driver it wraps, "sim", and what it finds in
 * the simulated device when it is closed is the truth about the safe state. Operations that drivers of real instruments have and the virtual bench
 * does without (gpio.events, stimulator.expect_shot, stimulator.watch) are there as well: they find nothing to do, and can fail.
 */
#include "sim.h"

enum operation {
	OP_OPEN,
	OP_CLOCK_SLEEP,
	OP_GPIO_SET,
	OP_GPIO_GET,
	OP_GPIO_PULSE,
	OP_GPIO_EVENTS,
	OP_ADC_START,
	OP_ADC_READ,
	OP_ADC_STOP,
	OP_LOGIC_START,
	OP_LOGIC_READ,
	OP_LOGIC_STOP,
	OP_SET_INTENSITY,
	OP_SET_DIRECTION,
	OP_ARM,
	OP_DISARM,
	OP_STATUS,
	OP_FIRE,
	OP_EXPECT_SHOT,
	OP_WATCH,
	OP_EMULATE,
	OP_CONNECT,
	OPERATION_COUNT,
};

enum manner {
	FAILS_UNDONE, /* nothing happens, and it says so */
	FAILS_DONE,   /* it is done, and it says that it failed */
	FAILS_ON,     /* from this call on every one, nothing happens */
	MANNER_COUNT,
};

/* What is to fail; call 0: nothing. */
struct failing_plan {
	enum operation operation;
	enum manner manner;
	unsigned long call; /* from 1 */
};

/* What there was to see in the simulated device at the end. */
struct failing_truth {
	bool closed; /* it was opened, and closed again */
	bool trigger, enable, emergency_stop, ready;
	enum stimulator_state state;
};

extern const struct driver driver_failing;
/* "gpio.set", ... ; "undone", ... Static strings. */
const char *operation_name(enum operation operation);
const char *manner_name(enum manner manner);
/* Begins a case. */
void failing_begin(struct failing_plan plan);
/* Calls of an operation since then, and whether the case's one was reached. */
unsigned long failing_calls(enum operation operation);
bool failing_struck(void);
struct failing_truth failing_truth(void);
