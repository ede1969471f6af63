/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "time_base_fit.h"

#include <math.h>

#include "line_robust.h"

/* The course of the clocks is looked at in so many stretches of at least so many edges. */
enum { STRETCHES = 16, STRETCH_EDGES = 6 };
/* The mean of a stretch is no chance beyond so many of its standard uncertainties. */
#define DRIFT_SIGMAS 5.0
/* With so few edges their scatter says less than what is known of sampling. */
enum { FEW_EDGES = 8 };

/* What the host says: when the analyser began, and how well both clocks keep their rate. */
static struct time_base from_host(const struct edge_lists *lists)
{
	struct time_base base = {.residual_s = NAN, .expected_s = NAN, .u_rate_rel = lists->u_rate_rel};
	base.recorded_count = lists->recorded_count;
	base.logic_count = lists->logic_count;
	base.u_offset_s = INFINITY;
	if (!isfinite(lists->start_s) || !isfinite(lists->u_start_s))
		return base;
	base.source = TIME_BASE_HOST;
	base.offset_s = lists->start_s;
	base.u_offset_s = lists->u_start_s;
	return base;
}

/* Deviations from the line in order of time; the number of them. */
static size_t deviations(const struct edge_lists *lists, const int32_t *pair, const struct line_robust *line, double gate_s, double *out)
{
	size_t count = 0;
	for (size_t j = 0; j < lists->logic_count; j++) {
		if (pair[j] < 0)
			continue;
		double t = lists->logic_s[j], y = lists->recorded_s[pair[j]] - t;
		double deviation_s = y - line->offset_s - line->rate * (t - line->pivot_s);
		if (fabs(deviation_s) <= gate_s)
			out[count++] = deviation_s;
	}
	return count;
}

/*
 * The largest mean of a stretch of edges, where it is more than their scatter from one to the next (von Neumann: half the mean square of successive
 * differences) can make it; else 0.
 */
static double largest_drift(const double *deviation_s, size_t count)
{
	size_t stretches = count / STRETCH_EDGES < STRETCHES ? count / STRETCH_EDGES : STRETCHES;
	double squares = 0, largest_s = 0;
	if (stretches < 3)
		return 0;
	for (size_t k = 1; k < count; k++)
		squares += (deviation_s[k] - deviation_s[k - 1]) * (deviation_s[k] - deviation_s[k - 1]);
	double scatter_s = sqrt(squares / (2 * (double)(count - 1)));
	for (size_t s = 0; s < stretches; s++) {
		size_t from = s * count / stretches, to = (s + 1) * count / stretches;
		double mean_s = 0;
		for (size_t k = from; k < to; k++)
			mean_s += deviation_s[k] / (double)(to - from);
		if (fabs(mean_s) > DRIFT_SIGMAS * scatter_s / sqrt((double)(to - from)))
			largest_s = fmax(largest_s, fabs(mean_s));
	}
	return largest_s;
}

/* The line through the shared edges, and how well it is known: s^2 (X'X)^-1, for the rate together with what the accuracies of both clocks say. */
static bool from_edges(const struct edge_lists *lists, const int32_t *pair, struct time_base *base)
{
	struct line_robust line;
	auto_free double *deviation_s = calloc(lists->logic_count + 1, sizeof *deviation_s);
	if (!deviation_s || !line_robust_fit(lists, pair, &line))
		return false;
	double expected_s = hypot(lists->u_recorded_s, lists->u_logic_s);
	double s = line.count >= FEW_EDGES ? line.scatter_s : fmax(line.scatter_s, expected_s);
	double u_rate = fmax(s, 1e-12) / sqrt(fmax(line.sum_squares, 1e-18));
	/* Two rectangular accuracies allow 2.4 of their joint standard uncertainty at most. */
	bool outside = fabs(line.rate) > 3 * lists->u_rate_rel + 3 * u_rate;
	double u_stated = outside ? fmax(EDGE_MATCH_U_RATE, lists->u_rate_rel) : lists->u_rate_rel;
	base->source = TIME_BASE_SHARED;
	base->pivot_s = line.pivot_s;
	base->offset_s = line.offset_s;
	base->rate_rel = u_stated > 0 ? line.rate * u_stated * u_stated / (u_stated * u_stated + u_rate * u_rate) : line.rate;
	base->u_offset_s = s / sqrt((double)line.count);
	base->u_rate_rel = u_stated > 0 ? 1 / hypot(1 / u_rate, 1 / u_stated) : u_rate;
	/* Errors that are the same for every edge do not scatter, and do not average out either. */
	base->u_common_s = sqrt(fmax(0, expected_s * expected_s - line.scatter_s * line.scatter_s));
	base->residual_s = line.count > 2 ? line.scatter_s : NAN;
	base->expected_s = expected_s;
	base->first_s = line.first_s;
	base->last_s = line.last_s;
	base->shared = line.count;
	base->rate_outside = outside;
	size_t count = deviations(lists, pair, &line, 5 * fmax(line.scatter_s, expected_s), deviation_s);
	double drift_s = largest_drift(deviation_s, count);
	/* The line is off by up to so much, anywhere: rectangular. */
	base->u_drift_s = drift_s / sqrt(3);
	base->drifts = drift_s > expected_s;
	return true;
}

bool time_base_fit(const struct edge_lists *lists, struct time_base *base, int32_t *pair, struct error *error)
{
	enum match_state state;
	*base = from_host(lists);
	if (!edge_lists_match(lists, pair, &state, error))
		return false;
	base->ambiguous = lists->recorded_count > 0 && lists->logic_count > 0 && state != MATCH_FOUND;
	if (state == MATCH_FOUND)
		return from_edges(lists, pair, base) || error_bench(error, "out of memory for the edges of the trigger line");
	for (size_t j = 0; j < lists->logic_count; j++)
		pair[j] = -1;
	return true;
}
