/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What scenarios of interlocks call beside the rest: signals, triggers that are to be refused, settings, and random numbers that are none.
 */
#include <math.h>
#include <string.h>

#include "plan_internal.h"

/* Room for the names of an enumeration, and NULL. */
enum { NAMES_MAX = 32 };
_Static_assert((int)SIGNAL_COUNT < NAMES_MAX && (int)STATE_COUNT < NAMES_MAX, "names");

static unsigned choose(lua_State *state, int index, const char *what, const char *const *names, unsigned from)
{
	const char *name = lua_type(state, index) == LUA_TSTRING ? lua_tostring(state, index) : NULL;
	if (!name)
		builder_wrong(state, "%s is %s, but a text in quotes is wanted", what,
			      lua_isnoneornil(state, index) ? "missing" : lua_pushfstring(state, "a %s", luaL_typename(state, index)));
	for (unsigned i = from; names[i]; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	const char *nearest = plan_nearest(name, names + from);
	builder_wrong(state, "%s: there is no '%s'%s%s%s", what, name, nearest ? ", did you mean '" : "", nearest ? nearest : "",
		      nearest ? "'?" : "");
}

static enum interlock_signal signal_at(lua_State *state, const char *function)
{
	const char *names[NAMES_MAX] = {NULL};
	for (unsigned i = 0; i < SIGNAL_COUNT; i++)
		names[i] = interlock_signal_name((enum interlock_signal)i);
	return (enum interlock_signal)choose(state, 1, lua_pushfstring(state, "%s: the signal", function), names, SIGNAL_NONE + 1);
}

/* A number is the value of an emulated sensor. */
static enum signal_state state_at(lua_State *state, const char *function, double *value)
{
	const char *names[NAMES_MAX] = {NULL};
	*value = NAN;
	if (lua_type(state, 2) == LUA_TNUMBER) {
		*value = lua_tonumber(state, 2);
		if (!(fabs(*value) <= 1e6))
			builder_wrong(state, "%s: the value must be from -1e6 to 1e6", function);
		return STATE_VALUE;
	}
	for (unsigned i = 0; i < STATE_COUNT; i++)
		names[i] = signal_state_name((enum signal_state)i);
	enum signal_state found =
		(enum signal_state)choose(state, 2, lua_pushfstring(state, "%s: the state (or a number)", function), names, 0);
	if (found == STATE_VALUE)
		builder_wrong(state, "%s: the value itself is wanted, a number", function);
	return found;
}

static struct step *add_emulation(lua_State *state, const char *function)
{
	builder_need_scenario(state, function);
	lua_settop(state, 3);
	builder_of(state)->emulated = true;
	enum interlock_signal signal = signal_at(state, function);
	double value;
	enum signal_state wanted = state_at(state, function, &value);
	if (!interlock_signal_has(signal, wanted))
		builder_wrong(state, "%s: the signal '%s' has no state '%s'", function, interlock_signal_name(signal),
			      signal_state_name(wanted));
	struct step *step = builder_step(state, STEP_EMULATE);
	step->emulate.signal = signal;
	step->emulate.state = wanted;
	step->emulate.value = value;
	step->emulate.watched = false;
	step->emulate.pulses = NAN;
	return step;
}

/* emulate("door", "normal"), emulate("coil_temperature", 38) */
int plan_emulate(lua_State *state)
{
	add_emulation(state, "emulate");
	return 0;
}

static double pulses_at(lua_State *state, int index, const char *function)
{
	if (lua_isnoneornil(state, index))
		return NAN;
	double pulses = lua_type(state, index) == LUA_TNUMBER ? lua_tonumber(state, index) : -1;
	if (!(pulses >= 0 && pulses <= PLAN_MAX_STEPS && floor(pulses) == pulses))
		builder_wrong(state, "%s: how many pulses follow is a whole number from 0", function);
	return pulses;
}

/* interlock("door", "open"): the same, and from here on the device's reaction counts; a third argument is how many pulses follow */
int plan_interlock(lua_State *state)
{
	struct step *step = add_emulation(state, "interlock");
	step->emulate.watched = true;
	step->emulate.pulses = pulses_at(state, 3, "interlock");
	builder_of(state)->provoked = true;
	return 0;
}

/* watch(), watch(0): reactions count from here on, though no signal changes; how many pulses follow */
int plan_watch(lua_State *state)
{
	builder_need_scenario(state, "watch");
	double pulses = pulses_at(state, 1, "watch");
	struct step *step = builder_step(state, STEP_EMULATE);
	step->emulate.signal = SIGNAL_NONE;
	step->emulate.state = STATE_NORMAL;
	step->emulate.value = NAN;
	step->emulate.watched = true;
	step->emulate.pulses = pulses;
	return 0;
}

/* provoke { pulses = 20, rate = 10 }: triggers that the device has to refuse, or may; armed or not */
int plan_provoke(lua_State *state)
{
	static const char *const keys[] = {"pulses", "rate", "ipi", NULL};
	struct builder *builder = builder_of(state);
	plan_keys(state, "provoke", keys);
	builder_need_scenario(state, "provoke");
	uint32_t pulses = plan_count(state, "provoke", "pulses", 1);
	if (plan_has(state, "rate") && plan_has(state, "ipi"))
		builder_wrong(state, "provoke: rate and ipi say the same thing twice; keep one");
	double period_s = plan_positive(state, "provoke", "ipi", UNIT_TIME);
	if (isnan(period_s))
		period_s = 1 / plan_positive(state, "provoke", "rate", UNIT_RATE);
	if (isnan(period_s))
		builder_wrong(state, "provoke: rate or ipi is missing: how fast the triggers follow each other");
	if ((double)builder->plan->step_count + pulses > PLAN_MAX_STEPS)
		builder_wrong(state, "provoke: a plan has at most %d steps", PLAN_MAX_STEPS);
	if (!builder->section_open)
		builder->cursor_s = 0;
	double begin_s = builder->cursor_s;
	int line = builder_line(state);
	for (uint32_t n = 0; n < pulses; n++)
		builder_step_at(state, STEP_PROVOKE, begin_s + n * period_s, line);
	builder->cursor_s = begin_s + pulses * period_s;
	return 0;
}

static double set_value(const struct builder *builder, const char *name, double fallback)
{
	const struct plan_parameters *parameters = builder->parameters;
	double value = fallback;
	for (size_t i = 0; parameters && i < parameters->value_count; i++)
		if (strcmp(parameters->values[i].name, name) == 0)
			value = parameters->values[i].value;
	return value;
}

/* setting("trials", 59, 1, 1000): what the operator set, or 59; recorded in the plan */
int plan_setting(lua_State *state)
{
	builder_need_scenario(state, "setting");
	struct builder *builder = builder_of(state);
	const char *name = builder_string(state, 1, "setting: the name");
	if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(name) || strlen(name) > 32)
		builder_wrong(state, "setting: the name \"%s\" may have small letters, digits and _ only, at most 32", name);
	for (int i = 2; i <= 4; i++)
		if (lua_type(state, i) != LUA_TNUMBER || !isfinite(lua_tonumber(state, i)))
			builder_wrong(state, "setting: a default and the least and largest value are wanted, for example "
					     "setting(\"trials\", 59, 1, 1000)");
	double value = set_value(builder, name, lua_tonumber(state, 2)), low = lua_tonumber(state, 3), high = lua_tonumber(state, 4);
	for (size_t i = 0; i < builder->plan->setting_count; i++)
		if (strcmp(builder->settings[i].name, name) == 0)
			builder_wrong(state, "setting: '%s' is asked for twice", name);
	if (!(value >= low && value <= high))
		builder_wrong(state, "setting: '%s' is %.9g, but must be from %.9g to %.9g", name, value, low, high);
	*builder_setting(state) = (struct plan_setting){name, value};
	lua_pushnumber(state, value);
	return 1;
}

/* Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014 (SplitMix64). */
static uint64_t mix(uint64_t z)
{
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* uniform(seed, n): number n of the sequence of a seed, evenly spread from 0 to below 1; the same at all times */
int plan_uniform(lua_State *state)
{
	static const uint64_t step = UINT64_C(0x9e3779b97f4a7c15);
	for (int i = 1; i <= 2; i++)
		if (lua_type(state, i) != LUA_TNUMBER || !(lua_tonumber(state, i) >= 0 && lua_tonumber(state, i) <= 9e15))
			builder_wrong(state, "uniform takes a seed and a number, both from 0, for example uniform(1, 0)");
	uint64_t seed = mix((uint64_t)lua_tonumber(state, 1) + step), number = (uint64_t)lua_tonumber(state, 2);
	lua_pushnumber(state, (double)(mix(seed + (number + 1) * step) >> 11) * 0x1p-53);
	return 1;
}
