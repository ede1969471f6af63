/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "watch.h"

#include <math.h>

/* A recorded edge belongs to the rig's trigger event when it is this close; edges further off in time than this say nothing of now. */
#define EDGE_REACH_S 2e-3
#define NEARBY_S 10.0
#define FIRST_LOOK_S 60.0
/* Before the end of a watch the rig's own next act may show, by so much. */
#define END_MARGIN_S 1e-3

static bool raises_trigger(const struct run_event *event)
{
	return event->kind == EVENT_TRIGGER || event->kind == EVENT_PROVOKE;
}

static size_t nearest_edge(const struct results *results, double time_s)
{
	size_t low = 0, high = results->trigger_edge_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (results->trigger_edges_s[middle] < time_s)
			low = middle + 1;
		else
			high = middle;
	}
	bool before = low > 0 && (low == results->trigger_edge_count ||
				  time_s - results->trigger_edges_s[low - 1] < results->trigger_edges_s[low] - time_s);
	return before ? low - 1 : low;
}

/* What the recorded edge of a trigger event tells of the rig's time. */
struct correction {
	double shift_s, u_s, away_s; /* away: from the event in question */
	double u_event_s;            /* as the rig stated it of its trigger */
};

/* drift: of the rig's time against the recording's, relative, as far as it is known. */
static bool correct_by(const struct results *results, const struct run_event *trigger, double drift, double at_s,
		       struct correction *correction)
{
	if (results->trigger_edge_count == 0)
		return false;
	double expected_s = trigger->time_s * (1 + drift);
	size_t e = nearest_edge(results, expected_s);
	double shift_s = results->trigger_edges_s[e] - trigger->time_s;
	if (!(fabs(results->trigger_edges_s[e] - expected_s) <= EDGE_REACH_S))
		return false;
	*correction = (struct correction){shift_s, hypot(results->trigger_u[e].random_s, results->trigger_u[e].base_s),
					  fabs(trigger->time_s - at_s), trigger->u_time_s};
	return true;
}

/* The last event at or before a time that raised the trigger, not earlier than half of it; NULL: there is none. */
static const struct run_event *last_trigger(const struct results *results, double time_s)
{
	size_t low = 0, high = results->event_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (results->events[middle].time_s <= time_s)
			low = middle + 1;
		else
			high = middle;
	}
	while (low-- > 0 && results->events[low].time_s > time_s / 2)
		if (raises_trigger(&results->events[low]))
			return &results->events[low];
	return NULL;
}

/*
 * How far the two clocks drift apart, relative, seen up to a time: over an hour two parts in a million are more than the reach of an edge, over the first
 * minute even thirty are not. From there on twice as far at each look.
 */
static double drift_until(const struct results *results, double time_s)
{
	double drift = 0;
	for (double until_s = FIRST_LOOK_S;; until_s *= 2) {
		struct correction correction;
		const struct run_event *trigger = last_trigger(results, fmin(until_s, time_s));
		if (trigger && trigger->time_s > FIRST_LOOK_S / 4 && correct_by(results, trigger, drift, time_s, &correction))
			drift = correction.shift_s / trigger->time_s;
		if (!(until_s < time_s))
			return drift;
	}
}

/* The two nearest trigger events with an edge, on either side of event k: correction[0] is the nearest. */
static size_t nearby(const struct results *results, size_t k, struct correction correction[2])
{
	size_t found = 0;
	double at_s = results->events[k].time_s, drift = drift_until(results, at_s);
	for (int way = -1; way <= 1; way += 2) {
		struct correction one;
		size_t taken = 0;
		for (ptrdiff_t i = (ptrdiff_t)k + way; i >= 0 && (size_t)i < results->event_count && taken < 2; i += way) {
			if (fabs(results->events[i].time_s - at_s) > NEARBY_S)
				break;
			if (!raises_trigger(&results->events[i]) || !correct_by(results, &results->events[i], drift, at_s, &one))
				continue;
			taken++;
			size_t place = found > 0 && correction[0].away_s <= one.away_s ? 1 : 0;
			if (place == 0)
				correction[1] = correction[0];
			if (place == 0 || found < 2 || one.away_s < correction[1].away_s)
				correction[place] = one;
			found += found < 2;
		}
	}
	return found;
}

double watch_event_s(const struct results *results, double u_clock_rel, size_t k, double *u_s)
{
	const struct run_event *event = &results->events[k];
	struct correction correction[2] = {{0}};
	size_t found = nearby(results, k, correction);
	*u_s = event->u_time_s;
	if (found == 0)
		return event->time_s;
	/* How much two neighbours disagree shows what the rig's calls are unsure of. */
	double scatter_s = found > 1 ? fabs(correction[1].shift_s - correction[0].shift_s) : event->u_time_s;
	/* What the event's own time is unsure of beside the clocks, that of a relay for one, is in no trigger. */
	double own_s = sqrt(fmax(0, pow(event->u_time_s, 2) - pow(correction[0].u_event_s, 2)));
	*u_s = sqrt(pow(correction[0].u_s, 2) + scatter_s * scatter_s + pow(u_clock_rel * correction[0].away_s, 2) + own_s * own_s);
	return event->time_s + correction[0].shift_s;
}

void watch_triggers(const struct results *results, double from_s, double to_s, size_t *given, size_t *recorded)
{
	struct correction correction;
	*given = *recorded = 0;
	double drift = drift_until(results, fmin(to_s, results->duration_s));
	for (size_t i = 0; i < results->event_count; i++) {
		const struct run_event *event = &results->events[i];
		if (!raises_trigger(event) || !(event->time_s >= from_s && event->time_s <= to_s))
			continue;
		++*given;
		*recorded += correct_by(results, event, drift, event->time_s, &correction);
	}
}

/* A contact may move so long before or after the rig's event, beside what that is unsure of. */
#define CONTACT_S 0.5e-3

/* Where the logic analyser has seen the contact move, that is the event: of edges that bounce the first. */
static void take_contact(const struct results *results, struct watch *watch)
{
	double reach_s = 3 * watch->u_start_s + CONTACT_S;
	for (size_t e = 0; e < results->edge_count; e++) {
		const struct edge *edge = &results->edges[e];
		if (edge->line != LOGIC_EVENT || !(fabs(edge->time_s - watch->start_s) <= reach_s))
			continue;
		watch->start_s = edge->time_s;
		watch->u_start_s = results_edge_u_s(results, edge->time_s);
		watch->by_edge = true;
		return;
	}
}

static bool ends(const struct run_event *event)
{
	return event->kind == EVENT_INTERLOCK || event->kind == EVENT_SECTION || event->kind == EVENT_DISARM;
}

bool watch_of(const struct results *results, const struct plan *plan, double u_clock_rel, size_t k, struct watch *watch)
{
	const struct run_event *event = &results->events[k];
	if (event->kind != EVENT_INTERLOCK)
		return false;
	*watch = (struct watch){.event = event, .end_s = results->duration_s};
	watch->start_s = watch_event_s(results, u_clock_rel, k, &watch->u_start_s);
	if (plan && event->index < plan->step_count && plan->steps[event->index].kind == STEP_EMULATE)
		watch->step = &plan->steps[event->index];
	if (watch->step && watch->step->emulate.signal != SIGNAL_NONE)
		take_contact(results, watch);
	for (size_t i = k + 1; i < results->event_count; i++) {
		double u_s;
		if (!ends(&results->events[i]))
			continue;
		watch->end_s = fmax(watch->start_s, watch_event_s(results, u_clock_rel, i, &u_s) - END_MARGIN_S);
		break;
	}
	return true;
}

bool watch_without_trigger(const struct watch *watch)
{
	return watch->step && (watch->step->emulate.signal == SIGNAL_FOOT_SWITCH || watch->step->emulate.signal == SIGNAL_SWITCH);
}
