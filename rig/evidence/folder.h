/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Folders on disk: made, listed, brought to the disk, renamed.
 */
#include <limits.h>
#include <stddef.h>

#include "error.h"

/* More files than that are not evidence. */
enum { FOLDER_MAX_FILES = 65536 };

/* The regular files below a folder, their paths relative to it, sorted by bytes. */
struct folder_list {
	char **names;
	size_t count;
};

/* Whose an errno of making something by its path is: ERROR_CONFIG where the path cannot be one, ERROR_BENCH where the machine did not let it. */
enum error_kind folder_error_kind(int number);
/* Makes the folder, and those above it that are missing, and brings their names to the disk. ERROR_BENCH; ERROR_CONFIG where the path itself cannot be one. */
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
/* Brings the folder that a file or a folder stands in to the disk: a name that is new there, or gone. ERROR_BENCH. */
bool folder_sync_above(const char *path, struct error *error) must_check;
/* Renames and brings the new name to the disk; fails (ERROR_CONFIG) if `to` is there. When the disk does not take it, the old name is given back. */
bool folder_rename(const char *from, const char *to, struct error *error) must_check;
/* Whether a name is one that a run gives to what did not come to its end: "….incomplete", "….failed", "….failed.2". */
bool folder_unfinished_name(const char *name);
/* Whether a folder, by whatever path, has such a name; name: its own name, of a folder that is there. */
bool folder_unfinished(const char *path, char name[NAME_MAX + 1]);

define_cleanup(struct folder_list *, cleanup_folder_list, folder_list_destroy);
#define auto_folder_list cleanup_with(cleanup_folder_list)
