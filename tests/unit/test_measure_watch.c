/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When the rig's event took place: over hours in which the clocks drift apart, with a relay's own doubt, and with the contact's edge recorded. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "watch.h"

enum { EVENTS = 7200 };

static struct run_event events[EVENTS];
static double edges_s[EVENTS];
static struct trigger_uncertainty edge_u[EVENTS];

/* A trigger a second, some of them in bursts of 8 ms; every tenth event an interlock. */
static struct results make(double drift, double u_relay_s)
{
	struct results results = {.events = events, .event_count = EVENTS, .trigger_edges_s = edges_s, .trigger_u = edge_u};
	for (unsigned k = 0; k < EVENTS; k++) {
		double time_s = 1 + 1.0 * k - (k % 3 == 2 ? 0.992 : 0);
		bool interlock = k % 10 == 9;
		/* Of clocks that are known to 2 parts in a million. */
		double u_clock_s = 2e-6 / sqrt(3) * time_s;
		events[k] = (struct run_event){.kind = interlock ? EVENT_INTERLOCK : EVENT_PROVOKE,
					       .index = k,
					       .time_s = time_s,
					       .u_time_s = hypot(u_clock_s, interlock ? u_relay_s : 0)};
		edge_u[k].random_s = 1e-7;
		if (!interlock)
			edges_s[results.trigger_edge_count++] = time_s * (1 + drift) + 20e-6;
	}
	results.duration_s = EVENTS + 2;
	return results;
}

Test(watch, events_are_placed_over_hours)
{
	static const double DRIFTS[] = {0, 2e-6, -2e-6, 25e-6, -25e-6};
	for (size_t d = 0; d < sizeof DRIFTS / sizeof *DRIFTS; d++) {
		struct results results = make(DRIFTS[d], 0);
		size_t given, recorded;
		watch_triggers(&results, -INFINITY, INFINITY, &given, &recorded);
		cr_expect(given == recorded && given == results.trigger_edge_count, "%g: %zu of %zu", DRIFTS[d], recorded, given);
		for (size_t k = 9; k < EVENTS; k += 10) {
			double u_s, u_clock_rel = fmax(2e-6, fabs(DRIFTS[d])), at_s = watch_event_s(&results, u_clock_rel, k, &u_s);
			double truth_s = events[k].time_s * (1 + DRIFTS[d]) + 20e-6;
			cr_assert(fabs(at_s - truth_s) <= 3 * u_s + 1e-9 && u_s < 2e-4, "%g, event %zu: %g s off, u %g s", DRIFTS[d], k,
				  at_s - truth_s, u_s);
		}
	}
}

Test(watch, a_relay_s_own_doubt_stays)
{
	struct results results = make(2e-6, 0.5e-3);
	for (size_t k = 9; k < EVENTS; k += 10) {
		double u_s;
		watch_event_s(&results, 2e-6, k, &u_s);
		cr_assert(u_s > 0.45e-3 && u_s < 0.6e-3, "event %zu: %g s", k, u_s);
	}
}

Test(watch, the_contact_s_edge_is_the_event)
{
	struct results results = make(0, 0.5e-3);
	struct plan plan = {0};
	struct step *steps = calloc(EVENTS, sizeof *steps);
	struct watch watch;
	double truth_s = events[9].time_s + 20e-6 + 0.7e-3;
	struct edge edges[] = {{LOGIC_READY, false, truth_s - 1e-3},
			       {LOGIC_EVENT, true, truth_s - 5e-3},
			       {LOGIC_EVENT, true, truth_s},
			       {LOGIC_EVENT, false, truth_s + 0.1e-3},
			       {LOGIC_EVENT, true, truth_s + 0.2e-3}};
	results.edges = edges;
	results.edge_count = sizeof edges / sizeof *edges;
	results.u_logic_s = 3e-7;
	plan.steps = steps;
	plan.step_count = EVENTS;
	for (unsigned s = 0; s < EVENTS; s++)
		steps[s].kind = STEP_EMULATE;
	steps[9].emulate.signal = SIGNAL_DOOR;
	cr_assert(watch_of(&results, &plan, 2e-6, 9, &watch));
	cr_expect(watch.by_edge && fabs(watch.start_s - truth_s) < 1e-12, "the first edge near the command, %g s off",
		  watch.start_s - truth_s);
	cr_assert(watch_of(&results, &plan, 2e-6, 19, &watch));
	cr_expect(!watch.by_edge && watch.u_start_s > 0.45e-3, "no edge was seen");
	steps[9].emulate.signal = SIGNAL_NONE;
	cr_assert(watch_of(&results, &plan, 2e-6, 9, &watch));
	cr_expect_not(watch.by_edge, "nothing was changed");
	free(steps);
}
