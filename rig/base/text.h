/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A growing text with a declared cap. An append that would pass the cap or finds no memory marks the text as overflown and does nothing;
 * text_take() then returns NULL. So a builder needs one check, at its end.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "cleanup.h"

struct text {
	char *bytes; /* NUL-terminated, NULL while empty */
	size_t length;
	size_t capacity;
	size_t cap; /* largest length allowed */
	bool overflown;
};

/* An empty text that may grow to cap bytes. */
struct text text_make(size_t cap);
void text_append(struct text *text, const char *bytes, size_t length);
void text_puts(struct text *text, const char *string);
void text_printf(struct text *text, const char *format, ...) printf_like(2, 3);
/* The content ("" while empty); valid until the next append. */
const char *text_view(const struct text *text);
/* Hands the content to the caller, who frees it, and empties the text; NULL when it overflowed. */
char *text_take(struct text *text) must_check;
/* Releases the content; NULL is accepted. */
void text_finish(struct text *text);

#define auto_text cleanup_with(text_finish)
