/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "evidence_files.h"

#include <fcntl.h>
#include <lauxlib.h>
#include <string.h>
#include <sys/stat.h>

#include "digest.h"
#include "json_lua.h"
#include "manifest.h"
#include "signature.h"

enum { MAX_BYTES = 1 << 20, MAX_LINE = 1 << 16, MAX_LINES = 64, MAX_DEPTH_OF_JSON = 32 };

/* A Lua error jumps out of C functions, so what they hold on to lives here. */
struct evidence_files {
	char *dir;
	json_t *json;
	FILE *stream;
	char *line;
	size_t line_size;
	struct signatures *signatures;
	bool hide_later;
	char path[4096];
};

struct evidence_files *evidence_files_open(const char *dir, struct error *error)
{
	struct evidence_files *files = calloc(1, sizeof *files);
	if (files)
		files->dir = realpath(dir, NULL);
	if (files && files->dir)
		return files;
	error_errno(error, ERROR_CONFIG, "%s", dir);
	free(files);
	return NULL;
}

void evidence_files_hide_later(struct evidence_files *files)
{
	files->hide_later = true;
}

static void drop_stream(struct evidence_files *files)
{
	if (files->stream)
		fclose(files->stream);
	files->stream = NULL;
}

void evidence_files_close(struct evidence_files *files)
{
	if (!files)
		return;
	drop_stream(files);
	signatures_destroy(files->signatures);
	json_decref(files->json);
	free(files->line);
	free(files->dir);
	free(files);
}

/* A regular file of the folder, never a link to elsewhere. */
static bool open_file(struct evidence_files *files, const char *name)
{
	struct stat status;
	drop_stream(files);
	snprintf(files->path, sizeof files->path, "%s/%s", files->dir, name);
	int fd = open(files->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return false;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		files->stream = fdopen(fd, "r");
	if (!files->stream)
		close(fd);
	return files->stream;
}

static bool too_deep(const json_t *value, int depth)
{
	const char *key;
	json_t *member;
	size_t index;
	if (depth > MAX_DEPTH_OF_JSON)
		return true;
	if (json_is_object(value))
		json_object_foreach((json_t *)value, key, member) if (too_deep(member, depth + 1)) return true;
	if (json_is_array(value))
		json_array_foreach(value, index, member) if (too_deep(member, depth + 1)) return true;
	return false;
}

/* Takes over the value; an object it can hold is pushed, anything else is nil. */
static void push_object(struct evidence_files *files, lua_State *lua, json_t *json)
{
	json_decref(files->json);
	files->json = json;
	if (json_is_object(json) && !too_deep(json, 0))
		json_lua_push(lua, json);
	else
		lua_pushnil(lua);
}

/* Pushes the object that a file of the folder holds, or nil. */
static void push_file(struct evidence_files *files, lua_State *lua, const char *name)
{
	struct stat status;
	if (!open_file(files, name) || fstat(fileno(files->stream), &status) != 0 || status.st_size > MAX_BYTES) {
		lua_pushnil(lua);
		return;
	}
	push_object(files, lua, json_loadf(files->stream, JSON_REJECT_DUPLICATES, NULL));
	drop_stream(files);
}

static struct evidence_files *self(lua_State *lua)
{
	return lua_touserdata(lua, lua_upvalueindex(1));
}

/* evidence.environment(): environment.json as a table, or nil */
static int lua_environment(lua_State *lua)
{
	push_file(self(lua), lua, "environment.json");
	return 1;
}

/* Reads a line without its newline; one that is too long for a log line counts as unreadable and comes out empty. */
static bool next_line(struct evidence_files *files, size_t *length)
{
	ssize_t got = getline(&files->line, &files->line_size, files->stream);
	if (got < 0)
		return false;
	*length = (size_t)got;
	if (*length > 0 && files->line[*length - 1] == '\n')
		(*length)--;
	if (*length > MAX_LINE)
		*length = 0;
	return true;
}

/* evidence.events(head, tail): {count=, {…}, …}, the first and the last entries of events.jsonl; nil when there is no log */
static int lua_events(lua_State *lua)
{
	struct evidence_files *files = self(lua);
	lua_Integer head = luaL_checkinteger(lua, 1), tail = luaL_checkinteger(lua, 2), total = 0, kept = 0;
	size_t length;
	if (head < 0 || head > MAX_LINES || tail < 0 || tail > MAX_LINES)
		return luaL_error(lua, "evidence.events gives 0 to %d entries of either end", MAX_LINES);
	if (!open_file(files, "events.jsonl")) {
		lua_pushnil(lua);
		return 1;
	}
	while (next_line(files, &length))
		total++;
	rewind(files->stream);
	lua_newtable(lua);
	for (lua_Integer i = 0; i < total && next_line(files, &length); i++) {
		if (i >= head && i < total - tail)
			continue;
		push_object(files, lua, length ? json_loadb(files->line, length, JSON_REJECT_DUPLICATES, NULL) : NULL);
		if (lua_isnil(lua, -1)) {
			lua_pop(lua, 1);
			lua_newtable(lua);
		}
		lua_seti(lua, -2, ++kept);
	}
	drop_stream(files);
	lua_pushinteger(lua, total);
	lua_setfield(lua, -2, "count");
	return 1;
}

static void set_string(lua_State *lua, const char *key, const char *value)
{
	if (value[0]) {
		lua_pushstring(lua, value);
		lua_setfield(lua, -2, key);
	}
}

/*
 * evidence.signatures(): each as {file, meaning, name, time, key_id, holds, stamp_time} in their order, as checked against the files it covers and the
 * key it names; what could not be read is not there. {} when nobody signed.
 */
static int lua_signatures(lua_State *lua)
{
	static const struct signature_demands NOTHING = {0};
	struct evidence_files *files = self(lua);
	struct error error = {0};
	signatures_destroy(files->signatures);
	files->signatures = files->hide_later ? NULL : signatures_check(files->dir, &NOTHING, &error);
	lua_newtable(lua);
	for (size_t i = 0; files->signatures && i < files->signatures->count; i++) {
		const struct signature *signature = &files->signatures->items[i];
		lua_newtable(lua);
		set_string(lua, "file", signature->file);
		set_string(lua, "meaning", signature_meaning_name(signature->meaning));
		set_string(lua, "name", signature->name);
		set_string(lua, "time", signature->time);
		set_string(lua, "key_id", signature->key_id);
		set_string(lua, "stamp_time", signature->stamp_time);
		lua_pushboolean(lua, signature->holds);
		lua_setfield(lua, -2, "holds");
		lua_seti(lua, -2, (lua_Integer)i + 1);
	}
	return 1;
}

/* evidence.sealed(name): the SHA-256 that SHA256SUMS has of a file, or nil while there is none */
static int lua_sealed(lua_State *lua)
{
	struct evidence_files *files = self(lua);
	const char *name = luaL_checkstring(lua, 1);
	size_t length;
	lua_pushnil(lua);
	if (files->hide_later || !open_file(files, MANIFEST_FILE))
		return 1;
	while (next_line(files, &length)) {
		bool found =
			length == strlen(name) + DIGEST_HEX_SIZE + 1 && memcmp(files->line + DIGEST_HEX_SIZE + 1, name, strlen(name)) == 0;
		if (found)
			lua_pushlstring(lua, files->line, DIGEST_HEX_SIZE - 1);
		if (found)
			break;
	}
	drop_stream(files);
	return 1;
}

/* evidence.manifest(): the SHA-256 of SHA256SUMS, or nil while there is none */
static int lua_manifest(lua_State *lua)
{
	struct evidence_files *files = self(lua);
	char hex[DIGEST_HEX_SIZE];
	struct error error = {0};
	snprintf(files->path, sizeof files->path, "%s/" MANIFEST_FILE, files->dir);
	if (!files->hide_later && access(files->path, R_OK) == 0 && digest_file(files->path, hex, &error))
		lua_pushstring(lua, hex);
	else
		lua_pushnil(lua);
	return 1;
}

void evidence_files_register(struct evidence_files *files, lua_State *lua)
{
	static const luaL_Reg FUNCTIONS[] = {
		{"environment", lua_environment}, {"events", lua_events}, {"signatures", lua_signatures},
		{"manifest", lua_manifest},       {"sealed", lua_sealed}, {NULL, NULL},
	};
	static const char UNFINISHED[] = ".incomplete";
	const char *slash = strrchr(files->dir, '/');
	const char *name = slash ? slash + 1 : files->dir;
	size_t length = strlen(name), suffix = strlen(UNFINISHED);
	/* The report of a run is made just before its folder gets its final name. */
	if (length > suffix && strcmp(name + length - suffix, UNFINISHED) == 0)
		length -= suffix;
	lua_pushlightuserdata(lua, files);
	luaL_setfuncs(lua, FUNCTIONS, 1);
	lua_pushlstring(lua, name, length);
	lua_setfield(lua, -2, "name");
}
