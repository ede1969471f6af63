/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "imported.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

enum { NAMES_MAX = 6, NAME_SIZE = 64 };

static const char NAME_LETTERS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/-";

#define MEMBER(member) offsetof(struct imported_requirement, member), #member

/* What attributes are called, the most specific name first; as normalise() makes them. */
static const struct {
	size_t offset;
	const char *field;
	const char *names[NAMES_MAX];
} ATTRIBUTES[] = {
	{MEMBER(id), {"foreignid", "id", "uid", "requirementid", "objectidentifier"}},
	{MEMBER(text), {"text", "requirementtext", "statement", "objecttext", "content", "description"}},
	{MEMBER(name), {"name", "title", "objectshorttext"}},
	{MEMBER(revision), {"revision", "foreignrevision", "version"}},
	{MEMBER(document), {"sourcedocument", "document", "docname"}},
	{MEMBER(clause), {"sourceclause", "clause"}},
	{MEMBER(hazard), {"hazard", "hazardid", "hazards"}},
	{MEMBER(risk_control), {"riskcontrol", "riskcontrolid", "riskcontrols", "riskcontrolmeasure"}},
	{MEMBER(verified_by), {"verifiedby", "verificationmethod"}},
	{MEMBER(measurand), {"measurand"}},
	{MEMBER(minimum), {"minimum", "lowerlimit"}},
	{MEMBER(maximum), {"maximum", "upperlimit"}},
	{MEMBER(nominal), {"nominal", "nominalvalue"}},
	{MEMBER(tolerance_relative), {"tolerancerelative", "relativetolerance"}},
	{MEMBER(tolerance_absolute), {"toleranceabsolute", "absolutetolerance"}},
	{MEMBER(combine), {"tolerancecombine", "combine"}},
	{MEMBER(scenarios), {"selectscenarios", "scenarios"}},
	{MEMBER(waveform), {"selectwaveform", "waveform"}},
	{MEMBER(intensity_minimum), {"selectintensityminimum", "intensityminimum"}},
	{MEMBER(intensity_maximum), {"selectintensitymaximum", "intensitymaximum"}},
	{MEMBER(interval_maximum), {"selectintervalmaximum", "intervalmaximum"}},
	{MEMBER(position), {"selectposition", "position"}},
	{MEMBER(rule), {"decisionrule", "rule"}},
	{MEMBER(risk), {"acceptedrisk"}},
	{MEMBER(capability), {"capability"}},
	{MEMBER(judge), {"judge", "judgedvalue"}},
};
enum { ATTRIBUTE_COUNT = sizeof ATTRIBUTES / sizeof *ATTRIBUTES };

struct imported *imported_create(const char *path, const struct import_options *options)
{
	auto_arena struct arena *arena = arena_create(IMPORT_ARENA_BYTES);
	struct imported *imported = arena ? arena_alloc(arena, 1, sizeof *imported) : NULL;
	if (!imported || !(imported->requirements = arena_alloc(arena, IMPORT_MAX_REQUIREMENTS, sizeof *imported->requirements)))
		return NULL;
	imported->path = path;
	imported->types = options->types;
	imported->maps = options->maps;
	imported->map_count = options->map_count;
	imported->notes = text_make(IMPORT_NOTES_BYTES);
	imported->attributes = text_make(IMPORT_ATTRIBUTES_BYTES);
	imported->arena = steal(&arena);
	return imported;
}

void imported_destroy(struct imported *imported)
{
	if (!imported)
		return;
	text_finish(&imported->notes);
	text_finish(&imported->attributes);
	arena_destroy(imported->arena);
}

bool imported_wrong(const struct imported *imported, long line, struct error *error, const char *format, ...)
{
	char message[700];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(message, sizeof message, format, arguments);
	va_end(arguments);
	if (line > 0)
		return error_config(error, "%s:%ld: %s", imported->path, line, message);
	return error_config(error, "%s: %s", imported->path, message);
}

void imported_note(struct imported *imported, long line, const char *format, ...)
{
	char message[700];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(message, sizeof message, format, arguments);
	va_end(arguments);
	if (line > 0)
		text_printf(&imported->notes, "%s:%ld: note: %s\n", imported->path, line, message);
	else
		text_printf(&imported->notes, "%s: note: %s\n", imported->path, message);
}

/* "ReqIF.ForeignID" and "Foreign ID" become "foreignid". */
static void normalise(const char *name, char out[NAME_SIZE])
{
	size_t length = 0;
	if (strncmp(name, "ReqIF.", 6) == 0)
		name += 6;
	for (; *name && length < NAME_SIZE - 1; name++)
		if (isalnum((unsigned char)*name) && (unsigned char)*name < 0x80)
			out[length++] = (char)tolower((unsigned char)*name);
	out[length] = '\0';
}

static const char **slot_of(struct imported_requirement *requirement, size_t offset)
{
	return (const char **)((char *)requirement + offset);
}

static bool is_blank(const char *text)
{
	return !text || text[strspn(text, " \t\r\n")] == '\0';
}

bool imported_is_field(const char *name, size_t length)
{
	for (size_t a = 0; a < ATTRIBUTE_COUNT; a++)
		if (strlen(ATTRIBUTES[a].field) == length && strncmp(ATTRIBUTES[a].field, name, length) == 0)
			return true;
	return false;
}

/* Where an attribute of that name belongs, and how specific the name is: 0 for what the user has said. -1: nowhere. */
static int find_attribute(const struct imported *imported, const char *name, unsigned char *rank)
{
	char plain[NAME_SIZE], mapped[NAME_SIZE];
	normalise(name, plain);
	for (size_t m = 0; m < imported->map_count; m++) {
		const char *sign = strchr(imported->maps[m], '=');
		normalise(sign + 1, mapped);
		for (int a = 0; a < ATTRIBUTE_COUNT && strcmp(mapped, plain) == 0; a++) {
			size_t length = strlen(ATTRIBUTES[a].field);
			*rank = 0;
			if (length == (size_t)(sign - imported->maps[m]) && strncmp(ATTRIBUTES[a].field, imported->maps[m], length) == 0)
				return a;
		}
	}
	for (int a = 0; a < ATTRIBUTE_COUNT; a++) {
		for (unsigned char n = 0; n < NAMES_MAX && ATTRIBUTES[a].names[n]; n++) {
			*rank = (unsigned char)(n + 1);
			if (strcmp(plain, ATTRIBUTES[a].names[n]) == 0)
				return a;
		}
	}
	return -1;
}

/* A copy for messages: what a file calls a thing moves no terminal's cursor. NULL: out of memory. */
static char *shown(struct imported *imported, const char *name)
{
	char *copy = arena_strdup(imported->arena, name);
	for (unsigned char *s = (unsigned char *)copy; s && *s; s++) {
		bool c1 = s[0] == 0xc2 && s[1] >= 0x80 && s[1] < 0xa0;
		if (*s < 0x20 || *s == 0x7f || c1)
			*s = '?';
		if (c1)
			s[1] = '?';
	}
	return copy;
}

static void remember_attribute(struct imported *imported, const char *raw)
{
	const char *name = imported->attributes.overflown ? NULL : shown(imported, raw);
	if (!name)
		return;
	size_t length = strlen(name);
	for (const char *at = text_view(&imported->attributes); *at; at += strcspn(at, ",") + (strchr(at, ',') ? 2 : 0))
		if (strcspn(at, ",") == length && strncmp(at, name, length) == 0)
			return;
	if (!strchr(name, ','))
		text_printf(&imported->attributes, "%s%s", imported->attributes.length ? ", " : "", name);
}

/*
 * The most specific name wins in whatever order the attributes come: a value is kept behind a byte that tells how specific its name was, which no
 * reader of the value sees.
 */
bool imported_put(struct imported *imported, struct imported_requirement *requirement, const char *name, const char *value)
{
	unsigned char rank;
	int a = find_attribute(imported, name, &rank);
	if (a < 0)
		remember_attribute(imported, name);
	if (a < 0 || is_blank(value))
		return true;
	const char **slot = slot_of(requirement, ATTRIBUTES[a].offset);
	if (*slot && (unsigned char)(*slot)[-1] <= rank)
		return true;
	size_t length = strlen(value);
	char *copy = arena_alloc(imported->arena, length + 2, 1);
	if (!copy)
		return false;
	copy[0] = (char)rank;
	memcpy(copy + 1, value, length + 1);
	*slot = copy + 1;
	return true;
}

bool imported_wants(const struct imported *imported, const char *type)
{
	const char *at = imported->types;
	size_t wanted = type ? strlen(type) : 0;
	if (!at || strcmp(at, "all") == 0)
		return true;
	for (;;) {
		size_t length = strcspn(at, ",");
		if (type && length == wanted && strncmp(at, type, length) == 0)
			return true;
		if (!at[length])
			return false;
		at += length + 1;
	}
}

/* A requirement of a spec has one hazard and one risk control. */
static const char *first_name(struct imported *imported, const struct imported_requirement *requirement, const char *what,
			      const char *value)
{
	if (!value)
		return NULL;
	const char *start = value + strspn(value, " \t\r\n,;");
	size_t length = strspn(start, NAME_LETTERS);
	size_t rest = strspn(start + length, " \t\r\n,;");
	if (length == 0 || (start[length] && rest == 0)) {
		imported_note(imported, requirement->line, "%s: the %s '%.80s' is left out; one is named by letters, digits and . _ - : /",
			      requirement->id, what, value);
		return NULL;
	}
	if (start[length + rest])
		imported_note(imported, requirement->line, "%s: of '%.80s' only the first %s is kept; a requirement of a spec names one",
			      requirement->id, value, what);
	char *name = arena_alloc(imported->arena, length + 1, 1);
	if (name)
		memcpy(name, start, length);
	return name;
}

static const char *trimmed(struct imported *imported, const char *value)
{
	const char *start = value + strspn(value, " \t\r\n");
	size_t length = strlen(start);
	while (length > 0 && strchr(" \t\r\n", start[length - 1]))
		length--;
	char *copy = arena_alloc(imported->arena, length + 1, 1);
	if (!copy)
		return NULL;
	memcpy(copy, start, length);
	copy[length] = '\0';
	return copy;
}

static bool check_id(const struct imported *imported, const struct imported_requirement *requirement, struct error *error)
{
	const char *id = requirement->id;
	if (is_blank(id))
		return imported_wrong(imported, requirement->line, error, "a requirement without an id");
	if (id[strspn(id, NAME_LETTERS)])
		return imported_wrong(imported, requirement->line, error,
				      "the id '%.80s': ids of a spec have letters, digits and . _ - : / only, so that scenarios can name "
				      "them; --map id=NAME takes "
				      "another attribute for it",
				      id);
	for (size_t i = 0; i < imported->count; i++)
		if (strcmp(imported->requirements[i].id, id) == 0)
			return imported_wrong(
				imported, requirement->line, error,
				"the id '%.80s' is given twice, first on line %ld; --map id=NAME takes another attribute for it%s", id,
				imported->requirements[i].line, requirement->uid ? ", id=IDENTIFIER the object's own" : "");
	return true;
}

static void check_revision(struct imported *imported, struct imported_requirement *requirement)
{
	const char *revision = requirement->revision;
	if (!revision) {
		requirement->revision = "1";
		return;
	}
	size_t digits = strspn(revision, "0123456789");
	if (digits == 0 || digits > 6 || revision[digits] || revision[0] == '0') {
		imported_note(imported, requirement->line, "%s: the revision '%.40s' is no whole number from 1 on; 1 is written",
			      requirement->id, revision);
		requirement->revision = "1";
	}
}

/* What tools call the type of a chapter's title, which may have a text of its own. */
static bool is_heading(const struct imported_requirement *requirement)
{
	static const char *const NAMES[] = {"heading", "headline", "chapter", "section", "folder"};
	char plain[NAME_SIZE];
	normalise(requirement->type ? requirement->type : "", plain);
	for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
		if (strcmp(plain, NAMES[i]) == 0)
			return true;
	return false;
}

/* NULL: out of memory. */
static struct imported_type *type_of(struct imported *imported, const char *name)
{
	size_t i = 0;
	for (; i < imported->type_count; i++) {
		const char *known = imported->by_type[i].name;
		if (known == name || (known && name && strcmp(known, name) == 0))
			return &imported->by_type[i];
	}
	if (i == IMPORT_MAX_TYPES)
		return &imported->by_type[IMPORT_MAX_TYPES - 1];
	const char *copy = i == IMPORT_MAX_TYPES - 1 ? "further types" : name ? shown(imported, name) : NULL;
	if (name && !copy)
		return NULL;
	imported->by_type[i].name = copy;
	return &imported->by_type[imported->type_count++];
}

static bool is_wanted(const struct imported *imported, const struct imported_requirement *requirement)
{
	if (requirement->deleted || !imported_wants(imported, requirement->type))
		return false;
	return imported->types || !is_heading(requirement);
}

bool imported_add(struct imported *imported, struct imported_requirement *requirement, struct error *error)
{
	const char *text = requirement->text ? requirement->text : requirement->name;
	struct imported_type *type = type_of(imported, requirement->type);
	if (!type)
		return imported_wrong(imported, requirement->line, error, "out of memory");
	type->objects++;
	if (is_blank(text) || !is_wanted(imported, requirement)) {
		imported->skipped++;
		return true;
	}
	type->kept++;
	if (!requirement->id)
		requirement->id = requirement->uid;
	if (requirement->id)
		requirement->id = trimmed(imported, requirement->id);
	requirement->text = trimmed(imported, text);
	if (!check_id(imported, requirement, error))
		return false;
	if (imported->count == IMPORT_MAX_REQUIREMENTS)
		return imported_wrong(imported, requirement->line, error, "more than %d requirements; choose some with --type",
				      IMPORT_MAX_REQUIREMENTS);
	check_revision(imported, requirement);
	requirement->hazard = first_name(imported, requirement, "hazard", requirement->hazard);
	requirement->risk_control = first_name(imported, requirement, "risk control", requirement->risk_control);
	if (!requirement->text)
		return imported_wrong(imported, requirement->line, error, "out of memory");
	imported->requirements[imported->count++] = *requirement;
	return true;
}
