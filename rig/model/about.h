/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What a test report must say and a rig cannot know: the laboratory, the customer, the item as received, the method's deviations, the surroundings.
 * People state it, in the `report:` section of a bench file or in a file of its own; what nobody stated is NULL and shown as "not stated".
 */
#include <stdbool.h>

#include "arena.h"

enum { ABOUT_COUNT = 40 };

/* Where a fact stands in the file: SECTION: {NAME: text}. Keys of a section stand together. */
struct about_key {
	const char *section, *name;
	bool date; /* YYYY-MM-DD */
};

extern const struct about_key ABOUT_KEYS[ABOUT_COUNT];

/* In the order of ABOUT_KEYS; the strings belong to what they were read from. */
struct about {
	const char *value[ABOUT_COUNT];
};

/* A file of such facts. */
struct about_file {
	struct arena *arena; /* owns everything, the struct too */
	const char *file;
	struct about about;
};

/* What over states, and what only base does. Either may be NULL. */
struct about about_over(const struct about *base, const struct about *over);
/* Releases it; NULL is accepted. */
void about_file_destroy(struct about_file *file);

define_cleanup(struct about_file *, cleanup_about_file, about_file_destroy);
#define auto_about_file cleanup_with(cleanup_about_file)
