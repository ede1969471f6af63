/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * How numbers are written for people: everything that is compared (value, uncertainty, limits, margin) in one unit and with one number of
 * decimals, so that the eye can compare it too.
 */
#include <stddef.h>

struct number_scale {
	double factor; /* SI value times factor is the number written */
	char unit[16]; /* "µs", "kA", "A/µs", "%", "" */
	int decimals;
};

/*
 * The scale for `count` values in the SI `unit`, NAN ones are ignored. The prefix comes from the largest value; the decimals from the expanded
 * uncertainty (to two digits), or, where that is NAN or 0, four significant digits. Decimals are added until different values look different:
 * a value beyond its limit is never written like the limit. A ratio ("1") below 0.5 is written in percent, whole numbers without decimals.
 */
struct number_scale number_scale(const char *unit, double expanded, const double *values, size_t count);
/* The value in that scale without its unit: "-0.350"; "–" when it is not finite. */
void number_text(char *out, size_t size, const struct number_scale *scale, double value);
