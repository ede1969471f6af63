/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pairs that a device makes on one trigger, after the rig opened the link between its two units. */
#include <math.h>

#include "readings.h"
#include "registry.h"
#include "trials.h"

/* A pulse this share of the interval or less from where its trigger's first pulse belongs is that first pulse. */
#define FIRST_SHARE 0.25

/* Pairs of one watch: their interval, and from a trigger to the first pulse as it was with the link whole. */
struct pairs {
	const struct watch *watch;
	double interval_s, latency_s;
};

/* The second pulse that is furthest from its place, and the first one of its pair; second NULL: none came; first NULL: it came without one. */
struct stray {
	const struct pulse *first, *second;
	double error_s;
};

/* Of the last planned pulse before the event that has a trigger of its own; else what the device's file says. */
static double latency_before(const struct population *in, double before_s)
{
	double latency_s = in->device ? in->device->trigger_latency_s.value : NAN;
	for (size_t p = 0; p < in->results->pulse_count && in->results->pulses[p].onset_s <= before_s; p++) {
		const struct pulse *pulse = &in->results->pulses[p];
		if (pulse->match == PULSE_MATCHED && isfinite(pulse->trigger_s))
			latency_s = pulse->onset_s - pulse->trigger_s;
	}
	return isfinite(latency_s) ? latency_s : 0;
}

static bool fires(const struct run_event *event)
{
	return event->kind == EVENT_TRIGGER || event->kind == EVENT_PROVOKE;
}

/* Pulses from the trigger at from_s to the next at to_s: at most one first pulse, and all the others are second ones. */
static void look_at_trigger(const struct population *in, const struct pairs *pairs, double from_s, double to_s, struct stray *stray)
{
	double first_s = from_s + pairs->latency_s, margin_s = FIRST_SHARE * pairs->interval_s;
	double end_s = to_s + pairs->latency_s - margin_s;
	const struct pulse *first = NULL;
	for (size_t p = 0; p < in->results->pulse_count; p++) {
		const struct pulse *pulse = &in->results->pulses[p];
		if (pulse->onset_s < first_s - margin_s || pulse->onset_s >= end_s)
			continue;
		if (!first && fabs(pulse->onset_s - first_s) <= margin_s) {
			first = pulse;
			continue;
		}
		double error_s = first ? fabs(pulse->onset_s - first->onset_s - pairs->interval_s) : INFINITY;
		if (watch_has(pairs->watch, pulse) && (!stray->second || error_s > stray->error_s))
			*stray = (struct stray){first, pulse, error_s};
	}
}

static double trigger_s(const struct population *in, size_t k)
{
	double u_s;
	return watch_event_s(in->results, in->format->u_clock_rel, k, &u_s);
}

/* From the trigger before the event, whose pair may be under way, to the end of the watch. */
static struct stray worst_of(const struct population *in, const struct pairs *pairs, size_t event)
{
	struct stray stray = {0};
	size_t k = event;
	while (k > 0 && !fires(&in->results->events[k]))
		k--;
	double from_s = fires(&in->results->events[k]) ? trigger_s(in, k) : pairs->watch->start_s;
	for (k++; k < in->results->event_count; k++) {
		if (!fires(&in->results->events[k]))
			continue;
		double next_s = trigger_s(in, k);
		if (next_s > pairs->watch->end_s)
			break;
		look_at_trigger(in, pairs, from_s, next_s, &stray);
		from_s = next_s;
	}
	look_at_trigger(in, pairs, from_s, INFINITY, &stray);
	return stray;
}

void measurand_interlock_pair_error(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	for (size_t k = 0; in->current && in->plan && k < in->results->event_count; k++) {
		struct watch watch;
		if (!trial_watch(in, k, &watch))
			continue;
		struct pairs pairs = {&watch, plan_trigger_pair_s(in->plan, watch.event->index), latency_before(in, watch.start_s)};
		if (!(pairs.interval_s > 0))
			continue;
		struct stray stray = worst_of(in, &pairs, k);
		struct measurement error = trial_measurement(in, measurand, &watch, stray.error_s);
		struct budget budget = {0};
		error.planned = 0;
		if (stray.second) {
			error.voided |= stray.second->voided || (stray.first && stray.first->voided);
			budget_add_independent(&budget, SOURCE_NOISE, stray.second->u_onset_s, 1, INFINITY);
			budget_add_independent(&budget, SOURCE_NOISE, stray.first ? stray.first->u_onset_s : 0, 1, INFINITY);
			budget_clock(&budget, in, pairs.interval_s, 1);
		} else if (!error.voided) {
			error.why = in->count_doubt ? in->count_doubt : trial_unprovoked(in, watch.start_s, watch.end_s);
			error.voided = error.why != NULL;
		}
		measurement_add_budget(out, &error, &budget);
	}
}
