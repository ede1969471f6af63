/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "paths.h"

#include <glob.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "config_paths.h"
#include "folder.h"
#include "suggest.h"

static bool is_dir(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool is_file(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

/* A directory of data holds fixtures/devices; then `name` below it is meant. */
static bool try_root(const char *root, const char *name, char *out, size_t size)
{
	char probe[PATH_MAX];
	if (snprintf(probe, sizeof probe, "%s/fixtures/devices", root) >= (int)sizeof probe || !is_dir(probe))
		return false;
	return snprintf(out, size, "%s/%s", root, name) < (int)size;
}

bool paths_data(const char *name, char *out, size_t size, struct error *error)
{
	const char *given = getenv("TMSRIG_DATA");
	if (given) {
		if (try_root(given, name, out, size))
			return true;
		return error_config(error, "TMSRIG_DATA=%s has no fixtures/devices; it must name the directory that holds fixtures/",
				    given);
	}
	char exe[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", exe, sizeof exe - 1);
	if (length > 0) {
		exe[length] = '\0';
		for (char *slash; (slash = strrchr(exe, '/')); *slash = '\0') {
			char share[PATH_MAX];
			*slash = '\0';
			if (snprintf(share, sizeof share, "%s/share/tmsrig", exe) < (int)sizeof share && try_root(share, name, out, size))
				return true;
			if (try_root(exe, name, out, size))
				return true;
			*slash = '/';
		}
	}
	if (try_root(TMSRIG_DATADIR, name, out, size))
		return true;
	return error_config(
		error, "the data of tmsrig (fixtures, scenarios, reports) are not found; set TMSRIG_DATA to the directory that holds them");
}

/* The name of a shipped scenario near the one given, into out ("protocols/itbs-600"); false when none is near. */
static bool near_scenario(const char *root, const char *name, char *out, size_t size)
{
	static const char *const FOLDERS[] = {"", "protocols/", "paired/"};
	const char *slash = strrchr(name, '/'), *near = NULL;
	for (size_t f = 0; !near && f < sizeof FOLDERS / sizeof *FOLDERS; f++) {
		char pattern[PATH_MAX];
		glob_t found = {0};
		size_t skip = (size_t)snprintf(pattern, sizeof pattern, "%s/%s*.lua", root, FOLDERS[f]) - strlen("*.lua");
		if (skip >= sizeof pattern || glob(pattern, 0, NULL, &found) != 0)
			continue;
		const char **names = calloc(found.gl_pathc, sizeof *names);
		for (size_t i = 0; names && i < found.gl_pathc; i++) {
			found.gl_pathv[i][strlen(found.gl_pathv[i]) - strlen(".lua")] = '\0';
			names[i] = found.gl_pathv[i] + skip;
		}
		near = names ? suggest(slash ? slash + 1 : name, names, found.gl_pathc) : NULL;
		if (near)
			snprintf(out, size, "%s%s", FOLDERS[f], near);
		free(names);
		globfree(&found);
	}
	return near;
}

char *paths_scenario(const char *name, struct error *error)
{
	if (is_file(name))
		return strdup(name);
	char root[PATH_MAX], path[PATH_MAX];
	if (!paths_data("scenarios", root, sizeof root, error))
		return NULL;
	static const char *const PLACES[][2] = {{"", ""}, {"", ".lua"}, {"protocols/", ".lua"}, {"paired/", ".lua"}};
	for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++)
		if (snprintf(path, sizeof path, "%s/%s%s%s", root, PLACES[i][0], name, PLACES[i][1]) < (int)sizeof path && is_file(path))
			return strdup(path);
	char near[128] = "";
	bool any = near_scenario(root, name, near, sizeof near);
	error_config(error, "%s: there is no such scenario, neither as a file nor below %s%s%s%s", name, root,
		     any ? "; did you mean '" : "", near, any ? "'?" : "");
	return NULL;
}

bool paths_state_of(const char *bench_id, char *out, size_t size, struct error *error)
{
	const char *given = getenv("TMSRIG_STATE"), *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int length;
	if (given && *given)
		length = snprintf(out, size, "%s%s%s", given, *name ? "/" : "", name);
	else if (state && *state == '/')
		length = snprintf(out, size, "%s/tmsrig%s%s", state, *name ? "/" : "", name);
	else if (home && *home == '/')
		length = snprintf(out, size, "%s/.local/state/tmsrig%s%s", home, *name ? "/" : "", name);
	else
		return error_config(
			error,
			"neither TMSRIG_STATE, XDG_STATE_HOME nor HOME is set; set TMSRIG_STATE to the folder for the ledgers of benches");
	if (length >= (int)size)
		return error_config(error, "%s: the name of the folder is too long", bench_id);
	return true;
}

bool paths_state(const char *bench_id, char *out, size_t size, struct error *error)
{
	return paths_state_of(bench_id, out, size, error) && folder_make(out, error);
}

bool paths_history(char *out, size_t size, struct error *error)
{
	const char *given = getenv("TMSRIG_HISTORY");
	char folder[PATH_MAX];
	if (given && *given)
		return snprintf(out, size, "%s", given) < (int)size || error_config(error, "TMSRIG_HISTORY is too long");
	if (!paths_state("", folder, sizeof folder, error))
		return false;
	return snprintf(out, size, "%s/history.sqlite", folder) < (int)size ||
	       error_config(error, "%s: the name of the folder is too long", folder);
}
