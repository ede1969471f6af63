/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table `text`: plain-text work that scripts would do with patterns. Everything is linear in the length of its arguments.
 */
#include <ctype.h>
#include <string.h>

#include "script_internal.h"

struct view {
	const char *bytes;
	size_t length;
};

static struct view argument(lua_State *state, int index)
{
	struct view view;
	luaL_argexpected(state, lua_type(state, index) == LUA_TSTRING || lua_type(state, index) == LUA_TNUMBER, index, "string");
	view.bytes = luaL_checklstring(state, index, &view.length);
	script_charge(state, view.length / 16);
	return view;
}

static struct view needle(lua_State *state, int index)
{
	struct view view = argument(state, index);
	luaL_argcheck(state, view.length > 0, index, "an empty string is found everywhere");
	return view;
}

static const char *find(struct view where, struct view what, size_t from)
{
	return from > where.length ? NULL : memmem(where.bytes + from, where.length - from, what.bytes, what.length);
}

/* text.find(s, what [, from]): the position of what in s, nil when it is not there. */
static int text_find(lua_State *state)
{
	struct view s = argument(state, 1), what = needle(state, 2);
	lua_Integer from = luaL_optinteger(state, 3, 1);
	luaL_argcheck(state, from >= 1, 3, "positions count from 1");
	const char *at = find(s, what, (size_t)from - 1);
	if (at)
		lua_pushinteger(state, at - s.bytes + 1);
	else
		lua_pushnil(state);
	return 1;
}

static int text_contains(lua_State *state)
{
	struct view s = argument(state, 1), what = argument(state, 2);
	lua_pushboolean(state, what.length == 0 || find(s, what, 0) != NULL);
	return 1;
}

static int text_starts_with(lua_State *state)
{
	struct view s = argument(state, 1), what = argument(state, 2);
	lua_pushboolean(state, s.length >= what.length && !memcmp(s.bytes, what.bytes, what.length));
	return 1;
}

static int text_ends_with(lua_State *state)
{
	struct view s = argument(state, 1), what = argument(state, 2);
	lua_pushboolean(state, s.length >= what.length && !memcmp(s.bytes + s.length - what.length, what.bytes, what.length));
	return 1;
}

static int split(lua_State *state, struct view s, struct view separator, lua_Integer most)
{
	lua_newtable(state);
	size_t from = 0;
	lua_Integer count = 0;
	for (const char *at; count + 1 < most && (at = find(s, separator, from)); from = (size_t)(at - s.bytes) + separator.length) {
		script_charge(state, 4);
		lua_pushlstring(state, s.bytes + from, (size_t)(at - s.bytes) - from);
		lua_rawseti(state, -2, ++count);
	}
	lua_pushlstring(state, s.bytes + from, s.length - from);
	lua_rawseti(state, -2, ++count);
	return 1;
}

/* text.split(s, separator [, most]): the pieces between the separators, at most so many. */
static int text_split(lua_State *state)
{
	struct view s = argument(state, 1), separator = needle(state, 2);
	lua_Integer most = luaL_optinteger(state, 3, LUA_MAXINTEGER);
	luaL_argcheck(state, most >= 1, 3, "at least one piece");
	return split(state, s, separator, most);
}

/* text.lines(s): its lines without their ends; a newline at the end of s begins no further line. */
static int text_lines(lua_State *state)
{
	struct view s = argument(state, 1);
	if (s.length && s.bytes[s.length - 1] == '\n')
		s.length--;
	return split(state, s, (struct view){"\n", 1}, LUA_MAXINTEGER);
}

/* text.replace(s, what, by): every occurrence, and how many there were. */
static int text_replace(lua_State *state)
{
	struct view s = argument(state, 1), what = needle(state, 2), by = argument(state, 3);
	size_t count = 0, limit = script_string_limit(state), length = s.length;
	for (const char *at = find(s, what, 0); at; at = find(s, what, (size_t)(at - s.bytes) + what.length)) {
		script_charge(state, 4);
		length += by.length - what.length;
		count++;
		if (by.length > what.length && length > limit)
			return luaL_error(state, "text.replace: the result is longer than the %I bytes allowed", (lua_Integer)limit);
	}
	size_t from = 0;
	luaL_Buffer buffer;
	char *out = luaL_buffinitsize(state, &buffer, length);
	for (const char *at; (at = find(s, what, from)); from = (size_t)(at - s.bytes) + what.length) {
		size_t before = (size_t)(at - s.bytes) - from;
		memcpy(out, s.bytes + from, before);
		memcpy(out + before, by.bytes, by.length);
		out += before + by.length;
	}
	memcpy(out, s.bytes + from, s.length - from);
	luaL_pushresultsize(&buffer, length);
	lua_pushinteger(state, (lua_Integer)count);
	return 2;
}

static int text_trim(lua_State *state)
{
	struct view s = argument(state, 1);
	while (s.length && isspace((unsigned char)s.bytes[0])) {
		s.bytes++;
		s.length--;
	}
	while (s.length && isspace((unsigned char)s.bytes[s.length - 1]))
		s.length--;
	lua_pushlstring(state, s.bytes, s.length);
	return 1;
}

/* Pads with spaces to a number of bytes. */
static int pad(lua_State *state, bool left)
{
	struct view s = argument(state, 1);
	lua_Integer width = luaL_checkinteger(state, 2);
	luaL_argcheck(state, width <= 1000, 2, "at most 1000");
	size_t spaces = width > 0 && (size_t)width > s.length ? (size_t)width - s.length : 0;
	luaL_Buffer buffer;
	char *out = luaL_buffinitsize(state, &buffer, s.length + spaces);
	memset(left ? out : out + s.length, ' ', spaces);
	memcpy(left ? out + spaces : out, s.bytes, s.length);
	luaL_pushresultsize(&buffer, s.length + spaces);
	return 1;
}

static int text_pad_left(lua_State *state)
{
	return pad(state, true);
}

static int text_pad_right(lua_State *state)
{
	return pad(state, false);
}

static int text_escape_html(lua_State *state)
{
	struct view s = argument(state, 1);
	luaL_Buffer buffer;
	luaL_buffinit(state, &buffer);
	for (size_t i = 0; i < s.length; i++) {
		switch (s.bytes[i]) {
		case '&': luaL_addstring(&buffer, "&amp;"); break;
		case '<': luaL_addstring(&buffer, "&lt;"); break;
		case '>': luaL_addstring(&buffer, "&gt;"); break;
		case '"': luaL_addstring(&buffer, "&quot;"); break;
		case '\'': luaL_addstring(&buffer, "&#39;"); break;
		default: luaL_addchar(&buffer, s.bytes[i]);
		}
	}
	luaL_pushresult(&buffer);
	return 1;
}

void script_open_text(lua_State *state)
{
	static const luaL_Reg functions[] = {{"find", text_find},
					     {"contains", text_contains},
					     {"starts_with", text_starts_with},
					     {"ends_with", text_ends_with},
					     {"split", text_split},
					     {"lines", text_lines},
					     {"replace", text_replace},
					     {"trim", text_trim},
					     {"pad_left", text_pad_left},
					     {"pad_right", text_pad_right},
					     {"escape_html", text_escape_html},
					     {NULL, NULL}};
	luaL_newlib(state, functions);
	lua_setglobal(state, "text");
}
