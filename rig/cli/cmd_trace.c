/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <limits.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"
#include "config.h"
#include "inputs.h"
#include "measurands.h"
#include "paths.h"
#include "trace_print.h"

enum { SCENARIOS_MAX = 4096, FOLDER_DEPTH_MAX = 8, TRACE_ARENA_BYTES = 256 << 20 };

struct trace_arguments {
	const char *spec, *scenarios;
	bool json, strict, real;
	const char **bundles;
	size_t bundle_count;
};

enum { KEY_JSON = 256, KEY_STRICT, KEY_REAL };

static const struct argp_option OPTIONS[] = {
	{"spec", 's', "SPEC", 0, "The specification (required)", 0},
	{"scenarios", 'S', "DIR", 0, "The scenarios; those that are shipped when left out", 0},
	{"json", KEY_JSON, NULL, 0, "As JSON", 0},
	{"strict", KEY_STRICT, NULL, 0, "Exit status 1 if evidence fails, 3 if anything is uncovered, stale or undecided", 0},
	{"real", KEY_REAL, NULL, 0, "With --strict: simulated evidence is not enough", 0},
	{0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct trace_arguments *arguments = state->input;
	switch (key) {
	case 's': arguments->spec = argument; return 0;
	case 'S': arguments->scenarios = argument; return 0;
	case KEY_JSON: arguments->json = true; return 0;
	case KEY_STRICT: arguments->strict = true; return 0;
	case KEY_REAL: arguments->real = true; return 0;
	case ARGP_KEY_ARGS:
		arguments->bundles = (const char **)state->argv + state->next;
		arguments->bundle_count = (size_t)(state->argc - state->next);
		return 0;
	case ARGP_KEY_END:
		if (!arguments->spec)
			argp_error(state, "--spec SPEC is needed: what is traced are its requirements");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp ARGP = {
	OPTIONS,
	parse_option,
	"[EVIDENCE...]",
	"Traces requirements to scenarios and evidence, and back: what is verified, by what, and what is missing or stale.",
	NULL,
	NULL,
	NULL,
};

/* Scenarios as they are found; the plans of none are kept. */
struct scenario_list {
	struct trace_scenario *scenarios;
	size_t count;
	struct arena *arena;
};

static bool copy_plan(struct scenario_list *list, const struct plan *plan, struct trace_scenario *scenario)
{
	const char **ids = arena_alloc(list->arena, plan->verifies_count + 1, sizeof *ids);
	scenario->id = arena_strdup(list->arena, plan->path);
	for (size_t i = 0; ids && i < plan->verifies_count; i++)
		if (!(ids[i] = arena_strdup(list->arena, plan->verifies[i])))
			return false;
	scenario->verifies = ids;
	scenario->verifies_count = plan->verifies_count;
	return ids && scenario->id;
}

static bool add_scenario(struct scenario_list *list, const char *path, struct error *error)
{
	struct error problem = {0};
	if (list->count == SCENARIOS_MAX)
		return error_config(error, "%s: more than %d scenarios", path, SCENARIOS_MAX);
	struct trace_scenario *scenario = &list->scenarios[list->count++];
	scenario->path = arena_strdup(list->arena, path);
	auto_plan struct plan *plan = inputs_plan(path, NAN, &problem);
	bool kept = scenario->path != NULL;
	if (kept && plan) {
		kept = copy_plan(list, plan, scenario);
	} else if (kept) {
		scenario->id = scenario->path;
		scenario->problem = arena_strdup(list->arena, problem.text);
		kept = scenario->problem != NULL;
	}
	return kept || error_bench(error, "no memory for the scenarios");
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* lib/ holds what scenarios share. */
static bool add_folder(struct scenario_list *list, const char *folder, int depth, struct error *error)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_visible, alphasort);
	if (count < 0)
		return error_errno(error, ERROR_CONFIG, "%s: no folder of scenarios", folder);
	bool good = depth < FOLDER_DEPTH_MAX || error_config(error, "%s: folders in folders, more than %d deep", folder, FOLDER_DEPTH_MAX);
	for (int i = 0; i < count; i++) {
		char path[PATH_MAX];
		struct stat status;
		size_t length = strlen(entries[i]->d_name);
		bool fits = snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name) < (int)sizeof path;
		if (good && fits && stat(path, &status) == 0) {
			if (S_ISDIR(status.st_mode) && strcmp(entries[i]->d_name, "lib") != 0)
				good = add_folder(list, path, depth + 1, error);
			else if (S_ISREG(status.st_mode) && length > 4 && strcmp(entries[i]->d_name + length - 4, ".lua") == 0)
				good = add_scenario(list, path, error);
		}
		free(entries[i]);
	}
	free(entries);
	return good;
}

static unsigned version_of(const char *id)
{
	const struct measurand *measurand = measurand_find(id);
	return measurand ? measurand->version : 0;
}

static bool read_scenarios(const struct trace_arguments *arguments, struct scenario_list *list, struct error *error)
{
	char shipped[PATH_MAX];
	const char *folder = arguments->scenarios;
	if (!folder) {
		if (!paths_data("scenarios", shipped, sizeof shipped, error))
			return false;
		folder = shipped;
	}
	list->scenarios = arena_alloc(list->arena, SCENARIOS_MAX, sizeof *list->scenarios);
	return list->scenarios ? add_folder(list, folder, 0, error) : error_bench(error, "no memory for the scenarios");
}

static struct trace_bundle *read_bundles(const struct trace_arguments *arguments, struct arena *arena, struct error *error)
{
	struct trace_bundle *bundles = arena_alloc(arena, arguments->bundle_count + 1, sizeof *bundles);
	if (!bundles)
		error_bench(error, "no memory for the evidence");
	for (size_t i = 0; bundles && i < arguments->bundle_count; i++)
		if (!trace_bundle_read(&bundles[i], arguments->bundles[i], arena, error))
			return NULL;
	return bundles;
}

static int trace_command(int argc, char **argv)
{
	struct trace_arguments arguments = {0};
	struct error error = {0};
	char fixtures[PATH_MAX];
	inputs_argp(&ARGP, "trace", argc, argv, &arguments);
	auto_arena struct arena *arena = arena_create(TRACE_ARENA_BYTES);
	if (!arena || !paths_data("fixtures", fixtures, sizeof fixtures, &error))
		return command_fail(&error);
	auto_spec struct spec *spec = config_load_spec(arguments.spec, fixtures, inputs_measurand_unit, NULL, &error);
	struct scenario_list list = {.arena = arena};
	struct trace_bundle *bundles = spec ? read_bundles(&arguments, arena, &error) : NULL;
	if (!bundles || !read_scenarios(&arguments, &list, &error))
		return command_fail(&error);
	struct trace trace = {.spec = spec,
			      .scenarios = list.scenarios,
			      .scenario_count = list.count,
			      .bundles = bundles,
			      .bundle_count = arguments.bundle_count,
			      .real_only = arguments.real};
	if (!trace_build(&trace, version_of, arena, &error))
		return command_fail(&error);
	(arguments.json ? trace_emit : trace_print)(stdout, &trace);
	return arguments.strict ? (int)trace_strict_status(&trace) : EXIT_CONFORMANT;
}

const struct command command_trace = {"trace", "requirements to scenarios to evidence, and back", trace_command};
