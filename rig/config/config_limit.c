/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config_limit.h"

#include <math.h>
#include <string.h>

/* In the order of enum tolerance_combine. */
static const char *const COMBINES[] = {"larger", "smaller", "sum", NULL};
enum { COMBINE_ABSENT = 3 };

/* A limit as written. */
struct written_limit {
	double minimum, maximum;
	const struct node *nominal, *tolerance;
};

struct written_tolerance {
	double relative, absolute;
	unsigned combine;
};

static bool keep_nominal(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	((struct written_limit *)object)->nominal = node;
	return schema_is(reader, node, NODE_SCALAR, "nominal", error);
}

static bool keep_tolerance(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	((struct written_limit *)object)->tolerance = node;
	return schema_is(reader, node, NODE_MAPPING, "tolerance", error);
}

static bool read_nominal(const struct reader *reader, const struct node *node, enum dimension dimension,
			 const struct requirement *requirement, struct limit *limit, struct error *error)
{
	if (strcmp(node->text, "planned") != 0) {
		limit->nominal_kind = NOMINAL_VALUE;
		return schema_quantity(reader, node, "nominal", dimension, NULL, &limit->nominal, error);
	}
	limit->nominal_kind = NOMINAL_PLANNED;
	if (requirement->judge == JUDGE_STANDARD_DEVIATION)
		return yaml_error(reader->yaml, node, error, "a standard deviation has no planned value; give a 'maximum'");
	return true;
}

static bool read_tolerance(const struct reader *reader, const struct node *node, enum dimension dimension, struct limit *limit,
			   struct error *error)
{
	struct written_tolerance written = {.combine = COMBINE_ABSENT};
	/* Relative tolerances of 100 % and more are a percent sign forgotten. */
	const struct field fields[] = {
		{"relative", FIELD_QUANTITY, .offset = offsetof(struct written_tolerance, relative), .range = {RANGE_WITHIN, 0, 0.99}},
		{"absolute", FIELD_QUANTITY, .offset = offsetof(struct written_tolerance, absolute), .dimension = dimension,
		 .range = {RANGE_NOT_NEGATIVE}},
		{"combine", FIELD_CHOICE, .offset = offsetof(struct written_tolerance, combine), .choices = COMBINES},
		{0},
	};
	if (!schema_read(reader, node, fields, "tolerance", &written, error))
		return false;
	bool relative = !isnan(written.relative), absolute = !isnan(written.absolute);
	if (!relative && !absolute)
		return yaml_error(reader->yaml, node, error,
				  "'tolerance' needs 'relative' or 'absolute' or both; without, the limit could not fail");
	if (relative && absolute && written.combine == COMBINE_ABSENT)
		return yaml_error(reader->yaml, node, error,
				  "with both 'relative' and 'absolute', 'combine' must say larger, smaller or sum");
	if (!(relative && absolute) && written.combine != COMBINE_ABSENT)
		return yaml_error(reader->yaml, schema_find(node, "combine")->key, error,
				  "'combine' goes with both 'relative' and 'absolute' only");
	if (relative && !absolute && limit->nominal_kind == NOMINAL_VALUE && limit->nominal == 0)
		return yaml_error(reader->yaml, node, error, "a relative tolerance of a nominal zero is nothing; give 'absolute'");
	limit->tolerance_relative = written.relative;
	limit->tolerance_absolute = written.absolute;
	limit->combine = written.combine == COMBINE_ABSENT ? TOLERANCE_LARGER : (enum tolerance_combine)written.combine;
	return true;
}

static bool read_centre(const struct reader *reader, const struct node *node, enum dimension dimension, const struct written_limit *written,
			struct requirement *requirement, struct error *error)
{
	if (!written->nominal || !written->tolerance)
		return yaml_error(reader->yaml, node, error, "'nominal' and 'tolerance' go together; the limit is missing '%s'",
				  written->nominal ? "tolerance" : "nominal");
	if (!isnan(written->minimum) || !isnan(written->maximum))
		return yaml_error(reader->yaml, node, error,
				  "a limit has either 'nominal' and 'tolerance' or 'minimum' and 'maximum', not both");
	return read_nominal(reader, written->nominal, dimension, requirement, &requirement->limit, error) &&
	       read_tolerance(reader, written->tolerance, dimension, &requirement->limit, error);
}

bool config_read_limit(const struct reader *reader, const struct node *node, enum dimension dimension, struct requirement *requirement,
		       struct error *error)
{
	struct limit *limit = &requirement->limit;
	*limit = (struct limit){.lower = NAN, .upper = NAN, .nominal = NAN, .tolerance_relative = NAN, .tolerance_absolute = NAN};
	struct written_limit written = {0};
	const struct field fields[] = {
		{"nominal", FIELD_READ, .read = keep_nominal},
		{"tolerance", FIELD_READ, .read = keep_tolerance},
		{"minimum", FIELD_QUANTITY, .offset = offsetof(struct written_limit, minimum), .dimension = dimension},
		{"maximum", FIELD_QUANTITY, .offset = offsetof(struct written_limit, maximum), .dimension = dimension},
		{0},
	};
	if (!schema_read(reader, node, fields, "limit", &written, error))
		return false;
	if (written.nominal || written.tolerance)
		return read_centre(reader, node, dimension, &written, requirement, error);
	if (isnan(written.minimum) && isnan(written.maximum))
		return yaml_error(reader->yaml, node, error,
				  "the limit has no bound, so it could not fail; give 'minimum', 'maximum', or 'nominal' and 'tolerance'");
	if (written.minimum > written.maximum)
		return yaml_error(reader->yaml, node, error, "the minimum is above the maximum, so nothing could pass");
	limit->lower = written.minimum;
	limit->upper = written.maximum;
	return true;
}
