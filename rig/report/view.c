/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "view.h"

#include <lauxlib.h>
#include <math.h>
#include <string.h>

#include "markup.h"
#include "number.h"
#include "script.h"
#include "template.h"

enum { PATH_SIZE = 4096, TEMPLATE_CAP = 4 << 20, MAX_NUMBERS = 64 };

static const struct script_limits LIMITS = {.instructions = 1000000000, .memory_bytes = 48 << 20, .string_bytes = 4 << 20};

/* A view while it is made. A Lua error jumps out of C functions, so what they hold on to lives here. */
struct view {
	const struct view_source *made_of;
	const char *templates_dir;
	struct text *out;
	struct text escaped;
	struct text chunk;
	char *source;
	struct error error;
};

static void view_finish(struct view *view)
{
	text_finish(&view->escaped);
	text_finish(&view->chunk);
	free(view->source);
}

static struct view *self(lua_State *lua)
{
	return lua_touserdata(lua, lua_upvalueindex(1));
}

static int check_room(lua_State *lua, const struct text *out)
{
	return out->overflown ? luaL_error(lua, "the view is larger than %d MB", (int)(out->cap >> 20)) : 0;
}

/* emit(value, …): text, escaped */
static int lua_emit(lua_State *lua)
{
	struct view *view = self(lua);
	for (int i = 1; i <= lua_gettop(lua); i++) {
		size_t length;
		if (lua_type(lua, i) != LUA_TSTRING && lua_type(lua, i) != LUA_TNUMBER && lua_type(lua, i) != LUA_TBOOLEAN)
			return luaL_error(lua, "a %s cannot be written: give a text, a number or a truth value", luaL_typename(lua, i));
		const char *bytes = luaL_tolstring(lua, i, &length);
		markup_escape(view->out, bytes, length);
		lua_pop(lua, 1);
	}
	return check_room(lua, view->out);
}

/* raw(text, …): markup, as it is */
static int lua_raw(lua_State *lua)
{
	struct view *view = self(lua);
	for (int i = 1; i <= lua_gettop(lua); i++) {
		size_t length;
		const char *bytes = luaL_checklstring(lua, i, &length);
		text_append(view->out, bytes, length);
	}
	return check_room(lua, view->out);
}

/* escape(text): the text escaped, as a string */
static int lua_escape(lua_State *lua)
{
	struct view *view = self(lua);
	size_t length;
	const char *bytes = luaL_tolstring(lua, 1, &length);
	text_finish(&view->escaped);
	view->escaped = text_make(TEMPLATE_CAP);
	markup_escape(&view->escaped, bytes, length);
	check_room(lua, &view->escaped);
	lua_pushstring(lua, text_view(&view->escaped));
	return 1;
}

/* number.scale(unit, expanded_uncertainty, value, …): {factor=, unit=, decimals=} */
static int lua_number_scale(lua_State *lua)
{
	double values[MAX_NUMBERS];
	size_t count = 0;
	const char *unit = luaL_checkstring(lua, 1);
	double expanded = luaL_optnumber(lua, 2, NAN);
	for (int i = 3; i <= lua_gettop(lua) && count < MAX_NUMBERS; i++)
		if (lua_isnumber(lua, i))
			values[count++] = lua_tonumber(lua, i);
	struct number_scale scale = number_scale(unit, expanded, values, count);
	lua_createtable(lua, 0, 3);
	lua_pushnumber(lua, scale.factor);
	lua_setfield(lua, -2, "factor");
	lua_pushstring(lua, scale.unit);
	lua_setfield(lua, -2, "unit");
	lua_pushinteger(lua, scale.decimals);
	lua_setfield(lua, -2, "decimals");
	return 1;
}

/* number.text(scale, value): the number in that scale, without unit */
static int lua_number_text(lua_State *lua)
{
	struct number_scale scale = {0};
	char out[512];
	luaL_checktype(lua, 1, LUA_TTABLE);
	lua_getfield(lua, 1, "factor");
	lua_getfield(lua, 1, "decimals");
	scale.factor = luaL_checknumber(lua, -2);
	scale.decimals = (int)luaL_checkinteger(lua, -1);
	number_text(out, sizeof out, &scale, luaL_optnumber(lua, 2, NAN));
	lua_pushstring(lua, out);
	return 1;
}

/* A file of the templates, translated into view->chunk. name is how messages call it. */
static bool load_template(struct view *view, const char *folder, const char *file, const char *name)
{
	char path[PATH_SIZE];
	size_t length = 0;
	free(steal(&view->source));
	text_finish(&view->chunk);
	view->chunk = text_make(TEMPLATE_CAP);
	snprintf(path, sizeof path, "%s/%s/%s", view->templates_dir, folder, file);
	return script_read_file(path, &view->source, &length, &view->error) &&
	       template_translate(name, view->source, length, &view->chunk, &view->error);
}

/* include(name): runs templates_dir/parts/NAME in place */
static int lua_include(lua_State *lua)
{
	struct view *view = self(lua);
	const char *file = luaL_checkstring(lua, 1);
	char chunk_name[256];
	if (strchr(file, '/') || file[0] == '.')
		return luaL_error(lua, "include takes the plain name of a file in reports/parts, not \"%s\"", file);
	snprintf(chunk_name, sizeof chunk_name, "@reports/parts/%s", file);
	if (!load_template(view, "parts", file, chunk_name + 1))
		return luaL_error(lua, "%s", view->error.text);
	if (luaL_loadbufferx(lua, text_view(&view->chunk), view->chunk.length, chunk_name, "t") != LUA_OK)
		return lua_error(lua);
	lua_call(lua, 0, 0);
	return 0;
}

static void register_output(struct view *view, lua_State *lua)
{
	static const struct {
		const char *name;
		lua_CFunction function;
	} FUNCTIONS[] = {{"emit", lua_emit}, {"raw", lua_raw}, {"escape", lua_escape}, {"include", lua_include}};
	static const luaL_Reg NUMBER[] = {{"scale", lua_number_scale}, {"text", lua_number_text}, {NULL, NULL}};
	for (size_t i = 0; i < sizeof FUNCTIONS / sizeof *FUNCTIONS; i++) {
		lua_pushlightuserdata(lua, view);
		lua_pushcclosure(lua, FUNCTIONS[i].function, 1);
		lua_setglobal(lua, FUNCTIONS[i].name);
	}
	luaL_newlib(lua, NUMBER);
	lua_setglobal(lua, "number");
}

/* The line of the template that "name:line: …" speaks of, instead of the chunk's. */
static void quote_template(const char *templates_dir, struct error *error)
{
	char path[PATH_SIZE], file[256];
	unsigned wanted = 0;
	error->detail[0] = '\0';
	if (sscanf(error->text, "reports/%255[^:]:%u:", file, &wanted) != 2)
		return;
	snprintf(path, sizeof path, "%s/%s", templates_dir, file);
	auto_file FILE *stream = fopen(path, "re");
	auto_free char *line = NULL;
	size_t size = 0;
	unsigned number = 0;
	while (stream && number < wanted && getline(&line, &size, stream) > 0)
		number++;
	if (number == wanted && line) {
		line[strcspn(line, "\r\n")] = '\0';
		error_detail(error, "%.500s", line);
	}
}

static void select_run(const struct view *view, lua_State *lua, size_t index)
{
	evidence_view_register(view->made_of->runs[index], lua);
}

/* campaign.select(i): result and evidence are from now on those of run i, counted from 1 */
static int lua_select(lua_State *lua)
{
	const struct view *view = self(lua);
	lua_Integer index = luaL_checkinteger(lua, 1);
	if (index < 1 || (size_t)index > view->made_of->count)
		return luaL_error(lua, "there is no run %d, the last one is %d", (int)index, (int)view->made_of->count);
	select_run(view, lua, (size_t)index - 1);
	return 0;
}

/* about_given: {section = {name = text}}, what was stated when the view was made */
static void register_about(const struct about *about, lua_State *lua)
{
	lua_newtable(lua);
	for (int i = 0; about && i < ABOUT_COUNT; i++) {
		if (!about->value[i])
			continue;
		luaL_getsubtable(lua, -1, ABOUT_KEYS[i].section);
		lua_pushstring(lua, about->value[i]);
		lua_setfield(lua, -2, ABOUT_KEYS[i].name);
		lua_pop(lua, 1);
	}
	lua_setglobal(lua, "about_given");
}

/* A C function for script_call(): what runs out of memory here is then an error like any other. */
static int register_all(lua_State *lua)
{
	struct view *view = lua_touserdata(lua, 1);
	register_output(view, lua);
	lua_newtable(lua);
	lua_pushinteger(lua, (lua_Integer)view->made_of->count);
	lua_setfield(lua, -2, "count");
	lua_pushlightuserdata(lua, view);
	lua_pushcclosure(lua, lua_select, 1);
	lua_setfield(lua, -2, "select");
	lua_setglobal(lua, "campaign");
	lua_pushboolean(lua, view->made_of->pdf);
	lua_setglobal(lua, "pdf");
	register_about(view->made_of->about, lua);
	select_run(view, lua, 0);
	return 0;
}

bool view_render(const struct view_source *source, const char *templates_dir, const char *folder, const char *name, struct text *out,
		 struct error *error)
{
	cleanup_with(view_finish) struct view view = {.made_of = source, .templates_dir = templates_dir, .out = out};
	char library[PATH_SIZE], chunk_name[256];
	snprintf(library, sizeof library, "%s/lib", templates_dir);
	snprintf(chunk_name, sizeof chunk_name, "reports/%s/%s", folder, name);
	if (!load_template(&view, folder, name, chunk_name)) {
		if (error)
			*error = view.error;
		return false;
	}
	auto_script struct script *script = script_create(&LIMITS, library, error);
	if (!script)
		return false;
	lua_pushcfunction(script_state(script), register_all);
	lua_pushlightuserdata(script_state(script), &view);
	if (!script_call(script, 1, 0, error))
		return false;
	if (script_run(script, chunk_name, text_view(&view.chunk), view.chunk.length, 0, error))
		return true;
	if (error)
		quote_template(templates_dir, error);
	return false;
}
