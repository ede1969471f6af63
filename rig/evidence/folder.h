/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Folders on disk: made, listed, brought to the disk, renamed.
 */
#include <stddef.h>

#include "error.h"

/* More files than that are not evidence. */
enum { FOLDER_MAX_FILES = 65536 };

/* The regular files below a folder, their paths relative to it, sorted by bytes. */
struct folder_list {
	char **names;
	size_t count;
};

/* Makes the folder, and those above it that are missing. ERROR_BENCH; ERROR_CONFIG where the path itself cannot be one. */
bool folder_make(const char *path, struct error *error) must_check;
/*
 * Lists the folder; NULL on failure. Anything but files and folders, and a name that a line of SHA256SUMS cannot hold, is ERROR_BENCH: it would go
 * unproven.
 */
struct folder_list *folder_list(const char *path, struct error *error) must_check;
/*
 * As folder_list(), of a folder that others made: what folder_list() would refuse is listed in others (NULL unless all went well), which the
 * caller destroys.
 */
struct folder_list *folder_survey(const char *path, struct folder_list **others, struct error *error) must_check;
/* Releases the list; NULL is accepted. */
void folder_list_destroy(struct folder_list *list);
/* Brings the listed files, one more, and the folders they are in to the disk. */
bool folder_sync(const char *path, const struct folder_list *list, const char *also, struct error *error) must_check;
/* Renames and brings the new name to the disk; fails (ERROR_CONFIG) if `to` is there. */
bool folder_rename(const char *from, const char *to, struct error *error) must_check;

define_cleanup(struct folder_list *, cleanup_folder_list, folder_list_destroy);
#define auto_folder_list cleanup_with(cleanup_folder_list)
