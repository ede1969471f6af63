/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The text of a YAML file, below its grammar: is it text at all, and what does a line of it look like.
 */
#include <stddef.h>

/*
 * NULL when the bytes are UTF-8 without control characters, and no line is indented with a tab or endless; else what is wrong (static
 * string), with the line and column (from 1, columns in characters) of the first such place.
 */
const char *yaml_text_check(const char *bytes, size_t length, unsigned *line, unsigned *column);
/* Writes the line and, below it, a caret under the column. A long line is cut to the part around the column. */
void yaml_text_excerpt(const char *bytes, size_t length, unsigned line, unsigned column, char *out, size_t size);
