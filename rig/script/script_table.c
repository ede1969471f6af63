/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table library: Lua's own where one call cannot work long, replacements where it can or where the clock decides.
 */
#include <stdint.h>

#include "script_internal.h"

enum { MAX_UNPACK = 100000 };

/* table.insert and table.remove move what follows, except at the end. */
static int table_insert(lua_State *state)
{
	if (lua_gettop(state) > 2)
		return script_charged(state);
	lua_pushvalue(state, lua_upvalueindex(1));
	lua_insert(state, 1);
	lua_call(state, lua_gettop(state) - 1, 0);
	return 0;
}

static int table_remove(lua_State *state)
{
	if (lua_gettop(state) > 1)
		return script_charged(state);
	lua_pushvalue(state, lua_upvalueindex(1));
	lua_insert(state, 1);
	lua_call(state, lua_gettop(state) - 1, 1);
	return 1;
}

static int table_unpack(lua_State *state)
{
	luaL_checktype(state, 1, LUA_TTABLE);
	lua_Integer first = luaL_optinteger(state, 2, 1), last = luaL_opt(state, luaL_checkinteger, 3, (lua_Integer)lua_rawlen(state, 1));
	if (first > last)
		return 0;
	uint64_t count = (uint64_t)last - (uint64_t)first;
	if (count >= MAX_UNPACK || !lua_checkstack(state, (int)count + 1))
		return luaL_error(state, "table.unpack: more than %d values", MAX_UNPACK);
	script_charge(state, count);
	for (lua_Integer i = first; i < last; i++)
		lua_rawgeti(state, 1, i);
	lua_rawgeti(state, 1, last);
	return (int)count + 1;
}

/* Stack: 1 the table, 2 the comparison or nil. True when the value at `later` has to come before the one at `earlier`. */
static bool comes_before(lua_State *state, int later, int earlier)
{
	bool before;
	uint64_t work = 4;
	if (lua_isnil(state, 2)) {
		if (lua_type(state, later) == LUA_TSTRING && lua_type(state, earlier) == LUA_TSTRING)
			work += lua_rawlen(state, later) / 16;
		before = lua_compare(state, later, earlier, LUA_OPLT);
	} else {
		lua_pushvalue(state, 2);
		lua_pushvalue(state, later);
		lua_pushvalue(state, earlier);
		lua_call(state, 2, 1);
		before = lua_toboolean(state, -1);
		lua_pop(state, 1);
	}
	script_charge(state, work);
	return before;
}

/* Merges the runs [low, middle) and [middle, high) of the table at `from` into the table at `to`; counted from 1. */
static void merge(lua_State *state, int from, int to, lua_Integer low, lua_Integer middle, lua_Integer high)
{
	for (lua_Integer left = low, right = middle, out = low; out < high; out++) {
		lua_rawgeti(state, from, left);
		lua_rawgeti(state, from, right);
		int top = lua_gettop(state);
		bool take_right = left >= middle || (right < high && comes_before(state, top, top - 1));
		lua_pushvalue(state, take_right ? top : top - 1);
		lua_rawseti(state, to, out);
		lua_settop(state, top - 2);
		if (take_right)
			right++;
		else
			left++;
	}
}

/* A stable merge sort: Lua's quicksort takes its pivot from the clock. */
static int table_sort(lua_State *state)
{
	luaL_checktype(state, 1, LUA_TTABLE);
	if (!lua_isnoneornil(state, 2))
		luaL_checktype(state, 2, LUA_TFUNCTION);
	lua_settop(state, 2);
	lua_Integer count = (lua_Integer)lua_rawlen(state, 1);
	lua_createtable(state, (int)(count < INT32_MAX ? count : 0), 0);
	lua_createtable(state, (int)(count < INT32_MAX ? count : 0), 0);
	script_charge(state, (uint64_t)count);
	for (lua_Integer i = 1; i <= count; i++) {
		lua_rawgeti(state, 1, i);
		lua_rawseti(state, 3, i);
	}
	int from = 3, to = 4;
	for (lua_Integer width = 1; width < count; width *= 2) {
		for (lua_Integer low = 1; low <= count; low += 2 * width) {
			lua_Integer middle = low + width <= count ? low + width : count + 1;
			merge(state, from, to, low, middle, middle + width <= count ? middle + width : count + 1);
		}
		int other = from;
		from = to;
		to = other;
	}
	for (lua_Integer i = 1; i <= count; i++) {
		lua_rawgeti(state, from, i);
		lua_rawseti(state, 1, i);
	}
	return 0;
}

void script_open_table(lua_State *state)
{
	static const char *const kept[] = {"concat", "insert", "pack", "remove", "sort", "unpack", NULL};
	luaL_requiref(state, "table", luaopen_table, 0);
	script_keep_only(state, kept);
	script_wrap(state, "concat", script_charged);
	script_wrap(state, "insert", table_insert);
	script_wrap(state, "remove", table_remove);
	script_wrap(state, "sort", table_sort);
	script_wrap(state, "unpack", table_unpack);
	lua_setglobal(state, "table");
}
