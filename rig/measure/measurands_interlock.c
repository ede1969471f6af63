/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a device does after the rig opened an interlock (EVENT_INTERLOCK), and trips that nobody provoked. */
#include <math.h>

#include "chi_square.h"
#include "contributions.h"
#include "readings.h"
#include "registry.h"
#include "trials.h"

/* Of an event without a step of the plan: a fault line that rises so long after it is no answer to it any more. */
#define ANSWER_S 1.0

/* When a reaction came, and how well that is known; time_s NAN: it cannot be told, INFINITY: it never came. */
struct reaction {
	double time_s, u_onset_s, u_sampling_s;
	bool by_edge; /* an edge of the logic analyser, else the onset of a pulse or a cell of the capacitor's envelope */
};

/* Whether the logic analyser saw any line of the device switch: only then does it mean something that a line stood still. */
static bool logic_lines_seen(const struct population *in)
{
	for (size_t e = 0; e < in->results->edge_count; e++)
		if (in->results->edges[e].line != LOGIC_TRIGGER && in->results->edges[e].line != LOGIC_EVENT)
			return true;
	return false;
}

typedef bool reaction_read(const struct population *in, const struct watch *watch, struct reaction *reaction);

static bool last_pulse(const struct population *in, const struct watch *watch, struct reaction *reaction)
{
	if (!in->current)
		return false;
	*reaction = (struct reaction){.time_s = watch->start_s};
	for (size_t k = 0; k < in->results->pulse_count; k++) {
		const struct pulse *pulse = &in->results->pulses[k];
		if (watch_has(watch, pulse))
			*reaction = (struct reaction){.time_s = pulse->onset_s, .u_onset_s = pulse->u_onset_s};
	}
	return true;
}

/*
 * The last edge to that level in the watch, after which the line stays there; 0 s where it was there before and never left it, without end
 * where the line is not there in the end.
 */
static bool for_good(const struct population *in, const struct watch *watch, enum logic_line line, bool rising, bool line_needed,
		     struct reaction *reaction)
{
	const struct edge *edges = in->results->edges;
	bool seen = false, there = false;
	double since_s = watch->start_s;
	for (size_t e = 0; e < in->results->edge_count; e++) {
		if (edges[e].line != line)
			continue;
		seen = true;
		if (edges[e].time_s > watch->end_s)
			continue;
		there = edges[e].rising == rising;
		since_s = fmax(watch->start_s, edges[e].time_s);
	}
	/* A line that first switches after the watch tells by that how it stood before. */
	for (size_t e = 0; seen && !there && e < in->results->edge_count; e++) {
		if (edges[e].line != line)
			continue;
		there = edges[e].time_s > watch->end_s && edges[e].rising != rising;
		break;
	}
	*reaction = (struct reaction){.time_s = there ? since_s : (double)INFINITY, .by_edge = true};
	return line_needed ? seen : logic_lines_seen(in);
}

static bool ready_low(const struct population *in, const struct watch *watch, struct reaction *reaction)
{
	return for_good(in, watch, LOGIC_READY, false, true, reaction);
}

/* Without a fault line's edge at all, other lines show that the logic analyser was there: then the device did not answer. */
static bool fault_high(const struct population *in, const struct watch *watch, struct reaction *reaction)
{
	return for_good(in, watch, LOGIC_FAULT, true, false, reaction);
}

/* A cell of the envelope this much above the one before is charging, by the share of the largest voltage or in counts. */
#define RISE_SHARE 1e-3
#define RISE_COUNTS 3.0

/* What a pulse does to the voltage must not be taken for charging. */
static bool beside_pulses(const struct population *in, double from_s, double to_s)
{
	for (size_t k = 0; k < in->results->pulse_count; k++) {
		const struct pulse *pulse = &in->results->pulses[k];
		if (pulse->onset_s < to_s && pulse->onset_s + 1e-3 > from_s)
			return false;
	}
	return true;
}

/* Less than this share of the device's voltage, or so many counts, in all of the recording is no charge. */
#define CHARGED_SHARE 0.01

/* Whether the channel showed a charge at all: one that never did may have no probe on it, and shows no charging by standing at 0 V. */
static bool charge_seen(const struct population *in, const struct channel *channel)
{
	double least_v = fmax(in->device ? CHARGED_SHARE * in->device->voltage_v.value : 0, RISE_COUNTS * fabs(channel->scale));
	const float *volts = in->findings->capacitor.items;
	for (size_t i = 0; i < in->findings->capacitor.count; i++)
		if (fabs((double)volts[i]) > least_v)
			return true;
	return false;
}

static const char *const UNCHARGED = "the capacitor's channel showed no charge in all of the recording";

static bool charger_off(const struct population *in, const struct watch *watch, struct reaction *reaction)
{
	int index = recording_find(in->format, CHANNEL_CAPACITOR_VOLTAGE);
	if (index < 0)
		return false;
	const float *volts = in->findings->capacitor.items;
	size_t count = in->findings->capacitor.count, first = (size_t)(fmax(0, watch->start_s) / in->envelope_s);
	double largest_v = 0, cell_s = in->envelope_s;
	for (size_t i = first; i < count && (double)i * cell_s < watch->end_s; i++)
		largest_v = fmax(largest_v, fabs((double)volts[i]));
	double least_v = fmax(RISE_SHARE * largest_v, RISE_COUNTS * fabs(in->format->channels[index].scale));
	bool looked = false;
	*reaction = (struct reaction){.time_s = watch->start_s, .u_sampling_s = cell_s / sqrt(12.0)};
	for (size_t i = first + 1; i + 1 < count && (double)(i + 1) * cell_s < watch->end_s; i++) {
		double rise_v = fabs((double)volts[i]) - fabs((double)volts[i - 1]);
		looked |= !isnan(rise_v);
		if (rise_v > least_v && beside_pulses(in, (double)(i - 1) * cell_s, (double)(i + 1) * cell_s))
			reaction->time_s = fmax(watch->start_s, ((double)i + 0.5) * cell_s);
	}
	/* A watch in which there was nothing to look at tells nothing about the charger. */
	if (!looked)
		reaction->time_s = NAN;
	return true;
}

/* Of two edges of the same analyser only the rate and twice the sampling are left. */
static void contribute_times(struct budget *budget, const struct population *in, const struct watch *watch, const struct reaction *reaction)
{
	double until_s = isfinite(reaction->time_s) ? reaction->time_s : watch->start_s;
	if (watch->by_edge && reaction->by_edge) {
		budget_add(budget, SOURCE_TRIGGER_EDGE, results_edge_interval_u_s(in->results, watch->start_s, until_s), 1, INFINITY);
		return;
	}
	if (watch->by_edge)
		contribute_edge(budget, in, watch->start_s, -1);
	else
		budget_add(budget, SOURCE_HOST_CLOCK, watch->u_start_s, 1, INFINITY);
	if (reaction->by_edge)
		contribute_edge(budget, in, until_s, 1);
	else
		budget_add(budget, SOURCE_NOISE, reaction->u_onset_s, 1, INFINITY);
}

static void each_interlock(const struct population *in, const struct measurand *measurand, reaction_read *read,
			   struct measurement_list *out)
{
	for (size_t k = 0; k < in->results->event_count; k++) {
		struct watch watch;
		struct reaction reaction;
		if (!trial_watch(in, k, &watch) || !read(in, &watch, &reaction))
			continue;
		struct measurement measurement = trial_measurement(in, measurand, &watch, reaction.time_s - watch.start_s);
		struct budget budget = {0};
		contribute_times(&budget, in, &watch, &reaction);
		budget_add(&budget, SOURCE_SAMPLING, reaction.u_sampling_s, 1, INFINITY);
		budget_clock(&budget, in, isfinite(measurement.value) ? measurement.value : 0, 1);
		measurement.voided |= isnan(measurement.value);
		measurement.voided |= reaction.by_edge && in->results->edges_dropped > 0;
		int capacitor = recording_find(in->format, CHANNEL_CAPACITOR_VOLTAGE);
		if (read == charger_off && !charge_seen(in, &in->format->channels[capacitor])) {
			measurement.why = UNCHARGED;
			measurement.voided = true;
		}
		if (read == last_pulse && !(measurement.value > 0) && !watch_without_trigger(&watch) && !measurement.voided) {
			measurement.why = trial_unprovoked(in, watch.start_s, watch.end_s);
			measurement.voided = measurement.why != NULL;
		}
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

void measurand_interlock_charger_off(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_interlock(in, measurand, charger_off, out);
}

void measurand_interlock_rise(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	int index = recording_find(in->format, CHANNEL_CAPACITOR_VOLTAGE);
	const float *volts = in->findings->capacitor.items;
	bool charged = index >= 0 && charge_seen(in, &in->format->channels[index]);
	for (size_t k = 0; index >= 0 && k < in->results->event_count; k++) {
		struct watch watch;
		double least_v = INFINITY, rise_v = 0;
		if (!trial_watch(in, k, &watch))
			continue;
		for (size_t i = (size_t)(fmax(0, watch.start_s) / in->envelope_s) + 1;
		     i < in->findings->capacitor.count && (double)(i + 1) * in->envelope_s < watch.end_s; i++) {
			double v = fabs((double)volts[i]);
			if (isnan(v))
				continue;
			least_v = fmin(least_v, v);
			rise_v = fmax(rise_v, v - least_v);
		}
		struct measurement rise = trial_measurement(in, measurand, &watch, rise_v);
		struct budget budget = {0};
		contribute_gain(&budget, &in->format->channels[index], rise_v);
		budget_add(&budget, SOURCE_QUANTISATION, fabs(in->format->channels[index].scale) / sqrt(12.0), sqrt(2.0), INFINITY);
		rise.planned = 0;
		rise.voided |= isinf(least_v) || !charged;
		if (!charged)
			rise.why = UNCHARGED;
		measurement_add_budget(out, &rise, &budget);
	}
}

void measurand_interlock_pulses(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	for (size_t k = 0; in->current && k < in->results->event_count; k++) {
		struct watch watch;
		double pulses = 0;
		if (!trial_watch(in, k, &watch) || !watch.step || isnan(watch.step->emulate.pulses))
			continue;
		for (size_t p = 0; p < in->results->pulse_count; p++)
			pulses += watch_has(&watch, &in->results->pulses[p]);
		struct measurement measurement = trial_measurement(in, measurand, &watch, pulses);
		measurement.planned = watch.step->emulate.pulses;
		measurement.voided |= in->count_doubt != NULL;
		measurement.why = in->count_doubt;
		measurement_add(out, &measurement);
	}
}

/* The intensity that was set last before an event; NAN: none. */
static double set_before_pct(const struct population *in, const struct watch *watch)
{
	double set_pct = NAN;
	for (uint32_t s = 0; watch->step && s < watch->event->index; s++)
		if (in->plan->steps[s].kind == STEP_SET_INTENSITY)
			set_pct = in->plan->steps[s].set.intensity_pct;
	return set_pct;
}

void measurand_interlock_amplitude_error(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	for (size_t k = 0; in->current && in->device && k < in->results->event_count; k++) {
		struct watch watch;
		if (!trial_watch(in, k, &watch))
			continue;
		double nominal_a = in->device->peak1_a.value * set_before_pct(in, &watch) / 100;
		for (size_t p = 0; nominal_a > 0 && p < in->results->pulse_count; p++) {
			const struct pulse *pulse = &in->results->pulses[p];
			if (!watch_has(&watch, pulse))
				continue;
			double ratio = fabs(pulse->peak1_a) / nominal_a;
			struct measurement error = trial_measurement(in, measurand, &watch, ratio - 1);
			struct budget budget = {0};
			budget_add(&budget, SOURCE_NOISE, pulse->u_peak1_a / nominal_a, 1, INFINITY);
			contribute_gain(&budget, in->current, ratio);
			budget_add(&budget, SOURCE_OFFSET, in->current->u_offset / nominal_a, 1, INFINITY);
			error.subject = (uint32_t)p;
			error.start_s = error.end_s = pulse->onset_s;
			error.planned = 0;
			error.voided = pulse->voided || !amplitude_usable(pulse);
			measurement_add_budget(out, &error, &budget);
		}
	}
}

void measurand_interlock_interval(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	for (size_t p = 1; in->current && p < in->results->pulse_count; p++) {
		const struct pulse *pulse = &in->results->pulses[p];
		if (pulse->match != PULSE_PROVOKED)
			continue;
		struct measurement interval = session_measurement(in, measurand, pulse->onset_s - pulse[-1].onset_s);
		struct budget budget = {0};
		budget_add_independent(&budget, SOURCE_NOISE, pulse->u_onset_s, 1, INFINITY);
		budget_add_independent(&budget, SOURCE_NOISE, pulse[-1].u_onset_s, 1, INFINITY);
		budget_clock(&budget, in, interval.value, 1);
		interval.subject = (uint32_t)p;
		interval.start_s = pulse[-1].onset_s;
		interval.end_s = pulse->onset_s;
		interval.voided = pulse->voided || pulse[-1].voided || gap_between(in, interval.start_s, interval.end_s);
		measurement_add_budget(out, &interval, &budget);
	}
}

void measurand_session_provoked(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	bool any = false;
	for (size_t k = 0; k < in->results->event_count; k++)
		any |= in->results->events[k].kind == EVENT_PROVOKE;
	if (!in->current || !any)
		return;
	struct measurement provoked = session_measurement(in, measurand, (double)in->results->provoked_count);
	provoked.planned = 0;
	provoked.voided |= in->count_doubt != NULL;
	provoked.why = in->count_doubt;
	if (!provoked.voided && !(provoked.value > 0)) {
		provoked.why = trial_unprovoked(in, -INFINITY, INFINITY);
		provoked.voided = provoked.why != NULL;
	}
	measurement_add(out, &provoked);
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

/* Whether an interlock event asked for a trip at that time. */
static bool asked_for(const struct population *in, double time_s)
{
	for (size_t k = 0; k < in->results->event_count; k++) {
		struct watch watch;
		if (!trial_watch(in, k, &watch) || (watch.step && watch.step->emulate.signal == SIGNAL_NONE))
			continue;
		double until_s = watch.step ? watch.end_s : watch.event->time_s + ANSWER_S;
		if (time_s >= watch.start_s && time_s < until_s)
			return true;
	}
	return false;
}

/* Rising edges of the fault line that no interlock event asked for. False when no logic line showed that it is looked at. */
static bool count_trips(const struct population *in, double *trips)
{
	const struct edge *edges = in->results->edges;
	*trips = 0;
	for (size_t e = 0; e < in->results->edge_count; e++)
		*trips += edges[e].line == LOGIC_FAULT && edges[e].rising && !asked_for(in, edges[e].time_s);
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
