/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trust.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

struct trust {
	struct minisign_public_key *keys;
	size_t count;
};

enum { GROWTH = 16 };

struct trust *trust_create(struct error *error)
{
	struct trust *trust = calloc(1, sizeof *trust);
	if (!trust)
		error_bench(error, "out of memory");
	return trust;
}

void trust_destroy(struct trust *trust)
{
	if (!trust)
		return;
	free(trust->keys);
	free(trust);
}

static bool add_file(struct trust *trust, const char *path, struct error *error)
{
	char text[MINISIGN_MAX_FILE + 1];
	struct minisign_public_key key;
	auto_file FILE *file = fopen(path, "rbe");
	if (!file)
		return error_errno(error, ERROR_CONFIG, "%s: cannot be read as a public key", path);
	size_t length = fread(text, 1, sizeof text, file);
	if (ferror(file))
		return error_errno(error, ERROR_CONFIG, "%s: cannot be read as a public key", path);
	if (!minisign_parse_public_key(text, length, &key, error))
		return error_prefix(error, "%s", path);
	if (trust->count % GROWTH == 0) {
		struct minisign_public_key *keys = realloc(trust->keys, (trust->count + GROWTH) * sizeof *keys);
		if (!keys)
			return error_bench(error, "%s: out of memory", path);
		trust->keys = keys;
	}
	trust->keys[trust->count++] = key;
	return true;
}

static int is_public_key(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);
	return length > 4 && strcmp(entry->d_name + length - 4, ".pub") == 0;
}

static bool add_folder(struct trust *trust, const char *path, struct error *error)
{
	struct dirent **entries;
	int count = scandir(path, &entries, is_public_key, alphasort);
	if (count < 0)
		return error_errno(error, ERROR_CONFIG, "%s: cannot be listed", path);
	bool added = count > 0 || error_config(error, "%s: holds no public key; their names must end in .pub", path);
	for (int i = 0; i < count; i++) {
		auto_free char *file = NULL;
		if (added && asprintf(&file, "%s/%s", path, entries[i]->d_name) < 0)
			added = error_bench(error, "%s: out of memory", path);
		added = added && add_file(trust, file, error);
		free(entries[i]);
	}
	free(entries);
	return added;
}

bool trust_add(struct trust *trust, const char *path, struct error *error)
{
	struct stat status;
	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		return add_folder(trust, path, error);
	return add_file(trust, path, error);
}

bool trust_has(const struct trust *trust, const struct minisign_public_key *key)
{
	for (size_t i = 0; i < trust->count; i++)
		if (memcmp(&trust->keys[i], key, sizeof *key) == 0)
			return true;
	return false;
}
