/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "schema.h"
#include "suggest.h"

static const char *kind_name(enum node_kind kind)
{
	switch (kind) {
	case NODE_SCALAR: return "a single value";
	case NODE_MAPPING: return "a mapping (key: value)";
	case NODE_SEQUENCE: return "a list (- value)";
	}
	return "?";
}

bool schema_is(const struct reader *reader, const struct node *node, enum node_kind kind, const char *what, struct error *error)
{
	if (node->kind == NODE_SCALAR && !node->text[0])
		return yaml_error(reader->yaml, node->key ? node->key : node, error, "'%s' has no value; %s was expected", what,
				  kind_name(kind));
	if (node->kind != kind)
		return yaml_error(reader->yaml, node, error, "'%s' is %s; %s was expected", what, kind_name(node->kind), kind_name(kind));
	return true;
}

bool schema_text(const struct reader *reader, const struct node *node, const char *what, const char **text, struct error *error)
{
	if (!schema_is(reader, node, NODE_SCALAR, what, error))
		return false;
	*text = arena_strdup(reader->arena, node->text);
	if (*text)
		return true;
	yaml_error(reader->yaml, node, error, "out of memory");
	return false;
}

bool schema_name(const struct reader *reader, const struct node *node, const char *what, const char **name, struct error *error)
{
	if (!schema_text(reader, node, what, name, error))
		return false;
	size_t good = strspn(*name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/-");
	if ((*name)[good])
		return yaml_error(reader->yaml, node, error, "'%s' is '%.80s'; a name has letters, digits and . _ - : / only", what, *name);
	return true;
}

bool schema_count(const struct reader *reader, const struct node *node, const char *what, unsigned long long minimum,
		  unsigned long long maximum, unsigned long long *count, struct error *error)
{
	if (!schema_is(reader, node, NODE_SCALAR, what, error))
		return false;
	const char *text = node->text;
	bool digits = text[strspn(text, "0123456789")] == '\0' && strlen(text) <= 20 && (text[0] != '0' || !text[1]);
	errno = 0;
	*count = digits ? strtoull(text, NULL, 10) : 0;
	if (!digits || errno || *count < minimum || *count > maximum)
		return yaml_error(reader->yaml, node, error, "'%s' is '%.80s'; a whole number from %llu to %llu was expected", what, text,
				  minimum, maximum);
	return true;
}

bool schema_bool(const struct reader *reader, const struct node *node, const char *what, bool *value, struct error *error)
{
	if (!schema_is(reader, node, NODE_SCALAR, what, error))
		return false;
	*value = strcmp(node->text, "yes") == 0 || strcmp(node->text, "true") == 0;
	if (!*value && strcmp(node->text, "no") != 0 && strcmp(node->text, "false") != 0)
		return yaml_error(reader->yaml, node, error, "'%s' is '%.80s'; 'yes' or 'no' was expected", what, node->text);
	return true;
}

bool schema_unknown(const struct reader *reader, const struct node *node, const char *kind, const char *const *known, size_t count,
		    struct error *error)
{
	char list[600];
	suggest_list(known, count, list, sizeof list);
	const char *near = suggest(node->text, known, count);
	if (near)
		return yaml_error(reader->yaml, node, error, "unknown %s '%.80s', did you mean '%s'? Known are: %s", kind, node->text, near,
				  list);
	return yaml_error(reader->yaml, node, error, "unknown %s '%.80s'; known are: %s", kind, node->text, list);
}

bool schema_choice(const struct reader *reader, const struct node *node, const char *what, const char *const *choices, unsigned *index,
		   struct error *error)
{
	if (!schema_is(reader, node, NODE_SCALAR, what, error))
		return false;
	unsigned count = 0;
	while (choices[count]) {
		if (strcmp(node->text, choices[count]) == 0) {
			*index = count;
			return true;
		}
		count++;
	}
	return schema_unknown(reader, node, what, choices, count, error);
}

static bool in_range(const struct range *range, double value)
{
	switch (range->kind) {
	case RANGE_ANY: return true;
	case RANGE_POSITIVE: return value > 0;
	case RANGE_NOT_NEGATIVE: return value >= 0;
	case RANGE_WITHIN: return value >= range->minimum && value <= range->maximum;
	}
	return false;
}

static bool range_error(const struct reader *reader, const struct node *node, const char *what, enum dimension dimension,
			const struct range *range, struct error *error)
{
	switch (range->kind) {
	case RANGE_ANY: break;
	case RANGE_POSITIVE:
		return yaml_error(reader->yaml, node, error, "'%s' is %s; it must be above zero, for example '%s'", what, node->text,
				  dimension_example(dimension));
	case RANGE_NOT_NEGATIVE: return yaml_error(reader->yaml, node, error, "'%s' is %s; it must not be negative", what, node->text);
	case RANGE_WITHIN: break;
	}
	char low[32], high[32];
	const char *unit = dimension == DIMENSION_RATIO ? "%" : dimension_unit(dimension);
	quantity_format(low, sizeof low, range->minimum, unit, 3);
	quantity_format(high, sizeof high, range->maximum, unit, 3);
	return yaml_error(reader->yaml, node, error, "'%s' is %s; it must be from %s to %s", what, node->text, low, high);
}

bool schema_quantity(const struct reader *reader, const struct node *node, const char *what, enum dimension dimension,
		     const struct range *range, double *value, struct error *error)
{
	if (!schema_is(reader, node, NODE_SCALAR, what, error))
		return false;
	if (!quantity_parse(node->text, dimension, value, error)) {
		error_prefix(error, "'%s'", what);
		return yaml_locate(reader->yaml, node, error);
	}
	if (range && !in_range(range, *value))
		return range_error(reader, node, what, dimension, range, error);
	return true;
}
