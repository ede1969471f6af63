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
	return a && b ? strcmp(a, b) == 0 : a == b;
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
		if (!isfinite(point->value)) {
			trend->without++;
			continue;
		}
		double value = value_of(point, trend->limits);
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
	trend->by_index = trend->count > 0 && trend->days[trend->count - 1] - trend->days[0] < HOUR_DAYS;
	for (size_t i = 0; trend->by_index && i < trend->count; i++)
		trend->days[i] = (double)i;
	trend->drift = drift_of(trend->days, trend->values, trend->count);
	trend->capability = capability_of(trend->values, trend->count, trend->lower, trend->upper);
	trend->sd = trend->capability.sd;
	return true;
}

void trend_finish(struct trend *trend)
{
	free(trend->values);
	free(trend->days);
	free(trend->index);
	*trend = (struct trend){0};
}
