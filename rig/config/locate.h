/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * From a name to a file.
 */
#include "error.h"
#include "kept.h"

/*
 * The path of the file that name stands for, in out: a name with a slash or ending in ".yaml" is a path, relative to the directory of the
 * file `referrer` (NULL: to the working directory); any other is FIXTURES/FOLDER/NAME.yaml. kind is for messages ("device"). Fails
 * with the names there are when there is no such file. kept: where the files are looked for instead of on the disk, or NULL.
 */
bool locate_file(const char *name, const char *fixtures, const char *folder, const char *kind, const char *referrer,
		 const struct kept_files *kept, char *out, size_t size, struct error *error) must_check;
