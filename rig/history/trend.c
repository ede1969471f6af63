/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trend.h"

#include <math.h>
#include <string.h>

static const double DAY_S = 86400, HOUR_DAYS = 1.0 / 24;

static bool same_number(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static enum trend_limits limits_of(const struct history_points *points)
{
	const struct history_point *first = NULL;
	bool equal = true, both = true;
	for (size_t i = 0; i < points->count; i++) {
		const struct history_point *point = &points->points[i];
		if (isnan(point->value))
			continue;
		if (!first)
			first = point;
		equal &= same_number(point->lower, first->lower) && same_number(point->upper, first->upper);
		both &= point->upper > point->lower;
	}
	if (!first || (equal && isnan(first->lower) && isnan(first->upper)))
		return LIMITS_NONE;
	return equal ? LIMITS_EQUAL : both ? LIMITS_SCALED : LIMITS_MIXED;
}

static double value_of(const struct history_point *point, enum trend_limits limits)
{
	if (limits != LIMITS_SCALED)
		return point->value;
	return (2 * point->value - point->lower - point->upper) / (point->upper - point->lower);
}

static void look_for_mixtures(const struct history_points *points, struct trend *trend)
{
	for (size_t i = 0; i < points->count; i++) {
		const struct history_point *point = &points->points[i], *first = &points->points[0];
		trend->benches = i == 0 || !same_text(point->bench, first->bench) ? 1 + (i > 0) : trend->benches;
		trend->devices = i == 0 || !same_text(point->device, first->device) ? 1 + (i > 0) : trend->devices;
		trend->serials = i == 0 || !same_text(point->serial, first->serial) ? 1 + (i > 0) : trend->serials;
		trend->scenarios = i == 0 || !same_text(point->scenario, first->scenario) ? 1 + (i > 0) : trend->scenarios;
		trend->simulated += point->simulated;
	}
}

static void take_values(const struct history_points *points, struct trend *trend)
{
	double origin_s = points->count ? points->points[0].started_s : 0;
	trend->minimum = INFINITY;
	trend->maximum = -INFINITY;
	for (size_t i = 0; i < points->count; i++) {
		const struct history_point *point = &points->points[i];
		/* A value that is a number may be none any more as a part of a tolerance that is nearly nothing. */
		double value = value_of(point, trend->limits);
		if (!isfinite(value)) {
			trend->without++;
			continue;
		}
		if (trend->count == 0) {
			trend->lower = trend->limits == LIMITS_SCALED ? -1 : point->lower;
			trend->upper = trend->limits == LIMITS_SCALED ? 1 : point->upper;
		}
		trend->values[trend->count] = value;
		trend->days[trend->count] = (point->started_s - origin_s) / DAY_S;
		trend->index[trend->count++] = i;
		trend->minimum = fmin(trend->minimum, value);
		trend->maximum = fmax(trend->maximum, value);
	}
}

static bool same_run(const struct history_points *points, const struct trend *trend, size_t i, size_t k)
{
	return same_text(points->points[trend->index[i]].id, points->points[trend->index[k]].id);
}

/* Values of one run have its offset in common: a thousand of them are one witness of a drift, their mean. */
static bool take_drift(const struct history_points *points, struct trend *trend, struct error *error)
{
	trend->runs = trend->count > 0;
	for (size_t i = 1; i < trend->count; i++)
		trend->runs += !same_run(points, trend, i - 1, i);
	trend->by_index = trend->count > 0 && trend->days[trend->count - 1] - trend->days[0] < HOUR_DAYS;
	bool means = trend->runs > 1 && trend->runs < trend->count;
	size_t size = means ? trend->runs : trend->count, run = 0;
	auto_free double *x = calloc(size + 1, sizeof *x), *y = calloc(size + 1, sizeof *y);
	if (!x || !y)
		return error_bench(error, "out of memory");
	for (size_t i = 0, n = 0; i < trend->count; i++) {
		bool next = i > 0 && (!means || !same_run(points, trend, i - 1, i));
		run += next;
		n = next ? 1 : n + 1;
		y[run] += (trend->values[i] - y[run]) / (double)n;
		x[run] = trend->by_index ? (double)run : trend->days[i];
	}
	trend->drift = drift_of(x, y, size);
	return true;
}

bool trend_of(const struct history_points *points, struct trend *trend, struct error *error)
{
	*trend = (struct trend){.limits = limits_of(points), .lower = NAN, .upper = NAN};
	trend->values = calloc(points->count + 1, sizeof *trend->values);
	trend->days = calloc(points->count + 1, sizeof *trend->days);
	trend->index = calloc(points->count + 1, sizeof *trend->index);
	if (!trend->values || !trend->days || !trend->index)
		return error_bench(error, "out of memory");
	take_values(points, trend);
	look_for_mixtures(points, trend);
	if (trend->limits == LIMITS_MIXED || trend->limits == LIMITS_NONE)
		trend->lower = trend->upper = NAN;
	trend->chart = control_chart_of(trend->values, trend->count);
	trend->capability = capability_of(trend->values, trend->count, trend->lower, trend->upper);
	trend->sd = trend->capability.sd;
	return take_drift(points, trend, error);
}

void trend_finish(struct trend *trend)
{
	free(trend->values);
	free(trend->days);
	free(trend->index);
	*trend = (struct trend){0};
}
