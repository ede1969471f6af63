/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text.h"

#include <string.h>

struct text text_make(size_t cap)
{
	return (struct text){.cap = cap};
}

static bool text_reserve(struct text *text, size_t more)
{
	if (text->overflown || more > text->cap || text->length > text->cap - more) {
		text->overflown = true;
		return false;
	}
	size_t need = text->length + more + 1;
	if (need <= text->capacity)
		return true;
	size_t capacity = text->capacity ? text->capacity : 256;
	while (capacity < need)
		capacity *= 2;
	char *bytes = realloc(text->bytes, capacity);
	if (!bytes) {
		text->overflown = true;
		return false;
	}
	text->bytes = bytes;
	text->capacity = capacity;
	return true;
}

void text_append(struct text *text, const char *bytes, size_t length)
{
	if (!text_reserve(text, length))
		return;
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	text->bytes[text->length] = '\0';
}

void text_puts(struct text *text, const char *string)
{
	text_append(text, string, strlen(string));
}

void text_printf(struct text *text, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length >= 0 && text_reserve(text, (size_t)length)) {
		vsnprintf(text->bytes + text->length, (size_t)length + 1, format, again);
		text->length += (size_t)length;
	}
	va_end(again);
}

const char *text_view(const struct text *text)
{
	return text->bytes ? text->bytes : "";
}

char *text_take(struct text *text)
{
	if (text->overflown) {
		text_finish(text);
		return NULL;
	}
	char *bytes = text->bytes ? text->bytes : strdup("");
	*text = (struct text){.cap = text->cap};
	return bytes;
}

void text_finish(struct text *text)
{
	if (!text)
		return;
	free(text->bytes);
	*text = (struct text){.cap = text->cap, .overflown = text->overflown};
}
