/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The libraries of a script: what is kept of Lua's own, and replacements for what is not the same in every run or can work for ever in one call.
 */
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "script_internal.h"

enum { MAX_LIBRARY_BYTES = 1 << 20 };

static const char key_modules[] = "modules";

static bool has_no_text(lua_State *state, int index)
{
	switch (lua_type(state, index)) {
	case LUA_TTABLE:
	case LUA_TFUNCTION:
	case LUA_TUSERDATA:
	case LUA_TLIGHTUSERDATA:
	case LUA_TTHREAD: break;
	default: return false;
	}
	if (luaL_getmetafield(state, index, "__tostring") == LUA_TNIL)
		return true;
	lua_pop(state, 1);
	return false;
}

/* tostring without addresses, which differ from run to run. */
static int base_tostring(lua_State *state)
{
	luaL_checkany(state, 1);
	if (has_no_text(state, 1))
		lua_pushstring(state, luaL_typename(state, 1));
	else
		luaL_tolstring(state, 1, NULL);
	return 1;
}

struct key {
	int type;
	lua_Number number;
	const char *string;
	size_t length;
	lua_Integer index; /* in the table of keys */
};

static int compare_keys(const void *left, const void *right)
{
	const struct key *a = left, *b = right;
	if (a->type != b->type)
		return (a->type == LUA_TNUMBER ? 0 : a->type) - (b->type == LUA_TNUMBER ? 0 : b->type);
	if (a->type != LUA_TSTRING)
		return (a->number > b->number) - (a->number < b->number);
	int order = memcmp(a->string, b->string, a->length < b->length ? a->length : b->length);
	return order ? order : (a->length > b->length) - (a->length < b->length);
}

static struct key key_at(lua_State *state, int index, lua_Integer number)
{
	struct key key = {.type = lua_type(state, index), .index = number};
	switch (key.type) {
	case LUA_TNUMBER: key.number = lua_tonumber(state, index); break;
	case LUA_TBOOLEAN: key.number = lua_toboolean(state, index); break;
	case LUA_TSTRING: key.string = lua_tolstring(state, index, &key.length); break;
	default: luaL_error(state, "pairs: a key is a %s; only numbers, strings and booleans have an order", luaL_typename(state, index));
	}
	return key;
}

static int pairs_next(lua_State *state)
{
	for (lua_Integer i = lua_tointeger(state, lua_upvalueindex(3));; i++) {
		if (lua_rawgeti(state, lua_upvalueindex(1), i) == LUA_TNIL)
			return 1;
		lua_pushvalue(state, -1);
		if (lua_rawget(state, lua_upvalueindex(2)) != LUA_TNIL) {
			lua_pushinteger(state, i + 1);
			lua_replace(state, lua_upvalueindex(3));
			return 2;
		}
		lua_pop(state, 2);
	}
}

/* pairs in order of the keys: Lua's own order depends on a random seed. */
static int base_pairs(lua_State *state)
{
	luaL_checktype(state, 1, LUA_TTABLE);
	lua_newtable(state);
	lua_Integer count = 0;
	for (lua_pushnil(state); lua_next(state, 1); lua_pop(state, 1)) {
		lua_pushvalue(state, -2);
		lua_rawseti(state, 2, ++count);
	}
	struct key *keys = lua_newuserdatauv(state, (size_t)(count ? count : 1) * sizeof *keys, 0);
	script_charge(state, (uint64_t)count * 8);
	for (lua_Integer i = 0; i < count; i++) {
		lua_rawgeti(state, 2, i + 1);
		keys[i] = key_at(state, -1, i + 1);
		lua_pop(state, 1);
	}
	qsort(keys, (size_t)count, sizeof *keys, compare_keys);
	lua_createtable(state, (int)count, 0);
	for (lua_Integer i = 0; i < count; i++) {
		lua_rawgeti(state, 2, keys[i].index);
		lua_rawseti(state, -2, i + 1);
	}
	lua_pushvalue(state, 1);
	lua_pushinteger(state, 1);
	lua_pushcclosure(state, pairs_next, 3);
	return 1;
}

static bool is_plain_name(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
	return length > 0 && length <= 64 && !name[length];
}

struct file_text {
	char *text;
};

static int file_text_close(lua_State *state)
{
	struct file_text *file = lua_touserdata(state, 1);
	free(steal(&file->text));
	return 0;
}

/* Runs NAME.lua of the library directory once and returns its value. */
static int base_require(lua_State *state)
{
	const char *name = luaL_checkstring(state, 1), *dir = script_library_dir(state);
	luaL_argexpected(state, lua_type(state, 1) == LUA_TSTRING, 1, "string");
	if (!is_plain_name(name) || strlen(name) != lua_rawlen(state, 1))
		return luaL_error(state, "require: '%s' is not a plain name (letters, digits and _)", name);
	if (!dir)
		return luaL_error(state, "require: there is no library here to take '%s' from", name);
	lua_getfield(state, LUA_REGISTRYINDEX, key_modules);
	if (lua_getfield(state, 2, name) == LUA_TLIGHTUSERDATA)
		return luaL_error(state, "require: '%s' requires itself", name);
	if (!lua_isnil(state, -1))
		return 1;
	lua_pushlightuserdata(state, (void *)key_modules);
	lua_setfield(state, 2, name);

	const char *path = lua_pushfstring(state, "%s/%s.lua", dir, name);
	struct file_text *file = lua_newuserdatauv(state, sizeof *file, 0);
	file->text = NULL;
	lua_createtable(state, 0, 1);
	lua_pushcfunction(state, file_text_close);
	lua_setfield(state, -2, "__gc");
	lua_setmetatable(state, -2);
	struct error error;
	size_t length;
	if (!script_read_file(path, &file->text, &length, &error))
		return luaL_error(state, "require: %s", error.text);
	if (length > MAX_LIBRARY_BYTES)
		return luaL_error(state, "require: %s: more than %d bytes", path, MAX_LIBRARY_BYTES);
	if (!script_note_library(state, path))
		return luaL_error(state, "require: %s: out of memory", path);
	script_load(state, path, file->text, length);
	free(steal(&file->text));
	lua_call(state, 0, 1);
	if (lua_isnil(state, -1)) {
		lua_pop(state, 1);
		lua_pushboolean(state, 1);
	}
	lua_pushvalue(state, -1);
	lua_setfield(state, 2, name);
	return 1;
}

static int string_off(lua_State *state)
{
	return luaL_error(state, "string.%s is not there: a pattern can work for ever; use text.find, text.replace or text.split",
			  lua_tostring(state, lua_upvalueindex(1)));
}

static int string_rep(lua_State *state)
{
	size_t length, between;
	luaL_checklstring(state, 1, &length);
	lua_Integer count = luaL_checkinteger(state, 2);
	luaL_optlstring(state, 3, "", &between);
	size_t total;
	if (count > 0 && (__builtin_mul_overflow(length + between, (size_t)count, &total) || total - between > script_string_limit(state)))
		return luaL_error(state, "string.rep: the result is longer than the %I bytes allowed",
				  (lua_Integer)script_string_limit(state));
	/* repeating nothing makes no memory, which would otherwise be counted */
	if (count > 0 && length + between == 0)
		lua_settop(state, 1);
	else
		lua_pushvalue(state, lua_upvalueindex(1)), lua_insert(state, 1), lua_call(state, lua_gettop(state) - 1, 1);
	return 1;
}

/* string.format without addresses. */
static int string_format(lua_State *state)
{
	const char *format = luaL_checkstring(state, 1);
	for (const char *c = strchr(format, '%'); c; c = strchr(c + 1, '%')) {
		c += 1 + strspn(c + 1, "-+ #0123456789.");
		if (*c == 'p')
			return luaL_error(state, "string.format: %%p is not there, addresses differ from run to run");
		if (!*c)
			break;
	}
	int count = lua_gettop(state);
	for (int i = 2; i <= count; i++) {
		if (!has_no_text(state, i))
			continue;
		lua_pushstring(state, luaL_typename(state, i));
		lua_replace(state, i);
	}
	lua_pushvalue(state, lua_upvalueindex(1));
	lua_insert(state, 1);
	lua_call(state, count, 1);
	return 1;
}

int script_charged(lua_State *state)
{
	size_t length = lua_type(state, 1) == LUA_TSTRING || lua_type(state, 1) == LUA_TTABLE ? (size_t)lua_rawlen(state, 1) : 0;
	script_charge(state, lua_type(state, 1) == LUA_TSTRING ? length / 16 : length);
	int count = lua_gettop(state);
	lua_pushvalue(state, lua_upvalueindex(1));
	lua_insert(state, 1);
	lua_call(state, count, LUA_MULTRET);
	return lua_gettop(state);
}

void script_keep_only(lua_State *state, const char *const *names)
{
	lua_newtable(state);
	for (; *names; names++) {
		lua_getfield(state, -2, *names);
		lua_setfield(state, -2, *names);
	}
	lua_remove(state, -2);
}

void script_wrap(lua_State *state, const char *name, lua_CFunction function)
{
	lua_getfield(state, -1, name);
	lua_pushcclosure(state, function, 1);
	lua_setfield(state, -2, name);
}

static void open_string(lua_State *state)
{
	static const char *const kept[] = {"byte", "char", "format", "len", "lower", "rep", "reverse", "sub", "upper", NULL};
	static const char *const patterns[] = {"find", "match", "gmatch", "gsub", NULL};
	luaL_requiref(state, "string", luaopen_string, 0);
	script_keep_only(state, kept);
	script_wrap(state, "rep", string_rep);
	script_wrap(state, "format", string_format);
	script_wrap(state, "byte", script_charged);
	for (const char *const *name = patterns; *name; name++) {
		lua_pushstring(state, *name);
		lua_pushcclosure(state, string_off, 1);
		lua_setfield(state, -2, *name);
	}
	/* methods of strings come from this table too, and "10" + 1 is no arithmetic here */
	lua_pushstring(state, "");
	lua_createtable(state, 0, 1);
	lua_pushvalue(state, -3);
	lua_setfield(state, -2, "__index");
	lua_setmetatable(state, -2);
	lua_pop(state, 1);
	lua_setglobal(state, "string");
}

int script_open_base(lua_State *state)
{
	static const char *const base[] = {"_VERSION", "assert", "error", "ipairs", "pcall", "select", "tonumber", "type", NULL};
	static const char *const math[] = {"abs",  "acos", "asin", "atan", "ceil",      "cos",        "deg",        "exp", "floor",
					   "fmod", "huge", "log",  "max",  "min",       "modf",       "pi",         "rad", "sin",
					   "sqrt", "tan",  "type", "ult",  "tointeger", "maxinteger", "mininteger", NULL};
	luaL_requiref(state, "_G", luaopen_base, 0);
	script_keep_only(state, base);
	script_wrap(state, "tonumber", script_charged);
	lua_pushcfunction(state, base_tostring);
	lua_setfield(state, -2, "tostring");
	lua_pushcfunction(state, base_pairs);
	lua_setfield(state, -2, "pairs");
	lua_pushcfunction(state, base_require);
	lua_setfield(state, -2, "require");
	/* from here on these are the globals */
	lua_rawseti(state, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
	luaL_requiref(state, "math", luaopen_math, 0);
	script_keep_only(state, math);
	lua_setglobal(state, "math");
	luaL_requiref(state, "utf8", luaopen_utf8, 0);
	script_wrap(state, "len", script_charged);
	script_wrap(state, "codepoint", script_charged);
	script_wrap(state, "offset", script_charged);
	lua_setglobal(state, "utf8");
	open_string(state);
	script_open_table(state);
	script_open_text(state);
	lua_newtable(state);
	lua_setfield(state, LUA_REGISTRYINDEX, key_modules);
	return 0;
}
