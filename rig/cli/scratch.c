/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scratch.h"

#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

bool scratch_make(struct scratch *scratch, struct error *error)
{
	const char *given = getenv("TMPDIR");
	char path[PATH_MAX];
	if (snprintf(path, sizeof path, "%s/tmsrig-XXXXXX", given && *given == '/' ? given : "/tmp") >= (int)sizeof path)
		return error_config(error, "TMPDIR: the path is too long");
	if (!mkdtemp(path))
		return error_errno(error, ERROR_BENCH, "%s: a folder for the time being cannot be made", path);
	snprintf(scratch->path, sizeof scratch->path, "%s", path);
	return true;
}

bool scratch_file(const struct scratch *scratch, const char *name, char out[PATH_MAX], struct error *error)
{
	return snprintf(out, PATH_MAX, "%s/%s", scratch->path, name) < PATH_MAX ||
	       error_config(error, "%s: the path is too long", scratch->path);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *at)
{
	(void)status;
	(void)type;
	(void)at;
	remove(path);
	return 0;
}

void scratch_remove(struct scratch *scratch)
{
	enum { OPEN_FOLDERS = 16 };
	if (scratch->path[0])
		nftw(scratch->path, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
	scratch->path[0] = '\0';
}
