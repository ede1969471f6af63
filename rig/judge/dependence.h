/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Which calibrated values of a sensor a measurand rests on. A measurand rests on a sensor when one of its calibrated values (gain, position,
 * offset, droop, delay) enters its value or its stated uncertainty; in an interval the delay cancels, in a ratio of two peaks the gain.
 */
#include "recording.h"

struct dependence {
	const char *measurand;  /* id */
	enum channel_role role; /* of the channel whose sensor it is; CHANNEL_OTHER: none */
	const char *values;     /* what of it enters, for people; NULL: nothing */
};

/* Never NULL: a measurand that is not in the table rests on all of the coil current's sensor, so that nothing passes by being forgotten. */
const struct dependence *dependence_of(const char *measurand);
/* True when the table has the measurand. */
bool dependence_is_stated(const char *measurand);
