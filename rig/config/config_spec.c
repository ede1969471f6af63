/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "config_limit.h"
#include "loader.h"

enum { REQUIREMENTS_MAX = 4096 };

/* In the order of their enums. */
static const char *const RULES[] = {"simple", "guarded", "non_binary", "iso14253", "risk", NULL};
static const char *const JUDGES[] = {"every", "mean", "maximum", "minimum", "standard_deviation", NULL};
static const char *const WAVEFORMS[] = {"unknown", "biphasic", "monophasic", "half_sine", "rectangular", NULL};
static const char *const POSITIONS[] = {"any", "first_of_pair", "second_of_pair", "first_of_train", NULL};

static const char *const VERIFICATIONS[] = {"rig", "inspection", "analysis", "demonstration", "test", "open", NULL};

/* Where the units of measurands come from. */
struct registry {
	const char *(*measurand_unit)(void *context, const char *id);
	void *context;
};

static const struct field SOURCE[] = {
	{"document", FIELD_TEXT, .required = true, .offset = offsetof(struct requirement, document)},
	{"clause", FIELD_TEXT, .required = true, .offset = offsetof(struct requirement, clause)},
	{0},
};

static bool read_waveform(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	struct requirement *requirement = object;
	unsigned index;
	/* "unknown" is no waveform that a specification could mean. */
	if (!schema_choice(reader, node, "waveform", WAVEFORMS + 1, &index, error))
		return false;
	requirement->select.has_waveform = true;
	return waveform_from_name(WAVEFORMS[index + 1], &requirement->select.waveform);
}

static const struct field INTENSITY[] = {
	{"minimum", FIELD_QUANTITY, .offset = offsetof(struct requirement, select.intensity_min_pct), .range = RANGE_INTENSITY,
	 .exponent = PERCENT},
	{"maximum", FIELD_QUANTITY, .offset = offsetof(struct requirement, select.intensity_max_pct), .range = RANGE_INTENSITY,
	 .exponent = PERCENT},
	{0},
};

static const struct field INTERVAL[] = {
	{"maximum", FIELD_QUANTITY, .required = true, .offset = offsetof(struct requirement, select.interval_max_s),
	 .dimension = DIMENSION_TIME, .range = {RANGE_POSITIVE}},
	{0},
};

static const struct field SELECT[] = {
	{"scenarios", FIELD_TEXT, .offset = offsetof(struct requirement, select.scenarios)},
	{"waveform", FIELD_READ, .read = read_waveform},
	{"intensity", FIELD_SECTION, .section = INTENSITY},
	{"interval", FIELD_SECTION, .section = INTERVAL},
	{"position", FIELD_CHOICE, .offset = offsetof(struct requirement, select.position), .choices = POSITIONS},
	{0},
};

/* Below 1 nothing is left between the guard bands; beyond 100 nothing that measures pulses is capable. */
#define CAPABILITY                                                                                                                         \
	{                                                                                                                                  \
		RANGE_WITHIN, 1, 100                                                                                                       \
	}

static const struct field DECISION[] = {
	{"rule", FIELD_CHOICE, .offset = offsetof(struct requirement, rule), .choices = RULES},
	{"capability", FIELD_QUANTITY, .offset = offsetof(struct requirement, capability), .range = CAPABILITY},
	{"risk", FIELD_QUANTITY, .offset = offsetof(struct requirement, risk), .range = {RANGE_WITHIN, 1e-6, 0.5}},
	{0},
};

/* read_requirement() reads it once the measurand, and with it the dimension, is known. */
static bool later(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	(void)reader, (void)node, (void)object, (void)error;
	return true;
}

static const struct field REQUIREMENT[] = {
	{"id", FIELD_NAME, .required = true, .offset = offsetof(struct requirement, id)},
	{"revision", FIELD_COUNT, .required = true, .offset = offsetof(struct requirement, revision), .range = {RANGE_WITHIN, 1, 1e6}},
	{"text", FIELD_TEXT, .required = true, .offset = offsetof(struct requirement, text)},
	{"source", FIELD_SECTION, .required = true, .section = SOURCE},
	{"uid", FIELD_TEXT, .offset = offsetof(struct requirement, uid)},
	{"hazard", FIELD_NAME, .offset = offsetof(struct requirement, hazard)},
	{"risk_control", FIELD_NAME, .offset = offsetof(struct requirement, risk_control)},
	{"verified_by", FIELD_CHOICE, .offset = offsetof(struct requirement, verified_by), .choices = VERIFICATIONS},
	{"measurand", FIELD_NAME, .offset = offsetof(struct requirement, measurand)},
	{"select", FIELD_SECTION, .section = SELECT},
	{"limit", FIELD_READ, .read = later},
	{"decision", FIELD_SECTION, .section = DECISION},
	{"judge", FIELD_CHOICE, .offset = offsetof(struct requirement, judge), .choices = JUDGES},
	{0},
};

static bool dimension_of(const char *unit, enum dimension *dimension)
{
	static const struct {
		const char *unit;
		enum dimension dimension;
	} MAP[] = {
		{"1", DIMENSION_RATIO},          {"s", DIMENSION_TIME},     {"Hz", DIMENSION_FREQUENCY},
		{"1/s", DIMENSION_RATE},         {"A", DIMENSION_CURRENT},  {"A/s", DIMENSION_CURRENT_SLOPE},
		{"V", DIMENSION_VOLTAGE},        {"J", DIMENSION_ENERGY},   {"C", DIMENSION_CHARGE},
		{"A s", DIMENSION_CHARGE},       {"A2s", DIMENSION_ACTION}, {"s2", DIMENSION_TIME_SQUARED},
		{"degC", DIMENSION_TEMPERATURE},
	};
	for (unsigned i = 0; i < sizeof MAP / sizeof *MAP; i++) {
		if (strcmp(unit, MAP[i].unit) == 0) {
			*dimension = MAP[i].dimension;
			return true;
		}
	}
	return false;
}

static bool check_select(const struct reader *reader, const struct node *node, const struct selector *select, struct error *error)
{
	const struct node *written = schema_find(node, "select");
	if (!(select->intensity_min_pct <= select->intensity_max_pct) && !isnan(select->intensity_min_pct) &&
	    !isnan(select->intensity_max_pct))
		return yaml_error(reader->yaml, schema_find(written, "intensity"), error,
				  "the minimum is above the maximum; nothing could be selected");
	return true;
}

static bool has_two_limits(const struct limit *limit)
{
	return limit->nominal_kind != NOMINAL_NONE || (!isnan(limit->lower) && !isnan(limit->upper));
}

static bool check_decision(const struct reader *reader, const struct node *node, const struct requirement *requirement, struct error *error)
{
	const struct node *written = schema_find(node, "decision");
	if (requirement->rule == DECISION_RISK && isnan(requirement->risk))
		return yaml_error(reader->yaml, written, error, "the rule 'risk' needs the risk accepted, for example 'risk: 2.5 %%'");
	if (requirement->rule != DECISION_RISK && !isnan(requirement->risk))
		return yaml_error(reader->yaml, schema_find(written, "risk")->key, error, "'risk' goes with 'rule: risk' only");
	if (!isnan(requirement->capability) && !has_two_limits(&requirement->limit))
		return yaml_error(reader->yaml, schema_find(written, "capability")->key, error,
				  "'capability' compares U with the span between two limits, but one limit is open here");
	return true;
}

/* What is verified elsewhere has nothing that could be judged here, and what is judged here has everything. */
static bool check_verification(const struct reader *reader, const struct node *node, struct requirement *requirement, struct error *error)
{
	static const char *const JUDGED[] = {"measurand", "select", "limit", "decision", "judge"};
	const char *by = verification_name(requirement->verified_by);
	if (requirement->verified_by == VERIFIED_BY_RIG) {
		for (size_t i = 0; i < 2; i++) {
			const char *key = i == 0 ? "measurand" : "limit";
			if (!schema_find(node, key))
				return yaml_error(
					reader->yaml, node, error,
					"'a requirement' is missing the key '%s'; one that the rig does not judge says by what it is "
					"verified, for example 'verified_by: inspection', or 'open'",
					key);
		}
		return true;
	}
	for (size_t i = 0; i < sizeof JUDGED / sizeof *JUDGED; i++) {
		const struct node *written = schema_find(node, JUDGED[i]);
		if (written)
			return yaml_error(reader->yaml, written->key, error,
					  "'%s' goes with what the rig judges, but this is 'verified_by: %s'", JUDGED[i], by);
	}
	requirement->measurand = "";
	requirement->limit =
		(struct limit){.lower = NAN, .upper = NAN, .nominal = NAN, .tolerance_relative = NAN, .tolerance_absolute = NAN};
	return true;
}

static bool read_requirement(const struct reader *reader, const struct node *node, struct requirement *requirement, struct error *error)
{
	const struct registry *registry = reader->context;
	requirement->rule = DECISION_GUARDED;
	requirement->capability = NAN;
	requirement->line = (int)node->line;
	requirement->column = (int)node->column;
	if (!schema_read(reader, node, REQUIREMENT, "a requirement", requirement, error))
		return false;
	if (!check_verification(reader, node, requirement, error))
		return false;
	if (requirement->verified_by != VERIFIED_BY_RIG)
		return true;
	const struct node *measurand = schema_find(node, "measurand");
	const char *unit = registry->measurand_unit(registry->context, requirement->measurand);
	enum dimension dimension;
	if (!unit)
		return yaml_error(reader->yaml, measurand, error, "unknown measurand '%.80s'; `tmsrig measurands` lists those there are",
				  requirement->measurand);
	if (!dimension_of(unit, &dimension))
		return yaml_error(reader->yaml, measurand, error, "the measurand '%.80s' is in '%s', for which limits cannot be written",
				  requirement->measurand, unit);
	requirement->unit = arena_strdup(reader->arena, unit);
	return config_read_limit(reader, schema_find(node, "limit"), dimension, requirement, error) &&
	       check_select(reader, node, &requirement->select, error) && check_decision(reader, node, requirement, error);
}

static bool check_id(const struct reader *reader, const struct node *node, const struct spec *spec, struct error *error)
{
	const char *id = spec->requirements[spec->count].id;
	for (size_t r = 0; r < spec->count; r++)
		if (strcmp(spec->requirements[r].id, id) == 0)
			return yaml_error(reader->yaml, schema_find(node, "id"), error, "the id '%.80s' is given twice, first on line %d",
					  id, spec->requirements[r].line);
	return true;
}

static bool read_requirements(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	struct spec *spec = object;
	if (!schema_is(reader, node, NODE_SEQUENCE, "requirements", error))
		return false;
	if (node->count < 1 || node->count > REQUIREMENTS_MAX)
		return yaml_error(reader->yaml, node, error, "'requirements' has %zu entries; 1 to %d were expected", node->count,
				  REQUIREMENTS_MAX);
	spec->requirements = arena_alloc(reader->arena, node->count, sizeof *spec->requirements);
	if (!spec->requirements)
		return yaml_error(reader->yaml, node, error, "out of memory");
	for (const struct node *entry = node->first; entry; entry = entry->next) {
		if (!read_requirement(reader, entry, &spec->requirements[spec->count], error) || !check_id(reader, entry, spec, error))
			return false;
		spec->count++;
	}
	return true;
}

static const struct field SPEC[] = {
	{"spec", FIELD_NAME, .required = true, .offset = offsetof(struct spec, id)},
	{"title", FIELD_TEXT, .offset = offsetof(struct spec, title)},
	{"revision", FIELD_COUNT, .required = true, .offset = offsetof(struct spec, revision), .range = {RANGE_WITHIN, 1, 1e6}},
	{"capability", FIELD_QUANTITY, .offset = offsetof(struct spec, capability), .range = CAPABILITY},
	{"requirements", FIELD_READ, .required = true, .read = read_requirements},
	{0},
};

struct spec *config_load_spec(const char *name, const char *fixtures, const char *(*measurand_unit)(void *context, const char *id),
			      void *context, struct error *error)
{
	return config_load_spec_kept(name, fixtures, NULL, measurand_unit, context, error);
}

struct spec *config_load_spec_kept(const char *name, const char *fixtures, const struct kept_files *kept,
				   const char *(*measurand_unit)(void *context, const char *id), void *context, struct error *error)
{
	auto_yaml struct yaml *yaml = loader_open(name, fixtures, "specs", "spec", kept, error);
	if (!yaml)
		return NULL;
	auto_arena struct arena *arena = arena_create(LOADER_ARENA_BYTES);
	struct spec *spec = arena ? arena_alloc(arena, 1, sizeof *spec) : NULL;
	if (!spec || !(spec->file = arena_strdup(arena, yaml->path))) {
		error_config(error, "%s: out of memory", yaml->path);
		return NULL;
	}
	struct registry registry = {.measurand_unit = measurand_unit, .context = context};
	const struct reader reader = {.yaml = yaml, .arena = arena, .fixtures = fixtures, .context = &registry};
	if (!schema_read(&reader, yaml->root, SPEC, "a spec file", spec, error))
		return NULL;
	if (!spec->title)
		spec->title = spec->id;
	for (size_t r = 0; r < spec->count; r++)
		if (isnan(spec->requirements[r].capability) && has_two_limits(&spec->requirements[r].limit))
			spec->requirements[r].capability = spec->capability;
	spec->arena = steal(&arena);
	return spec;
}
