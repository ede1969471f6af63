/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * JSON as Lua values.
 */
#include <jansson.h>
#include <lua.h>

/* Pushes the value: objects and arrays as tables (arrays from 1), null as nil. May raise a Lua error when memory runs out. */
void json_lua_push(lua_State *lua, const json_t *value);
