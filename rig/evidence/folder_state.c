/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "folder_state.h"

#include <string.h>
#include <sys/stat.h>

#include "folder.h"

static void add(struct digest *digest, const char *path)
{
	char text[256];
	struct stat s = {0};
	int failed = lstat(path, &s) != 0 ? errno : 0;
	int length = snprintf(text, sizeof text, "%d %lld %lld %o %lld %lld.%09ld %lld.%09ld", failed, (long long)s.st_dev,
			      (long long)s.st_ino, (unsigned)s.st_mode, (long long)s.st_size, (long long)s.st_mtim.tv_sec,
			      s.st_mtim.tv_nsec, (long long)s.st_ctim.tv_sec, s.st_ctim.tv_nsec);
	digest_update(digest, path, strlen(path) + 1);
	digest_update(digest, text, (size_t)length + 1);
}

/* Each with the folders above it up to the root: they can be exchanged, too. */
static bool add_all(struct digest *digest, const char *root, const struct folder_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		auto_free char *path = NULL;
		if (asprintf(&path, "%s/%s", root, list->names[i]) < 0)
			return false;
		add(digest, path);
		for (char *slash; (slash = strrchr(path, '/')) && (size_t)(slash - path) > strlen(root);) {
			*slash = '\0';
			add(digest, path);
		}
	}
	return true;
}

bool folder_state(const char *path, char hex[DIGEST_HEX_SIZE], struct error *error)
{
	auto_folder_list struct folder_list *others = NULL;
	auto_folder_list struct folder_list *files = folder_survey(path, &others, error);
	auto_digest struct digest *digest = files ? digest_create(error) : NULL;
	if (!digest)
		return false;
	add(digest, path);
	if (!add_all(digest, path, files) || !add_all(digest, path, others))
		return error_bench(error, "%s: out of memory", path);
	digest_finish(digest, hex);
	return true;
}
