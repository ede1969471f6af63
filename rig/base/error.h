/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Errors are values with a cause. Every fallible function returns bool (true: success) or a pointer (NULL: failure), is must_check,
 * and takes a `struct error *` last, which it fills on failure only. The text is one line, "file:line:column: what is wrong, what would
 * be right"; callers prefix it on the way up. The detail, where there is one, is the offending source line with a caret below.
 */
#include <stdarg.h>
#include <stdbool.h>

#include "cleanup.h"

/* Who has to act; it decides the exit status of the program. */
enum error_kind {
	ERROR_NONE = 0,
	ERROR_CONFIG,  /* usage, scenario, bench, spec or recording is wrong: exit status 2 */
	ERROR_BENCH,   /* an instrument or the machine failed: exit status 4 */
	ERROR_REFUSED, /* the device heard the command and said no: exit status 4, where that was not to be expected */
	ERROR_ABORTED, /* the operator stopped it: exit status 5 */
};

struct error {
	enum error_kind kind;
	char text[1024];
	char detail[1024];
};

/* Sets kind and text and clears the detail. NULL is accepted. Always returns false, so that callers can `return error_set(…)`. */
bool error_set(struct error *error, enum error_kind kind, const char *format, ...) printf_like(3, 4);
/* Shorthands of error_set for the two common kinds. */
#define error_config(error, ...) error_set((error), ERROR_CONFIG, __VA_ARGS__)
#define error_bench(error, ...) error_set((error), ERROR_BENCH, __VA_ARGS__)
/* As error_set, followed by ": " and the text of errno as it was on entry. */
bool error_errno(struct error *error, enum error_kind kind, const char *format, ...) printf_like(3, 4);
/* Puts "prefix: " before the text that is there. Always returns false. */
bool error_prefix(struct error *error, const char *format, ...) printf_like(2, 3);
/* Sets the detail (source excerpt). Always returns false. */
bool error_detail(struct error *error, const char *format, ...) printf_like(2, 3);
