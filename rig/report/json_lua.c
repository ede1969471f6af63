/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "json_lua.h"

#include <lauxlib.h>

void json_lua_push(lua_State *lua, const json_t *value)
{
	luaL_checkstack(lua, 4, "JSON is nested too deeply");
	switch (json_typeof(value)) {
	case JSON_OBJECT: {
		const char *key;
		json_t *member;
		lua_newtable(lua);
		json_object_foreach((json_t *)value, key, member)
		{
			json_lua_push(lua, member);
			lua_setfield(lua, -2, key);
		}
		break;
	}
	case JSON_ARRAY:
		lua_createtable(lua, (int)json_array_size(value), 0);
		for (size_t i = 0; i < json_array_size(value); i++) {
			json_lua_push(lua, json_array_get(value, i));
			lua_seti(lua, -2, (lua_Integer)i + 1);
		}
		break;
	case JSON_STRING: lua_pushlstring(lua, json_string_value(value), json_string_length(value)); break;
	case JSON_INTEGER: lua_pushinteger(lua, json_integer_value(value)); break;
	case JSON_REAL: lua_pushnumber(lua, json_real_value(value)); break;
	case JSON_TRUE: lua_pushboolean(lua, 1); break;
	case JSON_FALSE: lua_pushboolean(lua, 0); break;
	case JSON_NULL: lua_pushnil(lua); break;
	}
}
