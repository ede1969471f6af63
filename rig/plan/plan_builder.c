/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan_builder.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "plan_internal.h"

enum { ARENA_BYTES = 512 << 20 };

static const struct script_limits limits = {.instructions = 20000000, .memory_bytes = 64 << 20, .string_bytes = 1 << 20};

static const char key_builder[] = "tmsrig.builder";

struct builder *builder_of(lua_State *state)
{
	lua_getfield(state, LUA_REGISTRYINDEX, key_builder);
	struct builder *builder = lua_touserdata(state, -1);
	lua_pop(state, 1);
	return builder;
}

/* The outermost frame of the scenario itself, so that a message names its line and not one of a library. */
static bool scenario_frame(lua_State *state, lua_Debug *found)
{
	const struct builder *builder = builder_of(state);
	lua_Debug debug;
	bool any = false;
	for (int level = 0; lua_getstack(state, level, &debug); level++) {
		lua_getinfo(state, "Sl", &debug);
		if (debug.currentline > 0 && !strcmp(debug.source, builder->chunk_name)) {
			*found = debug;
			any = true;
		}
	}
	return any;
}

int builder_line(lua_State *state)
{
	lua_Debug debug;
	return scenario_frame(state, &debug) ? debug.currentline : 0;
}

void builder_wrong(lua_State *state, const char *format, ...)
{
	char text[900];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	lua_Debug debug;
	if (scenario_frame(state, &debug))
		lua_pushfstring(state, "%s:%d: %s", debug.short_src, debug.currentline, text);
	else
		lua_pushstring(state, text);
	lua_error(state);
	__builtin_unreachable();
}

void builder_need_scenario(lua_State *state, const char *function)
{
	if (!builder_of(state)->declared)
		builder_wrong(state, "%s: scenario { id = …, title = … } comes first", function);
}

/* Room for one more item; the vector belongs to the builder, which releases it. */
static void *grow(lua_State *state, void *items, size_t count, size_t *capacity, size_t size)
{
	if (count < *capacity)
		return items;
	size_t wanted = *capacity ? *capacity * 2 : 64;
	void *grown = realloc(items, wanted * size);
	if (!grown)
		builder_wrong(state, "no memory for %zu items of a plan", wanted);
	*capacity = wanted;
	return grown;
}

static void open_section(lua_State *state)
{
	struct builder *builder = builder_of(state);
	struct plan *plan = builder->plan;
	if (builder->section_open)
		return;
	if (plan->section_count == PLAN_MAX_SECTIONS)
		builder_wrong(state, "more than %d waits for something: a plan has at most so many sections", PLAN_MAX_SECTIONS);
	builder->section_duration_s = grow(state, builder->section_duration_s, plan->section_count, &builder->section_capacity,
					   sizeof *builder->section_duration_s);
	builder->section_duration_s[plan->section_count++] = 0;
	builder->section_open = true;
	builder->cursor_s = 0;
}

void builder_end_section(struct builder *builder)
{
	if (!builder->section_open)
		return;
	builder->section_duration_s[builder->plan->section_count - 1] = builder->cursor_s;
	builder->section_open = false;
	builder->unsettled_line = 0;
}

struct step *builder_step_at(lua_State *state, enum step_kind kind, double time_s, int line)
{
	struct builder *builder = builder_of(state);
	struct plan *plan = builder->plan;
	open_section(state);
	if (plan->step_count == PLAN_MAX_STEPS)
		builder_wrong(state, "a plan has at most %d steps", PLAN_MAX_STEPS);
	builder->steps = grow(state, builder->steps, plan->step_count, &builder->step_capacity, sizeof *builder->steps);
	struct step *step = &builder->steps[plan->step_count++];
	*step = (struct step){.kind = kind, .section = plan->section_count - 1, .time_s = time_s, .line = line};
	return step;
}

struct step *builder_step(lua_State *state, enum step_kind kind)
{
	open_section(state);
	return builder_step_at(state, kind, builder_of(state)->cursor_s, builder_line(state));
}

struct plan_block *builder_block(lua_State *state)
{
	struct builder *builder = builder_of(state);
	builder->blocks = grow(state, builder->blocks, builder->plan->block_count, &builder->block_capacity, sizeof *builder->blocks);
	return &builder->blocks[builder->plan->block_count++];
}

struct expected_pulse *builder_pulse(lua_State *state)
{
	struct builder *builder = builder_of(state);
	builder->pulses = grow(state, builder->pulses, builder->plan->pulse_count, &builder->pulse_capacity, sizeof *builder->pulses);
	return &builder->pulses[builder->plan->pulse_count++];
}

struct plan_justification *builder_justification(lua_State *state)
{
	struct builder *builder = builder_of(state);
	builder->justifications = grow(state, builder->justifications, builder->plan->justification_count, &builder->justification_capacity,
				       sizeof *builder->justifications);
	return &builder->justifications[builder->plan->justification_count++];
}

struct plan_setting *builder_setting(lua_State *state)
{
	struct builder *builder = builder_of(state);
	builder->settings =
		grow(state, builder->settings, builder->plan->setting_count, &builder->setting_capacity, sizeof *builder->settings);
	return &builder->settings[builder->plan->setting_count++];
}

const char *builder_string(lua_State *state, int index, const char *what)
{
	if (lua_type(state, index) != LUA_TSTRING)
		builder_wrong(state, "%s is %s, but a text in quotes is wanted", what,
			      lua_isnoneornil(state, index) ? "missing" : lua_pushfstring(state, "a %s", luaL_typename(state, index)));
	size_t length;
	const char *string = lua_tolstring(state, index, &length);
	if (length == 0)
		builder_wrong(state, "%s is empty", what);
	if (length > 1000)
		builder_wrong(state, "%s is longer than 1000 bytes", what);
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)string[i] < ' ' || string[i] == 0x7f)
			builder_wrong(state, "%s has a control character (a line break?); one line is wanted", what);
	char *copy = arena_strdup(builder_of(state)->arena, string);
	if (!copy)
		builder_wrong(state, "no memory for %s", what);
	return copy;
}

static void *moved(struct arena *arena, const void *items, size_t count, size_t size)
{
	void *copy = arena_alloc(arena, count ? count : 1, size);
	if (copy && count)
		memcpy(copy, items, count * size);
	return copy;
}

/* A value that nobody asked for was misspelt. */
static bool values_asked_for(const struct builder *builder, struct error *error)
{
	const struct plan_parameters *parameters = builder->parameters;
	for (size_t i = 0; parameters && i < parameters->value_count; i++) {
		char known[256] = "it has none";
		size_t length = 0;
		bool asked = false;
		for (size_t s = 0; s < builder->plan->setting_count; s++) {
			asked |= strcmp(builder->settings[s].name, parameters->values[i].name) == 0;
			if (length < sizeof known)
				length += (size_t)snprintf(known + length, sizeof known - length, "%s%s", length ? ", " : "it has ",
							   builder->settings[s].name);
		}
		if (!asked)
			return error_config(error, "%s:1: the scenario has no setting '%s'; %s", builder->plan->source,
					    parameters->values[i].name, known);
	}
	return true;
}

static bool finish(struct builder *builder, struct error *error)
{
	struct plan *plan = builder->plan;
	builder_end_section(builder);
	if (!values_asked_for(builder, error))
		return false;
	if (!builder->declared)
		return error_config(error, "%s:1: the scenario declares nothing; it begins with scenario { id = …, title = … }",
				    plan->source);
	if (builder->armed)
		return error_config(error, "%s:%d: the scenario ends with the device armed; disarm() is missing at its end", plan->source,
				    plan->step_count ? builder->steps[plan->step_count - 1].line : 1);
	if (plan->pulse_count == 0)
		return error_config(error, "%s:1: the scenario fires no pulses; train { … }, single { … } or pair { … } does",
				    plan->source);
	plan->settings = moved(builder->arena, builder->settings, plan->setting_count, sizeof *plan->settings);
	plan->steps = moved(builder->arena, builder->steps, plan->step_count, sizeof *plan->steps);
	plan->pulses = moved(builder->arena, builder->pulses, plan->pulse_count, sizeof *plan->pulses);
	plan->blocks = moved(builder->arena, builder->blocks, plan->block_count, sizeof *plan->blocks);
	plan->justifications = moved(builder->arena, builder->justifications, plan->justification_count, sizeof *plan->justifications);
	plan->section_duration_s =
		moved(builder->arena, builder->section_duration_s, plan->section_count, sizeof *plan->section_duration_s);
	if (!plan->settings || !plan->steps || !plan->pulses || !plan->blocks || !plan->justifications || !plan->section_duration_s)
		return error_config(error, "%s: no memory for the plan", plan->source);
	return true;
}

/* The path below scenarios/, or the file's name, without ".lua". */
static const char *selector_path(struct arena *arena, const char *path)
{
	static const char folder[] = "scenarios/";
	const char *begin = NULL;
	for (const char *at = path; (at = strstr(at, folder)); at++)
		if (at == path || at[-1] == '/')
			begin = at + strlen(folder);
	const char *slash = strrchr(path, '/');
	if (!begin)
		begin = slash ? slash + 1 : path;
	char *copy = arena_strdup(arena, begin);
	size_t length = copy ? strlen(copy) : 0;
	if (length > 4 && !strcmp(copy + length - 4, ".lua"))
		copy[length - 4] = '\0';
	return copy;
}

static void builder_finish(struct builder *builder)
{
	arena_destroy(builder->arena);
	free(builder->steps);
	free(builder->pulses);
	free(builder->blocks);
	free(builder->justifications);
	free(builder->settings);
	free(builder->section_duration_s);
}

static bool builder_start(struct builder *builder, const char *path, const struct plan_parameters *parameters)
{
	builder->parameters = parameters;
	builder->intensity_pct = builder->second_pct = NAN;
	builder->arena = arena_create(ARENA_BYTES);
	if (!builder->arena)
		return false;
	struct plan *plan = builder->plan = arena_alloc(builder->arena, 1, sizeof *plan);
	char *chunk_name = arena_alloc(builder->arena, strlen(path) + 2, 1);
	if (!plan || !chunk_name)
		return false;
	chunk_name[0] = '@';
	memcpy(chunk_name + 1, path, strlen(path) + 1);
	builder->chunk_name = chunk_name;
	plan->source = chunk_name + 1;
	plan->path = selector_path(builder->arena, path);
	plan->motor_threshold_pct = parameters ? parameters->motor_threshold_pct : NAN;
	return plan->path != NULL;
}

static int open_api(lua_State *state)
{
	lua_settop(state, 1);
	lua_setfield(state, LUA_REGISTRYINDEX, key_builder);
	return plan_open_api(state);
}

static bool is_folder(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* <folder of the scenario>/../lib, or else ./lib below it. */
static bool find_library(char *out, size_t size, const char *path)
{
	const char *slash = strrchr(path, '/');
	int length = slash ? (int)(slash - path) : 1;
	const char *folder = slash ? path : ".";
	static const char *const places[] = {"../lib", "lib"};
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		int needed = snprintf(out, size, "%.*s/%s", length, folder, places[i]);
		if (needed > 0 && (size_t)needed < size && is_folder(out))
			return true;
	}
	return false;
}

/* The plan tells which libraries it came from, so that they can be kept beside the scenario. */
static bool note_libraries(struct builder *builder, const struct script *script, struct error *error)
{
	struct plan *plan = builder->plan;
	size_t count = script_library_count(script);
	plan->libraries = arena_alloc(builder->arena, count + 1, sizeof *plan->libraries);
	bool kept = plan->libraries;
	for (size_t i = 0; kept && i < count; i++)
		kept = (plan->libraries[plan->library_count++] = arena_strdup(builder->arena, script_library(script, i)));
	return kept || error_config(error, "%s: no memory for the plan", plan->source);
}

struct plan *plan_build_text(const char *path, const char *text, size_t length, const struct plan_parameters *parameters,
			     struct error *error)
{
	__attribute__((cleanup(builder_finish))) struct builder builder = {0};
	if (!builder_start(&builder, path, parameters)) {
		error_config(error, "%s: no memory for a plan", path);
		return NULL;
	}
	char found[4096];
	const char *library_dir = parameters ? parameters->library_dir : NULL;
	if (!library_dir && find_library(found, sizeof found, path))
		library_dir = found;
	if (!library_dir && parameters)
		library_dir = parameters->shipped_dir;
	auto_script struct script *script = script_create(&limits, library_dir, error);
	if (!script)
		return NULL;
	lua_State *state = script_state(script);
	lua_pushcfunction(state, open_api);
	lua_pushlightuserdata(state, &builder);
	if (!script_call(script, 1, 0, error) || !script_run(script, path, text, length, 0, error) || !finish(&builder, error) ||
	    !note_libraries(&builder, script, error))
		return NULL;
	builder.plan->arena = steal(&builder.arena);
	return builder.plan;
}

struct plan *plan_build(const char *path, const struct plan_parameters *parameters, struct error *error)
{
	auto_free char *text = NULL;
	size_t length;
	if (!script_read_file(path, &text, &length, error))
		return NULL;
	return plan_build_text(path, text, length, parameters, error);
}
