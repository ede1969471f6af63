/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Memory that is released as a whole: what a file was read into (a device, a spec, a plan) lives and dies together.
 */
#include <stddef.h>

#include "cleanup.h"

struct arena;

/* A new arena that gives out at most cap bytes; NULL when out of memory. Released by arena_destroy(). */
struct arena *arena_create(size_t cap) must_check;
/* Releases everything given out; NULL is accepted. */
void arena_destroy(struct arena *arena);
/* Zeroed memory, aligned for any type, valid until arena_destroy(); NULL when out of memory or past the cap. */
void *arena_alloc(struct arena *arena, size_t count, size_t size) must_check;
/* A copy of the string; NULL when out of memory or past the cap. */
char *arena_strdup(struct arena *arena, const char *string) must_check;

define_cleanup(struct arena *, cleanup_arena, arena_destroy);
#define auto_arena cleanup_with(cleanup_arena)
