/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results.h"

#include <math.h>

double results_edge_u_s(const struct results *results, double time_s)
{
	return hypot(time_base_u_at_s(&results->time_base, time_s), results->u_logic_s);
}

double results_edge_interval_u_s(const struct results *results, double from_s, double to_s)
{
	const struct time_base *base = &results->time_base;
	double by_rate_s = base->u_rate_rel * (to_s - from_s);
	/* Both ends may lie to either side of a clock that drifts. */
	double by_drift_s = sqrt(2) * base->u_drift_s;
	return base->source == TIME_BASE_NONE
		       ? INFINITY
		       : sqrt(by_rate_s * by_rate_s + by_drift_s * by_drift_s + 2 * results->u_logic_s * results->u_logic_s);
}

void results_destroy(struct results *results)
{
	if (!results)
		return;
	free(results->pulses);
	free(results->trigger_edges_s);
	free(results->trigger_u);
	free(results->edges);
	free(results->missing);
	free(results->gaps);
	free(results->measurements);
	free(results->section_start_s);
	free(results->events);
	free(results);
}
