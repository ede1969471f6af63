/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The files of a bundle in memory, written back as they were or otherwise.
 */
#include <stddef.h>
#include <stdint.h>

struct kept_file {
	char *name; /* below the bundle */
	char *path;
	uint8_t *bytes;
	size_t size;
};

struct kept_files {
	struct kept_file *items;
	size_t count;
};

/* Reads every file below the folder; the program ends with a message if it cannot. */
struct kept_files kept_files_read(const char *dir);
void kept_files_finish(struct kept_files *files);
/* Writes a file anew with these bytes. */
void kept_file_write(const char *path, const void *bytes, size_t size);
/* Writes the file as it was read. */
void kept_file_restore(const struct kept_file *file);
/* Ends the program with a message and exit status 2. */
void give_up(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
