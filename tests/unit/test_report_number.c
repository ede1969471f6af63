/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbers for people: units and decimals of values that are compared, against what a person would write.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "number.h"

struct expectation {
	const char *unit;
	double expanded;
	double values[3];
	const char *written[3];
	const char *written_unit;
};

static const struct expectation EXPECTED[] = {
	{"s", NAN, {290e-6, NAN, NAN}, {"290.0", "–", "–"}, "µs"},
	{"A", NAN, {6530, NAN, NAN}, {"6.530", "–", "–"}, "kA"},
	{"A/s", NAN, {149.8e6, NAN, NAN}, {"149.8", "–", "–"}, "A/µs"},
	{"A", 44, {4921.4, 4940, 5460}, {"4.921", "4.940", "5.460"}, "kA"},
	{"s", 0.6e-6, {0.0200021, 0.0198, 0.0202}, {"20.00210", "19.80000", "20.20000"}, "ms"},
	{"s", NAN, {2223.9, NAN, NAN}, {"2224", "–", "–"}, "s"},
	{"s", 1e-6, {8.16, NAN, NAN}, {"8.1600000", "–", "–"}, "s"},
	{"Hz", NAN, {1e6, NAN, NAN}, {"1.000", "–", "–"}, "MHz"},
	{"1", NAN, {600, 600, 599}, {"600", "600", "599"}, ""},
	{"1", 0.001, {0.004, NAN, 0.005}, {"0.40", "–", "0.50"}, "%"},
	{"1", 0.006, {-0.89, -0.95, -0.85}, {"-0.8900", "-0.9500", "-0.8500"}, ""},
	{"V", NAN, {0, NAN, 60}, {"0.00", "–", "60.00"}, "V"},
	{"s", 0.4e-6, {0, NAN, NAN}, {"0", "–", "–"}, "ns"},
	/* A value just beyond its limit never looks like the limit, whatever the uncertainty. */
	{"A", 200, {5000.4, NAN, 5000}, {"5.0004", "–", "5.0000"}, "kA"},
	{"1", NAN, {INFINITY, NAN, NAN}, {"–", "–", "–"}, ""},
};

Test(number, writes_values_as_people_do)
{
	for (size_t i = 0; i < sizeof EXPECTED / sizeof *EXPECTED; i++) {
		const struct expectation *expected = &EXPECTED[i];
		struct number_scale scale = number_scale(expected->unit, expected->expanded, expected->values, 3);
		cr_expect_str_eq(scale.unit, expected->written_unit, "case %zu: unit \"%s\"", i, scale.unit);
		for (size_t v = 0; v < 3; v++) {
			char text[64];
			number_text(text, sizeof text, &scale, expected->values[v]);
			cr_expect_str_eq(text, expected->written[v], "case %zu value %zu: \"%s\"", i, v, text);
		}
	}
}

Test(number, zero_has_no_sign)
{
	struct number_scale scale = {.factor = 1, .decimals = 2};
	char text[64];
	number_text(text, sizeof text, &scale, -0.001);
	cr_expect_str_eq(text, "0.00");
	number_text(text, sizeof text, &scale, -0.01);
	cr_expect_str_eq(text, "-0.01");
}
