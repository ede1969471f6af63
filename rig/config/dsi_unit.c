/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsi_unit.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { EXPONENT_MAX = 9, UNITS_MAX = 16 };

struct prefix {
	const char *name;
	int exponent;
};

static const struct prefix PREFIXES[] = {{"giga", 9},   {"mega", 6},   {"kilo", 3},   {"hecto", 2}, {"deca", 1},  {"deci", -1},
					 {"centi", -2}, {"milli", -3}, {"micro", -6}, {"nano", -9}, {"pico", -12}};

struct named_unit {
	const char *name;
	struct dsi_unit unit;
};

static const struct named_unit UNITS[] = {
	{"one", {0, 0, 0, 1}},      {"percent", {0, 0, 0, 0.01}}, {"ppm", {0, 0, 0, 1e-6}}, {"ampere", {1, 0, 0, 1}},
	{"volt", {0, 1, 0, 1}},     {"second", {0, 0, 1, 1}},     {"hertz", {0, 0, -1, 1}}, {"ohm", {-1, 1, 0, 1}},
	{"siemens", {1, -1, 0, 1}}, {"henry", {-1, 1, 1, 1}},     {"farad", {1, -1, 1, 1}}, {"coulomb", {1, 0, 1, 1}},
	{"weber", {0, 1, 1, 1}},    {"watt", {1, 1, 0, 1}},       {"joule", {1, 1, 1, 1}},  {"minute", {0, 0, 1, 60}},
	{"hour", {0, 0, 1, 3600}},  {"day", {0, 0, 1, 86400}},
};

/* The word after a backslash; *text moves behind it. 0: there is none. */
static size_t take_word(const char **text, const char **word)
{
	if (**text != '\\')
		return 0;
	*word = ++*text;
	size_t length = strspn(*text, "abcdefghijklmnopqrstuvwxyz");
	*text += length;
	return length;
}

static bool is(const char *word, size_t length, const char *name)
{
	return word && strlen(name) == length && strncmp(word, name, length) == 0;
}

/* "\tothe{-2}" behind a unit; without it the exponent stays 1. */
static bool take_power(const char **text, int *power)
{
	static const char TOTHE[] = "\\tothe{";
	*power = 1;
	if (strncmp(*text, TOTHE, sizeof TOTHE - 1) != 0)
		return true;
	char *end;
	long exponent = strtol(*text + sizeof TOTHE - 1, &end, 10);
	if (end == *text + sizeof TOTHE - 1 || *end != '}' || labs(exponent) > EXPONENT_MAX)
		return false;
	*power = (int)exponent;
	*text = end + 1;
	return true;
}

static void multiply(struct dsi_unit *unit, const struct dsi_unit *by, int prefix, int power)
{
	unit->ampere += power * by->ampere;
	unit->volt += power * by->volt;
	unit->second += power * by->second;
	unit->factor *= pow(by->factor * pow(10, prefix), power);
}

/* One unit with its prefix and power. */
static bool take_unit(const char **text, struct dsi_unit *unit)
{
	const char *word = NULL;
	size_t length = take_word(text, &word);
	int sign = 1, prefix = 0, power;
	if (is(word, length, "per")) {
		sign = -1;
		length = take_word(text, &word);
	}
	for (size_t p = 0; p < sizeof PREFIXES / sizeof *PREFIXES; p++)
		if (is(word, length, PREFIXES[p].name)) {
			prefix = PREFIXES[p].exponent;
			length = take_word(text, &word);
			break;
		}
	if (length == 0 || !take_power(text, &power))
		return false;
	for (size_t u = 0; u < sizeof UNITS / sizeof *UNITS; u++)
		if (is(word, length, UNITS[u].name)) {
			multiply(unit, &UNITS[u].unit, prefix, sign * power);
			return true;
		}
	return false;
}

bool dsi_unit_parse(const char *text, struct dsi_unit *unit)
{
	*unit = (struct dsi_unit){.factor = 1};
	unsigned units = 0;
	if (*text != '\\')
		return false;
	while (*text)
		if (*text != '\\' || ++units > UNITS_MAX || !take_unit(&text, unit))
			return false;
	return isfinite(unit->factor) && unit->factor > 0;
}
