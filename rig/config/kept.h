/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Copies that stand for files: the inputs/ of an evidence folder, read as if every file still lay where it lay when the session was made.
 */
#include <stddef.h>

struct kept_file {
	const char *path; /* as the session named it */
	const char *copy; /* where its bytes are now */
};

struct kept_files {
	const struct kept_file *files;
	size_t count;
};

/* The copy of a file; NULL when none was kept. Without kept files (NULL) the path itself. */
const char *kept_find(const struct kept_files *kept, const char *path);
