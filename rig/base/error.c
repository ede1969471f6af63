/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "error.h"

#include <string.h>

static void set_text(struct error *error, enum error_kind kind, const char *format, va_list args) printf_like(3, 0);

static void set_text(struct error *error, enum error_kind kind, const char *format, va_list args)
{
	error->kind = kind;
	error->detail[0] = '\0';
	vsnprintf(error->text, sizeof error->text, format, args);
}

/* What does not fit is cut off. */
static void append(struct error *error, const char *more)
{
	size_t length = strlen(error->text), room = sizeof error->text - 1 - length, size = strnlen(more, room);
	memcpy(error->text + length, more, size);
	error->text[length + size] = '\0';
}

bool error_set(struct error *error, enum error_kind kind, const char *format, ...)
{
	if (!error)
		return false;
	va_list args;
	va_start(args, format);
	set_text(error, kind, format, args);
	va_end(args);
	return false;
}

bool error_errno(struct error *error, enum error_kind kind, const char *format, ...)
{
	if (!error)
		return false;
	const char *cause = strerror(errno);
	va_list args;
	va_start(args, format);
	set_text(error, kind, format, args);
	va_end(args);
	append(error, ": ");
	append(error, cause);
	return false;
}

bool error_prefix(struct error *error, const char *format, ...)
{
	if (!error)
		return false;
	char cause[sizeof error->text];
	memcpy(cause, error->text, sizeof cause);
	va_list args;
	va_start(args, format);
	vsnprintf(error->text, sizeof error->text, format, args);
	va_end(args);
	append(error, ": ");
	append(error, cause);
	return false;
}

bool error_detail(struct error *error, const char *format, ...)
{
	if (!error)
		return false;
	va_list args;
	va_start(args, format);
	vsnprintf(error->detail, sizeof error->detail, format, args);
	va_end(args);
	return false;
}
