/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Bytes as a file with a path, for readers that open their input themselves. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* The descriptor, to be closed by the caller; path[64] gets a name under which the file can be opened as long as it is open. */
static inline int memory_file(const uint8_t *data, size_t size, char path[64])
{
	int fd = memfd_create("input", 0);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd;
}
