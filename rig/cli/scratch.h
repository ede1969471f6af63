/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A folder for what is needed only while the program runs, below $TMPDIR or /tmp.
 */
#include <limits.h>

#include "error.h"

struct scratch {
	char path[PATH_MAX]; /* "" when there is none */
};

/* Makes the folder, for this user only. ERROR_BENCH. */
bool scratch_make(struct scratch *scratch, struct error *error) must_check;
/* Writes the path of `name` inside of it; false when that is too long. */
bool scratch_file(const struct scratch *scratch, const char *name, char out[PATH_MAX], struct error *error) must_check;
/* Removes it and what is in it; a zeroed one is accepted. */
void scratch_remove(struct scratch *scratch);

#define auto_scratch cleanup_with(scratch_remove)
