/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A sandboxed Lua state: no files, no clock, no environment, no randomness, no string patterns, limits on instructions and memory. Scenarios
 * and report templates run in it.
 *
 * What a script computes is the same in every run: pairs() goes through keys in order (numbers, strings, booleans), table.sort is a stable
 * merge sort, tostring() shows no addresses. In place of the pattern functions stands the table `text`: split, lines, replace, find, contains,
 * starts_with, ends_with, trim, pad_left, pad_right, escape_html.
 */
#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct script_limits {
	uint64_t instructions; /* of the virtual machine, memory traffic charged in addition */
	size_t memory_bytes;
	size_t string_bytes; /* longest string; 0: a sixteenth of memory_bytes */
};

struct script;

/*
 * A new state with the safe part of base, table, math, string and utf8. library_dir: where require "name" finds NAME.lua (plain names only),
 * NULL for none. NULL on failure.
 */
struct script *script_create(const struct script_limits *limits, const char *library_dir, struct error *error) must_check;
/* Releases the state; NULL is accepted. */
void script_destroy(struct script *script);
/*
 * The Lua state, to register functions in; owned by the script. Whatever can run out of memory belongs in a C function given to script_call(),
 * since an error outside of it ends the program.
 */
lua_State *script_state(struct script *script);
/*
 * Loads the text of a chunk (never bytecode) and runs it. name appears in messages as "name:line: ". Errors are ERROR_CONFIG with that prefix,
 * the source line as detail. results: how many values to leave on the stack.
 */
bool script_run(struct script *script, const char *name, const char *text, size_t length, int results, struct error *error) must_check;
/* Calls the function on the stack below its arguments, under the same limits and error handling; results stay on the stack. */
bool script_call(struct script *script, int arguments, int results, struct error *error) must_check;
/*
 * For functions registered in the state that work long on one call: counts `work` instructions against the limit. Raises a Lua error when that
 * was the last of it.
 */
void script_charge(lua_State *state, uint64_t work);
/* The files that require took, in the order in which it came to them; owned by the script. */
size_t script_library_count(const struct script *script);
const char *script_library(const struct script *script, size_t index);
/* Reads a whole file of at most 16 MiB; the caller frees *text. */
bool script_read_file(const char *path, char **text, size_t *length, struct error *error) must_check;

define_cleanup(struct script *, cleanup_script, script_destroy);
#define auto_script cleanup_with(cleanup_script)
