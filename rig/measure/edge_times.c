/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "edge_times.h"

#include <math.h>

#include "edges.h"
#include "time_base_fit.h"

static int by_time(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;
	if (x->time_s != y->time_s)
		return x->time_s < y->time_s ? -1 : 1;
	return (int)x->line - (int)y->line;
}

/* Between two samples of a rate: rectangular. */
static double u_sampling_s(double rate_hz)
{
	return 1 / (rate_hz * sqrt(12.0));
}

/* Rising edges of the trigger line as the analyser saw them, without bounces. */
static bool find_triggers(const struct results *results, struct series *triggers, struct error *error)
{
	double accepted_s = -INFINITY;
	for (size_t k = 0; k < results->edge_count; k++) {
		const struct edge *edge = &results->edges[k];
		if (edge->line != LOGIC_TRIGGER || !edge->rising || edge->time_s - accepted_s <= EDGE_BOUNCE_S)
			continue;
		accepted_s = edge->time_s;
		if (!series_add(triggers, &accepted_s, error))
			return false;
	}
	return true;
}

static struct edge_lists make_lists(const struct findings *findings, const struct recording_format *format, const struct series *triggers,
				    bool has_channel)
{
	double logic_rate_hz = format->logic_rate_hz > 0 ? format->logic_rate_hz : format->sample_rate_hz;
	struct edge_lists lists = {
		.recorded_s = findings->edges.items,
		.recorded_count = has_channel ? findings->edges.count : 0,
		.logic_s = triggers->items,
		.logic_count = triggers->count,
		.u_recorded_s = u_sampling_s(format->sample_rate_hz),
		.u_logic_s = u_sampling_s(logic_rate_hz),
		.start_s = NAN,
		.u_start_s = NAN,
		.u_rate_rel = hypot(format->u_clock_rel, format->u_logic_clock_rel),
	};
	const struct run_event *events = findings->events.items;
	for (size_t k = 0; k < findings->events.count; k++)
		if (events[k].kind == EVENT_LOGIC_START) {
			/* An edge is stamped with the first sample after it: half a sample late on average. */
			lists.start_s = events[k].time_s - 0.5 / logic_rate_hz;
			lists.u_start_s = events[k].u_time_s;
		}
	return lists;
}

/* Every recorded edge that the analyser saw, too, on the analyser's time if that makes it better known. */
static void refine(const struct edge_lists *lists, const int32_t *pair, struct results *results)
{
	const struct time_base *base = &results->time_base;
	for (size_t j = 0; j < lists->logic_count && base->source == TIME_BASE_SHARED; j++) {
		double u_base_s = time_base_u_s(base, lists->logic_s[j]);
		if (pair[j] < 0 || hypot(u_base_s, lists->u_logic_s) >= lists->u_recorded_s)
			continue;
		results->trigger_edges_s[pair[j]] = time_base_map(base, lists->logic_s[j]);
		results->trigger_u[pair[j]] = (struct trigger_uncertainty){lists->u_logic_s, u_base_s};
		results->refined_count++;
	}
}

/* The trigger edges that count, with their uncertainties. */
static bool take_triggers(struct findings *findings, struct series *triggers, const struct edge_lists *lists, const int32_t *pair,
			  bool has_channel, struct results *results, struct error *error)
{
	struct series *source = has_channel ? &findings->edges : triggers;
	results->trigger_edge_count = source->count;
	results->trigger_u = calloc(source->count + 1, sizeof *results->trigger_u);
	if (!results->trigger_u)
		return error_bench(error, "out of memory for the edges of the trigger line");
	const struct time_base *base = &results->time_base;
	for (size_t k = 0; k < source->count; k++)
		results->trigger_u[k] = (struct trigger_uncertainty){
			.random_s = has_channel ? lists->u_recorded_s : lists->u_logic_s,
			.base_s = has_channel ? 0 : time_base_u_s(base, lists->logic_s[k]),
		};
	results->trigger_edges_s = series_take(source);
	if (has_channel)
		refine(lists, pair, results);
	else
		for (size_t k = 0; k < results->trigger_edge_count; k++)
			results->trigger_edges_s[k] = time_base_map(base, results->trigger_edges_s[k]);
	return true;
}

static void free_items(struct series *series)
{
	free(series->items);
}

bool edge_times_take(struct findings *findings, const struct recording_format *format, bool has_channel, struct results *results,
		     struct error *error)
{
	results->edge_count = findings->logic.count;
	results->edges_dropped = findings->logic_dropped;
	results->edges = series_take(&findings->logic);
	if (results->edge_count > 1)
		qsort(results->edges, results->edge_count, sizeof *results->edges, by_time);
	struct series triggers __attribute__((cleanup(free_items))) = {.item_size = sizeof(double)};
	if (!find_triggers(results, &triggers, error))
		return false;
	struct edge_lists lists = make_lists(findings, format, &triggers, has_channel);
	auto_free int32_t *pair = calloc(triggers.count + 1, sizeof *pair);
	if (!pair)
		return error_bench(error, "out of memory for the edges of the trigger line");
	if (!time_base_fit(&lists, &results->time_base, pair, error))
		return false;
	results->u_logic_s = lists.u_logic_s;
	bool taken = take_triggers(findings, &triggers, &lists, pair, has_channel, results, error);
	for (size_t k = 0; k < results->edge_count; k++)
		results->edges[k].time_s = time_base_map(&results->time_base, results->edges[k].time_s);
	return taken;
}
