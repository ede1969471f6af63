/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Latency, intervals, trains, pairs. */
#include <math.h>
#include <string.h>

#include "contributions.h"
#include "readings.h"
#include "registry.h"

/* Between two instants of the recording. */
static struct measurement interval_measurement(const struct population *in, const struct measurand *measurand, double start_s, double end_s)
{
	return (struct measurement){.measurand = measurand,
				    .value = end_s - start_s,
				    .planned = NAN,
				    .expected = PULSE_NOT_EXPECTED,
				    .start_s = start_s,
				    .end_s = end_s,
				    .voided = gap_between(in, start_s, end_s)};
}

/* From onset to onset: the sensor's delay cancels, and of the clock only what lies between counts. */
static struct measurement between(const struct population *in, const struct measurand *measurand, const struct pulse *from,
				  const struct pulse *to, struct budget *budget)
{
	contribute_onset(budget, in, to, 1);
	contribute_onset(budget, in, from, -1);
	return interval_measurement(in, measurand, from->onset_s, to->onset_s);
}

/* It has no trigger of its own, and so no latency. */
static bool follows(const struct population *in, const struct pulse *pulse)
{
	const struct expected_pulse *expected = expected_of(in, pulse);
	return expected && expected->follows;
}

void measurand_pulse_latency(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	for (size_t k = 0; k < in->results->pulse_count; k++) {
		const struct pulse *pulse = &in->results->pulses[k];
		/* A matched pulse whose trigger was not seen before it has a latency that nobody knows. */
		bool seen = isfinite(pulse->trigger_s);
		if (!in->has_trigger || (!seen && (pulse->match != PULSE_MATCHED || follows(in, pulse))))
			continue;
		double edge_s = seen ? pulse->trigger_s : pulse->onset_s;
		struct measurement latency = interval_measurement(in, measurand, edge_s, pulse->onset_s);
		struct budget budget = {0};
		contribute_onset(&budget, in, pulse, 1);
		budget_add(&budget, SOURCE_TRIGGER_EDGE, seen ? pulse->u_trigger_s : 0, -1, INFINITY);
		if (seen && pulse->u_time_base_s > 0)
			budget_add(&budget, SOURCE_TIME_BASE, pulse->u_time_base_s, -1, INFINITY);
		contribute_clock(&budget, in, -edge_s);
		latency.planned = in->device ? in->device->trigger_latency_s.value : NAN;
		latency.subject = (uint32_t)k;
		latency.expected = pulse->expected;
		latency.voided |= pulse->voided || !seen;
		if (!seen)
			latency.value = NAN;
		measurement_add_budget(out, &latency, &budget);
	}
}

void measurand_session_latency_jitter(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	double mean = 0, squares = 0, n = 0, u_edge_s = 0, u_base_s = 0;
	bool lacking = false, aligned = false;
	for (size_t k = 0; k < in->results->pulse_count; k++) {
		const struct pulse *pulse = &in->results->pulses[k];
		lacking |= !isfinite(pulse->trigger_s) && pulse->match == PULSE_MATCHED && !follows(in, pulse);
		if (!in->has_trigger || !isfinite(pulse->trigger_s) || pulse->voided || (in->plan && pulse->match != PULSE_MATCHED))
			continue;
		double latency = pulse->onset_s - pulse->trigger_s, step = latency - mean;
		u_edge_s = fmax(u_edge_s, pulse->u_trigger_s);
		u_base_s = fmax(u_base_s, pulse->u_time_base_s);
		aligned |= pulse->u_time_base_s > 0;
		n += 1;
		mean += step / n;
		squares += step * (latency - mean);
	}
	if (n < 3)
		return;
	struct measurement jitter = session_measurement(in, measurand, sqrt(squares / (n - 1)));
	jitter.voided |= lacking;
	/* An alignment that drifts moves the edges against each other; the host's says nothing of jitter unless it is much smaller. */
	const struct time_base *base = &in->results->time_base;
	bool by_host = base->source != TIME_BASE_SHARED;
	double spread_s = hypot(base->u_drift_s, by_host ? u_base_s : 0);
	struct budget budget = {0};
	budget_add(&budget, SOURCE_REPEATABILITY, jitter.value, 1 / sqrt(2 * (n - 1)), n - 1);
	budget_add(&budget, SOURCE_TRIGGER_EDGE, u_edge_s, 1 / sqrt(n), INFINITY);
	if (aligned)
		budget_add(&budget, SOURCE_TIME_BASE, by_host && spread_s > 0.3 * jitter.value ? INFINITY : spread_s, 1, INFINITY);
	jitter.planned = in->device ? in->device->trigger_jitter_s.value : NAN;
	measurement_add_budget(out, &jitter, &budget);
}

static void add_interval(const struct population *in, const struct measurand *measurand, size_t earlier, size_t later, double planned_s,
			 bool error, struct measurement_list *out)
{
	const struct pulse *from = &in->results->pulses[earlier], *to = &in->results->pulses[later];
	struct budget budget = {0};
	struct measurement interval = between(in, measurand, from, to, &budget);
	interval.planned = planned_s;
	interval.subject = (uint32_t)later;
	interval.expected = to->expected;
	interval.voided |= from->voided || to->voided;
	if (error) {
		interval.value -= planned_s;
		interval.planned = 0;
	}
	measurement_add_budget(out, &interval, &budget);
}

/* An interval of the plan of which one end was not observed: void, for a requirement on intervals must not pass without it. */
static void add_lost_interval(const struct population *in, const struct measurand *measurand, size_t later, bool error,
			      struct measurement_list *out)
{
	int32_t near = in->observed[later] >= 0 ? in->observed[later] : in->observed[later - 1];
	if (near < 0)
		return;
	double at_s = in->results->pulses[near].onset_s;
	struct measurement lost = interval_measurement(in, measurand, at_s, at_s);
	lost.value = NAN;
	lost.planned = error ? 0 : in->plan->pulses[later].time_s - in->plan->pulses[later - 1].time_s;
	lost.subject = (uint32_t)near;
	lost.expected = (int32_t)later;
	lost.voided = true;
	measurement_add(out, &lost);
}

static void each_interval(const struct population *in, const struct measurand *measurand, bool error, struct measurement_list *out)
{
	if (!in->plan) {
		for (size_t k = 1; k < in->results->pulse_count && !error; k++)
			add_interval(in, measurand, k - 1, k, NAN, false, out);
		return;
	}
	for (size_t p = 1; p < in->plan->pulse_count; p++) {
		const struct expected_pulse *from = &in->plan->pulses[p - 1], *to = &in->plan->pulses[p];
		if (from->section != to->section)
			continue;
		if (in->observed[p - 1] >= 0 && in->observed[p] >= 0)
			add_interval(in, measurand, (size_t)in->observed[p - 1], (size_t)in->observed[p], to->time_s - from->time_s, error,
				     out);
		else
			add_lost_interval(in, measurand, p, error, out);
	}
}

void measurand_pulse_interval(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_interval(in, measurand, false, out);
}

void measurand_pulse_interval_error(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_interval(in, measurand, true, out);
}

void measurand_pair_interval(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	for (size_t p = 1; in->plan && p < in->plan->pulse_count; p++) {
		const struct expected_pulse *from = &in->plan->pulses[p - 1], *to = &in->plan->pulses[p];
		bool pair = strcmp(in->plan->blocks[to->block].kind, "pair") == 0 && from->block == to->block && from->train == to->train &&
			    from->burst == to->burst && to->index == 1;
		if (!pair || from->section != to->section)
			continue;
		if (in->observed[p - 1] >= 0 && in->observed[p] >= 0)
			add_interval(in, measurand, (size_t)in->observed[p - 1], (size_t)in->observed[p], to->time_s - from->time_s, false,
				     out);
		else
			add_lost_interval(in, measurand, p, false, out);
	}
}

/* The expected pulses [first, end) of one train, and which train of the session it is. */
struct train {
	size_t first, end;
	uint32_t number;
};

/* The train after *train; begin with a zeroed one. False at the end. */
static bool next_train(const struct plan *plan, struct train *train)
{
	size_t first = train->end;
	if (!plan || first >= plan->pulse_count)
		return false;
	const struct expected_pulse *head = &plan->pulses[first];
	size_t end = first + 1;
	while (end < plan->pulse_count && plan->pulses[end].block == head->block && plan->pulses[end].train == head->train)
		end++;
	*train = (struct train){first, end, first == 0 ? 0 : train->number + 1};
	return true;
}

/* Indices of the first and last matched pulse of a train, when it lies in one section and has at least two. */
static bool train_ends(const struct population *in, const struct train *train, size_t *first, size_t *last, size_t *matched)
{
	*matched = 0;
	for (size_t p = train->first; p < train->end; p++) {
		if (in->plan->pulses[p].section != in->plan->pulses[train->first].section)
			return false;
		if (in->observed[p] < 0)
			continue;
		if (*matched == 0)
			*first = p;
		*last = p;
		++*matched;
	}
	return *matched >= 2;
}

static bool is_train(const struct population *in, const struct train *train)
{
	return strcmp(in->plan->blocks[in->plan->pulses[train->first].block].kind, "train") == 0;
}

static struct measurement train_measurement(const struct population *in, const struct measurand *measurand, const struct train *train,
					    size_t from, size_t to, struct budget *budget)
{
	const struct pulse *start = pulse_of(in, from), *end = pulse_of(in, to);
	struct measurement measurement = between(in, measurand, start, end, budget);
	measurement.subject = train->number;
	measurement.voided |= in->results->aborted;
	measurement.expected = (int32_t)train->first;
	measurement.planned = in->plan->pulses[to].time_s - in->plan->pulses[from].time_s;
	measurement.voided |= start->voided || end->voided;
	return measurement;
}

void measurand_train_rate(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	struct train train = {0};
	while (next_train(in->plan, &train)) {
		size_t first, last, matched, planned = train.end - train.first;
		if (!is_train(in, &train) || !train_ends(in, &train, &first, &last, &matched))
			continue;
		struct budget budget = {0};
		struct measurement rate = train_measurement(in, measurand, &train, first, last, &budget);
		double duration_s = rate.value, planned_s = in->plan->pulses[train.end - 1].time_s - in->plan->pulses[train.first].time_s;
		rate.value = (double)(matched - 1) / duration_s;
		budget_name_unit(&budget, "s");
		budget_scale(&budget, -rate.value / duration_s);
		rate.planned = (double)(planned - 1) / planned_s;
		measurement_add_budget(out, &rate, &budget);
	}
}

void measurand_train_duration(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	struct train train = {0};
	while (next_train(in->plan, &train)) {
		size_t first, last, matched;
		if (!is_train(in, &train) || !train_ends(in, &train, &first, &last, &matched))
			continue;
		struct budget budget = {0};
		struct measurement duration = train_measurement(in, measurand, &train, first, last, &budget);
		duration.planned = in->plan->pulses[train.end - 1].time_s - in->plan->pulses[train.first].time_s;
		measurement_add_budget(out, &duration, &budget);
	}
}

/* The expected pulse of a train from which the interval to the next train counts. */
static size_t interval_reference(const struct plan *plan, const struct train *train, enum iti_reference reference)
{
	size_t last = train->end - 1;
	switch (reference) {
	case ITI_NONE:
	case ITI_TRAIN_ONSET: return train->first;
	case ITI_LAST_PULSE: return last;
	case ITI_LAST_BURST_ONSET: break;
	}
	while (last > train->first && plan->pulses[last - 1].burst == plan->pulses[train->end - 1].burst)
		last--;
	return last;
}

void measurand_train_interval(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	struct train train = {0}, before;
	bool any = next_train(in->plan, &train);
	while (any) {
		before = train;
		any = next_train(in->plan, &train);
		if (!any)
			break;
		const struct expected_pulse *head = &in->plan->pulses[train.first];
		enum iti_reference reference = in->plan->blocks[head->block].iti_reference;
		size_t from = interval_reference(in->plan, &before, reference);
		const struct expected_pulse *origin = &in->plan->pulses[from];
		if (reference == ITI_NONE || origin->block != head->block || origin->section != head->section || !pulse_of(in, from) ||
		    !pulse_of(in, train.first))
			continue;
		struct budget budget = {0};
		struct measurement interval = train_measurement(in, measurand, &train, from, train.first, &budget);
		measurement_add_budget(out, &interval, &budget);
	}
}

void measurand_train_droop(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	struct train train = {0};
	while (next_train(in->plan, &train)) {
		const struct pulse *first = pulse_of(in, train.first), *last = pulse_of(in, train.end - 1);
		if (!is_train(in, &train) || train.end - train.first < 2 || !first || !last ||
		    in->plan->pulses[train.first].intensity_pct != in->plan->pulses[train.end - 1].intensity_pct)
			continue;
		struct budget unused = {0}, of_first = {0}, budget = {0};
		struct measurement droop = train_measurement(in, measurand, &train, train.first, train.end - 1, &unused);
		droop.value = fabs(last->peak1_a / first->peak1_a);
		contribute_peak(&budget, in, last, fabs(last->peak1_a), last->u_peak1_a);
		contribute_peak(&of_first, in, first, fabs(first->peak1_a), first->u_peak1_a);
		budget_scale(&budget, 1 / fabs(first->peak1_a));
		budget_scale(&of_first, -droop.value / fabs(first->peak1_a));
		budget_join(&budget, &of_first);
		droop.planned = 1;
		droop.voided = first->voided || last->voided || first->clipped || last->clipped;
		measurement_add_budget(out, &droop, &budget);
	}
}

void measurand_session_duration(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	size_t n = in->results->pulse_count;
	if (n < 2)
		return;
	const struct pulse *first = &in->results->pulses[0], *last = &in->results->pulses[n - 1];
	struct budget budget = {0};
	struct measurement duration = between(in, measurand, first, last, &budget);
	if (in->plan && in->plan->pulse_count > 0) {
		const struct expected_pulse *start = &in->plan->pulses[0], *end = &in->plan->pulses[in->plan->pulse_count - 1];
		if (start->section == end->section)
			duration.planned = end->time_s - start->time_s;
	}
	measurement_add_budget(out, &duration, &budget);
}
