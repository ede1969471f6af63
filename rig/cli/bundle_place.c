/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bundle_place.h"

#include <string.h>
#include <sys/stat.h>

#include "bundle_zip.h"

static bool is_zip(const char *name)
{
	size_t length = strlen(name);
	return length > 4 && strcmp(name + length - 4, ".zip") == 0;
}

bool bundle_place_open(struct bundle_place *place, const char *bundle, struct error *error)
{
	struct stat status;
	*place = (struct bundle_place){0};
	if (stat(bundle, &status) != 0)
		return error_errno(error, ERROR_CONFIG, "%s", bundle);
	if (S_ISREG(status.st_mode) && is_zip(bundle))
		return scratch_make(&place->scratch, error) && scratch_file(&place->scratch, "bundle", place->dir, error) &&
		       bundle_zip_unpack(bundle, place->dir, &bundle_zip_default_limits, error);
	if (!S_ISDIR(status.st_mode))
		return error_config(error, "%s: neither a folder nor a .zip; a bundle that tmsrig wrote is needed", bundle);
	return snprintf(place->dir, sizeof place->dir, "%s", bundle) < (int)sizeof place->dir ||
	       error_config(error, "%s: the path is too long", bundle);
}

void bundle_place_close(struct bundle_place *place)
{
	scratch_remove(&place->scratch);
}
