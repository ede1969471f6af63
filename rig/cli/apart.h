/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Work on files that somebody may have made to break the libraries that read them, in a process of its own: whatever happens there ends there.
 */
#include "error.h"

/*
 * Calls work(self, error) in a child, whose TMPDIR is `scratch` (what it leaves behind when it ends early is removed with that), and hands over the error.
 * ERROR_CONFIG ("SUBJECT: WHAT ended with signal …") when the child ended without a word; ERROR_BENCH when there can be no child.
 */
bool apart(bool (*work)(void *self, struct error *error), void *self, const char *scratch, const char *subject, const char *what,
	   struct error *error) must_check;
