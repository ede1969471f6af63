/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What the parts of the sandbox share.
 */
#include <lauxlib.h>
#include <lualib.h>

#include "script.h"

/* The script a state belongs to. */
struct script *script_of(lua_State *state);
/* Longest string a script may make, bytes. */
size_t script_string_limit(lua_State *state);
/* Where require looks; NULL for none. */
const char *script_library_dir(lua_State *state);
/* Remembers the file of a library; false when out of memory. */
bool script_note_library(lua_State *state, const char *path);
/*
 * Loads text as a chunk called name, keeps the text for error details, and leaves the function on the stack. Raises a Lua error when the text
 * does not compile.
 */
void script_load(lua_State *state, const char *name, const char *text, size_t length);
/* Opens the safe part of the base, table, math, string and utf8 libraries; a lua_CFunction, called protected. */
int script_open_base(lua_State *state);
/* Keeps only the named fields of the table on top of the stack; names end with NULL. */
void script_keep_only(lua_State *state, const char *const *names);
/* Replaces field `name` of the table on top of the stack by a closure that has the old value as its upvalue. */
void script_wrap(lua_State *state, const char *name, lua_CFunction function);
/* A function for script_wrap(): charges for the length of the first argument, then calls what it replaced. */
int script_charged(lua_State *state);
/* Adds the global table `table`. */
void script_open_table(lua_State *state);
/* Adds the global table `text`. */
void script_open_text(lua_State *state);
