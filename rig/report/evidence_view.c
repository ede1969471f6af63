/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "evidence_view.h"

#include <jansson.h>
#include <lauxlib.h>
#include <math.h>
#include <string.h>

#include "csv.h"
#include "evidence_files.h"
#include "json_lua.h"
#include "recording_view.h"

/* A Lua error jumps out of C functions, so what they hold on to lives here. */
struct evidence_view {
	char *dir;
	json_t *result;
	struct recording_view *recording; /* NULL: not there, recording_problem says why */
	struct error recording_problem;
	struct csv_table table;
	struct band band;
	double *onsets_s;
	struct evidence_files *files;
	struct error error;
	char path[4096];
};

static const char *path_of(struct evidence_view *view, const char *name)
{
	snprintf(view->path, sizeof view->path, "%s/%s", view->dir, name);
	return view->path;
}

struct evidence_view *evidence_view_open(const char *dir, struct error *error)
{
	auto_evidence_view struct evidence_view *view = calloc(1, sizeof *view);
	json_error_t problem;
	if (!view || !(view->dir = strdup(dir))) {
		error_bench(error, "no memory");
		return NULL;
	}
	view->result = json_load_file(path_of(view, "result.json"), JSON_REJECT_DUPLICATES, &problem);
	if (!view->result) {
		if (problem.line < 0)
			error_config(error, "%s; an evidence folder that tmsrig wrote is needed", problem.text);
		else
			error_config(error, "%s:%d:%d: %s", view->path, problem.line, problem.column, problem.text);
		return NULL;
	}
	const char *schema = json_string_value(json_object_get(view->result, "schema"));
	if (!schema || strcmp(schema, "tmsrig-result-1") != 0) {
		error_config(error, "%s: this is not a result of tmsrig, its \"schema\" would be \"tmsrig-result-1\"", view->path);
		return NULL;
	}
	view->files = evidence_files_open(dir, error);
	if (!view->files)
		return NULL;
	view->recording = recording_view_open(path_of(view, "recording.h5"), &view->recording_problem);
	return steal(&view);
}

void evidence_view_hide_later(struct evidence_view *view)
{
	evidence_files_hide_later(view->files);
}

void evidence_view_destroy(struct evidence_view *view)
{
	if (!view)
		return;
	recording_view_destroy(view->recording);
	evidence_files_close(view->files);
	csv_finish(&view->table);
	band_finish(&view->band);
	json_decref(view->result);
	free(view->onsets_s);
	free(view->dir);
	free(view);
}

static struct evidence_view *self(lua_State *lua)
{
	return lua_touserdata(lua, lua_upvalueindex(1));
}

static int raise(lua_State *lua, const struct error *error)
{
	return luaL_error(lua, "%s", error->text);
}

/* Leaves column `column` of the table that was read as an array on the stack: numbers, or strings for words. */
static void push_column(lua_State *lua, const struct csv_table *table, size_t column)
{
	lua_createtable(lua, (int)table->rows, 0);
	for (size_t row = 0; row < table->rows; row++) {
		const struct csv_cell *cell = &table->cells[row * table->columns + column];
		if (cell->label >= 0)
			lua_pushstring(lua, table->labels[cell->label]);
		else
			lua_pushnumber(lua, cell->number);
		lua_seti(lua, -2, (lua_Integer)row + 1);
	}
}

/* evidence.column(file, name): an array */
static int lua_column(lua_State *lua)
{
	struct evidence_view *view = self(lua);
	const char *file = luaL_checkstring(lua, 1);
	const char *name = luaL_checkstring(lua, 2);
	if (strcmp(file, "pulses") != 0 && strcmp(file, "measurements") != 0)
		return luaL_error(lua, "evidence.column knows \"pulses\" and \"measurements\", not \"%s\"", file);
	if (!csv_read(&view->table, path_of(view, strcmp(file, "pulses") == 0 ? "pulses.csv" : "measurements.csv"), &name, 1, NULL, NULL,
		      &view->error))
		return raise(lua, &view->error);
	push_column(lua, &view->table, 0);
	csv_finish(&view->table);
	return 1;
}

/* evidence.measurements(measurand): a table of arrays, one entry a measurement */
static int lua_measurements(lua_State *lua)
{
	static const char *const NAMES[] = {"index",    "value",   "u_random", "u_systematic", "planned",
					    "expected", "start_s", "end_s",    "voided"};
	enum { COUNT = sizeof NAMES / sizeof *NAMES };
	struct evidence_view *view = self(lua);
	const char *measurand = luaL_checkstring(lua, 1);
	if (!csv_read(&view->table, path_of(view, "measurements.csv"), NAMES, COUNT, "measurand", measurand, &view->error))
		return raise(lua, &view->error);
	lua_createtable(lua, 0, COUNT + 1);
	for (size_t i = 0; i < COUNT; i++) {
		push_column(lua, &view->table, i);
		lua_setfield(lua, -2, NAMES[i]);
	}
	lua_pushinteger(lua, (lua_Integer)view->table.rows);
	lua_setfield(lua, -2, "count");
	csv_finish(&view->table);
	return 1;
}

static void push_numbers(lua_State *lua, const char *name, const double *values, size_t count)
{
	lua_createtable(lua, (int)count, 0);
	for (size_t i = 0; i < count; i++) {
		lua_pushnumber(lua, values[i]);
		lua_seti(lua, -2, (lua_Integer)i + 1);
	}
	lua_setfield(lua, -2, name);
}

/* The band as a table of arrays, or nil when it is empty. */
static int push_band(lua_State *lua, struct band *band)
{
	if (band->count == 0) {
		lua_pushnil(lua);
		return 1;
	}
	lua_createtable(lua, 0, 8);
	push_numbers(lua, "t", band->x_s, band->count);
	push_numbers(lua, "minimum", band->minimum, band->count);
	push_numbers(lua, "maximum", band->maximum, band->count);
	push_numbers(lua, "mean", band->mean, band->count);
	lua_createtable(lua, (int)band->count, 0);
	for (size_t i = 0; i < band->count; i++) {
		lua_pushboolean(lua, band->gap[i]);
		lua_seti(lua, -2, (lua_Integer)i + 1);
	}
	lua_setfield(lua, -2, "gap");
	lua_pushinteger(lua, (lua_Integer)band->count);
	lua_setfield(lua, -2, "count");
	lua_pushinteger(lua, (lua_Integer)band->pulses);
	lua_setfield(lua, -2, "pulses");
	band_finish(band);
	return 1;
}

/* Reads the onsets of all pulses into view->onsets_s. */
static bool read_onsets(struct evidence_view *view, size_t *count)
{
	static const char *const NAME = "onset_s";
	if (!csv_read(&view->table, path_of(view, "pulses.csv"), &NAME, 1, NULL, NULL, &view->error))
		return false;
	free(view->onsets_s);
	view->onsets_s = calloc(view->table.rows ? view->table.rows : 1, sizeof *view->onsets_s);
	if (!view->onsets_s)
		return error_bench(&view->error, "no memory");
	*count = view->table.rows;
	for (size_t i = 0; i < *count; i++)
		view->onsets_s[i] = view->table.cells[i].number;
	csv_finish(&view->table);
	return true;
}

/* evidence.pulse_trace(index, pre_s, post_s): a curve, or nil when the recording does not hold it; index counts from 0 as in pulses.csv */
static int lua_pulse_trace(lua_State *lua)
{
	struct evidence_view *view = self(lua);
	lua_Integer index = luaL_checkinteger(lua, 1);
	double pre_s = luaL_checknumber(lua, 2), post_s = luaL_checknumber(lua, 3);
	size_t count = 0;
	if (!view->recording)
		return lua_pushnil(lua), 1;
	if (!read_onsets(view, &count))
		return raise(lua, &view->error);
	if (index < 0 || (size_t)index >= count)
		return luaL_error(lua, "there is no pulse %d, the last one is %d", (int)index, (int)count - 1);
	if (!recording_view_pulse(view->recording, view->onsets_s[index], pre_s, post_s, &view->band, &view->error))
		return raise(lua, &view->error);
	return push_band(lua, &view->band);
}

/* evidence.overlay_band(pre_s, post_s, points): the band that all pulses lie in, or nil */
static int lua_overlay_band(lua_State *lua)
{
	struct evidence_view *view = self(lua);
	double pre_s = luaL_checknumber(lua, 1), post_s = luaL_checknumber(lua, 2);
	lua_Integer points = luaL_checkinteger(lua, 3);
	size_t count = 0;
	if (!view->recording)
		return lua_pushnil(lua), 1;
	if (!read_onsets(view, &count) || !recording_view_overlay(view->recording, view->onsets_s, count, pre_s, post_s,
								  points > 0 ? (size_t)points : 0, &view->band, &view->error))
		return raise(lua, &view->error);
	return push_band(lua, &view->band);
}

/* evidence.envelope(channel, points): smallest and largest value over the session, or nil */
static int lua_envelope(lua_State *lua)
{
	struct evidence_view *view = self(lua);
	const char *channel = luaL_checkstring(lua, 1);
	lua_Integer points = luaL_checkinteger(lua, 2);
	if (!view->recording)
		return lua_pushnil(lua), 1;
	if (!recording_view_envelope(view->recording, channel, points > 0 ? (size_t)points : 0, &view->band, &view->error))
		return raise(lua, &view->error);
	return push_band(lua, &view->band);
}

void evidence_view_register(struct evidence_view *view, lua_State *lua)
{
	static const luaL_Reg FUNCTIONS[] = {
		{"column", lua_column},           {"measurements", lua_measurements},
		{"pulse_trace", lua_pulse_trace}, {"overlay_band", lua_overlay_band},
		{"envelope", lua_envelope},       {NULL, NULL},
	};
	json_lua_push(lua, view->result);
	lua_setglobal(lua, "result");
	luaL_newlibtable(lua, FUNCTIONS);
	lua_pushlightuserdata(lua, view);
	luaL_setfuncs(lua, FUNCTIONS, 1);
	if (!view->recording) {
		lua_pushstring(lua, view->recording_problem.text);
		lua_setfield(lua, -2, "recording_problem");
	}
	lua_pushboolean(lua, view->recording && recording_view_complete(view->recording));
	lua_setfield(lua, -2, "recording_complete");
	evidence_files_register(view->files, lua);
	lua_setglobal(lua, "evidence");
}

const char *evidence_view_ended(const struct evidence_view *view)
{
	const char *ended = json_string_value(json_object_get(json_object_get(view->result, "run"), "ended"));
	return ended ? ended : "";
}
