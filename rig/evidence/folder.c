/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_DEPTH = 8, GROWTH = 16 };

enum error_kind folder_error_kind(int number)
{
	bool wrong_path = number == ENOENT || number == ENOTDIR || number == EISDIR || number == ENAMETOOLONG || number == ELOOP ||
			  number == EACCES || number == EPERM || number == EROFS;
	return wrong_path ? ERROR_CONFIG : ERROR_BENCH;
}

static bool sync_path(const char *path, struct error *error)
{
	auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	/* Some file systems have no fsync for folders (EINVAL): their rename is as durable as they make it. */
	if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL))
		return error_errno(error, ERROR_BENCH, "%s: cannot be brought to the disk", path);
	return true;
}

bool folder_sync_above(const char *path, struct error *error)
{
	auto_free char *folder = strdup(path);
	if (!folder)
		return error_bench(error, "%s: out of memory", path);
	char *slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder ? 1 : 0] = '\0';
	return sync_path(slash ? folder : ".", error);
}

static bool make_one(const char *path, struct error *error)
{
	struct stat status;
	if (mkdir(path, 0777) == 0)
		return folder_sync_above(path, error);
	if (errno == EEXIST && stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		return true;
	if (errno == EEXIST)
		return error_config(error, "%s: a file is in the way of the folder", path);
	return error_errno(error, folder_error_kind(errno), "%s: cannot make the folder", path);
}

bool folder_make(const char *path, struct error *error)
{
	auto_free char *partial = strdup(path);
	if (!partial)
		return error_bench(error, "%s: out of memory", path);
	for (char *slash = partial + 1; *partial && (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		if (!make_one(partial, error))
			return false;
		*slash = '/';
	}
	return make_one(path, error);
}

static bool add_name(struct folder_list *list, char *name)
{
	if (!name)
		return false;
	if (list->count % GROWTH == 0) {
		char **names = realloc(list->names, (list->count + GROWTH) * sizeof *names);
		if (!names) {
			free(name);
			return false;
		}
		list->names = names;
	}
	list->names[list->count++] = name;
	return true;
}

static void cleanup_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

struct survey {
	const char *root;
	struct folder_list *files, *others; /* others NULL: what does not belong is an error */
};

static bool collect(struct survey *survey, const char *prefix, int depth, struct error *error);

static bool collect_one(struct survey *survey, const char *name, mode_t mode, int depth, struct error *error)
{
	bool belongs = !name[strcspn(name, "\\\n\r")] && (S_ISDIR(mode) || S_ISREG(mode)) && (!S_ISDIR(mode) || depth < MAX_DEPTH);
	if (!belongs && !survey->others)
		return error_bench(error, "%s/%s: does not belong into evidence", survey->root, name);
	if (belongs && S_ISDIR(mode))
		return collect(survey, name, depth + 1, error);
	struct folder_list *list = belongs ? survey->files : survey->others;
	if (list->count >= FOLDER_MAX_FILES)
		return error_config(error, "%s: more than %d files", survey->root, FOLDER_MAX_FILES);
	return add_name(list, strdup(name)) || error_bench(error, "%s: out of memory", survey->root);
}

/* prefix: the path below root with a trailing slash, or "". */
static bool collect(struct survey *survey, const char *prefix, int depth, struct error *error)
{
	auto_free char *path = NULL;
	if (asprintf(&path, "%s/%s", survey->root, prefix) < 0)
		return error_bench(error, "%s: out of memory", survey->root);
	cleanup_with(cleanup_dir) DIR *dir = opendir(path);
	if (!dir)
		return error_errno(error, ERROR_BENCH, "%s: cannot list the folder", path);
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		struct stat status;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (fstatat(dirfd(dir), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
			return error_errno(error, ERROR_BENCH, "%s%s: cannot look at it", path, entry->d_name);
		auto_free char *name = NULL;
		if (asprintf(&name, "%s%s%s", prefix, entry->d_name, S_ISDIR(status.st_mode) ? "/" : "") < 0)
			return error_bench(error, "%s: out of memory", survey->root);
		if (!collect_one(survey, name, status.st_mode, depth, error))
			return false;
	}
	return true;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_names(struct folder_list *list)
{
	if (list->count > 0)
		qsort(list->names, list->count, sizeof *list->names, compare_names);
}

struct folder_list *folder_survey(const char *path, struct folder_list **others, struct error *error)
{
	auto_folder_list struct folder_list *list = calloc(1, sizeof *list);
	auto_folder_list struct folder_list *strange = others ? calloc(1, sizeof *strange) : NULL;
	struct survey survey = {path, list, strange};
	if (others)
		*others = NULL;
	if (!list || (others && !strange)) {
		error_bench(error, "%s: out of memory", path);
		return NULL;
	}
	if (!collect(&survey, "", 0, error))
		return NULL;
	sort_names(list);
	if (others) {
		sort_names(strange);
		*others = steal(&strange);
	}
	return steal(&list);
}

struct folder_list *folder_list(const char *path, struct error *error)
{
	return folder_survey(path, NULL, error);
}

void folder_list_destroy(struct folder_list *list)
{
	if (!list)
		return;
	for (size_t i = 0; i < list->count; i++)
		free(list->names[i]);
	free(list->names);
	free(list);
}

static bool sync_file(const char *root, const char *name, struct error *error)
{
	auto_free char *path = NULL;
	if (asprintf(&path, "%s/%s", root, name) < 0)
		return error_bench(error, "%s: out of memory", root);
	return sync_path(path, error) && folder_sync_above(path, error);
}

bool folder_sync(const char *path, const struct folder_list *list, const char *also, struct error *error)
{
	for (size_t i = 0; i < list->count; i++)
		if (!sync_file(path, list->names[i], error))
			return false;
	return sync_file(path, also, error);
}

bool folder_rename(const char *from, const char *to, struct error *error)
{
	struct stat status;
	bool renamed = renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0;
	/* Not every file system can refuse to replace: look first, there. */
	if (!renamed && (errno == EINVAL || errno == ENOSYS)) {
		errno = EEXIST;
		renamed = lstat(to, &status) != 0 && rename(from, to) == 0;
	}
	if (!renamed)
		return error_errno(error, errno == EEXIST ? ERROR_CONFIG : ERROR_BENCH, "%s: cannot be renamed to %s", from, to);
	/* A name that may be gone after the next power cut is not given. */
	return folder_sync_above(to, error) || (rename(to, from) != 0 && error_prefix(error, "%s: it keeps this name", to));
}

bool folder_unfinished_name(const char *name)
{
	static const char *const ENDINGS[] = {".incomplete", ".failed"};
	size_t whole = strlen(name), length = whole;
	/* DIR.failed.2 */
	while (length > 0 && strchr("0123456789", name[length - 1]))
		length--;
	length = length < whole && length > 0 && name[length - 1] == '.' ? length - 1 : whole;
	for (size_t i = 0; i < sizeof ENDINGS / sizeof *ENDINGS; i++) {
		size_t ending = strlen(ENDINGS[i]);
		if (length >= ending && strncmp(name + length - ending, ENDINGS[i], ending) == 0)
			return true;
	}
	return false;
}

bool folder_unfinished(const char *path, char name[NAME_MAX + 1])
{
	auto_free char *real = realpath(path, NULL);
	const char *slash = real ? strrchr(real, '/') : NULL;
	snprintf(name, NAME_MAX + 1, "%s", slash ? slash + 1 : "");
	return folder_unfinished_name(name);
}
