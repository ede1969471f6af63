/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "signature_write.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "folder.h"

int signature_lock(const char *dir, struct error *error)
{
	auto_fd int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		error_errno(error, ERROR_CONFIG, "%s: cannot be signed, no folder of evidence", dir);
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EWOULDBLOCK)
			error_config(error, "%s: is being signed by another program; try again when that has ended", dir);
		else
			error_errno(error, ERROR_BENCH, "%s: cannot be locked", dir);
		return -1;
	}
	int locked = fd;
	fd = -1;
	return locked;
}

static const char *base_name(const char *name)
{
	return strrchr(name, '/') + 1;
}

/* DIR/FOLDER/BASE SUFFIX; NULL when out of memory. */
static char *path_of(const char *dir, const char *folder, const char *base, const char *suffix)
{
	char *path = NULL;
	return asprintf(&path, "%s/%s/%s%s", dir, folder, base, suffix) < 0 ? NULL : path;
}

static bool write_file(const char *path, const void *bytes, size_t length, struct error *error)
{
	auto_file FILE *file = path ? fopen(path, "wbxe") : NULL;
	if (!file)
		return error_errno(error, ERROR_BENCH, "%s: cannot create", path ? path : "a file of the signature");
	bool failed = fwrite(bytes, 1, length, file) != length || fflush(file) != 0 || fsync(fileno(file)) != 0;
	failed |= fclose(steal(&file)) != 0;
	return !failed || error_errno(error, ERROR_BENCH, "%s: cannot write", path);
}

static bool write_incomplete(const char *dir, const struct signature_parts *parts, struct error *error)
{
	const char *base = base_name(parts->name);
	auto_free char *statement = path_of(dir, SIGNATURE_INCOMPLETE, base, "");
	auto_free char *minisig = path_of(dir, SIGNATURE_INCOMPLETE, base, SIGNATURE_MINISIG);
	auto_free char *tsr = path_of(dir, SIGNATURE_INCOMPLETE, base, SIGNATURE_TSR);
	return write_file(statement, parts->statement, strlen(parts->statement), error) &&
	       write_file(minisig, parts->minisig, strlen(parts->minisig), error) &&
	       (!parts->tsr || write_file(tsr, parts->tsr, parts->tsr_length, error));
}

/* Each move is on the disk before the next. */
static bool move(const char *dir, const char *base, const char *suffix, struct error *error)
{
	auto_free char *from = path_of(dir, SIGNATURE_INCOMPLETE, base, suffix);
	auto_free char *to = path_of(dir, SIGNATURE_FOLDER, base, suffix);
	if (!from || !to)
		return error_bench(error, "%s: out of memory", dir);
	return folder_rename(from, to, error);
}

static bool sync_folder(const char *path, struct error *error)
{
	auto_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL))
		return error_errno(error, ERROR_BENCH, "%s: cannot be brought to the disk", path);
	return true;
}

bool signature_write(const char *dir, const struct signature_parts *parts, struct error *error)
{
	const char *base = base_name(parts->name);
	auto_free char *incomplete = path_of(dir, SIGNATURE_INCOMPLETE, "", "");
	auto_free char *folder = path_of(dir, SIGNATURE_FOLDER, "", "");
	if (!incomplete || !folder)
		return error_bench(error, "%s: out of memory", dir);
	return folder_make(incomplete, error) && folder_make(folder, error) && write_incomplete(dir, parts, error) &&
	       sync_folder(incomplete, error) && sync_folder(dir, error) && (!parts->tsr || move(dir, base, SIGNATURE_TSR, error)) &&
	       move(dir, base, SIGNATURE_MINISIG, error) && move(dir, base, "", error) &&
	       (rmdir(incomplete) == 0 || error_errno(error, ERROR_BENCH, "%s: cannot be removed", incomplete)) && sync_folder(dir, error);
}

static bool remove_file(const char *path, struct error *error)
{
	return (path && (unlink(path) == 0 || errno == ENOENT)) ||
	       error_errno(error, ERROR_BENCH, "%s: cannot be removed", path ? path : "a file");
}

/* The statement is moved last: while it is here, what has its name there is of the same signing. */
static bool take_back(const char *dir, const char *statement, struct error *error)
{
	auto_free char *minisig = path_of(dir, SIGNATURE_FOLDER, statement, SIGNATURE_MINISIG);
	auto_free char *tsr = path_of(dir, SIGNATURE_FOLDER, statement, SIGNATURE_TSR);
	auto_free char *moved = path_of(dir, SIGNATURE_FOLDER, statement, "");
	if (!moved || access(moved, F_OK) == 0)
		return error_config(error, "%s/" SIGNATURE_INCOMPLETE "/%s: is in " SIGNATURE_FOLDER "/ as well, no signing leaves it so",
				    dir, statement);
	return remove_file(minisig, error) && remove_file(tsr, error);
}

static bool is_of_signing(const char *name)
{
	const char *json = strstr(name, ".json");
	return json && !strchr(name, '/') && (!json[5] || strcmp(json + 5, SIGNATURE_MINISIG) == 0 || strcmp(json + 5, SIGNATURE_TSR) == 0);
}

bool signature_roll_back(const char *dir, struct error *error)
{
	struct stat status;
	auto_free char *incomplete = path_of(dir, SIGNATURE_INCOMPLETE, "", "");
	auto_free char *folder = path_of(dir, SIGNATURE_FOLDER, "", "");
	if (!incomplete || !folder)
		return error_bench(error, "%s: out of memory", dir);
	incomplete[strlen(incomplete) - 1] = '\0';
	if (lstat(incomplete, &status) != 0)
		return true;
	auto_folder_list struct folder_list *list = folder_list(incomplete, error);
	for (size_t i = 0; list && i < list->count; i++)
		if (!is_of_signing(list->names[i]))
			return error_config(error, "%s/%s: was not left by a signing; remove it if it does not belong there", incomplete,
					    list->names[i]);
	for (size_t i = 0; list && i < list->count; i++)
		if (!strstr(list->names[i], ".json.") && !take_back(dir, list->names[i], error))
			return false;
	/* The statements last: a roll back that is cut off is done again. Sorted, they stand before what lies beside them. */
	for (size_t i = list ? list->count : 0; i > 0; i--) {
		auto_free char *path = path_of(dir, SIGNATURE_INCOMPLETE, list->names[i - 1], "");
		if (!remove_file(path, error))
			return false;
	}
	if (!list || (rmdir(incomplete) != 0 && !error_errno(error, ERROR_BENCH, "%s: cannot be removed", incomplete)))
		return false;
	rmdir(folder); /* only an empty one: it was made by that signing */
	return sync_folder(dir, error);
}
