/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Work on files that somebody may have made to break the libraries that read them, in a process of its own: whatever happens there ends there.
 */
#include <stdint.h>

#include "error.h"

/*
 * Calls work(self, error) in a child, which gets time of the processor, memory and size of files by the `bytes` that it reads, and no more; whose TMPDIR is `scratch` (what it leaves behind when it ends early is removed with that), and hands over the error.
 * ERROR_CONFIG ("SUBJECT: WHAT ended with signal …") when the child ended without a word; ERROR_BENCH when there can be no child.
 */
bool apart(bool (*work)(void *self, struct error *error), void *self, uint64_t bytes, const char *scratch, const char *subject,
	   const char *what, struct error *error) must_check;
