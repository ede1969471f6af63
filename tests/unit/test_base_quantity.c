/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "quantity.h"

static double parsed(const char *text, enum dimension dimension)
{
	struct error error = {0};
	double value = NAN;
	cr_assert(quantity_parse(text, dimension, &value, &error), "'%s': %s", text, error.text);
	return value;
}

/* Every value must be the very double that the compiler makes of the same decimal number. */
Test(quantity, reads_every_unit_exactly)
{
	static const struct {
		const char *text;
		enum dimension dimension;
		double value;
	} CASES[] = {
		{"1.65 kV", DIMENSION_VOLTAGE, 1650},
		{"300 uV", DIMENSION_VOLTAGE, 300e-6},
		{"100 us", DIMENSION_TIME, 100e-6},
		{"40us", DIMENSION_TIME, 40e-6},
		{"0.1 ms", DIMENSION_TIME, 0.1e-3},
		{"2 min", DIMENSION_TIME, 120},
		{"1.5 h", DIMENSION_TIME, 5400},
		{"40 \u00b5s", DIMENSION_TIME, 40e-6},
		{"40 \u03bcs", DIMENSION_TIME, 40e-6},
		{"15 ps", DIMENSION_TIME, 15e-12},
		{"1 MHz", DIMENSION_FREQUENCY, 1e6},
		{"1.5 GHz", DIMENSION_FREQUENCY, 1.5e9},
		{"800 mHz", DIMENSION_FREQUENCY, 0.8},
		{"770 1/s", DIMENSION_RATE, 770},
		{"-12 kA", DIMENSION_CURRENT, -12e3},
		{"+3 A", DIMENSION_CURRENT, 3},
		{"149.77 A/us", DIMENSION_CURRENT_SLOPE, 149.77e6},
		{"0.1 kA/us", DIMENSION_CURRENT_SLOPE, 0.1e9},
		{"149.77 A/\u00b5s", DIMENSION_CURRENT_SLOPE, 149.77e6},
		{"18.5 mOhm", DIMENSION_RESISTANCE, 18.5e-3},
		{"2 k\u03a9", DIMENSION_RESISTANCE, 2000},
		{"12.018 uH", DIMENSION_INDUCTANCE, 12.018e-6},
		{"185 uF", DIMENSION_CAPACITANCE, 185e-6},
		{"66 pF", DIMENSION_CAPACITANCE, 66e-12},
		{"1.05 kW", DIMENSION_POWER, 1050},
		{"252.0 J", DIMENSION_ENERGY, 252},
		{"43 degC", DIMENSION_TEMPERATURE, 43},
		{"-5 \u00b0C", DIMENSION_TEMPERATURE, -5},
		{"4 kJ/K", DIMENSION_HEAT_CAPACITY, 4000},
		{"50 mK/W", DIMENSION_THERMAL_RESISTANCE, 0.05},
		{"64 mC", DIMENSION_CHARGE, 64e-3},
		{"64 mA s", DIMENSION_CHARGE, 64e-3},
		{"5697 A2s", DIMENSION_ACTION, 5697},
		{"2.5e-9 s2", DIMENSION_TIME_SQUARED, 2.5e-9},
		{"2.5 %", DIMENSION_RATIO, 0.025},
		{"2 ppm", DIMENSION_RATIO, 2e-6},
		{"0.97", DIMENSION_RATIO, 0.97},
		{"1e-3", DIMENSION_RATIO, 1e-3},
		{"1.5e3 s", DIMENSION_TIME, 1500},
		{"0 A", DIMENSION_CURRENT, 0},
	};
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		double value = parsed(CASES[i].text, CASES[i].dimension);
		cr_expect(value == CASES[i].value, "'%s' gave %.17g, not %.17g", CASES[i].text, value, CASES[i].value);
	}
}

/* Percent that are held as percent: every whole number comes out as itself. */
Test(quantity, scales_without_rounding_twice)
{
	for (int percent = 0; percent <= 200; percent++) {
		char text[16];
		double value = NAN;
		struct error error = {0};
		snprintf(text, sizeof text, "%d %%", percent);
		cr_assert(quantity_parse_scaled(text, DIMENSION_RATIO, 2, &value, &error), "%s", error.text);
		cr_expect(value == percent, "%s gave %.17g", text, value);
	}
}

Test(quantity, refuses_what_is_no_plain_number_with_a_unit)
{
	static const char *const WRONG[] = {
		"",
		" ",
		"V",
		"nan V",
		"NaN V",
		"inf V",
		"-inf V",
		"0x10 V",
		"0X1p3 V",
		"010 V",
		"1_000 V",
		"1,5 V",
		".5 V",
		"5. V",
		"1..5 V",
		"1.2.3 V",
		"--1 V",
		"+-1 V",
		"1 V V",
		"1 V;",
		"1.0 Vx",
		"1 e3 V",
		"1e V",
		"1e999 V",
		"1 k V",
		"1 kkV",
		"1 v",
		"1 kv",
		"1\tV",
		"1 V\n",
		" 1 V",
		"1 V ",
		"270abc",
		"5",
		"5 %",
		"1/2 V",
		"1 mA",
		"1 us",
		"1 1/s",
		"1 KV",
		"five V",
		"1e-999999999999 V",
		"11111111111111111111111111111111111111111111111111111111111111111111111111111111 V",
	};
	for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
		struct error error = {0};
		double value = 42;
		cr_expect(!quantity_parse(WRONG[i], DIMENSION_VOLTAGE, &value, &error), "'%s' was taken for %g V", WRONG[i], value);
		cr_expect(error.kind == ERROR_CONFIG && strstr(error.text, "a voltage was expected"), "'%s': %s", WRONG[i], error.text);
		cr_expect(strstr(error.text, "1.65 kV"), "no example for '%s': %s", WRONG[i], error.text);
		cr_expect(value == 42, "the value was touched for '%s'", WRONG[i]);
	}
}

Test(quantity, says_which_dimension_was_found)
{
	struct error error = {0};
	double value;
	cr_assert(!quantity_parse("5 us", DIMENSION_VOLTAGE, &value, &error));
	cr_expect(strstr(error.text, "a voltage was expected, but 'us' in '5 us' is a unit of time"), "%s", error.text);
	cr_assert(!quantity_parse("5 Hz", DIMENSION_RATE, &value, &error));
	cr_expect(strstr(error.text, "'Hz' in '5 Hz' is a unit of frequency"), "%s", error.text);
	cr_assert(!quantity_parse("1.65 KV", DIMENSION_VOLTAGE, &value, &error));
	cr_expect(strstr(error.text, "did you mean 'kV'?"), "%s", error.text);
	/* mHz or MHz: no guess. */
	cr_assert(!quantity_parse("1 mhz", DIMENSION_FREQUENCY, &value, &error));
	cr_expect(!strstr(error.text, "did you mean"), "%s", error.text);
}

Test(quantity, a_drift_is_read_in_percent_per_hour)
{
	cr_expect_float_eq(parsed("36 %/h", DIMENSION_RATE), 1e-4, 1e-18);
}

Test(quantity, every_dimension_has_an_example_that_it_reads)
{
	for (int d = DIMENSION_RATIO; d <= DIMENSION_TIME_SQUARED; d++) {
		enum dimension dimension = (enum dimension)d;
		double value = parsed(dimension_example(dimension), dimension);
		cr_expect(value > 0, "%s", dimension_name(dimension));
		char text[64];
		snprintf(text, sizeof text, "1 %s", dimension_unit(dimension));
		cr_expect(parsed(d == DIMENSION_RATIO ? "1" : text, dimension) == 1, "%s", text);
	}
}

Test(quantity, is_written_with_engineering_prefixes)
{
	static const struct {
		double value;
		const char *unit;
		int digits;
		const char *text;
	} CASES[] = {
		{290.02e-6, "s", 4, "290.0 us"},
		{6530, "A", 3, "6.53 kA"},
		{149.77e6, "A/s", 4, "149.8 A/us"},
		{999.96, "A", 4, "1.000 kA"},
		{999.94, "A", 4, "999.9 A"},
		{-12e3, "A", 3, "-12.0 kA"},
		{0, "A", 3, "0 A"},
		{1800, "s", 4, "1800 s"},
		{0.0995, "s", 3, "99.5 ms"},
		{1e6, "Hz", 3, "1.00 MHz"},
		{0.025, "%", 3, "2.5 %"},
		{1.5, "%", 3, "1.5"},
		{0.894, "1", 4, "0.894"},
		{43, "degC", 3, "43 degC"},
		{770, "1/s", 3, "770 1/s"},
		{1e-9, "s", 3, "1.00 ns"},
		{1e-3, "s", 3, "1.00 ms"},
		{0.9996e-3, "s", 3, "1.00 ms"},
		{12.018e-6, "H", 5, "12.018 uH"},
		{5, "A/s", 3, "5 A/s"},
		{64e-3, "C", 3, "64.0 mC"},
	};
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		char text[64];
		quantity_format(text, sizeof text, CASES[i].value, CASES[i].unit, CASES[i].digits);
		cr_expect_str_eq(text, CASES[i].text);
	}
}

Test(quantity, does_not_write_past_the_buffer)
{
	char text[6] = "?????";
	quantity_format(text, sizeof text, 149.77e6, "A/s", 4);
	cr_expect_str_eq(text, "149.8");
}
