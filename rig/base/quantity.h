/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Physical quantities as people write them: a number, an optional SI prefix, a unit. "1.65 kV", "100 us", "1 MHz", "2 ppm", "770 1/s".
 * Values are held in the coherent SI unit of their dimension (percent and ppm as a plain ratio).
 */
#include <stdbool.h>
#include <stddef.h>

#include "error.h"

enum dimension {
	DIMENSION_RATIO,              /* "", %, ppm */
	DIMENSION_TIME,               /* s */
	DIMENSION_FREQUENCY,          /* Hz; 1/s is accepted for a decay rate only (DIMENSION_RATE) */
	DIMENSION_RATE,               /* 1/s, written %/h of a drift */
	DIMENSION_VOLTAGE,            /* V */
	DIMENSION_CURRENT,            /* A */
	DIMENSION_CURRENT_SLOPE,      /* A/s, written A/us */
	DIMENSION_RESISTANCE,         /* Ohm */
	DIMENSION_INDUCTANCE,         /* H */
	DIMENSION_CAPACITANCE,        /* F */
	DIMENSION_POWER,              /* W */
	DIMENSION_ENERGY,             /* J */
	DIMENSION_TEMPERATURE,        /* degC, held in degrees Celsius */
	DIMENSION_HEAT_CAPACITY,      /* J/K */
	DIMENSION_THERMAL_RESISTANCE, /* K/W */
	DIMENSION_CHARGE,             /* C */
	DIMENSION_ACTION,             /* A2s */
	DIMENSION_TIME_SQUARED,       /* s2: an inductance times a capacitance */
};

/* The name of a dimension in an error message ("a voltage") and the unit it is held in ("V"; "" for a ratio). Static strings. */
const char *dimension_name(enum dimension dimension);
const char *dimension_unit(enum dimension dimension);
/* An example of a well-formed quantity of the dimension ("1.65 kV"). Static string. */
const char *dimension_example(enum dimension dimension);

/*
 * Reads the whole of text as a quantity of the dimension into *value (SI). Fails (ERROR_CONFIG, text without position) on anything else:
 * no number, nan, inf, hex, octal, trailing text, a missing unit, a unit of another dimension.
 */
bool quantity_parse(const char *text, enum dimension dimension, double *value, struct error *error) must_check;

/* As quantity_parse(), but *value is the SI value times 10^exponent, correctly rounded: with 2, "110 %" is exactly 110. */
bool quantity_parse_scaled(const char *text, enum dimension dimension, int exponent, double *value, struct error *error) must_check;

/*
 * Writes value (in SI `unit`, e.g. "s", "A", "A/s", "1") for people: three to `digits` significant digits with an engineering prefix,
 * "290.0 us", "6.53 kA", "149.8 A/us"; a ratio ("1") as given, with "%" when |value| < 1 and percent is asked for.
 */
void quantity_format(char *out, size_t size, double value, const char *unit, int digits);
