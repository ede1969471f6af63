/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "script.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "script_internal.h"

/*
 * HOOK_EVERY is short because one instruction can be long (comparing or converting a long string takes a millisecond), and the processor time
 * is looked at in the hook only.
 */
enum { HOOK_EVERY = 100, BYTES_PER_INSTRUCTION = 16, MAX_CHUNKS = 64, MAX_FILE_BYTES = 16 << 20 };

static const double cpu_s_per_instruction = 40e-9, cpu_s_least = 0.2;

struct chunk {
	char *name, *text;
	size_t length;
	char short_name[LUA_IDSIZE]; /* as Lua writes it into messages */
};

struct script {
	lua_State *state;
	struct script_limits limits;
	char *library_dir;
	char **libraries; /* files that were required */
	size_t library_count;
	size_t used_bytes;
	uint64_t spent;
	double cpu_start_s, cpu_limit_s;
	size_t refused_bytes; /* size of the string that was too long; 0: the last refusal was for the total */
	char refused_at[LUA_IDSIZE + 16];
	struct chunk chunks[MAX_CHUNKS];
	size_t chunk_count;
};

struct script *script_of(lua_State *state)
{
	return *(struct script **)lua_getextraspace(state);
}

size_t script_string_limit(lua_State *state)
{
	return script_of(state)->limits.string_bytes;
}

const char *script_library_dir(lua_State *state)
{
	return script_of(state)->library_dir;
}

lua_State *script_state(struct script *script)
{
	return script->state;
}

static double cpu_now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool position_of_level(lua_State *state, int level, char *out, size_t size)
{
	lua_Debug debug;
	for (; lua_getstack(state, level, &debug); level++) {
		lua_getinfo(state, "Sl", &debug);
		if (debug.currentline > 0) {
			snprintf(out, size, "%s:%d", debug.short_src, debug.currentline);
			return true;
		}
	}
	return false;
}

static void raise_exhausted(lua_State *state)
{
	struct script *script = script_of(state);
	char where[LUA_IDSIZE + 16] = "?";
	position_of_level(state, 0, where, sizeof where);
	if (script->spent > script->limits.instructions)
		lua_pushfstring(state, "%s: stopped: the script used up its %I instructions (an endless loop?)", where,
				(lua_Integer)script->limits.instructions);
	else
		lua_pushfstring(state, "%s: stopped: the script used up its processor time (an endless loop?)", where);
	lua_error(state);
}

/* Once the budget is gone the hook is called at every instruction, so that pcall in the script cannot go on. */
static void hook(lua_State *state, lua_Debug *debug)
{
	(void)debug;
	struct script *script = script_of(state);
	script->spent += HOOK_EVERY;
	if (script->spent <= script->limits.instructions && cpu_now_s() - script->cpu_start_s <= script->cpu_limit_s)
		return;
	lua_sethook(state, hook, LUA_MASKCOUNT, 1);
	raise_exhausted(state);
}

void script_charge(lua_State *state, uint64_t work)
{
	struct script *script = script_of(state);
	script->spent += work;
	if (script->spent <= script->limits.instructions)
		return;
	lua_sethook(state, hook, LUA_MASKCOUNT, 1);
	raise_exhausted(state);
}

static void *refuse(struct script *script, size_t string_bytes)
{
	script->refused_bytes = string_bytes;
	script->refused_at[0] = '\0';
	if (script->state) {
		position_of_level(script->state, 0, script->refused_at, sizeof script->refused_at);
		/* Lua answers with a full collection, which costs by what is held. */
		script->spent += script->used_bytes / BYTES_PER_INSTRUCTION;
		if (script->spent > script->limits.instructions)
			lua_sethook(script->state, hook, LUA_MASKCOUNT, 1);
	}
	return NULL;
}

/* For a new object Lua gives its type in place of the old size. */
static void *allocate(void *context, void *old, size_t old_size, size_t new_size)
{
	struct script *script = context;
	bool is_string = !old && old_size == LUA_TSTRING;
	if (!old)
		old_size = 0;
	if (new_size == 0) {
		free(old);
		script->used_bytes -= old_size;
		return NULL;
	}
	if (is_string && new_size > script->limits.string_bytes + 64)
		return refuse(script, new_size);
	if (new_size > old_size && new_size - old_size > script->limits.memory_bytes - script->used_bytes)
		return refuse(script, 0);
	void *memory = realloc(old, new_size);
	if (!memory)
		return NULL;
	script->used_bytes += new_size - old_size;
	if (new_size > old_size) {
		bool had_budget = script->spent <= script->limits.instructions;
		script->spent += (new_size - old_size) / BYTES_PER_INSTRUCTION;
		if (had_budget && script->spent > script->limits.instructions && script->state)
			lua_sethook(script->state, hook, LUA_MASKCOUNT, 1);
	}
	return memory;
}

/* "name:line" at the start of the text; returns the chunk, or NULL when the text does not start so. */
static const struct chunk *position_in(const struct script *script, const char *text, int *line, const char **rest)
{
	for (size_t i = 0; i < script->chunk_count; i++) {
		const struct chunk *chunk = &script->chunks[i];
		size_t length = strlen(chunk->short_name);
		if (strncmp(text, chunk->short_name, length) != 0 || text[length] != ':')
			continue;
		char *end;
		long number = strtol(text + length + 1, &end, 10);
		if (end == text + length + 1 || *end != ':' || number < 0 || number > 1 << 30)
			continue;
		*line = (int)number;
		*rest = end;
		return chunk;
	}
	return NULL;
}

/* Turns any error value into a text that begins with a position, while the stack of the error is still there. */
static int locate(lua_State *state)
{
	struct script *script = script_of(state);
	const char *text = lua_type(state, 1) == LUA_TSTRING ? lua_tostring(state, 1) : NULL;
	int line;
	const char *rest;
	if (text && position_in(script, text, &line, &rest))
		return 1;
	char where[LUA_IDSIZE + 16];
	bool located = position_of_level(state, 1, where, sizeof where);
	if (!text && lua_isnumber(state, 1))
		text = luaL_tolstring(state, 1, NULL);
	if (!text)
		text = lua_pushfstring(state, "error() was called with a %s value instead of a message", luaL_typename(state, 1));
	if (located)
		lua_pushfstring(state, "%s: %s", where, text);
	else
		lua_pushfstring(state, "%s:1: %s", script->chunk_count ? script->chunks[script->chunk_count - 1].short_name : "script",
				text);
	return 1;
}

static void set_detail(const struct chunk *chunk, int line, struct error *error)
{
	const char *at = chunk->text, *end = chunk->text + chunk->length;
	for (int i = 1; i < line && at; i++) {
		at = memchr(at, '\n', (size_t)(end - at));
		at = at ? at + 1 : NULL;
	}
	if (!at || line < 1 || at >= end)
		return;
	const char *stop = memchr(at, '\n', (size_t)(end - at));
	size_t length = (size_t)((stop ? stop : end) - at);
	if (length && at[length - 1] == '\r')
		length--;
	error_detail(error, "%.*s", (int)(length < 500 ? length : 500), at);
	for (char *c = error->detail; *c; c++)
		if ((unsigned char)*c < ' ' && *c != '\t')
			*c = '?';
}

static bool fail(struct script *script, int status, struct error *error)
{
	lua_State *state = script->state;
	char text[900];
	snprintf(text, sizeof text, "%s", lua_type(state, -1) == LUA_TSTRING ? lua_tostring(state, -1) : "the script failed");
	lua_pop(state, 1);
	if (status == LUA_ERRMEM) {
		const char *where = script->refused_at[0] ? script->refused_at
				    : script->chunk_count ? script->chunks[0].short_name
							  : "script";
		if (script->refused_bytes)
			snprintf(text, sizeof text, "%s: a string of %zu bytes is longer than the %zu bytes allowed", where,
				 script->refused_bytes, script->limits.string_bytes);
		else
			snprintf(text, sizeof text, "%s: not enough memory: the script may hold %zu bytes", where,
				 script->limits.memory_bytes);
	}
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
	int line;
	const char *rest;
	const struct chunk *chunk = position_in(script, text, &line, &rest);
	if (!chunk)
		return script->chunk_count ? error_config(error, "%s: %s", script->chunks[0].name, text) : error_config(error, "%s", text);
	error_config(error, "%s:%d%s", chunk->name, line, rest);
	set_detail(chunk, line, error);
	return false;
}

static struct chunk *keep_chunk(struct script *script, const char *name, const char *text, size_t length)
{
	if (script->chunk_count == MAX_CHUNKS)
		return NULL;
	struct chunk *chunk = &script->chunks[script->chunk_count];
	chunk->name = strdup(name);
	chunk->text = malloc(length + 1);
	if (!chunk->name || !chunk->text) {
		free(chunk->name);
		free(chunk->text);
		return NULL;
	}
	memcpy(chunk->text, text, length);
	chunk->text[length] = '\0';
	chunk->length = length;
	script->chunk_count++;
	return chunk;
}

void script_load(lua_State *state, const char *name, const char *text, size_t length)
{
	struct script *script = script_of(state);
	static const char mark[] = "\xef\xbb\xbf";
	if (length >= 3 && memcmp(text, mark, 3) == 0) {
		text += 3;
		length -= 3;
	}
	struct chunk *chunk = keep_chunk(script, name, text, length);
	if (!chunk) {
		luaL_error(state, "no room for the text of %s", name);
		return;
	}
	const char *chunk_name = lua_pushfstring(state, "@%s", name);
	/* An empty function tells how Lua shortens the name. */
	if (luaL_loadbufferx(state, "", 0, chunk_name, "t") != LUA_OK)
		lua_error(state);
	lua_Debug debug;
	lua_getinfo(state, ">S", &debug);
	memcpy(chunk->short_name, debug.short_src, sizeof chunk->short_name);
	if (length && chunk->text[0] == LUA_SIGNATURE[0])
		luaL_error(state, "%s:1: this is compiled Lua; only text is accepted", chunk->short_name);
	script_charge(state, length / BYTES_PER_INSTRUCTION);
	if (luaL_loadbufferx(state, chunk->text, length, chunk_name, "t") != LUA_OK)
		lua_error(state);
	lua_remove(state, -2);
}

static int load_chunk(lua_State *state)
{
	const char *name = lua_touserdata(state, 1), *text = lua_touserdata(state, 2);
	const size_t *length = lua_touserdata(state, 3);
	script_load(state, name, text, *length);
	return 1;
}

bool script_call(struct script *script, int arguments, int results, struct error *error)
{
	lua_State *state = script->state;
	int at = lua_gettop(state) - arguments;
	lua_pushcfunction(state, locate);
	lua_insert(state, at);
	int status = lua_pcall(state, arguments, results, at);
	lua_remove(state, at);
	return status == LUA_OK || fail(script, status, error);
}

bool script_run(struct script *script, const char *name, const char *text, size_t length, int results, struct error *error)
{
	lua_State *state = script->state;
	if (!lua_checkstack(state, 16))
		return error_config(error, "%s: no room on the stack", name);
	lua_pushcfunction(state, load_chunk);
	lua_pushlightuserdata(state, (void *)name);
	lua_pushlightuserdata(state, (void *)text);
	lua_pushlightuserdata(state, &length);
	return script_call(script, 3, 1, error) && script_call(script, 0, results, error);
}

struct script *script_create(const struct script_limits *limits, const char *library_dir, struct error *error)
{
	auto_script struct script *script = calloc(1, sizeof *script);
	if (!script || (library_dir && !(script->library_dir = strdup(library_dir)))) {
		error_config(error, "no memory for a script");
		return NULL;
	}
	script->limits = *limits;
	if (!script->limits.string_bytes)
		script->limits.string_bytes = limits->memory_bytes / 16;
	script->cpu_start_s = cpu_now_s();
	script->cpu_limit_s = cpu_s_least + cpu_s_per_instruction * (double)limits->instructions;
	lua_State *state = lua_newstate(allocate, script);
	if (!state) {
		error_config(error, "a memory limit of %zu bytes is too small for a script", limits->memory_bytes);
		return NULL;
	}
	script->state = state;
	*(struct script **)lua_getextraspace(state) = script;
	lua_sethook(state, hook, LUA_MASKCOUNT, HOOK_EVERY);
	lua_pushcfunction(state, script_open_base);
	if (!script_call(script, 0, 0, error))
		return NULL;
	return steal(&script);
}

bool script_note_library(lua_State *state, const char *path)
{
	struct script *script = script_of(state);
	char **grown = reallocarray(script->libraries, script->library_count + 1, sizeof *grown);
	if (grown)
		script->libraries = grown;
	char *copy = grown ? strdup(path) : NULL;
	if (copy)
		script->libraries[script->library_count++] = copy;
	return copy;
}

size_t script_library_count(const struct script *script)
{
	return script->library_count;
}

const char *script_library(const struct script *script, size_t index)
{
	return script->libraries[index];
}

void script_destroy(struct script *script)
{
	if (!script)
		return;
	lua_State *state = steal(&script->state);
	if (state)
		lua_close(state);
	for (size_t i = 0; i < script->chunk_count; i++) {
		free(script->chunks[i].name);
		free(script->chunks[i].text);
	}
	for (size_t i = 0; i < script->library_count; i++)
		free(script->libraries[i]);
	free(script->libraries);
	free(script->library_dir);
	free(script);
}

bool script_read_file(const char *path, char **text, size_t *length, struct error *error)
{
	auto_file FILE *file = fopen(path, "rbe");
	if (!file)
		return error_errno(error, ERROR_CONFIG, "%s", path);
	struct stat status;
	if (fstat(fileno(file), &status))
		return error_errno(error, ERROR_CONFIG, "%s", path);
	if (!S_ISREG(status.st_mode))
		return error_config(error, "%s: not a regular file", path);
	if (status.st_size > MAX_FILE_BYTES)
		return error_config(error, "%s: %lld bytes; at most %d are read", path, (long long)status.st_size, MAX_FILE_BYTES);
	auto_free char *bytes = malloc((size_t)status.st_size + 1);
	if (!bytes)
		return error_config(error, "%s: no memory for its text", path);
	size_t got = fread(bytes, 1, (size_t)status.st_size, file);
	if (ferror(file))
		return error_errno(error, ERROR_CONFIG, "%s", path);
	bytes[got] = '\0';
	*text = steal(&bytes);
	*length = got;
	return true;
}
