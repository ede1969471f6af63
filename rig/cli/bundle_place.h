/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A bundle as the user names it: a folder, or a .zip of one, which is unpacked for the time being.
 */
#include "scratch.h"

struct bundle_place {
	char dir[PATH_MAX]; /* its folder */
	struct scratch scratch;
};

/* ERROR_CONFIG when it is neither, or the archive is refused (bundle_zip.h). Call bundle_place_close() whatever comes of it. */
bool bundle_place_open(struct bundle_place *place, const char *bundle, struct error *error) must_check;
/* Removes what was unpacked; a zeroed one is accepted. */
void bundle_place_close(struct bundle_place *place);
