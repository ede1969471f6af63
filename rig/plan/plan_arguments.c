/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading the arguments of scenario functions: units, keys, numbers, and saying what would be right.
 */
#include <math.h>
#include <string.h>

#include "plan_internal.h"

static const char unit_type[] = "tmsrig.quantity";

struct quantity {
	double value;
	enum unit unit;
};

struct unit_words {
	const char *symbol, *name, *example;
};

static struct unit_words words(enum unit unit)
{
	switch (unit) {
	case UNIT_TIME: return (struct unit_words){"s", "a time", "seconds(2)"};
	case UNIT_RATE: return (struct unit_words){"Hz", "a rate", "hertz(10)"};
	case UNIT_VOLTAGE: return (struct unit_words){"V", "a voltage", "volts(60)"};
	}
	return (struct unit_words){"?", "?", "?"};
}

static void push_quantity(lua_State *state, double value, enum unit unit)
{
	struct quantity *quantity = lua_newuserdatauv(state, sizeof *quantity, 0);
	*quantity = (struct quantity){value, unit};
	luaL_setmetatable(state, unit_type);
}

/* upvalues: name, factor, unit */
static int make_quantity(lua_State *state)
{
	const char *name = lua_tostring(state, lua_upvalueindex(1));
	if (lua_type(state, 1) != LUA_TNUMBER || !isfinite(lua_tonumber(state, 1)))
		builder_wrong(state, "%s() takes a number, not %s", name,
			      lua_type(state, 1) == LUA_TNUMBER ? "an infinite or undefined one" : luaL_typename(state, 1));
	push_quantity(state, lua_tonumber(state, 1) * lua_tonumber(state, lua_upvalueindex(2)),
		      (enum unit)lua_tointeger(state, lua_upvalueindex(3)));
	return 1;
}

static int quantity_text(lua_State *state)
{
	const struct quantity *quantity = luaL_checkudata(state, 1, unit_type);
	char text[64];
	snprintf(text, sizeof text, "%.9g %s", quantity->value, words(quantity->unit).symbol);
	lua_pushstring(state, text);
	return 1;
}

static int quantity_multiply(lua_State *state)
{
	int number = lua_type(state, 1) == LUA_TNUMBER ? 1 : 2;
	const struct quantity *quantity = luaL_testudata(state, 3 - number, unit_type);
	if (!quantity || lua_type(state, number) != LUA_TNUMBER)
		builder_wrong(state, "a quantity can be multiplied by a plain number only");
	push_quantity(state, quantity->value * lua_tonumber(state, number), quantity->unit);
	return 1;
}

static int quantity_sum(lua_State *state, double sign)
{
	const struct quantity *a = luaL_testudata(state, 1, unit_type), *b = luaL_testudata(state, 2, unit_type);
	if (!a || !b || a->unit != b->unit)
		builder_wrong(state, "only quantities of one kind can be added or subtracted, for example seconds(2) + ms(5)");
	push_quantity(state, a->value + sign * b->value, a->unit);
	return 1;
}

static int quantity_add(lua_State *state)
{
	return quantity_sum(state, 1);
}

static int quantity_subtract(lua_State *state)
{
	return quantity_sum(state, -1);
}

void plan_open_units(lua_State *state)
{
	static const struct {
		const char *name;
		double factor;
		enum unit unit;
	} units[] = {{"minutes", 60, UNIT_TIME}, {"seconds", 1, UNIT_TIME}, {"ms", 1e-3, UNIT_TIME},
		     {"us", 1e-6, UNIT_TIME},    {"hertz", 1, UNIT_RATE},   {"volts", 1, UNIT_VOLTAGE}};
	static const luaL_Reg operators[] = {{"__tostring", quantity_text},
					     {"__mul", quantity_multiply},
					     {"__add", quantity_add},
					     {"__sub", quantity_subtract},
					     {NULL, NULL}};
	luaL_newmetatable(state, unit_type);
	luaL_setfuncs(state, operators, 0);
	lua_pop(state, 1);
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		lua_pushstring(state, units[i].name);
		lua_pushnumber(state, units[i].factor);
		lua_pushinteger(state, units[i].unit);
		lua_pushcclosure(state, make_quantity, 3);
		lua_setglobal(state, units[i].name);
	}
}

double plan_quantity(lua_State *state, int index, enum unit unit, const char *what)
{
	struct unit_words wanted = words(unit);
	const struct quantity *quantity = luaL_testudata(state, index, unit_type);
	if (quantity && quantity->unit != unit)
		builder_wrong(state, "%s is %s (%.9g %s), but %s is wanted, for example %s", what, words(quantity->unit).name,
			      quantity->value, words(quantity->unit).symbol, wanted.name, wanted.example);
	if (!quantity && lua_type(state, index) != LUA_TNUMBER)
		builder_wrong(state, "%s is %s, but %s is wanted, for example %s", what,
			      lua_isnoneornil(state, index) ? "missing" : lua_pushfstring(state, "a %s", luaL_typename(state, index)),
			      wanted.name, wanted.example);
	double value = quantity ? quantity->value : lua_tonumber(state, index);
	if (!isfinite(value))
		builder_wrong(state, "%s is not a finite number", what);
	return value;
}

static size_t distance(const char *a, const char *b)
{
	enum { MOST = 32 };
	size_t row[MOST + 1], length = strlen(b);
	if (length > MOST || strlen(a) > MOST)
		return MOST;
	for (size_t j = 0; j <= length; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= length; j++) {
			size_t replaced = diagonal + (a[i - 1] != b[j - 1]), shorter = row[j - 1] < row[j] ? row[j - 1] : row[j];
			diagonal = row[j];
			row[j] = replaced < shorter + 1 ? replaced : shorter + 1;
		}
	}
	return row[length];
}

const char *plan_nearest(const char *word, const char *const *names)
{
	const char *nearest = NULL;
	size_t least = strlen(word) / 3 + 2;
	for (; *names; names++) {
		size_t apart = distance(word, *names);
		if (apart < least) {
			least = apart;
			nearest = *names;
		}
	}
	return nearest;
}

static const char *list_of(lua_State *state, const char *const *keys)
{
	lua_pushstring(state, *keys);
	for (keys++; *keys; keys++) {
		lua_pushfstring(state, ", %s", *keys);
		lua_concat(state, 2);
	}
	return lua_tostring(state, -1);
}

void plan_keys(lua_State *state, const char *function, const char *const *keys)
{
	if (lua_gettop(state) != 1 || lua_type(state, 1) != LUA_TTABLE)
		builder_wrong(state, "%s takes one table, for example %s { %s = … }", function, function, keys[0]);
	for (lua_pushnil(state); lua_next(state, 1); lua_pop(state, 1)) {
		if (lua_type(state, -2) != LUA_TSTRING)
			builder_wrong(state, "%s: a value has no key; known are %s", function, list_of(state, keys));
		const char *key = lua_tostring(state, -2);
		const char *const *known = keys;
		while (*known && strcmp(*known, key) != 0)
			known++;
		if (*known)
			continue;
		const char *nearest = plan_nearest(key, keys);
		if (nearest)
			builder_wrong(state, "%s: unknown key '%s', did you mean '%s'?", function, key, nearest);
		builder_wrong(state, "%s: unknown key '%s'; known are %s", function, key, list_of(state, keys));
	}
}

bool plan_has(lua_State *state, const char *key)
{
	bool there = lua_getfield(state, 1, key) != LUA_TNIL;
	lua_pop(state, 1);
	return there;
}

double plan_positive(lua_State *state, const char *function, const char *key, enum unit unit)
{
	if (!plan_has(state, key))
		return NAN;
	const char *what = lua_pushfstring(state, "%s: %s", function, key);
	lua_getfield(state, 1, key);
	double value = plan_quantity(state, -1, unit, what);
	if (value <= 0)
		builder_wrong(state, "%s is %.9g %s, but must be above 0", what, value, words(unit).symbol);
	lua_pop(state, 2);
	return value;
}

uint32_t plan_count(lua_State *state, const char *function, const char *key, uint32_t fallback)
{
	if (!plan_has(state, key))
		return fallback;
	int type = lua_getfield(state, 1, key), whole;
	lua_Integer value = lua_tointegerx(state, -1, &whole);
	if (type != LUA_TNUMBER)
		builder_wrong(state, "%s: %s is a %s, but a whole number is wanted", function, key, lua_typename(state, type));
	if (!whole)
		builder_wrong(state, "%s: %s is %.9g, but must be a whole number", function, key, lua_tonumber(state, -1));
	if (value < 1 || value > PLAN_MAX_STEPS)
		builder_wrong(state, "%s: %s is %lld, but must be from 1 to %d", function, key, (long long)value, PLAN_MAX_STEPS);
	lua_pop(state, 1);
	return (uint32_t)value;
}

double plan_number(lua_State *state, const char *function, const char *key, double low, double high, const char *unit)
{
	if (!plan_has(state, key))
		return NAN;
	int type = lua_getfield(state, 1, key);
	double value = lua_tonumber(state, -1);
	if (type != LUA_TNUMBER)
		builder_wrong(state, "%s: %s is a %s, but a plain number in %s is wanted", function, key, lua_typename(state, type), unit);
	if (!(value >= low && value <= high))
		builder_wrong(state, "%s: %s is %.9g %s, but must be from %.9g to %.9g %s", function, key, value, unit, low, high, unit);
	lua_pop(state, 1);
	return value;
}

double plan_intensity(lua_State *state, int index, const char *what)
{
	if (lua_type(state, index) != LUA_TNUMBER)
		builder_wrong(state, "%s is %s, but a number in %% of maximum stimulator output is wanted, for example 80", what,
			      lua_isnoneornil(state, index) ? "missing" : lua_pushfstring(state, "a %s", luaL_typename(state, index)));
	double value = lua_tonumber(state, index);
	if (!(value >= 0 && value <= PLAN_LARGEST_INTENSITY_PCT))
		builder_wrong(state, "%s is %.9g %%, but must be from 0 to %d %% of maximum stimulator output", what, value,
			      PLAN_LARGEST_INTENSITY_PCT);
	return value;
}
