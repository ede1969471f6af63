/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "quantity.h"

#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <string.h>
#include <strings.h>

enum { NUMBER_MAX = 64, UNIT_MAX = 32, COUNT_OF_DIMENSIONS = DIMENSION_TIME_SQUARED + 1 };

static const struct {
	const char *name, *unit, *example;
} DIMENSIONS[COUNT_OF_DIMENSIONS] = {
	[DIMENSION_RATIO] = {"a ratio", "", "2.5 %"},
	[DIMENSION_TIME] = {"a time", "s", "100 us"},
	[DIMENSION_FREQUENCY] = {"a frequency", "Hz", "1 MHz"},
	[DIMENSION_RATE] = {"a decay rate", "1/s", "770 1/s"},
	[DIMENSION_VOLTAGE] = {"a voltage", "V", "1.65 kV"},
	[DIMENSION_CURRENT] = {"a current", "A", "6.5 kA"},
	[DIMENSION_CURRENT_SLOPE] = {"a current slope", "A/s", "149.8 A/us"},
	[DIMENSION_RESISTANCE] = {"a resistance", "Ohm", "18.5 mOhm"},
	[DIMENSION_INDUCTANCE] = {"an inductance", "H", "12 uH"},
	[DIMENSION_CAPACITANCE] = {"a capacitance", "F", "190 uF"},
	[DIMENSION_POWER] = {"a power", "W", "1.05 kW"},
	[DIMENSION_ENERGY] = {"an energy", "J", "252 J"},
	[DIMENSION_TEMPERATURE] = {"a temperature", "degC", "43 degC"},
	[DIMENSION_HEAT_CAPACITY] = {"a heat capacity", "J/K", "385 J/K"},
	[DIMENSION_THERMAL_RESISTANCE] = {"a thermal resistance", "K/W", "0.3 K/W"},
	[DIMENSION_CHARGE] = {"a charge", "C", "64 mC"},
	[DIMENSION_ACTION] = {"an action integral", "A2s", "5700 A2s"},
	[DIMENSION_TIME_SQUARED] = {"an LC product", "s2", "2.13e-9 s2"},
};

/* A unit is worth factor times 10^exponent of its dimension's SI unit; the power of ten is kept apart so that "40 us" is exactly 40e-6. */
static const struct unit {
	const char *symbol;
	enum dimension dimension;
	int exponent;
	double factor;
	bool prefixes;
} UNITS[] = {
	{"", DIMENSION_RATIO, 0, 1, false},
	{"%", DIMENSION_RATIO, -2, 1, false},
	{"ppm", DIMENSION_RATIO, -6, 1, false},
	{"s", DIMENSION_TIME, 0, 1, true},
	{"min", DIMENSION_TIME, 0, 60, false},
	{"h", DIMENSION_TIME, 0, 3600, false},
	{"Hz", DIMENSION_FREQUENCY, 0, 1, true},
	{"1/s", DIMENSION_RATE, 0, 1, false},
	{"%/h", DIMENSION_RATE, -2, 1.0 / 3600, false},
	{"V", DIMENSION_VOLTAGE, 0, 1, true},
	{"A", DIMENSION_CURRENT, 0, 1, true},
	{"A/s", DIMENSION_CURRENT_SLOPE, 0, 1, true},
	{"A/ms", DIMENSION_CURRENT_SLOPE, 3, 1, true},
	{"A/us", DIMENSION_CURRENT_SLOPE, 6, 1, true},
	{"Ohm", DIMENSION_RESISTANCE, 0, 1, true},
	{"H", DIMENSION_INDUCTANCE, 0, 1, true},
	{"F", DIMENSION_CAPACITANCE, 0, 1, true},
	{"W", DIMENSION_POWER, 0, 1, true},
	{"J", DIMENSION_ENERGY, 0, 1, true},
	{"degC", DIMENSION_TEMPERATURE, 0, 1, false},
	{"J/K", DIMENSION_HEAT_CAPACITY, 0, 1, true},
	{"K/W", DIMENSION_THERMAL_RESISTANCE, 0, 1, true},
	{"C", DIMENSION_CHARGE, 0, 1, true},
	{"A s", DIMENSION_CHARGE, 0, 1, true},
	{"A2s", DIMENSION_ACTION, 0, 1, true},
	{"s2", DIMENSION_TIME_SQUARED, 0, 1, false},
};
enum { UNIT_COUNT = sizeof UNITS / sizeof *UNITS };

static const struct prefix {
	char letter;
	int exponent;
} PREFIXES[] = {{'G', 9}, {'M', 6}, {'k', 3}, {'m', -3}, {'u', -6}, {'n', -9}, {'p', -12}};
enum { PREFIX_COUNT = sizeof PREFIXES / sizeof *PREFIXES };

/* Other spellings of a part of a unit, in UTF-8. */
static const struct {
	const char *written, *meant;
} SPELLINGS[] = {{"\u00b5", "u"}, {"\u03bc", "u"}, {"\u03a9", "Ohm"}, {"\u2126", "Ohm"}, {"\u00b0C", "degC"}, {"A\u00b2s", "A2s"}};
enum { SPELLING_COUNT = sizeof SPELLINGS / sizeof *SPELLINGS };

const char *dimension_name(enum dimension dimension)
{
	return DIMENSIONS[dimension].name;
}

const char *dimension_unit(enum dimension dimension)
{
	return DIMENSIONS[dimension].unit;
}

const char *dimension_example(enum dimension dimension)
{
	return DIMENSIONS[dimension].example;
}

/* "a voltage" without its article. */
static const char *dimension_noun(enum dimension dimension)
{
	return strchr(dimension_name(dimension), ' ') + 1;
}

/* Finds what a symbol without alternative spellings stands for; *exponent takes the prefix in. NULL: no such unit. */
static const struct unit *unit_find(const char *symbol, int *exponent)
{
	for (unsigned u = 0; u < UNIT_COUNT; u++) {
		if (strcmp(symbol, UNITS[u].symbol) == 0) {
			*exponent = UNITS[u].exponent;
			return &UNITS[u];
		}
	}
	for (unsigned p = 0; symbol[0] && p < PREFIX_COUNT; p++) {
		if (symbol[0] != PREFIXES[p].letter)
			continue;
		for (unsigned u = 0; u < UNIT_COUNT; u++) {
			if (UNITS[u].prefixes && strcmp(symbol + 1, UNITS[u].symbol) == 0) {
				*exponent = UNITS[u].exponent + PREFIXES[p].exponent;
				return &UNITS[u];
			}
		}
	}
	return NULL;
}

/* The one unit of the dimension that differs from symbol in upper and lower case only, into out; false when there is none or a choice. */
static bool unit_guess(const char *symbol, enum dimension dimension, char out[UNIT_MAX])
{
	unsigned found = 0;
	for (unsigned u = 0; u < UNIT_COUNT; u++) {
		if (UNITS[u].dimension != dimension || !UNITS[u].symbol[0])
			continue;
		for (int p = -1; p < (UNITS[u].prefixes ? PREFIX_COUNT : 0); p++) {
			char candidate[UNIT_MAX];
			snprintf(candidate, sizeof candidate, "%.*s%s", p < 0 ? 0 : 1, p < 0 ? "" : &PREFIXES[p].letter, UNITS[u].symbol);
			if (strcasecmp(candidate, symbol) == 0) {
				found++;
				memcpy(out, candidate, UNIT_MAX);
			}
		}
	}
	return found == 1;
}

/* Rewrites alternative spellings; false when the result would be longer than any unit. */
static bool unit_normalise(const char *written, char out[UNIT_MAX])
{
	size_t length = 0;
	while (*written) {
		const char *piece = NULL;
		for (unsigned s = 0; s < SPELLING_COUNT && !piece; s++) {
			size_t size = strlen(SPELLINGS[s].written);
			if (strncmp(written, SPELLINGS[s].written, size) == 0) {
				piece = SPELLINGS[s].meant;
				written += size;
			}
		}
		char single[2] = {0};
		if (!piece) {
			single[0] = *written++;
			piece = single;
		}
		size_t size = strlen(piece);
		if (length + size >= UNIT_MAX)
			return false;
		memcpy(out + length, piece, size);
		length += size;
	}
	out[length] = '\0';
	return true;
}

static const char *skip_digits(const char *at)
{
	while (*at >= '0' && *at <= '9')
		at++;
	return at;
}

/*
 * The end of the plain decimal number at the start of text, NULL when there is none: digits, a point between digits, an exponent, no
 * leading zero, which some would read as octal. *mantissa is the length before the exponent.
 */
static const char *number_end(const char *text, size_t *mantissa)
{
	const char *at = text;
	if (*at == '+' || *at == '-')
		at++;
	const char *digits = at;
	at = skip_digits(at);
	if (at == digits || (digits[0] == '0' && at - digits > 1))
		return NULL;
	if (*at == '.') {
		const char *fraction = at + 1;
		at = skip_digits(fraction);
		if (at == fraction)
			return NULL;
	}
	*mantissa = (size_t)(at - text);
	if (*at == 'e' || *at == 'E') {
		const char *exponent = at + 1;
		if (*exponent == '+' || *exponent == '-')
			exponent++;
		const char *end = skip_digits(exponent);
		if (end > exponent)
			at = end;
	}
	return at;
}

/* The number between text and end times 10^exponent, correctly rounded; false when it is too long or too large for a double. */
static bool number_value(const char *text, const char *end, size_t mantissa, int exponent, double *value)
{
	char digits[NUMBER_MAX + 16];
	size_t length = (size_t)(end - text);
	if (length > NUMBER_MAX)
		return false;
	if (length > mantissa) {
		char written[NUMBER_MAX + 1];
		memcpy(written, text + mantissa + 1, length - mantissa - 1);
		written[length - mantissa - 1] = '\0';
		long own = strtol(written, NULL, 10);
		if (own > 400 || own < -400)
			return false;
		exponent += (int)own;
	}
	snprintf(digits, sizeof digits, "%.*se%d", (int)mantissa, text, exponent);
	/* The program may have taken over the user's locale, where a point is not a decimal point. */
	locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!plain)
		return false;
	*value = strtod_l(digits, NULL, plain);
	freelocale(plain);
	return isfinite(*value);
}

static bool not_a_number(const char *text, enum dimension dimension, struct error *error)
{
	const char *why = strchr(text, ',') ? " (a decimal point is written as '.')" : "";
	return error_config(error, "'%.80s' is not a plain decimal number with a unit%s; %s was expected, for example '%s'", text, why,
			    dimension_name(dimension), dimension_example(dimension));
}

static bool wrong_unit(const char *text, const char *symbol, const struct unit *unit, enum dimension dimension, struct error *error)
{
	const char *expected = dimension_name(dimension), *example = dimension_example(dimension);
	if (!symbol[0])
		return error_config(error, "'%.80s' has no unit; %s was expected, for example '%s'", text, expected, example);
	if (unit)
		return error_config(error, "%s was expected, but '%.40s' in '%.80s' is a unit of %s; right would be, for example, '%s'",
				    expected, symbol, text, dimension_noun(unit->dimension), example);
	char guess[UNIT_MAX];
	if (unit_guess(symbol, dimension, guess))
		return error_config(error, "unknown unit '%.40s' in '%.80s', did you mean '%s'? %s was expected, for example '%s'", symbol,
				    text, guess, expected, example);
	return error_config(error, "unknown unit '%.40s' in '%.80s'; %s was expected, for example '%s'", symbol, text, expected, example);
}

bool quantity_parse_scaled(const char *text, enum dimension dimension, int scale, double *value, struct error *error)
{
	size_t mantissa;
	const char *end = number_end(text, &mantissa);
	if (!end)
		return not_a_number(text, dimension, error);
	const char *written = end;
	while (*written == ' ')
		written++;
	char symbol[UNIT_MAX];
	int exponent = 0;
	const struct unit *unit = unit_normalise(written, symbol) ? unit_find(symbol, &exponent) : NULL;
	bool hexadecimal = end == text + 1 && (*end == 'x' || *end == 'X');
	if (!unit && *written && (hexadecimal || *written == '_' || *written == ',' || *written == '.' || isdigit((unsigned char)*written)))
		return not_a_number(text, dimension, error);
	if (!unit || unit->dimension != dimension)
		return wrong_unit(text, written, unit, dimension, error);
	double number;
	if (!number_value(text, end, mantissa, exponent + scale, &number))
		return error_config(error, "the number in '%.80s' is too large or has too many digits; %s was expected, for example '%s'",
				    text, dimension_name(dimension), dimension_example(dimension));
	*value = number * unit->factor;
	return true;
}

bool quantity_parse(const char *text, enum dimension dimension, double *value, struct error *error)
{
	return quantity_parse_scaled(text, dimension, 0, value, error);
}

/* Whether a unit is written with prefixes for people; seconds are, but only below one. */
static bool takes_prefix(const char *unit)
{
	static const char *const PREFIXED[] = {"s", "Hz", "V", "A", "Ohm", "H", "F", "W", "J", "C", "A/us"};
	for (unsigned u = 0; u < sizeof PREFIXED / sizeof *PREFIXED; u++)
		if (strcmp(unit, PREFIXED[u]) == 0)
			return true;
	return false;
}

static int engineering_exponent(int exponent)
{
	return exponent >= 0 ? exponent / 3 * 3 : -((2 - exponent) / 3 * 3);
}

static const char *prefix_of(int exponent)
{
	switch (exponent) {
	case 9: return "G";
	case 6: return "M";
	case 3: return "k";
	case -3: return "m";
	case -6: return "u";
	case -9: return "n";
	case -12: return "p";
	}
	return "";
}

static int clamp(int value, int low, int high)
{
	return value < low ? low : value > high ? high : value;
}

static void format_plain(char *out, size_t size, double value, const char *unit, int digits)
{
	snprintf(out, size, "%.*g%s%s", digits, value, unit[0] ? " " : "", unit);
}

void quantity_format(char *out, size_t size, double value, const char *unit, int digits)
{
	digits = clamp(digits, 3, 15);
	if (strcmp(unit, "1") == 0)
		unit = "";
	if (strcmp(unit, "%") == 0) {
		bool percent = fabs(value) < 1;
		format_plain(out, size, percent ? value * 100 : value, percent ? "%" : "", digits);
		return;
	}
	if (strcmp(unit, "A/s") == 0 && fabs(value) >= 1e4) {
		value *= 1e-6;
		unit = "A/us";
	}
	if (!isfinite(value) || value == 0 || !takes_prefix(unit)) {
		format_plain(out, size, value, unit, digits);
		return;
	}
	/* The exponent after rounding, so that 999.96 at four digits becomes 1.000 k. */
	char scientific[40];
	snprintf(scientific, sizeof scientific, "%.*e", digits - 1, value);
	int exponent = atoi(strchr(scientific, 'e') + 1);
	int most = strcmp(unit, "s") == 0 ? 0 : 9;
	int engineering = clamp(engineering_exponent(exponent), -12, most);
	int decimals = clamp(digits - 1 - (exponent - engineering), 0, 15);
	snprintf(out, size, "%.*f %s%s", decimals, value / pow(10, engineering), prefix_of(engineering), unit);
}
