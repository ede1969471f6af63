/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <jansson.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"
#include "config.h"
#include "digest.h"
#include "folder.h"
#include "inputs.h"
#include "ledger.h"
#include "manifest.h"
#include "paths.h"
#include "verdict.h"

enum { MAX_DIRS = 256 };

struct ledger_arguments {
	const char *bench;
	const char *dirs[MAX_DIRS];
	size_t dir_count;
};

/* A bundle that was given to compare with. */
struct bundle {
	char *dir, *run_id, *ledger_hash;
	char sums_sha256[DIGEST_HEX_SIZE];
	bool known; /* a run of the ledger is this one */
};

struct bundles {
	struct bundle *items;
	size_t count;
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct ledger_arguments *arguments = state->input;
	switch (key) {
	case ARGP_KEY_ARG:
		if (!arguments->bench)
			arguments->bench = argument;
		else if (arguments->dir_count < MAX_DIRS)
			arguments->dirs[arguments->dir_count++] = argument;
		else
			argp_error(state, "more than %d folders", MAX_DIRS);
		return 0;
	case ARGP_KEY_NO_ARGS: argp_error(state, "no bench given"); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp ARGP = {
	NULL,
	parse_option,
	"BENCH [DIR...]",
	"Lists the runs that the ledger of a bench on this machine knows, checks its chain, and says of each whether its bundle is among "
	"the "
	"folders DIR (bundles, or folders of bundles).\v"
	"Exit status: 0 all is as it was written; 1 the ledger was changed, or a bundle is missing, changed or unknown to it; 2 usage.",
	NULL,
	NULL,
	NULL,
};

static void bundles_finish(struct bundles *bundles)
{
	for (size_t i = 0; i < bundles->count; i++) {
		free(bundles->items[i].dir);
		free(bundles->items[i].run_id);
		free(bundles->items[i].ledger_hash);
	}
	free(bundles->items);
}

/* Reads which run a folder says it is; a folder without result.json and SHA256SUMS is no bundle and left out. */
static bool add_bundle(struct bundles *bundles, const char *dir, struct error *error)
{
	char path[PATH_MAX], hex[DIGEST_HEX_SIZE];
	struct error unread;
	if (snprintf(path, sizeof path, "%s/" MANIFEST_FILE, dir) >= (int)sizeof path || !digest_file(path, hex, &unread))
		return true;
	struct bundle *items = realloc(bundles->items, (bundles->count + 1) * sizeof *items);
	if (!items)
		return error_bench(error, "out of memory");
	bundles->items = items;
	struct bundle *bundle = &items[bundles->count++];
	*bundle = (struct bundle){.dir = strdup(dir)};
	memcpy(bundle->sums_sha256, hex, sizeof hex);
	snprintf(path, sizeof path, "%s/result.json", dir);
	json_error_t ignored;
	json_t *result = json_load_file(path, JSON_REJECT_DUPLICATES, &ignored), *run = json_object_get(result, "run");
	const char *id = json_string_value(json_object_get(run, "id")), *ledger = json_string_value(json_object_get(run, "ledger"));
	bundle->run_id = strdup(id ? id : "");
	bundle->ledger_hash = strdup(ledger ? ledger : "");
	json_decref(result);
	return (bundle->dir && bundle->run_id && bundle->ledger_hash) || error_bench(error, "out of memory");
}

/* A bundle, or a folder of bundles. */
static bool add_folder(struct bundles *bundles, const char *dir, struct error *error)
{
	char path[PATH_MAX];
	struct stat status;
	if (snprintf(path, sizeof path, "%s/" MANIFEST_FILE, dir) < (int)sizeof path && stat(path, &status) == 0)
		return add_bundle(bundles, dir, error);
	DIR *folder = opendir(dir);
	if (!folder)
		return error_errno(error, ERROR_CONFIG, "%s: not a folder of bundles", dir);
	bool good = true;
	for (struct dirent *entry; good && (entry = readdir(folder)) != NULL;)
		if (entry->d_name[0] != '.' && snprintf(path, sizeof path, "%s/%s", dir, entry->d_name) < (int)sizeof path)
			good = add_bundle(bundles, path, error);
	closedir(folder);
	return good;
}

/* The id of a bench, by its file or shipped name; one whose file is no more is taken for the id itself. */
static bool find_ledger(const char *name, char *path, size_t size, struct error *error)
{
	char fixtures[PATH_MAX], dir[PATH_MAX];
	struct error unread;
	if (!paths_data("fixtures", fixtures, sizeof fixtures, error))
		return false;
	auto_bench_setup struct bench_setup *bench = config_load_bench(name, fixtures, &unread);
	if (!bench && (strchr(name, '/') || name[0] == '.')) {
		*error = unread;
		return false;
	}
	if (!paths_state(bench ? bench->id : name, dir, sizeof dir, error))
		return false;
	if (snprintf(path, size, "%s/" LEDGER_FILE, dir) >= (int)size || access(path, F_OK) != 0)
		return error_config(error, "%s: no run of bench '%s' is known on this machine", path, bench ? bench->id : name);
	return true;
}

/* Says what became of a run's bundle; NULL: nothing to say. *wrong is set where that is a finding. */
static const char *bundle_of(const struct ledger_entry *entry, const struct bundles *bundles, bool *wrong)
{
	struct bundle *found = NULL;
	for (size_t i = 0; i < bundles->count && !found; i++)
		if (strcmp(bundles->items[i].run_id, entry->run_id) == 0)
			found = &bundles->items[i];
	if (!found) {
		*wrong |= entry->sums_sha256 != NULL;
		return entry->sums_sha256 ? "MISSING" : "none";
	}
	found->known = true;
	/* No run leaves it so: the end is written before the folder gets its name. But a ledger of a backup may be older. */
	if (!entry->verdict && strcmp(entry->hash, found->ledger_hash) == 0) {
		*wrong = true;
		return "there, but NO END in the ledger";
	}
	char name[NAME_MAX + 1];
	if (entry->sums_sha256 && folder_unfinished(found->dir, name)) {
		*wrong = true;
		return "NOT FINISHED, it was cut off at its last step";
	}
	bool same =
		entry->sums_sha256 && strcmp(entry->sums_sha256, found->sums_sha256) == 0 && strcmp(entry->hash, found->ledger_hash) == 0;
	*wrong |= !same;
	return same ? found->dir : "CHANGED";
}

static bool print_runs(const struct ledger_list *list, const struct bundles *bundles)
{
	bool wrong = false;
	for (size_t i = 0; i < list->count; i++) {
		const struct ledger_entry *entry = &list->entries[i];
		printf("%-29s %-8.8s %-24s %-18s %s", entry->run_id, entry->command ? entry->command : "?",
		       entry->scenario ? entry->scenario : "?", entry->verdict ? entry->verdict : "NO END",
		       entry->device_serial ? entry->device_serial : "no serial");
		if (entry->reason)
			printf("; reason: %s", entry->reason);
		if (bundles->items)
			printf("; bundle: %s", bundle_of(entry, bundles, &wrong));
		putchar('\n');
	}
	for (size_t i = 0; i < bundles->count; i++)
		if (!bundles->items[i].known) {
			printf("%s: not a run of this ledger (run %s)\n", bundles->items[i].dir,
			       bundles->items[i].run_id[0] ? bundles->items[i].run_id : "without id");
			wrong = true;
		}
	return wrong;
}

static int list_runs(const struct ledger_arguments *arguments, struct bundles *bundles)
{
	struct error error = {0};
	char path[PATH_MAX];
	struct event_log_state state;
	auto_ledger_list struct ledger_list list = {0};
	for (size_t i = 0; i < arguments->dir_count; i++)
		if (!add_folder(bundles, arguments->dirs[i], &error))
			return command_fail(&error);
	if (!find_ledger(arguments->bench, path, sizeof path, &error))
		return command_fail(&error);
	bool whole = ledger_read(path, &list, &state, &error);
	bool wrong = print_runs(&list, bundles);
	size_t open = 0;
	for (size_t i = 0; i < list.count; i++)
		open += !list.entries[i].verdict;
	if (!whole) {
		fprintf(stderr, "tmsrig: %s\n", error.text);
		return error.kind == ERROR_BENCH ? EXIT_BENCH_FAULT : EXIT_NONCONFORMANT;
	}
	printf("%s: %zu runs, %zu without an end; the chain of %zu lines holds, its head is %s\n", path, list.count, open, state.lines,
	       state.head);
	return wrong ? EXIT_NONCONFORMANT : EXIT_CONFORMANT;
}

static int ledger(int argc, char **argv)
{
	struct ledger_arguments arguments = {0};
	inputs_argp(&ARGP, "ledger", argc, argv, &arguments);
	struct bundles bundles = {0};
	int status = list_runs(&arguments, &bundles);
	bundles_finish(&bundles);
	return status;
}

const struct command command_ledger = {"ledger", "list the runs of a bench, and whether their bundles are there", ledger};
