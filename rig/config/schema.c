/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "schema.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "device.h"

static size_t field_count(const struct field *fields)
{
	size_t count = 0;
	while (fields[count].key)
		count++;
	return count;
}

static void *member(void *object, const struct field *field)
{
	return (char *)object + field->offset;
}

/* What is not given must not read as zero. */
static void set_absent(const struct field *fields, void *object)
{
	for (; fields->key; fields++) {
		if (fields->type == FIELD_QUANTITY)
			*(double *)member(object, fields) = NAN;
		else if (fields->type == FIELD_SOURCED)
			*(struct sourced *)member(object, fields) = (struct sourced){.value = NAN};
		else if (fields->type == FIELD_SECTION)
			set_absent(fields->section, object);
	}
}

const struct node *schema_find(const struct node *mapping, const char *key)
{
	for (const struct node *node = mapping->first; node; node = node->next)
		if (node->key && strcmp(node->key->text, key) == 0)
			return node;
	return NULL;
}

static bool read_quantity(const struct reader *reader, const struct node *node, const struct field *field, const char *what, double *value,
			  struct error *error)
{
	if (!schema_quantity(reader, node, what, field->dimension, &field->range, value, error))
		return false;
	/* Read anew rather than multiplied: 110 % must be 110, not 110.00000000000001. */
	return field->exponent == 0 || quantity_parse_scaled(node->text, field->dimension, field->exponent, value, error);
}

static bool read_sourced(const struct reader *reader, const struct node *node, const struct field *field, struct sourced *sourced,
			 struct error *error)
{
	if (node->kind == NODE_SCALAR && node->text[0])
		return yaml_error(reader->yaml, node, error,
				  "'%s' needs a source: write {value: %.60s, source: \"where the number is from\"}", field->key,
				  node->text);
	struct {
		double value;
		const char *source;
	} pair;
	const struct field fields[] = {
		{"value", FIELD_QUANTITY, .required = true, .dimension = field->dimension, .range = field->range,
		 .exponent = field->exponent},
		{"source", FIELD_TEXT, .required = true, .offset = offsetof(__typeof__(pair), source)},
		{0},
	};
	if (!schema_read(reader, node, fields, field->key, &pair, error))
		return false;
	*sourced = (struct sourced){.value = pair.value, .source = pair.source};
	return true;
}

static bool read_count(const struct reader *reader, const struct node *node, const struct field *field, unsigned *slot, struct error *error)
{
	unsigned long long count;
	if (!schema_count(reader, node, field->key, (unsigned long long)field->range.minimum, (unsigned long long)field->range.maximum,
			  &count, error))
		return false;
	*slot = (unsigned)count;
	return true;
}

static bool read_choice(const struct reader *reader, const struct node *node, const struct field *field, void *slot, struct error *error)
{
	unsigned index;
	if (!schema_choice(reader, node, field->key, field->choices, &index, error))
		return false;
	if (field->type == FIELD_WORD)
		*(const char **)slot = field->choices[index];
	else
		*(unsigned *)slot = index;
	return true;
}

static bool read_members(const struct reader *reader, const struct node *node, const struct field *fields, const char *what, void *object,
			 struct error *error);

static bool read_field(const struct reader *reader, const struct node *node, const struct field *field, void *object, struct error *error)
{
	void *slot = member(object, field);
	switch (field->type) {
	case FIELD_TEXT: return schema_text(reader, node, field->key, slot, error);
	case FIELD_NAME: return schema_name(reader, node, field->key, slot, error);
	case FIELD_QUANTITY: return read_quantity(reader, node, field, field->key, slot, error);
	case FIELD_SOURCED: return read_sourced(reader, node, field, slot, error);
	case FIELD_COUNT: return read_count(reader, node, field, slot, error);
	case FIELD_BOOL: return schema_bool(reader, node, field->key, slot, error);
	case FIELD_WORD:
	case FIELD_CHOICE: return read_choice(reader, node, field, slot, error);
	case FIELD_SECTION: return read_members(reader, node, field->section, field->key, object, error);
	case FIELD_READ: return field->read(reader, node, object, error);
	}
	return false;
}

static bool unknown_key(const struct reader *reader, const struct node *key, const struct field *fields, const char *what,
			struct error *error)
{
	const char *known[SCHEMA_MAX_FIELDS];
	size_t count = field_count(fields);
	for (size_t i = 0; i < count; i++)
		known[i] = fields[i].key;
	char kind[96];
	snprintf(kind, sizeof kind, "key in '%.64s':", what);
	return schema_unknown(reader, key, kind, known, count, error);
}

static bool read_members(const struct reader *reader, const struct node *node, const struct field *fields, const char *what, void *object,
			 struct error *error)
{
	if (!schema_is(reader, node, NODE_MAPPING, what, error))
		return false;
	size_t count = field_count(fields);
	const struct node *seen[SCHEMA_MAX_FIELDS] = {0};
	for (const struct node *value = node->first; value; value = value->next) {
		size_t f = 0;
		while (f < count && strcmp(fields[f].key, value->key->text) != 0)
			f++;
		if (f == count)
			return unknown_key(reader, value->key, fields, what, error);
		if (seen[f])
			return yaml_error(reader->yaml, value->key, error, "'%s' is given twice, first on line %u; keep one", fields[f].key,
					  seen[f]->key->line);
		seen[f] = value;
		if (!read_field(reader, value, &fields[f], object, error))
			return false;
	}
	for (size_t f = 0; f < count; f++)
		if (fields[f].required && !seen[f])
			return yaml_error(reader->yaml, node, error, "'%s' is missing the key '%s'", what, fields[f].key);
	return true;
}

bool schema_read(const struct reader *reader, const struct node *node, const struct field *fields, const char *what, void *object,
		 struct error *error)
{
	set_absent(fields, object);
	return read_members(reader, node, fields, what, object, error);
}
