/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Words the user may have meant.
 */
#include <stddef.h>

/* The word of the list nearest to what was written, by edit distance with transpositions; NULL when none is near. */
const char *suggest(const char *written, const char *const *words, size_t count);
/* Writes "a, b, c" into out; what does not fit is left off with "…". */
void suggest_list(const char *const *words, size_t count, char *out, size_t size);
