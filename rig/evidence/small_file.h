/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Small files read whole, from places that may be hostile: no link is followed, no pipe or device waited for, nothing longer than is told is read.
 */
#include <stddef.h>

#include "error.h"

/*
 * The content, with a NUL that is not counted; the caller frees. NULL on failure: ERROR_CONFIG for what is not there, no regular file or longer than
 * max; ERROR_BENCH for what cannot be read. The error says what is wrong without the path.
 */
char *small_file_read(const char *path, size_t max, size_t *length, struct error *error) must_check;
