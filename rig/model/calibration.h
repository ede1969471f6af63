/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Whether the calibration of a bench was in force on the day of a recording. The day is given: nothing here reads a clock.
 */
#include "bench_setup.h"
#include "date.h"

enum calibration_state {
	CALIBRATION_IN_FORCE,
	CALIBRATION_SIMULATED, /* the sensor is one of the simulator: what it does is what its file says, on any day */
	CALIBRATION_OVERDUE,   /* the recording is of a day after the certificate's due date */
	CALIBRATION_LATER,     /* the recording is of a day before the certificate's date */
	CALIBRATION_MISSING,   /* no sensor file, or one without a certificate */
	CALIBRATION_NOT_NEEDED /* the channel states no quantity of a sensor: a logic line, or one that is not interpreted */
};

struct calibration_channel {
	const char *name; /* the setup's */
	enum channel_role role;
	enum calibration_state state;
	const char *made, *due; /* of the certificate; NULL: none */
};

/* The calibration of every channel of a bench on one day. */
struct calibration_check {
	char date[DATE_SIZE]; /* of the recording */
	bool overridden;      /* the user wants amounts judged though a calibration is not in force */
	unsigned channel_count;
	struct calibration_channel channels[RECORDING_MAX_CHANNELS];
};

/* The state of one sensor's certificate (NULL: no sensor) on a valid date. On the due date itself it is in force. */
enum calibration_state calibration_of(const struct sensor *sensor, const char *date);
/* Holds every channel of the setup against the date, which must be valid. The names are the setup's, so it must outlive the check. */
struct calibration_check calibration_check(const struct bench_setup *setup, const char *date, bool override);
/* True for the states under which a value may be stated. */
bool calibration_holds(enum calibration_state state);
/* True when a channel's calibration does not hold and the user overrode that: every page must then say so. */
bool calibration_overrides(const struct calibration_check *check);
/* The first channel of the role, or NULL. */
const struct calibration_channel *calibration_find(const struct calibration_check *check, enum channel_role role);
/* "in_force", "simulated", … Static string. */
const char *calibration_state_name(enum calibration_state state);
