/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match.h"

#include <math.h>
#include <string.h>

#include "align.h"
#include "watch.h"

/* An edge may seem to come this much, one sample and three standard uncertainties of the onset after the onset it causes, but no more than the limit. */
#define EDGE_SLACK_S 2e-6
#define EDGE_SLACK_LIMIT_S 50e-6
#define EDGE_SLACK_SIGMA 3
/* The onset of a clipped pulse is less well known: the foot of the wave is all there is of it. */
#define CLIPPED_SLACK_S 25e-6

struct job {
	struct matching *matching;
	struct results *results;
	double *planned_s;   /* a section's */
	double *commanded_s; /* per expected pulse: when it was triggered, NAN when not known */
	double *onsets_s;    /* per pulse */
	int32_t *found;
	double *spare;
	double u_command_s; /* the largest of the events that no recorded edge made more exact; 0: none */
};

static void job_finish(struct job *job)
{
	free(job->planned_s);
	free(job->commanded_s);
	free(job->onsets_s);
	free(job->found);
	free(job->spare);
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
	if (count == 0)
		return NAN;
	qsort(values, count, sizeof *values, compare_doubles);
	return count % 2 ? values[count / 2] : 0.5 * (values[count / 2 - 1] + values[count / 2]);
}

/* The index of the last of `count` ascending times at or before t; -1 for none. */
static ptrdiff_t last_before(const double *times, size_t count, double t)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (times[middle] <= t)
			low = middle + 1;
		else
			high = middle;
	}
	return (ptrdiff_t)low - 1;
}

/* By how much trigger edges may seem to lie elsewhere than they are. */
struct slack {
	double interval_s; /* of samples */
	double bounce_s;   /* of the contact */
	double base_s;     /* what their alignment is unsure of */
};

static struct slack slack_of(const struct matching *matching, const struct results *results)
{
	double u_base_s = 0;
	for (size_t e = 0; e < results->trigger_edge_count; e++)
		u_base_s = fmax(u_base_s, results->trigger_u[e].base_s);
	return (struct slack){matching->interval_s, matching->bounce_s, fmin(3 * u_base_s, MATCH_LIMIT_S)};
}

/* How much later than the pulse its edge may seem to be. */
static double edge_slack_s(const struct pulse *pulse, const struct slack *slack)
{
	double u_s = isfinite(pulse->u_onset_s) ? EDGE_SLACK_SIGMA * pulse->u_onset_s : 0;
	return slack->base_s +
	       fmin(EDGE_SLACK_S + slack->interval_s + slack->bounce_s + u_s + (pulse->clipped ? CLIPPED_SLACK_S : 0), EDGE_SLACK_LIMIT_S);
}

/* Each pulse gets the nearest trigger edge before it that is not older than the pulse before. */
static void assign_edges(struct results *results, const struct slack *slack)
{
	for (size_t k = 0; k < results->pulse_count; k++) {
		struct pulse *pulse = &results->pulses[k];
		double slack_s = edge_slack_s(pulse, slack);
		ptrdiff_t e = last_before(results->trigger_edges_s, results->trigger_edge_count, pulse->onset_s + slack_s);
		if (e < 0)
			continue;
		double edge_s = results->trigger_edges_s[e];
		bool used = k > 0 && edge_s <= results->pulses[k - 1].onset_s + edge_slack_s(&results->pulses[k - 1], slack);
		if (used || pulse->onset_s - edge_s > MATCH_LIMIT_S + slack->base_s)
			continue;
		pulse->trigger_s = edge_s;
		pulse->u_trigger_s = results->trigger_u[e].random_s;
		pulse->u_time_base_s = results->trigger_u[e].base_s;
	}
}

/* Whether a trigger edge lies at most reach_s before a pulse. */
static bool edge_precedes(const struct results *results, const struct pulse *pulse, const struct slack *slack, double reach_s)
{
	double onset_s = pulse->onset_s, slack_s = edge_slack_s(pulse, slack);
	ptrdiff_t e = last_before(results->trigger_edges_s, results->trigger_edge_count, onset_s + slack_s);
	return e >= 0 && onset_s - results->trigger_edges_s[e] <= reach_s + slack->base_s;
}

/* A second pulse of a pair has no edge of its own: it was commanded with the first. */
static void command_follower(struct job *job, size_t p)
{
	const struct expected_pulse *expected = &job->matching->plan->pulses[p];
	job->commanded_s[p] = job->commanded_s[p - 1] + (expected->time_s - expected[-1].time_s);
}

/* The trigger times of the run's own events, each moved to the recorded edge that it caused. */
static void take_events(struct job *job)
{
	const struct results *results = job->results;
	size_t pulses = job->matching->plan->pulse_count;
	/* The rig maps its own time to the sample clock with an error that grows slowly: what the last edge showed of it holds for the next. */
	double drift_s = 0;
	for (size_t k = 0; k < results->event_count; k++) {
		const struct run_event *event = &results->events[k];
		if (event->kind != EVENT_TRIGGER || event->index >= pulses || !isfinite(event->time_s))
			continue;
		double t = event->time_s + drift_s;
		/* Another pulse's edge must not be taken: stay within a share of the planned interval to its neighbours. */
		const struct expected_pulse *expected = job->matching->plan->pulses;
		double window = fmax(MATCH_LIMIT_S, 3 * event->u_time_s);
		uint32_t p = event->index;
		if (p > 0 && expected[p - 1].section == expected[p].section)
			window = fmin(window, MATCH_SHARE * (expected[p].time_s - expected[p - 1].time_s));
		if (p + 1 < pulses && expected[p + 1].section == expected[p].section)
			window = fmin(window, MATCH_SHARE * (expected[p + 1].time_s - expected[p].time_s));
		ptrdiff_t e = last_before(results->trigger_edges_s, results->trigger_edge_count, t);
		double best = INFINITY;
		for (ptrdiff_t i = e; i <= e + 1; i++) {
			if (i < 0 || (size_t)i >= results->trigger_edge_count)
				continue;
			if (fabs(results->trigger_edges_s[i] - t) < fabs(best - t))
				best = results->trigger_edges_s[i];
		}
		bool seen = fabs(best - t) <= window;
		job->commanded_s[p] = seen ? best : t;
		if (seen)
			drift_s = best - event->time_s;
		else if (isfinite(event->u_time_s))
			job->u_command_s = fmax(job->u_command_s, event->u_time_s);
		if (p + 1 < pulses && expected[p + 1].follows)
			command_follower(job, p + 1);
	}
}

/* Latencies of one device lie within this of each other. */
#define LATENCY_SPREAD_S 100e-6

/* The median of the most numerous group of latencies; those of triggers without a pulse reach to the next pulse and are spread out. */
static double usual_latency_s(double *latencies_s, size_t count, double spread_s)
{
	size_t best = 0, most = 0;
	qsort(latencies_s, count, sizeof *latencies_s, compare_doubles);
	for (size_t low = 0, high = 0; low < count; low++) {
		while (high < count && latencies_s[high] <= latencies_s[low] + spread_s)
			high++;
		if (high - low > most) {
			most = high - low;
			best = low;
		}
	}
	return median(latencies_s + best, most);
}

/* From trigger to onset: what the device's file says, else what was usual. */
static double typical_latency_s(struct job *job)
{
	const struct device *device = job->matching->device;
	if (device && isfinite(device->trigger_latency_s.value))
		return device->trigger_latency_s.value;
	size_t count = 0;
	double slack_s = EDGE_SLACK_S + job->matching->interval_s + 3 * job->u_command_s;
	for (size_t p = 0; p < job->matching->plan->pulse_count; p++) {
		ptrdiff_t next = last_before(job->onsets_s, job->results->pulse_count, job->commanded_s[p] - slack_s) + 1;
		if (!isfinite(job->commanded_s[p]) || (size_t)next >= job->results->pulse_count)
			continue;
		double latency = job->onsets_s[next] - job->commanded_s[p];
		if (latency <= MATCH_LIMIT_S)
			job->spare[count++] = latency;
	}
	return count > 0 ? usual_latency_s(job->spare, count, LATENCY_SPREAD_S + 6 * job->u_command_s) : 0;
}

/* A section of which the run left no trace: lay its pulses over the recorded trigger edges if these fit, and say when each was commanded. */
static bool command_by_edges(struct job *job, size_t first, size_t count, double not_before_s)
{
	const struct results *results = job->results;
	const struct expected_pulse *expected = job->matching->plan->pulses + first;
	size_t skip = (size_t)(last_before(results->trigger_edges_s, results->trigger_edge_count, not_before_s) + 1), triggered = 0;
	for (size_t k = 0; k < count; k++)
		if (!expected[k].follows)
			job->spare[triggered++] = job->planned_s[k];
	struct sequence edges = {.planned_s = job->spare,
				 .planned_count = triggered,
				 .observed_s = results->trigger_edges_s + skip,
				 .observed_count = results->trigger_edge_count - skip};
	double offset;
	size_t matched, t = 0;
	if (!align_sequence(&edges, &offset, &matched))
		return false;
	matched = match_sequence(&edges, offset, job->found, NULL);
	if (2 * matched < triggered)
		return false;
	for (size_t k = 0; k < count; k++) {
		if (expected[k].follows)
			command_follower(job, first + k);
		else if (job->found[t++] >= 0)
			job->commanded_s[first + k] = edges.observed_s[job->found[t - 1]];
	}
	return true;
}

static void match_section(struct job *job, uint32_t section, size_t first, size_t count, size_t *cursor)
{
	struct results *results = job->results;
	const struct expected_pulse *expected = job->matching->plan->pulses + first;
	size_t known = 0;
	for (size_t k = 0; k < count; k++) {
		job->planned_s[k] = expected[k].time_s;
		known += isfinite(job->commanded_s[first + k]);
	}
	double not_before_s = *cursor > 0 ? job->onsets_s[*cursor - 1] : -INFINITY;
	if (known == 0 && command_by_edges(job, first, count, not_before_s))
		known = 1;
	struct sequence pulses = {.planned_s = job->planned_s,
				  .planned_count = count,
				  .observed_s = job->onsets_s + *cursor,
				  .observed_count = results->pulse_count - *cursor};
	double offset = 0;
	size_t matched, starts = 0;
	if (known > 0) {
		pulses.known_s = job->commanded_s + first;
		pulses.u_known_s = job->u_command_s;
		offset = typical_latency_s(job);
		for (size_t k = 0; k < count; k++)
			if (isfinite(pulses.known_s[k]))
				job->spare[starts++] = pulses.known_s[k] - job->planned_s[k];
		results->section_start_s[section] = median(job->spare, starts);
	} else if (align_sequence(&pulses, &offset, &matched)) {
		results->section_start_s[section] = offset;
	} else {
		return;
	}
	match_sequence(&pulses, offset, job->found, NULL);
	size_t start = *cursor;
	for (size_t k = 0; k < count; k++) {
		if (job->found[k] < 0)
			continue;
		size_t index = start + (size_t)job->found[k];
		results->pulses[index].match = PULSE_MATCHED;
		results->pulses[index].expected = (int32_t)(first + k);
		job->matching->observed[first + k] = (int32_t)index;
		*cursor = index + 1;
	}
}

static void start_sections(const struct plan *plan, struct results *results)
{
	for (uint32_t s = 0; s < plan->section_count; s++)
		results->section_start_s[s] = NAN;
	for (size_t k = 0; k < results->event_count; k++)
		if (results->events[k].kind == EVENT_SECTION && results->events[k].index < plan->section_count)
			results->section_start_s[results->events[k].index] = results->events[k].time_s;
}

static void match_plan(struct job *job)
{
	const struct plan *plan = job->matching->plan;
	start_sections(plan, job->results);
	take_events(job);
	size_t cursor = 0;
	for (size_t first = 0, count; first < plan->pulse_count; first += count) {
		uint32_t section = plan->pulses[first].section;
		for (count = 1; first + count < plan->pulse_count && plan->pulses[first + count].section == section;)
			count++;
		match_section(job, section, first, count, &cursor);
	}
	struct results *results = job->results;
	for (size_t p = 0; p < plan->pulse_count; p++)
		if (job->matching->observed[p] < 0)
			results->missing[results->missing_count++] = (uint32_t)p;
}

static void *array(size_t count, size_t size)
{
	return calloc(count ? count : 1, size);
}

static bool prepare(struct job *job, struct error *error)
{
	struct results *results = job->results;
	const struct plan *plan = job->matching->plan;
	size_t planned = plan->pulse_count, most = planned > results->pulse_count ? planned : results->pulse_count;
	job->planned_s = array(planned, sizeof *job->planned_s);
	job->commanded_s = array(planned, sizeof *job->commanded_s);
	job->onsets_s = array(results->pulse_count, sizeof *job->onsets_s);
	job->found = array(planned, sizeof *job->found);
	job->spare = array(most, sizeof *job->spare);
	results->section_start_s = array(plan->section_count, sizeof *results->section_start_s);
	results->missing = array(planned, sizeof *results->missing);
	if (!job->planned_s || !job->commanded_s || !job->onsets_s || !job->found || !job->spare || !results->section_start_s ||
	    !results->missing)
		return error_set(error, ERROR_BENCH, "out of memory for matching pulses");
	results->section_count = plan->section_count;
	for (size_t p = 0; p < planned; p++) {
		job->commanded_s[p] = NAN;
		job->matching->observed[p] = -1;
	}
	for (size_t k = 0; k < results->pulse_count; k++)
		job->onsets_s[k] = results->pulses[k].onset_s;
	return true;
}

/* How many intervals of a pair that the device makes itself its second pulse may be late, and still be one on that trigger: a wrong one. */
#define PAIR_REACH 2

/* Pulses that nobody planned, on triggers that were to be refused or in a trial that fires without the trigger line. */
static void mark_provoked(const struct matching *matching, struct results *results, const struct slack *slack)
{
	for (size_t k = 0; matching->plan && k < results->event_count; k++) {
		const struct run_event *event = &results->events[k];
		struct watch watch;
		double from_s, to_s, u_s, reach_s = MATCH_LIMIT_S;
		bool trigger = event->kind == EVENT_PROVOKE;
		if (trigger) {
			reach_s += PAIR_REACH * plan_trigger_pair_s(matching->plan, event->index);
			double at_s = watch_event_s(results, matching->u_clock_rel, k, &u_s);
			from_s = at_s - slack->base_s - EDGE_SLACK_S - slack->interval_s - 3 * u_s;
			to_s = at_s + reach_s + 3 * u_s;
		} else if (watch_of(results, matching->plan, matching->u_clock_rel, k, &watch) && watch_without_trigger(&watch)) {
			from_s = watch.start_s - 3 * watch.u_start_s;
			to_s = watch.end_s;
		} else {
			continue;
		}
		for (size_t p = 0; p < results->pulse_count; p++) {
			struct pulse *pulse = &results->pulses[p];
			bool there = pulse->onset_s >= from_s && pulse->onset_s <= to_s;
			if (there && pulse->match == PULSE_UNMATCHED &&
			    !(trigger && matching->has_trigger && !edge_precedes(results, pulse, slack, reach_s)))
				pulse->match = PULSE_PROVOKED;
		}
	}
}

bool match_pulses(struct matching *matching, struct results *results, struct error *error)
{
	const struct slack slack = slack_of(matching, results);
	assign_edges(results, &slack);
	struct job job __attribute__((cleanup(job_finish))) = {.matching = matching, .results = results};
	if (matching->plan) {
		if (!prepare(&job, error))
			return false;
		match_plan(&job);
	}
	mark_provoked(matching, results, &slack);
	for (size_t k = 0; k < results->pulse_count; k++) {
		struct pulse *pulse = &results->pulses[k];
		/* A pulse in its time that came before its trigger, or without one. Where the line never switched it says nothing of single pulses. */
		bool follows = matching->plan && pulse->match == PULSE_MATCHED && matching->plan->pulses[pulse->expected].follows;
		bool alone = matching->has_trigger && results->trigger_edge_count > 0 && isnan(pulse->trigger_s) && !follows;
		if (pulse->match == PULSE_MATCHED)
			results->matched_count++;
		else if (pulse->match == PULSE_PROVOKED)
			results->provoked_count++;
		else if (matching->has_trigger && !edge_precedes(results, pulse, &slack, MATCH_LIMIT_S))
			pulse->match = PULSE_UNTRIGGERED;
		else if (matching->plan)
			pulse->match = PULSE_EXTRA;
		results->extra_count += pulse->match == PULSE_EXTRA || pulse->match == PULSE_UNTRIGGERED;
		results->untriggered_count += pulse->match == PULSE_UNTRIGGERED || (pulse->match == PULSE_MATCHED && alone);
	}
	return true;
}
