/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "error.h"

#include <string.h>

static void set_text(struct error *error, enum error_kind kind, const char *format, va_list args)
{
	error->kind = kind;
	error->detail[0] = '\0';
	vsnprintf(error->text, sizeof error->text, format, args);
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
	size_t length = strlen(error->text);
	snprintf(error->text + length, sizeof error->text - length, ": %s", cause);
	return false;
}

bool error_prefix(struct error *error, const char *format, ...)
{
	if (!error)
		return false;
	char whole[sizeof error->text];
	va_list args;
	va_start(args, format);
	int length = vsnprintf(whole, sizeof whole, format, args);
	va_end(args);
	if (length < 0 || (size_t)length >= sizeof whole)
		return false;
	snprintf(whole + length, sizeof whole - (size_t)length, ": %s", error->text);
	memcpy(error->text, whole, sizeof whole);
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
