/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a scenario can call, apart from the pulses: declaring itself, and the steps around the pulses.
 */
#include <math.h>
#include <string.h>

#include "bench_setup.h"
#include "plan_internal.h"
#include "plan_lint.h"

enum { MAX_VERIFIES = 1000 };

static void check_id(lua_State *state, const char *id)
{
	if (strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(id) || strlen(id) > 64)
		builder_wrong(state, "scenario: id \"%s\" may have small letters, digits and dashes only, at most 64", id);
}

static void read_verifies(lua_State *state, struct plan *plan)
{
	if (lua_getfield(state, 1, "verifies") == LUA_TNIL)
		return;
	static const char right[] = "verifies is a list of requirement ids, for example { \"PULSE-COUNT-01\" }";
	if (!lua_istable(state, -1))
		builder_wrong(state, "scenario: %s", right);
	size_t count = lua_rawlen(state, -1);
	if (count > MAX_VERIFIES)
		builder_wrong(state, "scenario: verifies has more than %d entries", MAX_VERIFIES);
	size_t entries = 0;
	for (lua_pushnil(state); lua_next(state, -2); lua_pop(state, 1))
		entries++;
	if (entries != count)
		builder_wrong(state, "scenario: %s, without keys", right);
	plan->verifies = arena_alloc(builder_of(state)->arena, count ? count : 1, sizeof *plan->verifies);
	if (!plan->verifies)
		builder_wrong(state, "no memory for verifies");
	for (size_t i = 0; i < count; i++) {
		if (lua_rawgeti(state, -1, (lua_Integer)i + 1) != LUA_TSTRING)
			builder_wrong(state, "scenario: %s; entry %zu is a %s", right, i + 1, luaL_typename(state, -1));
		plan->verifies[i] = builder_string(state, -1, "scenario: an entry of verifies");
		for (size_t j = 0; j < i; j++)
			if (!strcmp(plan->verifies[i], plan->verifies[j]))
				builder_wrong(state, "scenario: verifies names %s twice", plan->verifies[i]);
		lua_pop(state, 1);
	}
	plan->verifies_count = count;
	lua_pop(state, 1);
}

/* scenario { id =, title =, verifies =, motor_threshold = } */
static int api_scenario(lua_State *state)
{
	static const char *const keys[] = {"id", "title", "verifies", "motor_threshold", NULL};
	struct builder *builder = builder_of(state);
	struct plan *plan = builder->plan;
	plan_keys(state, "scenario", keys);
	if (builder->declared)
		builder_wrong(state, "scenario: called twice; a file is one scenario");
	lua_getfield(state, 1, "id");
	plan->id = builder_string(state, -1, "scenario: id");
	check_id(state, plan->id);
	lua_getfield(state, 1, "title");
	plan->title = builder_string(state, -1, "scenario: title");
	read_verifies(state, plan);
	double threshold_pct = plan_number(state, "scenario", "motor_threshold", 1, 100, "% of maximum stimulator output");
	if (isnan(plan->motor_threshold_pct))
		plan->motor_threshold_pct = threshold_pct;
	builder->declared = true;
	return 0;
}

/* intensity(80), or intensity(36, 54) for paired pulses; % of maximum stimulator output */
static int api_intensity(lua_State *state)
{
	struct builder *builder = builder_of(state);
	builder_need_scenario(state, "intensity");
	double first_pct = plan_intensity(state, 1, "intensity"), second_pct = NAN;
	if (!lua_isnoneornil(state, 2))
		second_pct = plan_intensity(state, 2, "intensity: the second");
	if (lua_gettop(state) > 2)
		builder_wrong(state, "intensity takes one number, or two for paired pulses");
	struct step *step = builder_step(state, STEP_SET_INTENSITY);
	step->set.intensity_pct = builder->intensity_pct = first_pct;
	step->set.second_pct = builder->second_pct = second_pct;
	builder->intensity_line = builder->unsettled_line = builder_line(state);
	return 0;
}

static void no_arguments(lua_State *state, const char *function)
{
	builder_need_scenario(state, function);
	if (lua_gettop(state) > 0)
		builder_wrong(state, "%s takes nothing: %s()", function, function);
}

static int api_arm(lua_State *state)
{
	struct builder *builder = builder_of(state);
	no_arguments(state, "arm");
	if (builder->armed)
		builder_wrong(state, "arm: the device is armed already");
	builder_step(state, STEP_ARM);
	builder->armed = builder->was_armed = true;
	builder->provoked = builder->emulated = false;
	builder->unsettled_line = builder_line(state);
	return 0;
}

static int api_disarm(lua_State *state)
{
	struct builder *builder = builder_of(state);
	no_arguments(state, "disarm");
	if (!builder->armed && !builder->emulated)
		builder_wrong(state, "disarm: the device is not armed");
	builder_step(state, STEP_DISARM);
	builder->armed = false;
	builder->disarm_line = builder_line(state);
	return 0;
}

/* The name of a line of the bench, out of those in `lines`. */
static const char *line_name(lua_State *state, const char *function, const enum gpio_line *lines, size_t count)
{
	const char *names[GPIO_LINE_COUNT + 1] = {NULL};
	for (size_t i = 0; i < count; i++)
		names[i] = gpio_line_name(lines[i]);
	const char *what = lua_pushfstring(state, "%s: the name of the line", function);
	const char *name = builder_string(state, 1, what);
	for (size_t i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return name;
	lua_pushstring(state, names[0]);
	for (size_t i = 1; i < count; i++) {
		lua_pushfstring(state, ", %s", names[i]);
		lua_concat(state, 2);
	}
	const char *nearest = plan_nearest(name, names);
	if (nearest)
		builder_wrong(state, "%s: no line '%s', did you mean '%s'?", function, name, nearest);
	builder_wrong(state, "%s: no line '%s'; there are %s", function, name, lua_tostring(state, -1));
}

static double positive_time(lua_State *state, int index, const char *what)
{
	double time_s = plan_quantity(state, index, UNIT_TIME, what);
	if (time_s <= 0)
		builder_wrong(state, "%s is %.9g s, but must be above 0", what, time_s);
	return time_s;
}

/* await("ready", seconds(2)) */
static int api_await(lua_State *state)
{
	static const enum gpio_line inputs[] = {GPIO_READY, GPIO_FAULT};
	builder_need_scenario(state, "await");
	lua_settop(state, 2);
	const char *name = line_name(state, "await", inputs, sizeof inputs / sizeof *inputs);
	double timeout_s = positive_time(state, 2, "await: the time limit");
	struct step *step = builder_step(state, STEP_AWAIT);
	step->await.name = name;
	step->await.timeout_s = timeout_s;
	builder_end_section(builder_of(state));
	return 0;
}

/* wait(seconds(1)) */
static int api_wait(lua_State *state)
{
	builder_need_scenario(state, "wait");
	double time_s = positive_time(state, 1, "wait: the time");
	builder_step(state, STEP_WAIT);
	builder_of(state)->cursor_s += time_s;
	builder_of(state)->unsettled_line = 0;
	return 0;
}

/* drive("emergency_stop", true) */
static int api_drive(lua_State *state)
{
	static const enum gpio_line outputs[] = {GPIO_ENABLE, GPIO_EMERGENCY_STOP, GPIO_COIL_PRESENT};
	builder_need_scenario(state, "drive");
	lua_settop(state, 2);
	const char *name = line_name(state, "drive", outputs, sizeof outputs / sizeof *outputs);
	if (!lua_isboolean(state, 2))
		builder_wrong(state, "drive: the level is %s, but true or false is wanted",
			      lua_isnoneornil(state, 2) ? "missing" : lua_pushfstring(state, "a %s", luaL_typename(state, 2)));
	struct step *step = builder_step(state, STEP_DRIVE_LINE);
	step->drive.name = name;
	step->drive.level = lua_toboolean(state, 2);
	return 0;
}

/* prompt("Turn the coil by 180 degrees") */
static int api_prompt(lua_State *state)
{
	builder_need_scenario(state, "prompt");
	const char *text = builder_string(state, 1, "prompt: the text");
	builder_step(state, STEP_PROMPT)->prompt.text = text;
	builder_end_section(builder_of(state));
	return 0;
}

/* reversed(true): the pulses from here on with the current direction reversed */
static int api_reversed(lua_State *state)
{
	builder_need_scenario(state, "reversed");
	if (!lua_isboolean(state, 1))
		builder_wrong(state, "reversed takes true or false");
	builder_of(state)->reversed = lua_toboolean(state, 1);
	return 0;
}

/*
 * percent_of_threshold(120): in % of maximum stimulator output, rounded to whole percents as devices are set; a second argument is another step,
 * 0 for none.
 */
static int api_percent_of_threshold(lua_State *state)
{
	builder_need_scenario(state, "percent_of_threshold");
	double threshold_pct = builder_of(state)->plan->motor_threshold_pct;
	if (lua_type(state, 1) != LUA_TNUMBER || !(lua_tonumber(state, 1) > 0 && lua_tonumber(state, 1) <= 1000))
		builder_wrong(state, "percent_of_threshold takes a number in %% of the motor threshold, for example 120");
	if (isnan(threshold_pct))
		builder_wrong(state, "percent_of_threshold: no motor threshold is known; say motor_threshold = 45 in scenario { … }");
	double step_pct = 1;
	if (!lua_isnoneornil(state, 2)) {
		if (lua_type(state, 2) != LUA_TNUMBER || !(lua_tonumber(state, 2) >= 0 && lua_tonumber(state, 2) <= 10))
			builder_wrong(state, "percent_of_threshold: the step is from 0 to 10 %% of maximum stimulator output");
		step_pct = lua_tonumber(state, 2);
	}
	double value_pct = threshold_pct * lua_tonumber(state, 1) / 100;
	double grid_pct = step_pct > 0 ? step_pct : 1e-6;
	lua_pushnumber(state, round(round(value_pct / grid_pct * 1e9) / 1e9) * grid_pct);
	return 1;
}

/* justify("dose.single_train", "why the warning of this lint rule is accepted") */
static int api_justify(lua_State *state)
{
	builder_need_scenario(state, "justify");
	const char *rule = builder_string(state, 1, "justify: the rule");
	const char *reason = builder_string(state, 2, "justify: the reason");
	const char *const *known = plan_lint_rules();
	while (*known && strcmp(*known, rule) != 0)
		known++;
	if (!*known) {
		const char *nearest = plan_nearest(rule, plan_lint_rules());
		builder_wrong(state, "justify: there is no rule '%s'%s%s%s", rule, nearest ? ", did you mean '" : "",
			      nearest ? nearest : "", nearest ? "'?" : "");
	}
	int line = builder_line(state);
	*builder_justification(state) = (struct plan_justification){rule, reason, line};
	return 0;
}

/* expect_discharge { below = volts(60), within = seconds(5) } */
static int api_expect_discharge(lua_State *state)
{
	static const char *const keys[] = {"below", "within", NULL};
	builder_need_scenario(state, "expect_discharge");
	plan_keys(state, "expect_discharge", keys);
	if (builder_of(state)->armed && !builder_of(state)->provoked)
		builder_wrong(state, "expect_discharge: the device is armed and keeps its charge; disarm() or interlock(…) comes first");
	double level_v = plan_positive(state, "expect_discharge", "below", UNIT_VOLTAGE);
	double within_s = plan_positive(state, "expect_discharge", "within", UNIT_TIME);
	if (isnan(level_v) || isnan(within_s))
		builder_wrong(state, "expect_discharge: %s is missing, for example { below = volts(60), within = seconds(5) }",
			      isnan(level_v) ? "below" : "within");
	struct step *step = builder_step(state, STEP_EXPECT_DISCHARGE);
	step->discharge.level_v = level_v;
	step->discharge.timeout_s = within_s;
	return 0;
}

/* fail("text"): for libraries, an error at the line of the scenario. */
static int api_fail(lua_State *state)
{
	builder_wrong(state, "%s", luaL_checkstring(state, 1));
}

static const luaL_Reg functions[] = {{"scenario", api_scenario},
				     {"intensity", api_intensity},
				     {"arm", api_arm},
				     {"disarm", api_disarm},
				     {"await", api_await},
				     {"wait", api_wait},
				     {"drive", api_drive},
				     {"prompt", api_prompt},
				     {"reversed", api_reversed},
				     {"percent_of_threshold", api_percent_of_threshold},
				     {"justify", api_justify},
				     {"expect_discharge", api_expect_discharge},
				     {"train", plan_train},
				     {"single", plan_single},
				     {"pair", plan_pair},
				     {"emulate", plan_emulate},
				     {"interlock", plan_interlock},
				     {"watch", plan_watch},
				     {"provoke", plan_provoke},
				     {"setting", plan_setting},
				     {"uniform", plan_uniform},
				     {"fail", api_fail},
				     {NULL, NULL}};

/* A name that is nowhere defined would be nil, and a key with a nil value is no key at all: a misspelt name must not pass. */
static int unknown_name(lua_State *state)
{
	const char *name = lua_type(state, 2) == LUA_TSTRING ? lua_tostring(state, 2) : "?";
	const char *names[sizeof functions / sizeof *functions + 8] = {"seconds", "minutes", "ms", "us", "hertz", "volts", "require"};
	for (size_t i = 0; functions[i].name; i++)
		names[7 + i] = functions[i].name;
	const char *nearest = plan_nearest(name, names);
	return luaL_error(state, "unknown name '%s'%s%s%s", name, nearest ? ", did you mean '" : "", nearest ? nearest : "",
			  nearest ? "'?" : "");
}

int plan_open_api(lua_State *state)
{
	plan_open_units(state);
	lua_pushglobaltable(state);
	luaL_setfuncs(state, functions, 0);
	lua_createtable(state, 0, 1);
	lua_pushcfunction(state, unknown_name);
	lua_setfield(state, -2, "__index");
	lua_setmetatable(state, -2);
	return 0;
}
