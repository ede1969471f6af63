/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "date.h"
#include "loader.h"

static bool check_dates(const struct reader *reader, const struct node *node, const struct about *about, struct error *error)
{
	for (int i = 0; i < ABOUT_COUNT; i++) {
		const struct about_key *key = &ABOUT_KEYS[i];
		if (strcmp(key->section, node->key->text) != 0 || !key->date || !about->value[i] || date_is_valid(about->value[i]))
			continue;
		return yaml_error(reader->yaml, schema_find(node, key->name), error, "'%s' is no date; one such as 2026-03-01 was expected",
				  about->value[i]);
	}
	return true;
}

static bool read_section(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	struct field fields[SCHEMA_MAX_FIELDS] = {0};
	size_t count = 0;
	for (int i = 0; i < ABOUT_COUNT; i++)
		if (strcmp(ABOUT_KEYS[i].section, node->key->text) == 0)
			fields[count++] = (struct field){ABOUT_KEYS[i].name, FIELD_TEXT,
							 .offset = offsetof(struct about, value) + (size_t)i * sizeof(const char *)};
	return schema_read(reader, node, fields, node->key->text, object, error) && check_dates(reader, node, object, error);
}

bool config_read_about(const struct reader *reader, const struct node *node, struct about *about, struct error *error)
{
	struct field sections[SCHEMA_MAX_FIELDS] = {0};
	size_t count = 0;
	for (int i = 0; i < ABOUT_COUNT; i++)
		if (i == 0 || strcmp(ABOUT_KEYS[i].section, ABOUT_KEYS[i - 1].section) != 0)
			sections[count++] = (struct field){ABOUT_KEYS[i].section, FIELD_READ, .read = read_section};
	return schema_read(reader, node, sections, "what a report states", about, error);
}

struct about_file *config_load_about(const char *path, struct error *error)
{
	auto_yaml struct yaml *yaml = yaml_load(path, "report", error);
	if (!yaml)
		return NULL;
	auto_arena struct arena *arena = arena_create(LOADER_ARENA_BYTES);
	struct about_file *file = arena ? arena_alloc(arena, 1, sizeof *file) : NULL;
	if (!file || !(file->file = arena_strdup(arena, yaml->path))) {
		error_config(error, "%s: out of memory", yaml->path);
		return NULL;
	}
	const struct reader reader = {.yaml = yaml, .arena = arena};
	if (!config_read_about(&reader, yaml->root, &file->about, error))
		return NULL;
	file->arena = steal(&arena);
	return file;
}
