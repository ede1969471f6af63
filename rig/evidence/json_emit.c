/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "json_emit.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The locale's decimal separator, which may be several bytes, is the only thing in "%g" that no JSON number has. */
static int undo_locale(char text[NUMBER_TEXT_SIZE], int length)
{
	int written = 0;
	for (int read = 0; read < length; read++) {
		if (strchr("+-0123456789e", text[read]))
			text[written++] = text[read];
		else if (written == 0 || text[written - 1] != '.')
			text[written++] = '.';
	}
	text[written] = '\0';
	return written;
}

int emit_number_text(char text[NUMBER_TEXT_SIZE], double value)
{
	int length = 0;
	for (int digits = 15; digits <= 17; digits++) {
		length = snprintf(text, NUMBER_TEXT_SIZE, "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	return undo_locale(text, length);
}

int emit_exact_text(char text[NUMBER_TEXT_SIZE], double value)
{
	return undo_locale(text, snprintf(text, NUMBER_TEXT_SIZE, "%.17g", value));
}

/* Length of the UTF-8 sequence at s (RFC 3629), 0 if it is none. */
static size_t utf8_length(const unsigned char *s)
{
	size_t length = s[0] < 0x80                   ? 1
			: s[0] >= 0xc2 && s[0] < 0xe0 ? 2
			: s[0] >= 0xe0 && s[0] < 0xf0 ? 3
			: s[0] >= 0xf0 && s[0] < 0xf5 ? 4
						      : 0;
	for (size_t i = 1; i < length; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	bool overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
	bool outside = (s[0] == 0xed && s[1] >= 0xa0) || (s[0] == 0xf4 && s[1] >= 0x90);
	return overlong || outside ? 0 : length;
}

static void put_quoted(FILE *file, const char *string)
{
	fputc('"', file);
	for (const unsigned char *s = (const unsigned char *)string; *s;) {
		size_t length = utf8_length(s);
		if (length == 0)
			fputs("\xef\xbf\xbd", file);
		else if (*s == '"' || *s == '\\')
			fprintf(file, "\\%c", *s);
		else if (*s < 0x20 || *s == 0x7f)
			fprintf(file, "\\u%04x", *s);
		else
			fwrite(s, 1, length, file);
		s += length ? length : 1;
	}
	fputc('"', file);
}

static void begin_value(struct json_emitter *json, const char *key)
{
	if (json->filled[json->depth])
		fputc(',', json->file);
	if (json->one_line && json->filled[json->depth])
		fputc(' ', json->file);
	if (json->depth > 0 && !json->one_line)
		fprintf(json->file, "\n%*s", 2 * json->depth, "");
	json->filled[json->depth] = true;
	if (key) {
		put_quoted(json->file, key);
		fputs(": ", json->file);
	}
}

static void open_level(struct json_emitter *json, const char *key, char bracket)
{
	begin_value(json, key);
	fputc(bracket, json->file);
	json->filled[++json->depth] = false;
}

static void close_level(struct json_emitter *json, char bracket)
{
	bool filled = json->filled[json->depth--];
	if (filled && !json->one_line)
		fprintf(json->file, "\n%*s", 2 * json->depth, "");
	fputc(bracket, json->file);
	if (json->depth == 0 && !json->one_line)
		fputc('\n', json->file);
}

void emit_open_object(struct json_emitter *json, const char *key)
{
	open_level(json, key, '{');
}

void emit_close_object(struct json_emitter *json)
{
	close_level(json, '}');
}

void emit_open_array(struct json_emitter *json, const char *key)
{
	open_level(json, key, '[');
}

void emit_close_array(struct json_emitter *json)
{
	close_level(json, ']');
}

void emit_null(struct json_emitter *json, const char *key)
{
	begin_value(json, key);
	fputs("null", json->file);
}

void emit_string(struct json_emitter *json, const char *key, const char *value)
{
	if (!value) {
		emit_null(json, key);
		return;
	}
	begin_value(json, key);
	put_quoted(json->file, value);
}

void emit_number(struct json_emitter *json, const char *key, double value)
{
	if (!isfinite(value)) {
		emit_null(json, key);
		return;
	}
	char text[NUMBER_TEXT_SIZE];
	emit_number_text(text, value);
	begin_value(json, key);
	fputs(text, json->file);
}

void emit_integer(struct json_emitter *json, const char *key, int64_t value)
{
	begin_value(json, key);
	fprintf(json->file, "%" PRId64, value);
}

void emit_unsigned(struct json_emitter *json, const char *key, uint64_t value)
{
	begin_value(json, key);
	fprintf(json->file, "%" PRIu64, value);
}

void emit_boolean(struct json_emitter *json, const char *key, bool value)
{
	begin_value(json, key);
	fputs(value ? "true" : "false", json->file);
}
