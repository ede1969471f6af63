/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "control.h"

#include <math.h>

/* Mean range of two values of a normal distribution in sigmas, and D4 of ranges of two, as the tables print them. */
static const double D2 = 1.128, D4 = 3.267;

enum { SIDE_RUN = 8, TREND_RUN = 6 };

/* About the first value, so that the mean of equal values is that value and none of them lies beside it. */
static double mean_of(const double *values, size_t count)
{
	double sum = 0;
	for (size_t i = 1; i < count; i++)
		sum += values[i] - values[0];
	return values[0] + sum / (double)count;
}

static double moving_range_of(const double *values, size_t count)
{
	double sum = 0;
	for (size_t i = 1; i < count; i++)
		sum += fabs(values[i] - values[i - 1]);
	return sum / (double)(count - 1);
}

/* Of the last `window` points up to index, how many lie beyond `sigmas` on the side of `sign`. */
static unsigned beyond(const struct control_chart *chart, const double *values, size_t index, unsigned window, double sigmas, double sign)
{
	unsigned count = 0;
	for (unsigned k = 0; k < window && k <= index; k++)
		count += sign * (values[index - k] - chart->mean) > sigmas * chart->sigma;
	return count;
}

/* Whether the point itself takes part in the pattern, which then ends with it. */
static bool ends(const struct control_chart *chart, const double *values, size_t i, unsigned needed, unsigned window, double sigmas)
{
	for (int sign = -1; sign <= 1; sign += 2)
		if (beyond(chart, values, i, 1, sigmas, sign) == 1 && beyond(chart, values, i, window, sigmas, sign) >= needed)
			return true;
	return false;
}

static bool trends(const double *values, size_t index)
{
	enum { STEPS = TREND_RUN - 1 };
	if (index < STEPS)
		return false;
	unsigned rises = 0, falls = 0;
	for (size_t k = 0; k < STEPS; k++) {
		rises += values[index - k] > values[index - k - 1];
		falls += values[index - k] < values[index - k - 1];
	}
	return rises == STEPS || falls == STEPS;
}

static bool breaks(const struct control_chart *chart, const double *values, size_t i, enum control_rule rule)
{
	switch (rule) {
	case RULE_BEYOND_3_SIGMA: return values[i] > chart->upper || values[i] < chart->lower;
	case RULE_2_OF_3_BEYOND_2: return ends(chart, values, i, 2, 3, 2);
	case RULE_4_OF_5_BEYOND_1: return ends(chart, values, i, 4, 5, 1);
	case RULE_8_ON_ONE_SIDE: return ends(chart, values, i, SIDE_RUN, SIDE_RUN, 0);
	case RULE_6_RISE_OR_FALL: return trends(values, i);
	case CONTROL_RULE_COUNT: break;
	}
	return false;
}

struct control_chart control_chart_of(const double *values, size_t count)
{
	struct control_chart chart = {
		.count = count, .mean = NAN, .moving_range = NAN, .sigma = NAN, .lower = NAN, .upper = NAN, .range_upper = NAN};
	if (count == 0)
		return chart;
	chart.mean = mean_of(values, count);
	if (count < 2)
		return chart;
	chart.moving_range = moving_range_of(values, count);
	/* Of the largest numbers there are no differences: limits that are none would call everything in control. */
	if (!isfinite(chart.mean) || !isfinite(D4 * chart.moving_range)) {
		chart.mean = chart.moving_range = NAN;
		return chart;
	}
	chart.sigma = chart.moving_range / D2;
	chart.lower = chart.mean - 3 * chart.sigma;
	chart.upper = chart.mean + 3 * chart.sigma;
	chart.range_upper = D4 * chart.moving_range;
	for (size_t i = 0; i < count; i++) {
		chart.ranges_beyond += i > 0 && fabs(values[i] - values[i - 1]) > chart.range_upper;
		for (enum control_rule rule = 0; rule < CONTROL_RULE_COUNT; rule++)
			if (breaks(&chart, values, i, rule) && chart.signals[rule]++ == 0)
				chart.first[rule] = i;
	}
	return chart;
}

bool control_chart_signals(const struct control_chart *chart)
{
	for (enum control_rule rule = 0; rule < CONTROL_RULE_COUNT; rule++)
		if (chart->signals[rule] > 0)
			return true;
	return chart->ranges_beyond > 0;
}

const char *control_rule_words(enum control_rule rule)
{
	switch (rule) {
	case RULE_BEYOND_3_SIGMA: return "a point beyond 3 sigma";
	case RULE_2_OF_3_BEYOND_2: return "two of three beyond 2 sigma on one side";
	case RULE_4_OF_5_BEYOND_1: return "four of five beyond 1 sigma on one side";
	case RULE_8_ON_ONE_SIDE: return "eight in a row on one side of the mean";
	case RULE_6_RISE_OR_FALL: return "six in a row rising or falling";
	case CONTROL_RULE_COUNT: break;
	}
	return "";
}
