/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "loader.h"

enum { CELLS_MAX = 1000 };

/* Reads a list of equal mappings of size bytes, each by the table; NULL on failure. */
static void *read_list(const struct reader *reader, const struct node *node, const char *what, const struct field *fields, size_t size,
		       struct error *error)
{
	if (!schema_is(reader, node, NODE_SEQUENCE, what, error))
		return NULL;
	if (node->count < 1 || node->count > CELLS_MAX) {
		yaml_error(reader->yaml, node, error, "'%s' has %zu entries; 1 to %d were expected", what, node->count, CELLS_MAX);
		return NULL;
	}
	char *list = arena_alloc(reader->arena, node->count, size);
	if (!list) {
		yaml_error(reader->yaml, node, error, "out of memory");
		return NULL;
	}
	size_t i = 0;
	for (const struct node *entry = node->first; entry; entry = entry->next)
		if (!schema_read(reader, entry, fields, what, list + size * i++, error))
			return NULL;
	return list;
}

#define RANGE_THRESHOLDS                                                                                                                   \
	{                                                                                                                                  \
		RANGE_WITHIN, 0.01, 3                                                                                                      \
	}

static const struct field CELL[] = {
	{"frequency", FIELD_QUANTITY, .required = true, .offset = offsetof(struct dose_cell, frequency_hz),
	 .dimension = DIMENSION_FREQUENCY, .range = {RANGE_POSITIVE}},
	{"intensity", FIELD_QUANTITY, .required = true, .offset = offsetof(struct dose_cell, intensity_pct_mt), .range = RANGE_THRESHOLDS,
	 .exponent = PERCENT},
	{"longest_tested", FIELD_BOOL, .offset = offsetof(struct dose_cell, longest_tested)},
	{"train", FIELD_QUANTITY, .required = true, .offset = offsetof(struct dose_cell, max_train_s), .dimension = DIMENSION_TIME,
	 .range = {RANGE_POSITIVE}},
	{"pulses", FIELD_QUANTITY, .offset = offsetof(struct dose_cell, max_train_pulses), .range = {RANGE_WITHIN, 1, 1e6}},
	{0},
};

static bool read_verdict(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	static const char *const VERDICTS[] = {"safe", "unsafe_observed", "unsafe_inferred", "insufficient_data", NULL};
	unsigned index;
	if (!schema_choice(reader, node, "verdict", VERDICTS, &index, error))
		return false;
	((struct dose_iti *)object)->verdict = VERDICTS[index];
	return true;
}

/* A remark for whoever reads the file; the linter has no use for it. */
static bool check_remark(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	(void)object;
	return schema_is(reader, node, NODE_SCALAR, "note", error);
}

static const struct field ITI[] = {
	{"interval", FIELD_QUANTITY, .required = true, .offset = offsetof(struct dose_iti, iti_s), .dimension = DIMENSION_TIME,
	 .range = {RANGE_POSITIVE}},
	{"intensity", FIELD_QUANTITY, .required = true, .offset = offsetof(struct dose_iti, intensity_pct_mt), .range = RANGE_THRESHOLDS,
	 .exponent = PERCENT},
	{"verdict", FIELD_READ, .required = true, .read = read_verdict},
	{"note", FIELD_READ, .read = check_remark},
	{0},
};

static const struct field EXPOSURE[] = {
	{"id", FIELD_NAME, .required = true, .offset = offsetof(struct dose_exposure, id)},
	{"pulses", FIELD_QUANTITY, .required = true, .offset = offsetof(struct dose_exposure, max_pulses), .range = {RANGE_WITHIN, 1, 1e6}},
	{"intensity", FIELD_TEXT, .required = true, .offset = offsetof(struct dose_exposure, max_intensity)},
	{"source", FIELD_TEXT, .required = true, .offset = offsetof(struct dose_exposure, source)},
	{0},
};

static bool read_single(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	struct dose_tables *tables = object;
	tables->single_train = read_list(reader, node, "cells", CELL, sizeof *tables->single_train, error);
	tables->single_train_count = tables->single_train ? node->count : 0;
	return tables->single_train;
}

static bool read_series(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	struct dose_tables *tables = object;
	tables->train_in_series = read_list(reader, node, "cells", CELL, sizeof *tables->train_in_series, error);
	tables->train_in_series_count = tables->train_in_series ? node->count : 0;
	return tables->train_in_series;
}

static bool read_iti(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	struct dose_tables *tables = object;
	tables->iti = read_list(reader, node, "cells", ITI, sizeof *tables->iti, error);
	tables->iti_count = tables->iti ? node->count : 0;
	return tables->iti;
}

static bool read_exposures(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	struct dose_tables *tables = object;
	tables->theta_burst = read_list(reader, node, "exposures", EXPOSURE, sizeof *tables->theta_burst, error);
	tables->theta_burst_count = tables->theta_burst ? node->count : 0;
	return tables->theta_burst;
}

static const struct field SINGLE[] = {
	{"source", FIELD_TEXT, .required = true, .offset = offsetof(struct dose_tables, single_train_source)},
	{"cells", FIELD_READ, .required = true, .read = read_single},
	{0},
};
static const struct field SERIES[] = {
	{"source", FIELD_TEXT, .required = true, .offset = offsetof(struct dose_tables, train_in_series_source)},
	{"cells", FIELD_READ, .required = true, .read = read_series},
	{0},
};
static const struct field INTERVALS[] = {
	{"source", FIELD_TEXT, .required = true, .offset = offsetof(struct dose_tables, iti_source)},
	{"cells", FIELD_READ, .required = true, .read = read_iti},
	{0},
};
static const struct field THETA_BURST[] = {
	{"source", FIELD_TEXT, .required = true, .offset = offsetof(struct dose_tables, theta_burst_source)},
	{"exposures", FIELD_READ, .required = true, .read = read_exposures},
	{0},
};

static bool read_id(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	const char *name;
	(void)object;
	return schema_name(reader, node, "safety", &name, error);
}

static const struct field TABLES[] = {
	{"safety", FIELD_READ, .required = true, .read = read_id},
	{"status", FIELD_TEXT, .required = true, .offset = offsetof(struct dose_tables, status)},
	{"single_train", FIELD_SECTION, .required = true, .section = SINGLE},
	{"train_in_series", FIELD_SECTION, .required = true, .section = SERIES},
	{"inter_train_interval", FIELD_SECTION, .required = true, .section = INTERVALS},
	{"theta_burst", FIELD_SECTION, .required = true, .section = THETA_BURST},
	{0},
};

struct dose_tables *config_load_dose_tables(const char *name, const char *fixtures, struct error *error)
{
	return config_load_dose_tables_kept(name, fixtures, NULL, error);
}

struct dose_tables *config_load_dose_tables_kept(const char *name, const char *fixtures, const struct kept_files *kept, struct error *error)
{
	auto_yaml struct yaml *yaml = loader_open(name, fixtures, "safety", "safety", kept, error);
	if (!yaml)
		return NULL;
	auto_arena struct arena *arena = arena_create(LOADER_ARENA_BYTES);
	struct dose_tables *tables = arena ? arena_alloc(arena, 1, sizeof *tables) : NULL;
	if (!tables || !(tables->file = arena_strdup(arena, yaml->path))) {
		error_config(error, "%s: out of memory", yaml->path);
		return NULL;
	}
	const struct reader reader = {.yaml = yaml, .arena = arena, .fixtures = fixtures};
	if (!schema_read(&reader, yaml->root, TABLES, "a safety file", tables, error))
		return NULL;
	tables->arena = steal(&arena);
	return tables;
}
