/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "number.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DECIMALS = 9 };

/* Differences below this, relative to the largest value, are rounding of binary fractions. */
static const double ROUNDING = 1e-9;

static const char *const PREFIXED_UNITS[] = {"s", "A", "V", "Hz", "W", "J", "H", "F", "C", "A s", "Ohm"};

static const struct {
	int exponent;
	const char *prefix;
} PREFIXES[] = {{9, "G"}, {6, "M"}, {3, "k"}, {0, ""}, {-3, "m"}, {-6, "µ"}, {-9, "n"}, {-12, "p"}};

static double largest(const double *values, size_t count)
{
	double most = 0;
	for (size_t i = 0; i < count; i++)
		if (isfinite(values[i]) && fabs(values[i]) > most)
			most = fabs(values[i]);
	return most;
}

static bool all_whole(const double *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (isfinite(values[i]) && values[i] != trunc(values[i]))
			return false;
	return true;
}

static bool takes_prefix(const char *unit)
{
	for (size_t i = 0; i < sizeof PREFIXED_UNITS / sizeof *PREFIXED_UNITS; i++)
		if (strcmp(unit, PREFIXED_UNITS[i]) == 0)
			return true;
	return false;
}

static void choose_unit(struct number_scale *scale, const char *unit, double most)
{
	if (strcmp(unit, "A/s") == 0) {
		scale->factor = 1e-6;
		snprintf(scale->unit, sizeof scale->unit, "A/µs");
		return;
	}
	if (!takes_prefix(unit) || most == 0) {
		snprintf(scale->unit, sizeof scale->unit, "%s", unit);
		return;
	}
	for (size_t i = 0; i < sizeof PREFIXES / sizeof *PREFIXES; i++) {
		/* Nobody reads kiloseconds. */
		if (PREFIXES[i].exponent > 0 && strcmp(unit, "s") == 0)
			continue;
		if (most * (1 + ROUNDING) >= pow(10, PREFIXES[i].exponent) || i + 1 == sizeof PREFIXES / sizeof *PREFIXES) {
			scale->factor = pow(10, -PREFIXES[i].exponent);
			snprintf(scale->unit, sizeof scale->unit, "%s%s", PREFIXES[i].prefix, unit);
			return;
		}
	}
}

/* The decimal exponent of a positive value once rounded to so many significant digits. */
static int exponent_of(double value, int digits)
{
	char text[32];
	snprintf(text, sizeof text, "%.*e", digits - 1, value);
	return atoi(strchr(text, 'e') + 1);
}

static int clamp_decimals(int decimals)
{
	return decimals < 0 ? 0 : decimals > MAX_DECIMALS ? MAX_DECIMALS : decimals;
}

static bool look_equal(const struct number_scale *scale, double a, double b)
{
	char text_a[64], text_b[64];
	number_text(text_a, sizeof text_a, scale, a);
	number_text(text_b, sizeof text_b, scale, b);
	return strcmp(text_a, text_b) == 0;
}

static bool tells_apart(const struct number_scale *scale, const double *values, size_t count, double most)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			if (isfinite(values[i]) && isfinite(values[j]) && fabs(values[i] - values[j]) > ROUNDING * most &&
			    look_equal(scale, values[i], values[j]))
				return false;
	return true;
}

struct number_scale number_scale(const char *unit, double expanded, const double *values, size_t count)
{
	struct number_scale scale = {.factor = 1};
	double most = largest(values, count);
	bool uncertain = isfinite(expanded) && expanded > 0;
	if (strcmp(unit, "1") != 0) {
		choose_unit(&scale, unit, most > 0 || !uncertain ? most : expanded);
	} else if (!uncertain && all_whole(values, count)) {
		return scale;
	} else if (most < 0.5) {
		scale.factor = 100;
		snprintf(scale.unit, sizeof scale.unit, "%%");
	}
	if (uncertain)
		scale.decimals = clamp_decimals(1 - exponent_of(expanded * scale.factor, 2));
	else if (most > 0)
		scale.decimals = clamp_decimals(3 - exponent_of(most * scale.factor, 4));
	while (scale.decimals < MAX_DECIMALS && !tells_apart(&scale, values, count, most))
		scale.decimals++;
	return scale;
}

void number_text(char *out, size_t size, const struct number_scale *scale, double value)
{
	if (!isfinite(value)) {
		snprintf(out, size, "–");
		return;
	}
	snprintf(out, size, "%.*f", scale->decimals, value * scale->factor);
	/* "-0.00" is zero. */
	if (out[0] == '-' && strspn(out, "-0.") == strlen(out))
		memmove(out, out + 1, strlen(out));
}
