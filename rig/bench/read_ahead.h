/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Reads a file ahead of its consumer in a thread of its own, so that reading and measuring go on side by side.
 */
#include <stddef.h>

#include "error.h"

struct read_ahead;

/* Begins to read fd, which it takes over, in pieces of a multiple of `unit` bytes. NULL on failure; fd is closed then too. */
struct read_ahead *read_ahead_start(int fd, size_t unit, struct error *error) must_check;
/* Stops reading and closes the file; NULL is accepted. */
void read_ahead_stop(struct read_ahead *ahead);
/*
 * The next bytes of the file, at most `most` (a multiple of unit): *size of them, 0 at the end. Only the last piece of a file may be no multiple
 * of unit. They stay valid until the next call.
 */
bool read_ahead_next(struct read_ahead *ahead, size_t most, unsigned char **bytes, size_t *size, struct error *error) must_check;
