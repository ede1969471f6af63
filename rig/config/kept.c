/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kept.h"

#include <string.h>

const char *kept_find(const struct kept_files *kept, const char *path)
{
	if (!kept)
		return path;
	for (size_t i = 0; i < kept->count; i++)
		if (strcmp(kept->files[i].path, path) == 0)
			return kept->files[i].copy;
	return NULL;
}
