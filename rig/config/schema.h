/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A schema: a table of the keys that a mapping may have, what each holds, and where in a struct it goes. Everything that is not in the
 * table, missing, written twice, of the wrong type, of another dimension or out of range is an error at its line and column.
 */
#include <stdbool.h>
#include <stddef.h>

#include "quantity.h"
#include "yaml.h"

/* What a file is read with. */
struct reader {
	const struct yaml *yaml;
	struct arena *arena;  /* where strings and lists of the result live */
	const char *fixtures; /* for files that this one names */
	void *context;        /* of the loader */
};

enum field_type {
	FIELD_TEXT,     /* const char *: any text but an empty one */
	FIELD_NAME,     /* const char *: letters, digits and . _ - : / only */
	FIELD_QUANTITY, /* double, NAN when not given */
	FIELD_SOURCED,  /* struct sourced, {value: …, source: …}; value NAN when not given */
	FIELD_COUNT,    /* unsigned, within range */
	FIELD_BOOL,     /* bool: yes, no, true, false */
	FIELD_WORD,     /* const char *: one of choices */
	FIELD_CHOICE,   /* an enum: the index in choices, from 0 */
	FIELD_SECTION,  /* a mapping with a schema of its own into the same struct */
	FIELD_READ,     /* read(), for everything else; it stores what it reads itself */
};

enum range_kind { RANGE_ANY, RANGE_POSITIVE, RANGE_NOT_NEGATIVE, RANGE_WITHIN };

/* Which values are allowed; minimum and maximum (both inside) are for RANGE_WITHIN, in SI units. */
struct range {
	enum range_kind kind;
	double minimum, maximum;
};

struct field {
	const char *key;
	enum field_type type;
	bool required;
	size_t offset;
	enum dimension dimension;
	struct range range;
	int exponent;                /* what is stored is the SI value times 10^exponent */
	const char *const *choices;  /* NULL-terminated */
	const struct field *section; /* table of FIELD_SECTION */
	bool (*read)(const struct reader *reader, const struct node *node, void *object, struct error *error);
};

enum { SCHEMA_MAX_FIELDS = 32 };

/*
 * Reads a mapping into object by a table that ends with an empty entry. what names the mapping in messages ("a device file"). Quantities
 * that are not there become NAN; everything else that is not there stays as it was.
 */
bool schema_read(const struct reader *reader, const struct node *node, const struct field *fields, const char *what, void *object,
		 struct error *error) must_check;
/* The member of a mapping with that key, or NULL. */
const struct node *schema_find(const struct node *mapping, const char *key);

/* Single values, for loaders that have no table for them. what names the value in messages: the key. */
bool schema_is(const struct reader *reader, const struct node *node, enum node_kind kind, const char *what, struct error *error) must_check;
bool schema_text(const struct reader *reader, const struct node *node, const char *what, const char **text, struct error *error) must_check;
bool schema_name(const struct reader *reader, const struct node *node, const char *what, const char **name, struct error *error) must_check;
bool schema_count(const struct reader *reader, const struct node *node, const char *what, unsigned long long minimum,
		  unsigned long long maximum, unsigned long long *count, struct error *error) must_check;
bool schema_bool(const struct reader *reader, const struct node *node, const char *what, bool *value, struct error *error) must_check;
bool schema_choice(const struct reader *reader, const struct node *node, const char *what, const char *const *choices, unsigned *index,
		   struct error *error) must_check;
bool schema_quantity(const struct reader *reader, const struct node *node, const char *what, enum dimension dimension,
		     const struct range *range, double *value, struct error *error) must_check;
/* An error at an unknown word, with the nearest of those that are known. */
bool schema_unknown(const struct reader *reader, const struct node *node, const char *kind, const char *const *known, size_t count,
		    struct error *error);
