/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "locate.h"

#include <dirent.h>
#include <string.h>

#include "suggest.h"

enum { LOCATE_PATH_MAX = 1024 };

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), size = strlen(end);
	return length >= size && strcmp(text + length - size, end) == 0;
}

static bool fits(int written, size_t size)
{
	return written >= 0 && (size_t)written < size;
}

static int is_yaml(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && ends_with(entry->d_name, ".yaml");
}

/* Not there: say what is. */
static bool not_found(const char *name, const char *directory, const char *kind, struct error *error)
{
	struct dirent **entries = NULL;
	int count = scandir(directory, &entries, is_yaml, alphasort);
	if (count <= 0) {
		free(entries);
		return error_config(error, "no %s '%.80s': there is no file %.200s/%.80s.yaml, nor any other there", kind, name, directory,
				    name);
	}
	for (int i = 0; i < count; i++)
		entries[i]->d_name[strlen(entries[i]->d_name) - strlen(".yaml")] = '\0';
	const char **names = calloc((size_t)count, sizeof *names);
	char list[500] = "";
	const char *near = NULL;
	for (int i = 0; names && i < count; i++)
		names[i] = entries[i]->d_name;
	if (names) {
		suggest_list(names, (size_t)count, list, sizeof list);
		near = suggest(name, names, (size_t)count);
	}
	error_config(error, "no %s '%.80s' in %.200s%s%s%s; there are: %s", kind, name, directory, near ? " (did you mean '" : "",
		     near ? near : "", near ? "'?)" : "", list);
	free(names);
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	return false;
}

static bool not_kept(const char *path, const char *kind, struct error *error)
{
	return error_config(error, "no copy of the %s file %.400s was kept", kind, path);
}

static bool locate_path(const char *name, const char *kind, const char *referrer, const struct kept_files *kept, char *out, size_t size,
			struct error *error)
{
	const char *slash = referrer && name[0] != '/' ? strrchr(referrer, '/') : NULL;
	int directory = slash ? (int)(slash - referrer) + 1 : 0;
	if (!fits(snprintf(out, size, "%.*s%s", directory, directory ? referrer : "", name), size))
		return error_config(error, "the path of the %s '%.80s' is too long", kind, name);
	if (kept)
		return kept_find(kept, out) || not_kept(out, kind, error);
	if (access(out, F_OK) != 0)
		return error_errno(error, ERROR_CONFIG, "no %s file %.400s", kind, out);
	return true;
}

bool locate_file(const char *name, const char *fixtures, const char *folder, const char *kind, const char *referrer,
		 const struct kept_files *kept, char *out, size_t size, struct error *error)
{
	if (!name[0])
		return error_config(error, "the name of the %s is empty", kind);
	if (strchr(name, '/') || ends_with(name, ".yaml"))
		return locate_path(name, kind, referrer, kept, out, size, error);
	char directory[LOCATE_PATH_MAX];
	if (!fits(snprintf(directory, sizeof directory, "%s/%s", fixtures, folder), sizeof directory) ||
	    !fits(snprintf(out, size, "%s/%s.yaml", directory, name), size))
		return error_config(error, "the path of the %s '%.80s' is too long", kind, name);
	if (kept)
		return kept_find(kept, out) || not_kept(out, kind, error);
	return access(out, F_OK) == 0 || not_found(name, directory, kind, error);
}
