/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <jansson.h>
#include <string.h>

#include "imported.h"

enum { VALUE_MAX_BYTES = 1 << 20 };

static void release_json(json_t **json)
{
	json_decref(*json);
}

#define auto_json cleanup_with(release_json)

/* The line on which `"ID":` stands first; a JSON tree has no places. */
static long line_of(const char *bytes, size_t length, const char *id)
{
	char quoted[256];
	size_t size = (size_t)snprintf(quoted, sizeof quoted, "\"%.200s\"", id);
	const char *end = bytes + length;
	for (const char *at = bytes; (at = memmem(at, (size_t)(end - at), quoted, size)); at++) {
		const char *after = at + size;
		while (after < end && strchr(" \t\r\n", *after))
			after++;
		if (after == end || *after != ':')
			continue;
		long line = 1;
		for (const char *s = bytes; s < at; s++)
			line += *s == '\n';
		return line;
	}
	return 0;
}

/* The text of a value: a text, a whole number, or a list of texts with commas between. NULL: it has none. */
static const char *text_of(struct imported *imported, const json_t *value)
{
	auto_text struct text out = text_make(VALUE_MAX_BYTES);
	if (json_is_string(value))
		return json_string_value(value);
	if (json_is_integer(value))
		text_printf(&out, "%lld", (long long)json_integer_value(value));
	for (size_t i = 0; i < json_array_size(value); i++) {
		const char *one = json_string_value(json_array_get(value, i));
		if (one)
			text_printf(&out, "%s%s", out.length ? ", " : "", one);
	}
	return out.length > 0 && !out.overflown ? arena_strdup(imported->arena, text_view(&out)) : NULL;
}

static bool must_be_text(const char *key)
{
	static const char *const TEXTS[] = {"id", "title", "content", "description", "type"};
	for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++)
		if (strcmp(key, TEXTS[i]) == 0)
			return true;
	return false;
}

static const char *kind(const json_t *value)
{
	static const char *const KINDS[] = {"an object", "a list", "a text", "a whole number", "a number", "true", "false", "null"};
	return KINDS[json_typeof(value)];
}

static bool read_need(struct imported *imported, const char *bytes, size_t length, const char *id, json_t *need, struct error *error)
{
	const char *key;
	json_t *value;
	struct imported_requirement requirement = {.line = line_of(bytes, length, id)};
	if (!json_is_object(need))
		return imported_wrong(imported, requirement.line, error, "the need '%.80s' is %s; an object was expected", id, kind(need));
	requirement.type = json_string_value(json_object_get(need, "type"));
	if (!imported_wants(imported, requirement.type))
		return imported_add(imported, &requirement, error);
	json_object_foreach(need, key, value)
	{
		if (must_be_text(key) && !json_is_string(value) && !json_is_null(value))
			return imported_wrong(imported, requirement.line, error, "the '%s' of the need '%.80s' is %s; a text was expected",
					      key, id, kind(value));
		const char *text = text_of(imported, value);
		if (text && !imported_put(imported, &requirement, key, text))
			return imported_wrong(imported, 0, error, "out of memory");
	}
	if (!requirement.id && !imported_put(imported, &requirement, "id", id))
		return imported_wrong(imported, 0, error, "out of memory");
	return imported_add(imported, &requirement, error);
}

/* The needs of the current version, or of the only one. */
static json_t *find_needs(struct imported *imported, json_t *root, struct error *error)
{
	json_t *versions = json_object_get(root, "versions");
	const char *current = json_string_value(json_object_get(root, "current_version"));
	if (!json_is_object(versions)) {
		imported_wrong(imported, 1, error, "no needs.json: 'versions' is %s; an object was expected",
			       versions ? kind(versions) : "missing");
		return NULL;
	}
	json_t *version = current ? json_object_get(versions, current) : NULL;
	if (!version && json_object_size(versions) == 1)
		version = json_object_iter_value(json_object_iter(versions));
	json_t *needs = json_object_get(version, "needs");
	if (!json_is_object(needs)) {
		imported_wrong(imported, 1, error, "'versions' has no version '%.80s' with an object 'needs'", current ? current : "");
		return NULL;
	}
	return needs;
}

static bool has_requirements(json_t *needs)
{
	const char *id;
	json_t *need;
	json_object_foreach(needs, id, need)
	{
		const char *type = json_string_value(json_object_get(need, "type"));
		if (type && strcmp(type, "req") == 0)
			return true;
	}
	return false;
}

bool import_needs(struct imported *imported, const char *bytes, size_t length, struct error *error)
{
	json_error_t problem;
	auto_json json_t *root = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &problem);
	if (!root)
		return error_config(error, "%s:%d:%d: %s", imported->path, problem.line, problem.column, problem.text);
	const char *project = json_string_value(json_object_get(root, "project")), *id;
	if (project && project[0])
		imported->document = arena_strdup(imported->arena, project);
	json_t *needs = find_needs(imported, root, error), *need;
	if (!needs)
		return false;
	/* A needs.json holds test cases, implementations and more beside requirements. */
	if (!imported->types && has_requirements(needs))
		imported->types = "req";
	json_object_foreach(needs, id, need)
	{
		if (!read_need(imported, bytes, length, id, need, error))
			return false;
	}
	return true;
}
