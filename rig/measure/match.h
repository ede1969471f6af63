/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Which observed pulse is which expected one: monotone nearest-neighbour matching that follows a slow clock (domain/measurands.md, 3.13).
 */
#include "device.h"
#include "plan.h"
#include "results.h"

struct matching {
	const struct plan *plan;     /* may be NULL */
	const struct device *device; /* may be NULL */
	bool has_trigger;            /* trigger edges were recorded, so their absence means something */
	double u_clock_rel;          /* standard uncertainty of the sample clock's rate */
	double interval_s;           /* of the samples: edges and onsets are known to a share of it */
	double bounce_s;             /* a contact's first closures may have been too short to be seen: its edges may seem so much late */
	int32_t *observed;           /* out, plan->pulse_count entries: the pulse that is expected pulse p, or -1. Owned by the caller */
};

/*
 * Fills in match, expected and trigger_s of results->pulses, and missing, the counts and section_start_s of results, from its pulses, trigger
 * edges and events. Fails (ERROR_BENCH) when out of memory.
 */
bool match_pulses(struct matching *matching, struct results *results, struct error *error) must_check;
