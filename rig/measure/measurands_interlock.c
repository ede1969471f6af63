/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a device does after the rig opened an interlock (EVENT_INTERLOCK), and trips that nobody provoked. */
#include <math.h>

#include "chi_square.h"
#include "contributions.h"
#include "readings.h"
#include "registry.h"

/* A fault line that rises so long after an interlock was opened is no answer to it any more. */
#define ANSWER_S 1.0

/* Reactions count until the next interlock event, the next section of the plan, or the end of the recording. */
static double watch_end_s(const struct population *in, size_t k)
{
	for (size_t i = k + 1; i < in->results->event_count; i++)
		if (in->results->events[i].kind == EVENT_INTERLOCK || in->results->events[i].kind == EVENT_SECTION)
			return in->results->events[i].time_s;
	return in->results->duration_s;
}

/* When a reaction came, and how well that is known; time_s NAN: it cannot be told, INFINITY: it never came. */
struct reaction {
	double time_s, u_onset_s;
	bool by_edge; /* an edge of the logic analyser, else the onset of a pulse */
};

/* Whether the logic analyser saw any line of the device switch: only then does it mean something that a line stood still. */
static bool logic_lines_seen(const struct population *in)
{
	for (size_t e = 0; e < in->results->edge_count; e++)
		if (in->results->edges[e].line != LOGIC_TRIGGER)
			return true;
	return false;
}

typedef bool reaction_read(const struct population *in, const struct run_event *event, double end_s, struct reaction *reaction);

static bool last_pulse(const struct population *in, const struct run_event *event, double end_s, struct reaction *reaction)
{
	if (!in->current)
		return false;
	*reaction = (struct reaction){.time_s = event->time_s};
	for (size_t k = 0; k < in->results->pulse_count; k++) {
		const struct pulse *pulse = &in->results->pulses[k];
		if (pulse->onset_s > event->time_s && pulse->onset_s <= end_s)
			*reaction = (struct reaction){pulse->onset_s, pulse->u_onset_s, false};
	}
	return true;
}

/* The first edge of that direction after the event; 0 s where the line was there before, without end where it never came. */
static bool first_edge(const struct population *in, const struct run_event *event, double end_s, enum logic_line line, bool rising,
		       bool line_needed, struct reaction *reaction)
{
	const struct edge *edges = in->results->edges;
	bool seen = false, there = false;
	*reaction = (struct reaction){.time_s = INFINITY, .by_edge = true};
	for (size_t e = 0; e < in->results->edge_count; e++) {
		if (edges[e].line != line)
			continue;
		seen = true;
		if (edges[e].time_s <= event->time_s)
			there = edges[e].rising == rising;
		else if (edges[e].rising == rising && edges[e].time_s <= end_s && isinf(reaction->time_s))
			reaction->time_s = edges[e].time_s;
	}
	if (there)
		reaction->time_s = event->time_s;
	return line_needed ? seen : logic_lines_seen(in);
}

static bool ready_low(const struct population *in, const struct run_event *event, double end_s, struct reaction *reaction)
{
	return first_edge(in, event, end_s, LOGIC_READY, false, true, reaction);
}

/* Without a fault line's edge at all, other lines show that the logic analyser was there: then the device did not answer. */
static bool fault_high(const struct population *in, const struct run_event *event, double end_s, struct reaction *reaction)
{
	return first_edge(in, event, end_s, LOGIC_FAULT, true, false, reaction);
}

static void each_interlock(const struct population *in, const struct measurand *measurand, reaction_read *read,
			   struct measurement_list *out)
{
	for (size_t k = 0; k < in->results->event_count; k++) {
		const struct run_event *event = &in->results->events[k];
		double end_s = watch_end_s(in, k);
		struct reaction reaction;
		if (event->kind != EVENT_INTERLOCK || !read(in, event, end_s, &reaction))
			continue;
		struct measurement measurement = session_measurement(in, measurand, reaction.time_s - event->time_s);
		struct budget budget = {0};
		budget_add(&budget, SOURCE_HOST_CLOCK, event->u_time_s, 1, INFINITY);
		if (reaction.by_edge)
			contribute_edge(&budget, in, isfinite(reaction.time_s) ? reaction.time_s : event->time_s, 1);
		else
			budget_add(&budget, SOURCE_NOISE, reaction.u_onset_s, 1, INFINITY);
		budget_clock(&budget, in, isfinite(measurement.value) ? measurement.value : 0, 1);
		measurement.subject = event->index;
		measurement.start_s = event->time_s;
		measurement.end_s = end_s;
		measurement.voided = gap_between(in, event->time_s, end_s) || (in->current && !in->findings->current_alive) ||
				     (reaction.by_edge && in->results->edges_dropped > 0);
		measurement_add_budget(out, &measurement, &budget);
	}
}

void measurand_interlock_last_pulse(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_interlock(in, measurand, last_pulse, out);
}

void measurand_interlock_ready_low(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_interlock(in, measurand, ready_low, out);
}

void measurand_interlock_fault(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_interlock(in, measurand, fault_high, out);
}

static double count_events(const struct population *in, enum run_event_kind kind)
{
	double n = 0;
	for (size_t k = 0; k < in->results->event_count; k++)
		n += in->results->events[k].kind == kind;
	return n;
}

void measurand_interlock_trials(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	double n = count_events(in, EVENT_INTERLOCK);
	if (n < 1)
		return;
	struct measurement trials = session_measurement(in, measurand, n);
	trials.voided |= in->results->aborted;
	measurement_add(out, &trials);
}

void measurand_interlock_failure_bound(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	double n = count_events(in, EVENT_INTERLOCK);
	if (n < 1)
		return;
	struct measurement bound = session_measurement(in, measurand, 1 - pow(0.05, 1 / n));
	bound.voided |= in->results->aborted;
	measurement_add(out, &bound);
}

/* Rising edges of the fault line that no interlock event precedes closely. False when no logic line showed that it is looked at. */
static bool count_trips(const struct population *in, double *trips)
{
	const struct edge *edges = in->results->edges;
	*trips = 0;
	for (size_t e = 0; e < in->results->edge_count; e++) {
		bool provoked = false;
		if (edges[e].line != LOGIC_FAULT || !edges[e].rising)
			continue;
		for (size_t k = 0; k < in->results->event_count; k++) {
			const struct run_event *event = &in->results->events[k];
			double after_s = edges[e].time_s - event->time_s;
			provoked |= event->kind == EVENT_INTERLOCK && after_s >= 0 && after_s < ANSWER_S;
		}
		*trips += !provoked;
	}
	return logic_lines_seen(in);
}

void measurand_session_trips(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	double trips;
	if (!count_trips(in, &trips))
		return;
	struct measurement measurement = session_measurement(in, measurand, trips);
	measurement.planned = 0;
	measurement_add(out, &measurement);
}

void measurand_session_trip_rate_bound(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	double trips, watched_s = in->results->duration_s;
	if (!count_trips(in, &trips) || !(watched_s > 0))
		return;
	/* Poisson: half the chi-square quantile of 2 (n + 1) degrees of freedom; -ln 0.05 = 3.00 where there was none. */
	struct measurement bound = session_measurement(in, measurand, 0.5 * chi_square_quantile(0.95, 2 * (trips + 1)) / watched_s);
	struct budget budget = {0};
	budget_clock(&budget, in, bound.value, -1);
	measurement_add_budget(out, &bound, &budget);
}
