/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "small_file.h"

#include <fcntl.h>
#include <sys/stat.h>

static char *read_all(int fd, size_t max, size_t *length, struct error *error)
{
	auto_free char *bytes = malloc(max + 2);
	if (!bytes) {
		error_bench(error, "out of memory");
		return NULL;
	}
	size_t filled = 0;
	while (filled <= max) {
		ssize_t got = read(fd, bytes + filled, max + 1 - filled);
		if (got < 0) {
			error_errno(error, ERROR_BENCH, "cannot be read");
			return NULL;
		}
		if (got == 0)
			break;
		filled += (size_t)got;
	}
	if (filled > max) {
		error_config(error, "is longer than %zu bytes", max);
		return NULL;
	}
	bytes[filled] = '\0';
	*length = filled;
	return steal(&bytes);
}

char *small_file_read(const char *path, size_t max, size_t *length, struct error *error)
{
	struct stat status;
	auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		if (errno == ENOENT)
			error_config(error, "is not there");
		else
			error_errno(error, errno == ELOOP || errno == ENXIO ? ERROR_CONFIG : ERROR_BENCH, "cannot be read");
		return NULL;
	}
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
		error_config(error, "is no regular file");
		return NULL;
	}
	return read_all(fd, max, length, error);
}
