/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What the parts of the builder share. All functions that take a lua_State raise a Lua error, "file:line: message", on wrong use; what they
 * have to release hangs on the builder.
 */
#include <lauxlib.h>

#include "plan_builder.h"
#include "script.h"

enum { PLAN_LARGEST_INTENSITY_PCT = 110 };

struct builder {
	const struct plan_parameters *parameters;
	const char *chunk_name; /* "@" and the path of the scenario, as Lua names it */
	struct arena *arena;
	struct plan *plan; /* in the arena; its arrays are moved there at the end */
	struct step *steps;
	struct expected_pulse *pulses;
	struct plan_block *blocks;
	struct plan_justification *justifications;
	struct plan_setting *settings;
	double *section_duration_s;
	size_t step_capacity, pulse_capacity, block_capacity, justification_capacity, section_capacity, setting_capacity;
	bool declared, armed, was_armed, reversed;
	bool emulated;                    /* a signal of an interlock was changed since then: the device may have to be reset */
	bool provoked;                    /* an interlock was opened since the device was armed: it may discharge by itself */
	double intensity_pct, second_pct; /* as set last; NAN: never, or no paired-pulse mode */
	int intensity_line, disarm_line;
	int unsettled_line; /* armed or set at this very instant; 0: time has passed since */
	bool section_open;
	double cursor_s; /* where in the section the next step stands */
};

/* A value with a unit, as seconds(2) makes it. */
enum unit { UNIT_TIME, UNIT_RATE, UNIT_VOLTAGE };

/* The builder a registered function belongs to. */
struct builder *builder_of(lua_State *state);
/* Raises an error at the line of the scenario that is being run, even when a library called. */
_Noreturn void builder_wrong(lua_State *state, const char *format, ...) printf_like(2, 3);
/* The line of the scenario that is being run; 0 when there is none. */
int builder_line(lua_State *state);
/* Fails unless scenario{} has been called. */
void builder_need_scenario(lua_State *state, const char *function);
/* Appends a step at the cursor (or, for triggers, at a time from the section's origin) and opens a section when none is open. */
struct step *builder_step(lua_State *state, enum step_kind kind);
struct step *builder_step_at(lua_State *state, enum step_kind kind, double time_s, int line);
/* Ends the section; the next step begins another. */
void builder_end_section(struct builder *builder);
/* Appends; the caller fills it in. */
struct plan_block *builder_block(lua_State *state);
struct expected_pulse *builder_pulse(lua_State *state);
struct plan_justification *builder_justification(lua_State *state);
struct plan_setting *builder_setting(lua_State *state);
/* A copy that lives as long as the plan; fails on control characters, which would break the canonical text. */
const char *builder_string(lua_State *state, int index, const char *what);

/* Registers the functions of scenarios; a lua_CFunction with the builder as a light userdata argument. */
int plan_open_api(lua_State *state);
int plan_train(lua_State *state);
int plan_single(lua_State *state);
int plan_pair(lua_State *state);
/* plan_interlock.c: emulate, watch, provoke, setting, uniform. */
int plan_emulate(lua_State *state);
int plan_interlock(lua_State *state);
int plan_watch(lua_State *state);
int plan_provoke(lua_State *state);
int plan_setting(lua_State *state);
int plan_uniform(lua_State *state);

/* Registers seconds, ms, us, minutes, hertz and volts. */
void plan_open_units(lua_State *state);
/* The value on the stack as a quantity of the unit; a plain number is taken in s, Hz or V. */
double plan_quantity(lua_State *state, int index, enum unit unit, const char *what);
/* The nearest of the names to a misspelt one; NULL when none is near. names end with NULL. */
const char *plan_nearest(const char *word, const char *const *names);

/* Fails unless the call has one table, whose keys are all in keys (ends with NULL). */
void plan_keys(lua_State *state, const char *function, const char *const *keys);
/* True when the table at 1 has the key. */
bool plan_has(lua_State *state, const char *key);
/* The key's value: a quantity above 0; NAN when absent. */
double plan_positive(lua_State *state, const char *function, const char *key, enum unit unit);
/* The key's value: a whole number from 1 to PLAN_MAX_STEPS; fallback when absent. */
uint32_t plan_count(lua_State *state, const char *function, const char *key, uint32_t fallback);
/* The key's value: a plain number in [low, high]; NAN when absent. */
double plan_number(lua_State *state, const char *function, const char *key, double low, double high, const char *unit);
/* The value at index as an intensity in % MSO. */
double plan_intensity(lua_State *state, int index, const char *what);
