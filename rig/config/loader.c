/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loader.h"

struct yaml *loader_open(const char *name, const char *fixtures, const char *folder, const char *kind, const struct kept_files *kept,
			 struct error *error)
{
	char path[LOADER_PATH_MAX];
	if (kept)
		return yaml_load_kept(name, kept, kind, error);
	if (!locate_file(name, fixtures, folder, kind, NULL, NULL, path, sizeof path, error))
		return NULL;
	return yaml_load(path, kind, error);
}
