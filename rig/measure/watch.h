/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Interlock trials: when the rig opened an interlock on the recording's time, and until when the device's reaction is its own.
 */
#include "plan.h"
#include "results.h"

struct watch {
	const struct run_event *event; /* EVENT_INTERLOCK */
	const struct step *step;       /* the STEP_EMULATE behind it; NULL: not known */
	double start_s, u_start_s;     /* standard uncertainty */
	bool by_edge;                  /* start_s is an edge of the logic analyser (LOGIC_EVENT) */
	double end_s;                  /* the next interlock, section or disarming of the plan, or the end of the recording */
};

/*
 * When the rig's event k took place. The rig knows its own time on the recording's only as well as the sample clock's rate, over the whole of the
 * recording; the trigger edges that were recorded nearby tell how far off it is just now. u_s: what is left of it.
 */
double watch_event_s(const struct results *results, double u_clock_rel, size_t k, double *u_s);
/* Fills *watch for event k; false when that is no EVENT_INTERLOCK. plan may be NULL. */
bool watch_of(const struct results *results, const struct plan *plan, double u_clock_rel, size_t k, struct watch *watch);
/* How many triggers the rig gave between two times, and of how many of them an edge was recorded. */
void watch_triggers(const struct results *results, double from_s, double to_s, size_t *given, size_t *recorded);
/* Whether pulses in the watch need no trigger line: those of a foot switch, or of a switch that closes by itself. */
bool watch_without_trigger(const struct watch *watch);
