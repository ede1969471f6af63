/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * JSON straight to a file: nothing is held, so a result may list as much as it likes. Numbers are the shortest text that reads back as the same
 * double; NAN and infinities become null. Bytes that are not UTF-8 become U+FFFD.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { EMIT_MAX_DEPTH = 16, NUMBER_TEXT_SIZE = 32 };

struct json_emitter {
	FILE *file;
	bool one_line; /* no newlines and no indent; the caller ends the line */
	int depth;
	bool filled[EMIT_MAX_DEPTH]; /* something was written at this depth */
};

/* Every function below takes the key of a member, or NULL for an element of an array (and for the outermost object). */
void emit_open_object(struct json_emitter *json, const char *key);
void emit_close_object(struct json_emitter *json);
void emit_open_array(struct json_emitter *json, const char *key);
void emit_close_array(struct json_emitter *json);
/* NULL becomes null. */
void emit_string(struct json_emitter *json, const char *key, const char *value);
void emit_number(struct json_emitter *json, const char *key, double value);
void emit_integer(struct json_emitter *json, const char *key, int64_t value);
void emit_unsigned(struct json_emitter *json, const char *key, uint64_t value);
void emit_boolean(struct json_emitter *json, const char *key, bool value);
void emit_null(struct json_emitter *json, const char *key);

/* Writes the shortest text of a finite number that reads back as the same double, whatever the locale; returns its length. */
int emit_number_text(char text[NUMBER_TEXT_SIZE], double value);
/* As emit_number_text, with 17 digits always: quick, and just as exact. */
int emit_exact_text(char text[NUMBER_TEXT_SIZE], double value);
