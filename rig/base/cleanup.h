/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Scope-bound release of resources, and the attributes every prototype here uses.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The result carries an error that must not be dropped. */
#define must_check __attribute__((warn_unused_result))
/* fmt is the 1-based index of the format argument, args that of the first variadic one. */
#define printf_like(fmt, args) __attribute__((format(printf, fmt, args)))
/* Runs fn(&variable) when the variable goes out of scope. */
#define cleanup_with(fn) __attribute__((cleanup(fn)))

/* Defines NAME_p(), a cleanup function for variables of type TYPE that are released by FN, which must accept NULL. */
#define define_cleanup(type, name, fn)                                                                                                     \
	static inline void name(type *slot)                                                                                                \
	{                                                                                                                                  \
		int saved_errno = errno;                                                                                                   \
		fn(*slot);                                                                                                                 \
		errno = saved_errno;                                                                                                       \
	}                                                                                                                                  \
	struct cleanup_semicolon_##name

static inline void cleanup_free(void *slot)
{
	int saved_errno = errno;
	free(*(void **)slot);
	errno = saved_errno;
}

static inline void cleanup_file(FILE **slot)
{
	int saved_errno = errno;
	if (*slot)
		fclose(*slot);
	errno = saved_errno;
}

static inline void cleanup_fd(int *slot)
{
	int saved_errno = errno;
	if (*slot >= 0)
		close(*slot);
	errno = saved_errno;
}

#define auto_free cleanup_with(cleanup_free)
#define auto_file cleanup_with(cleanup_file)
#define auto_fd cleanup_with(cleanup_fd)

/* Hands a pointer on: returns it and leaves NULL behind, so that an auto_ variable no longer releases it. */
#define steal(slot)                                                                                                                        \
	__extension__({                                                                                                                    \
		__typeof__(*(slot)) stolen_ = *(slot);                                                                                     \
		*(slot) = NULL;                                                                                                            \
		stolen_;                                                                                                                   \
	})
