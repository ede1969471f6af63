/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "template.h"

#include <string.h>

struct tag {
	const char *open, *before, *after;
};

static const struct tag TAGS[] = {
	{"<?lua", "", " "},
	{"<?=", "emit((", "));"}, /* one value, also of a function that returns more */
	{"<?!", "raw((", "));"},
};

static const struct tag *tag_at(const char *text, size_t length)
{
	for (size_t i = 0; i < sizeof TAGS / sizeof *TAGS; i++)
		if (length >= strlen(TAGS[i].open) && memcmp(text, TAGS[i].open, strlen(TAGS[i].open)) == 0)
			return &TAGS[i];
	return NULL;
}

/* The start of the next tag, or the end. "<?xml" and the like are text. */
static const char *next_tag(const char *from, const char *end)
{
	for (const char *at = from; (at = memmem(at, (size_t)(end - at), "<?", 2)); at++)
		if (tag_at(at, (size_t)(end - at)))
			return at;
	return end;
}

/* Text as a Lua string literal; a newline stays a newline of the chunk. */
static void put_literal(struct text *chunk, const char *from, const char *to)
{
	if (from == to)
		return;
	text_puts(chunk, "raw \"");
	for (const char *at = from; at < to; at++) {
		if (*at == '\r')
			text_puts(chunk, "\\r");
		else if (*at == '\0')
			text_puts(chunk, "\\000");
		else
			text_printf(chunk, *at == '"' || *at == '\\' || *at == '\n' ? "\\%c" : "%c", *at);
	}
	text_puts(chunk, "\";");
}

static unsigned line_of(const char *source, const char *at)
{
	unsigned line = 1;
	for (const char *c = source; c < at; c++)
		line += *c == '\n';
	return line;
}

bool template_translate(const char *name, const char *source, size_t length, struct text *chunk, struct error *error)
{
	const char *at = source, *end = source + length;
	text_puts(chunk, "local emit, raw = emit, raw; ");
	while (at < end) {
		const char *open = next_tag(at, end);
		put_literal(chunk, at, open);
		if (open == end)
			break;
		const struct tag *tag = tag_at(open, (size_t)(end - open));
		const char *code = open + strlen(tag->open);
		const char *close = memmem(code, (size_t)(end - code), "?>", 2);
		if (!close)
			return error_config(error, "%s:%u: %s is never closed by ?>", name, line_of(source, open), tag->open);
		text_puts(chunk, tag->before);
		text_append(chunk, code, (size_t)(close - code));
		text_puts(chunk, tag->after);
		at = close + 2;
		/* A line that only holds statements leaves no empty line behind. */
		if (tag == &TAGS[0] && at < end && *at == '\n') {
			text_puts(chunk, "\n");
			at++;
		}
	}
	if (chunk->overflown)
		return error_config(error, "%s: the template is too large", name);
	return true;
}
