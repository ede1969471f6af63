/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Where the tests find the files that the project ships.
 */
#include <stdio.h>
#include <stdlib.h>

/* The path below the source directory, in a static buffer that the next call overwrites. */
static inline const char *source_path(const char *below)
{
	static char path[1024];
	const char *root = getenv("TMSRIG_SOURCE_ROOT");
	snprintf(path, sizeof path, "%s/%s", root ? root : ".", below);
	return path;
}
