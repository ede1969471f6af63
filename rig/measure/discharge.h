/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The discharge of the storage capacitor as seen by the envelope of its voltage.
 */
#include "population.h"

struct discharge {
	const struct channel *channel;
	double start_s, level_v, allowed_s;
	double watched_s;     /* from the start to the end of the recording, or to where the plan arms again */
	bool seen_charged;    /* the channel showed a charged capacitor before: without that its silence proves nothing */
	bool reached;         /* at or below the level for good */
	double time_s;        /* when, from the start; NAN when not reached */
	double slope_v_per_s; /* there */
};

/* Fills *discharge for event k; false when it is no EVENT_DISCHARGE of a step of the plan, or no capacitor voltage was recorded. */
bool discharge_watch(const struct population *in, size_t k, struct discharge *discharge);
