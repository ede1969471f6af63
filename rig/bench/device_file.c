/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "device_file.h"

#include <grp.h>
#include <sys/stat.h>

bool device_file_refused(const char *path, struct error *error)
{
	int cause = errno;
	struct stat about;
	if ((cause != EACCES && cause != EPERM) || stat(path, &about) != 0) {
		errno = cause;
		return error_errno(error, ERROR_BENCH, "%s", path);
	}
	const struct group *group = getgrgid(about.st_gid);
	if (about.st_gid == 0 || !(about.st_mode & 0060))
		return error_bench(
			error, "%s: no permission; it belongs to root alone (mode %04o): a udev rule must give it to a group of its own",
			path, about.st_mode & 07777u);
	return error_bench(error, "%s: no permission; it belongs to the group '%s' (mode %04o): add the user to it", path,
			   group ? group->gr_name : "?", about.st_mode & 07777u);
}
