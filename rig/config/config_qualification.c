/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "loader.h"

enum { CASES_MAX = 200, NAMES_MAX = 32, RUNS_MAX = 100 };

#define AT(member) offsetof(struct qualification_case, member)
#define COUNTED .range = {RANGE_WITHIN, 0, 1e6}

static bool read_names(const struct reader *reader, const struct node *node, const char *what, struct qualification_names *names,
		       struct error *error)
{
	if (!schema_is(reader, node, NODE_SEQUENCE, what, error))
		return false;
	if (node->count < 1 || node->count > NAMES_MAX)
		return yaml_error(reader->yaml, node, error, "'%s' has %zu entries; 1 to %d were expected", what, node->count, NAMES_MAX);
	names->names = arena_alloc(reader->arena, node->count, sizeof *names->names);
	if (!names->names)
		return yaml_error(reader->yaml, node, error, "out of memory");
	for (const struct node *entry = node->first; entry; entry = entry->next)
		if (!schema_text(reader, entry, what, &names->names[names->count++], error))
			return false;
	return true;
}

static bool read_faults(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	return read_names(reader, node, "faults", &((struct qualification_case *)object)->faults, error);
}

static bool read_settings(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	struct qualification_case *one = object;
	struct qualification_names texts = {0};
	if (!read_names(reader, node, "settings", &texts, error))
		return false;
	one->settings = arena_alloc(reader->arena, texts.count, sizeof *one->settings);
	if (!one->settings)
		return yaml_error(reader->yaml, node, error, "out of memory");
	const struct node *entry = node->first;
	for (size_t i = 0; i < texts.count; i++, entry = entry->next) {
		const char *equals = strchr(texts.names[i], '=');
		char *name = arena_strdup(reader->arena, texts.names[i]), *end = NULL;
		double value = equals ? strtod(equals + 1, &end) : NAN;
		if (!name)
			return yaml_error(reader->yaml, entry, error, "out of memory");
		if (!equals || equals == texts.names[i] || end == equals + 1 || *end || !isfinite(value))
			return yaml_error(reader->yaml, entry, error, "'%s' is no setting; NAME=NUMBER was expected, e.g. trials=4",
					  texts.names[i]);
		name[equals - texts.names[i]] = '\0';
		one->settings[one->setting_count++] = (struct qualification_setting){name, value};
	}
	return true;
}

static bool read_fails(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	return read_names(reader, node, "fails", &((struct qualification_case *)object)->fails, error);
}

static bool read_voids(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	return read_names(reader, node, "voids", &((struct qualification_case *)object)->voids, error);
}

static bool read_truth(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	return read_names(reader, node, "truth", &((struct qualification_case *)object)->truth, error);
}

static const char *const VERDICTS[] = {"pass",        "conditional_pass", "conditional_fail", "fail", "void",
				       "not_capable", "inconclusive",     "not_tested",       NULL};

static const struct field EXPECT[] = {
	{"verdict", FIELD_WORD, .required = true, .offset = AT(verdict), .choices = VERDICTS},
	{"fails", FIELD_READ, .read = read_fails},
	{"voids", FIELD_READ, .read = read_voids},
	{"matched", FIELD_QUANTITY, .offset = AT(matched), COUNTED},
	{"missing", FIELD_QUANTITY, .offset = AT(missing), COUNTED},
	{"extra", FIELD_QUANTITY, .offset = AT(extra), COUNTED},
	{"truth", FIELD_READ, .read = read_truth},
	{0},
};

static const struct field CASE[] = {
	{"id", FIELD_NAME, .required = true, .offset = AT(id)},
	{"title", FIELD_TEXT, .required = true, .offset = AT(title)},
	{"scenario", FIELD_TEXT, .required = true, .offset = AT(scenario)},
	{"bench", FIELD_TEXT, .offset = AT(bench)},
	{"spec", FIELD_TEXT, .offset = AT(spec)},
	{"seed", FIELD_COUNT, .offset = AT(seed), .range = {RANGE_WITHIN, 0, 1e9}},
	{"runs", FIELD_COUNT, .offset = AT(runs), .range = {RANGE_WITHIN, 1, RUNS_MAX}},
	{"faults", FIELD_READ, .read = read_faults},
	{"settings", FIELD_READ, .read = read_settings},
	{"lose", FIELD_QUANTITY, .offset = AT(lose_s), .dimension = DIMENSION_TIME, .range = {RANGE_POSITIVE}},
	{"expect", FIELD_SECTION, .required = true, .section = EXPECT},
	{0},
};

static bool read_cases(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	struct qualification *qualification = object;
	if (!schema_is(reader, node, NODE_SEQUENCE, "cases", error))
		return false;
	if (node->count < 1 || node->count > CASES_MAX)
		return yaml_error(reader->yaml, node, error, "'cases' has %zu entries; 1 to %d were expected", node->count, CASES_MAX);
	qualification->cases = arena_alloc(reader->arena, node->count, sizeof *qualification->cases);
	if (!qualification->cases)
		return yaml_error(reader->yaml, node, error, "out of memory");
	for (const struct node *entry = node->first; entry; entry = entry->next) {
		struct qualification_case *one = &qualification->cases[qualification->case_count];
		*one = (struct qualification_case){.bench = "virtual",
						   .spec = "example",
						   .seed = 1,
						   .runs = 1,
						   .lose_s = NAN,
						   .matched = NAN,
						   .missing = NAN,
						   .extra = NAN,
						   .line = (int)entry->line};
		if (!schema_read(reader, entry, CASE, "a case", one, error))
			return false;
		/* It names a folder. */
		if (strchr(one->id, '/') || one->id[0] == '.')
			return yaml_error(reader->yaml, entry, error, "the id '%s' names a folder: no '/' and no '.' at its beginning",
					  one->id);
		for (size_t i = 0; i < qualification->case_count; i++)
			if (strcmp(qualification->cases[i].id, one->id) == 0)
				return yaml_error(reader->yaml, entry, error, "there is a case '%s' already, at line %d", one->id,
						  qualification->cases[i].line);
		qualification->case_count++;
	}
	return true;
}

static bool read_gaps(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	static const struct field GAP[] = {
		{"what", FIELD_TEXT, .required = true, .offset = offsetof(struct qualification_gap, what)},
		{"by", FIELD_TEXT, .required = true, .offset = offsetof(struct qualification_gap, by)},
		{0},
	};
	struct qualification *qualification = object;
	if (!schema_is(reader, node, NODE_SEQUENCE, "not_shown", error))
		return false;
	qualification->gaps = arena_alloc(reader->arena, node->count + 1, sizeof *qualification->gaps);
	if (!qualification->gaps)
		return yaml_error(reader->yaml, node, error, "out of memory");
	for (const struct node *entry = node->first; entry; entry = entry->next)
		if (!schema_read(reader, entry, GAP, "what is not shown", &qualification->gaps[qualification->gap_count++], error))
			return false;
	return true;
}

static const struct field QUALIFICATION[] = {
	{"qualification", FIELD_NAME, .required = true, .offset = offsetof(struct qualification, id)},
	{"title", FIELD_TEXT, .required = true, .offset = offsetof(struct qualification, title)},
	{"cases", FIELD_READ, .required = true, .read = read_cases},
	{"not_shown", FIELD_READ, .required = true, .read = read_gaps},
	{0},
};

struct qualification *config_load_qualification(const char *name, const char *fixtures, struct error *error)
{
	auto_yaml struct yaml *yaml = loader_open(name, fixtures, "qualification", "qualification", NULL, error);
	if (!yaml)
		return NULL;
	auto_arena struct arena *arena = arena_create(LOADER_ARENA_BYTES);
	struct qualification *qualification = arena ? arena_alloc(arena, 1, sizeof *qualification) : NULL;
	if (!qualification || !(qualification->file = arena_strdup(arena, yaml->path))) {
		error_config(error, "%s: out of memory", yaml->path);
		return NULL;
	}
	const struct reader reader = {.yaml = yaml, .arena = arena, .fixtures = fixtures};
	if (!schema_read(&reader, yaml->root, QUALIFICATION, "a qualification file", qualification, error))
		return NULL;
	qualification->arena = steal(&arena);
	return qualification;
}
