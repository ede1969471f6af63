/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Two JSON documents held against each other, member by member.
 */
#include <jansson.h>

#include "difference.h"

/*
 * Adds what differs. name: of the document, for places ("result.json"), in which an element of an array is named by its member "id" or "name" where it
 * has one. skipped: places that are not compared ("run.started"), NULL-terminated; a place covers all that lies below it.
 */
void compare_json(const char *name, const json_t *stored, const json_t *remade, const char *const *skipped,
		  struct differences *differences);
/* A value as one line of text: numbers so that they read back as the same double. */
void compare_json_text(const json_t *value, char *out, size_t size);
