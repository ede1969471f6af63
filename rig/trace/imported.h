/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Requirements as another tool has them, on their way into a spec file.
 */
#include <stdio.h>

#include "arena.h"
#include "error.h"
#include "text.h"

enum {
	IMPORT_MAX_BYTES = 64 << 20,
	IMPORT_MAX_REQUIREMENTS = 4096,
	IMPORT_ARENA_BYTES = 512 << 20,
	IMPORT_NOTES_BYTES = 1 << 20,
	IMPORT_MAX_TYPES = 64,
	IMPORT_ATTRIBUTES_BYTES = 300
};

/* Texts live in the arena of the import; NULL: not given. */
struct imported_requirement {
	const char *id, *uid, *type, *text, *name, *revision, *document, *clause, *hazard, *risk_control, *verified_by;
	const char *measurand, *minimum, *maximum, *nominal, *tolerance_relative, *tolerance_absolute, *combine;
	const char *scenarios, *waveform, *intensity_minimum, *intensity_maximum, *interval_maximum, *position;
	const char *rule, *risk, *capability, *judge;
	long line;    /* in the file; 0: not known */
	bool deleted; /* in the tool it is from */
};

/* How many objects of a type there were, and how many of them became requirements. */
struct imported_type {
	const char *name; /* NULL: objects without a type */
	size_t objects, kept;
};

struct imported {
	struct arena *arena;
	const char *path;        /* as messages name it */
	const char *document;    /* title of the whole, for requirements that name no document of their own */
	const char *types;       /* only these types, divided by commas; NULL: the reader's own choice; "all": every one */
	const char *const *maps; /* "FIELD=ATTRIBUTE", which beat every name that is known; FIELD as imported_is_field() has it */
	size_t map_count;
	struct imported_requirement *requirements;
	size_t count, skipped;                          /* skipped: headings, deleted ones, and of other types */
	struct imported_type by_type[IMPORT_MAX_TYPES]; /* the last one: of all further types */
	size_t type_count;
	struct text attributes; /* names that mean nothing here, divided by ", ", as many as a message can have */
	struct text notes;      /* lines "path:line: note: …" */
};

/* What a file is read with. */
struct import_options {
	const char *types;
	const char *const *maps;
	size_t map_count;
};

/* NULL when out of memory. The strings have to outlive it. */
struct imported *imported_create(const char *path, const struct import_options *options);
/* Whether a name of that length is what a map may begin with: "id", "text", "hazard", "minimum", … */
bool imported_is_field(const char *name, size_t length);
/* NULL is accepted. */
void imported_destroy(struct imported *imported);
/* "path:line: message" as ERROR_CONFIG; line 0 is left out. Always returns false. */
bool imported_wrong(const struct imported *imported, long line, struct error *error, const char *format, ...) printf_like(4, 5);
/* Adds a line to the notes. */
void imported_note(struct imported *imported, long line, const char *format, ...) printf_like(3, 4);
/*
 * Puts an attribute where its name belongs, whatever the case and punctuation ("ReqIF.ForeignID", "Risk Control", "risk_control"). Of several
 * names for one thing the most specific wins. Names that mean nothing here are dropped. value is copied. False: out of memory.
 */
bool imported_put(struct imported *imported, struct imported_requirement *requirement, const char *name, const char *value) must_check;
/*
 * Adds a requirement when it is one: with a text (else its name), not deleted, of a wanted type; unless types are given one whose type is called heading,
 * chapter, section or folder is none. Its id must be one that a spec file can have, and no other's.
 */
bool imported_add(struct imported *imported, struct imported_requirement *requirement, struct error *error) must_check;
/* Whether `types` names the type. */
bool imported_wants(const struct imported *imported, const char *type);
/* The spec file. What has no measurand with a limit is written as verified by what it says, or open. ERROR_BENCH when it cannot be written. */
bool imported_write(struct imported *imported, FILE *out, const char *id, struct error *error) must_check;

/* The readers: ReqIF 1.0 to 1.2 (.reqif; .reqifz with one of them), and needs.json of Sphinx-Needs. ERROR_CONFIG with path and line. */
bool import_reqif(struct imported *imported, const char *bytes, size_t length, struct error *error) must_check;
bool import_needs(struct imported *imported, const char *bytes, size_t length, struct error *error) must_check;
/* Reads the file by what it holds. NULL on failure. */
struct imported *import_file(const char *path, const struct import_options *options, struct error *error) must_check;

define_cleanup(struct imported *, cleanup_imported, imported_destroy);
#define auto_imported cleanup_with(cleanup_imported)
