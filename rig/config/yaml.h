/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A YAML file as a tree in which every node knows its line and column. The subset is small on purpose: one document of mappings, sequences
 * and scalars; no anchors, aliases, tags or directives, at most YAML_MAX_BYTES long, YAML_MAX_NODES nodes and YAML_MAX_DEPTH levels.
 * libfyaml reads it; nothing is ever printed.
 */
#include <stddef.h>

#include "arena.h"
#include "error.h"
#include "kept.h"

enum { YAML_MAX_BYTES = 4 * 1024 * 1024, YAML_MAX_NODES = 100000, YAML_MAX_DEPTH = 24 };

enum node_kind { NODE_SCALAR, NODE_MAPPING, NODE_SEQUENCE };

struct node {
	enum node_kind kind;
	unsigned line, column; /* from 1; columns count characters */
	const char *text;      /* of a scalar, without trailing white space; "" when nothing is written */
	struct node *key;      /* of a member of a mapping: its key, a scalar; else NULL */
	struct node *first, *next;
	size_t count; /* of members or elements */
};

struct yaml {
	struct arena *arena; /* owns everything, the struct too */
	const char *path;    /* as shown in messages */
	const char *bytes;   /* the file, NUL-terminated */
	size_t length;
	struct node *root;
	const struct kept_files *kept; /* where the files it names are taken from; NULL: from where they lie */
};

/* Reads the file; kind is what it should hold ("bench"). NULL and a located ERROR_CONFIG on failure. Released by yaml_destroy(). */
struct yaml *yaml_load(const char *path, const char *kind, struct error *error) must_check;
/* As yaml_load, the bytes from the copy that was kept of the file; kept may be NULL. */
struct yaml *yaml_load_kept(const char *path, const struct kept_files *kept, const char *kind, struct error *error) must_check;
/* Releases the tree; NULL is accepted. */
void yaml_destroy(struct yaml *yaml);
/* Sets ERROR_CONFIG "path:line:column: message" with the source line and a caret as detail. Always returns false. */
bool yaml_error(const struct yaml *yaml, const struct node *node, struct error *error, const char *format, ...) printf_like(4, 5);
/* As yaml_error, of a text that stands in error already. */
bool yaml_locate(const struct yaml *yaml, const struct node *node, struct error *error);

define_cleanup(struct yaml *, cleanup_yaml, yaml_destroy);
#define auto_yaml cleanup_with(cleanup_yaml)
