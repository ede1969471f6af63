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

enum { MAX_DIRS = 256, ID_SIZE = 256 };

struct ledger_arguments {
	const char *bench;
	const char *dirs[MAX_DIRS];
	size_t dir_count;
};

/* A bundle that was given to compare with. */
struct bundle {
	char *dir, *run_id, *ledger_hash, *first, *began; /* first, began: of the ledger it was written into; "" where it does not say */
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
		free(bundles->items[i].first);
		free(bundles->items[i].began);
	}
	free(bundles->items);
}

/* "" where it is no text. */
static char *copy_member(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return strdup(text ? text : "");
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
	const json_t *place = json_object_get(run, "ledger_place");
	bundle->run_id = copy_member(run, "id");
	bundle->ledger_hash = copy_member(run, "ledger");
	bundle->first = copy_member(place, "first");
	bundle->began = copy_member(place, "began");
	json_decref(result);
	return (bundle->dir && bundle->run_id && bundle->ledger_hash && bundle->first && bundle->began) ||
	       error_bench(error, "out of memory");
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
static bool find_ledger(const char *name, char id[ID_SIZE], char *path, size_t size, struct error *error)
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
	snprintf(id, ID_SIZE, "%s", bench ? bench->id : name);
	if (!paths_state_of(id, dir, sizeof dir, error))
		return false;
	if (snprintf(path, size, "%s/" LEDGER_FILE, dir) >= (int)size || access(path, F_OK) != 0)
		return error_config(error, "%s: no run of bench '%s' is known on this machine", path, id);
	return true;
}

/* The SHA256SUMS is the one the ledger knows; whether the files are those it names has to be looked at. */
static bool is_sealed(const struct bundle *bundle)
{
	struct manifest_report manifest auto_manifest_report = {0};
	struct error unread;
	return manifest_check(bundle->dir, &manifest, &unread) && manifest.finding_count == 0;
}

static const char *state_of(const struct ledger_entry *entry, const struct bundle *bundle)
{
	char name[NAME_MAX + 1];
	/* Cut off before the last step: the ledger has its end, the folder not yet its name. The other way only by a ledger that is older than the bundle. */
	if (entry->sums_sha256 && folder_unfinished(bundle->dir, name))
		return "NOT FINISHED, cut off at its last step";
	if (!entry->verdict && strcmp(entry->hash, bundle->ledger_hash) == 0)
		return "there, but NO END in the ledger";
	bool same = entry->sums_sha256 && strcmp(entry->sums_sha256, bundle->sums_sha256) == 0 &&
		    strcmp(entry->hash, bundle->ledger_hash) == 0 && is_sealed(bundle);
	return same ? NULL : "CHANGED";
}

/* Says what became of a run's bundle, of which there may be copies. *wrong is set where that is a finding. */
static void print_bundles(const struct ledger_entry *entry, const struct bundles *bundles, bool *wrong)
{
	bool found = false;
	for (size_t i = 0; i < bundles->count; i++) {
		struct bundle *bundle = &bundles->items[i];
		if (strcmp(bundle->run_id, entry->run_id) != 0)
			continue;
		const char *state = state_of(entry, bundle);
		bundle->known = found = true;
		*wrong |= state != NULL;
		printf("; bundle: %s%s%s%s", state ? state : bundle->dir, state ? " (" : "", state ? bundle->dir : "", state ? ")" : "");
	}
	if (!found) {
		*wrong |= entry->sums_sha256 != NULL;
		printf("; bundle: %s", entry->sums_sha256 ? "MISSING" : "none");
	}
}

/* Texts were given by whoever ran it; a terminal must not obey them. */
static void print_text(const char *text)
{
	for (; *text; text++)
		putchar((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text);
}

static void print_run(const struct ledger_entry *entry)
{
	printf("%-29s %-8.8s %-24s %-18s ", entry->run_id, entry->command ? entry->command : "?", entry->scenario ? entry->scenario : "?",
	       entry->verdict ? entry->verdict : "NO END");
	print_text(entry->device_serial ? entry->device_serial : "no serial");
	if (entry->reason) {
		printf("; reason: ");
		print_text(entry->reason);
	}
}

/* A bundle that no run of this ledger left: of another ledger, or of a state of this one that is gone. */
static void print_stranger(const struct bundle *bundle, const struct ledger_place *place)
{
	printf("%s: not a run of this ledger (run %s)", bundle->dir, bundle->run_id[0] ? bundle->run_id : "without id");
	if (!bundle->first[0])
		putchar('\n');
	else if (strcmp(bundle->first, place->first) == 0)
		printf(": it was one; lines were taken out, or an older copy of the ledger was put in its place\n");
	else
		printf(": it is one of another ledger, which began %s\n", bundle->began);
}

static bool print_runs(const struct ledger_list *list, const struct ledger_place *place, const char *bench, const struct bundles *bundles)
{
	bool wrong = false;
	for (size_t i = 0; i < list->count; i++) {
		const struct ledger_entry *entry = &list->entries[i];
		print_run(entry);
		if (bundles->items)
			print_bundles(entry, bundles, &wrong);
		/* ISO 8601 in UTC sorts as text. */
		if (i > 0 && entry->time && list->entries[i - 1].time && strcmp(entry->time, list->entries[i - 1].time) < 0)
			printf("; note: THE CLOCK WENT BACK, the run before began at %s", list->entries[i - 1].time);
		if (!entry->bench || strcmp(entry->bench, bench) != 0) {
			printf("; A RUN OF ANOTHER BENCH, %s", entry->bench ? entry->bench : "which it does not name");
			wrong = true;
		}
		putchar('\n');
	}
	for (size_t i = 0; i < bundles->count; i++)
		if (!bundles->items[i].known) {
			print_stranger(&bundles->items[i], place);
			wrong = true;
		}
	return wrong;
}

static int list_runs(const struct ledger_arguments *arguments, struct bundles *bundles)
{
	struct error error = {0};
	char path[PATH_MAX], id[ID_SIZE];
	struct event_log_state state;
	auto_ledger_list struct ledger_list list = {0};
	for (size_t i = 0; i < arguments->dir_count; i++)
		if (!add_folder(bundles, arguments->dirs[i], &error))
			return command_fail(&error);
	if (!find_ledger(arguments->bench, id, path, sizeof path, &error))
		return command_fail(&error);
	struct ledger_place place;
	bool whole = ledger_read(path, &list, &place, &state, &error);
	bool wrong = print_runs(&list, &place, id, bundles);
	size_t open = 0;
	for (size_t i = 0; i < list.count; i++)
		open += !list.entries[i].verdict;
	if (!whole) {
		fprintf(stderr, "tmsrig: %s\n", error.text);
		return error.kind == ERROR_BENCH ? EXIT_BENCH_FAULT : EXIT_NONCONFORMANT;
	}
	printf("%s: %zu runs since %s, %zu without an end; the chain of %zu lines holds, its first line is %.16s, its head %s\n", path,
	       list.count, place.began[0] ? place.began : "-", open, state.lines, place.first, state.head);
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
