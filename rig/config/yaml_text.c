/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "yaml_text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { EXCERPT_BEFORE = 90, EXCERPT_AFTER = 40 };

/* libfyaml looks ahead through a line; one without end would keep it busy for seconds. */
enum { LINE_MAX_CHARACTERS = 65536 };

/* The length of the UTF-8 sequence at bytes; 0 when it is none (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF). */
static size_t utf8_length(const unsigned char *bytes, size_t left)
{
	unsigned char first = bytes[0];
	if (first < 0x80)
		return 1;
	size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
	if (first < 0xc2 || first > 0xf4 || left < length)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
	if ((first == 0xe0 && bytes[1] < 0xa0) || (first == 0xed && bytes[1] > 0x9f) || (first == 0xf0 && bytes[1] < 0x90) ||
	    (first == 0xf4 && bytes[1] > 0x8f))
		return 0;
	return length;
}

static bool is_control(unsigned char byte)
{
	return (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7f;
}

const char *yaml_text_check(const char *bytes, size_t length, unsigned *line, unsigned *column)
{
	bool indentation = true;
	*line = *column = 1;
	for (size_t i = 0; i < length;) {
		unsigned char byte = (unsigned char)bytes[i];
		if (is_control(byte))
			return "not a text file (a control character is here)";
		size_t step = utf8_length((const unsigned char *)bytes + i, length - i);
		if (step == 0)
			return "not a text file (this is not UTF-8)";
		if (indentation && byte == '\t')
			return "a tab in the indentation; use spaces";
		if (*column > LINE_MAX_CHARACTERS)
			return "a line of more than 65536 characters";
		i += step;
		if (byte == '\n') {
			(*line)++;
			*column = 1;
			indentation = true;
		} else {
			(*column)++;
			indentation = indentation && byte == ' ';
		}
	}
	*line = *column = 1;
	return NULL;
}

static bool is_continuation(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

/* The byte `characters` characters after start, at most end. */
static const char *advance(const char *start, const char *end, unsigned characters)
{
	while (start < end && characters > 0) {
		start++;
		while (start < end && is_continuation(*start))
			start++;
		characters--;
	}
	return start;
}

static const char *find_line(const char *bytes, const char *end, unsigned line)
{
	while (line > 1) {
		const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
		if (!newline)
			return end;
		bytes = newline + 1;
		line--;
	}
	return bytes;
}

void yaml_text_excerpt(const char *bytes, size_t length, unsigned line, unsigned column, char *out, size_t size)
{
	const char *start = find_line(bytes, bytes + length, line);
	const char *end = memchr(start, '\n', (size_t)(bytes + length - start));
	if (!end)
		end = bytes + length;
	unsigned cut = column > EXCERPT_BEFORE ? column - EXCERPT_BEFORE : 0;
	const char *from = advance(start, end, cut);
	unsigned before = column > 0 ? column - 1 - cut : 0;
	const char *to = advance(from, end, before + EXCERPT_AFTER);
	size_t used = 0;
	for (const char *at = from; at < to && used + 1 < size; at++)
		if (*at == '\t' || (unsigned char)*at >= 0x20)
			out[used++] = *at;
		else
			out[used++] = '?';
	int more = snprintf(out + used, size - used, "\n%*s^", (int)before, "");
	if (more < 0 || (size_t)more >= size - used)
		out[used < size ? used : size - 1] = '\0';
}
