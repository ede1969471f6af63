/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "command.h"
#include "history_options.h"
#include "inputs.h"
#include "json_emit.h"
#include "manifest.h"

struct history_arguments {
	struct history_options options;
	bool flaky;
};

enum { KEY_FLAKY = 256 };

static const struct argp_option OPTIONS[] = {
	{"flaky", KEY_FLAKY, 0, 0, "Requirements whose verdict changed while device, serial number, bench, plan, spec and build did not",
	 0},
	{0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct history_arguments *arguments = state->input;
	switch (key) {
	case ARGP_KEY_INIT: state->child_inputs[0] = &arguments->options; return 0;
	case KEY_FLAKY: arguments->flaky = true; return 0;
	case ARGP_KEY_ARG: argp_error(state, "'%s' is not expected; `tmsrig history add BUNDLE...` adds runs", argument); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child CHILDREN[] = {{&HISTORY_ARGP, 0, NULL, 0}, {0}};
static const struct argp ARGP = {
	OPTIONS,
	parse_option,
	"\nadd BUNDLE...",
	"Lists the runs that the history knows, or adds runs from their bundles. A run that is there already is not added again.",
	CHILDREN,
	NULL,
	NULL,
};

struct add_arguments {
	const char *db;
	char **bundles;
	int count;
};

static error_t parse_add(int key, char *argument, struct argp_state *state)
{
	struct add_arguments *arguments = state->input;
	switch (key) {
	case 'd': arguments->db = argument; return 0;
	case ARGP_KEY_ARGS:
		arguments->bundles = state->argv + state->next;
		arguments->count = state->argc - state->next;
		return 0;
	case ARGP_KEY_NO_ARGS: argp_error(state, "no bundle given"); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option ADD_OPTIONS[] = {
	{"db", 'd', "DB", 0, "A file, or postgresql://… (default: TMSRIG_HISTORY, else history.sqlite in the state folder)", 0},
	{0},
};
static const struct argp ADD_ARGP = {
	ADD_OPTIONS, parse_add, "BUNDLE...", "Adds runs to the history, from their bundles (folders).", NULL, NULL, NULL,
};

/* What was changed since it was written tells nothing of the past. */
static bool is_sealed(const char *bundle, struct error *error)
{
	struct manifest_report manifest auto_manifest_report = {0};
	if (!manifest_check(bundle, &manifest, error))
		return false;
	return manifest.finding_count == 0 ||
	       error_config(error, "%s: is not as it was sealed, so it is not added: %s%s", bundle, manifest.findings[0].text,
			    manifest.finding_count > 1 ? "; and more, see tmsrig verify" : "");
}

/* Every bundle is tried; the status is that of the first that could not be added. */
static int add(int argc, char **argv)
{
	struct add_arguments arguments = {.db = NULL};
	struct error error = {0};
	inputs_argp(&ADD_ARGP, "history add", argc, argv, &arguments);
	auto_history struct history *history = history_options_open(arguments.db, false, &error);
	if (!history)
		return command_fail(&error);
	int status = 0, added = 0, known = 0;
	for (int i = 0; i < arguments.count; i++) {
		bool new = false;
		error = (struct error){0};
		if (!is_sealed(arguments.bundles[i], &error) || !history_record(history, arguments.bundles[i], &new, &error)) {
			int one = command_fail(&error);
			status = status ? status : one;
			continue;
		}
		added += new;
		known += !new;
	}
	if (added + known > 0)
		printf("%d added, %d known already, %d refused\n", added, known, arguments.count - added - known);
	return status;
}

struct list {
	const struct history_options *options;
	struct json_emitter json;
	size_t count;
};

static bool print_run(void *context, const struct history_run *run, struct error *error)
{
	struct list *list = context;
	(void)error;
	if (list->count++ == 0 && !list->options->csv && !list->options->json)
		printf("%-20s  %-16s  %-22s  %-14s  %-24s  %s\n", "started", "verdict", "device", "serial", "scenario", "bundle");
	if (list->options->json) {
		struct json_emitter *json = &list->json;
		emit_open_object(json, NULL);
		emit_string(json, "id", run->id);
		emit_string(json, "started", run->started);
		emit_string(json, "verdict", run->verdict);
		emit_boolean(json, "simulated", run->simulated);
		emit_string(json, "bench", run->bench);
		emit_string(json, "device", run->device);
		emit_string(json, "serial", run->serial);
		emit_string(json, "scenario", run->scenario);
		emit_string(json, "spec", run->spec);
		emit_integer(json, "spec_revision", run->spec_revision);
		emit_string(json, "version", run->version);
		emit_string(json, "build", run->build);
		emit_integer(json, "attempt", run->attempt);
		emit_string(json, "reason", run->reason);
		emit_string(json, "results_sha256", run->results_sha256);
		emit_string(json, "bundle", run->bundle);
		emit_string(json, "ledger_first", run->ledger_first);
		if (run->ledger_line > 0)
			emit_integer(json, "ledger_line", run->ledger_line);
		else
			emit_null(json, "ledger_line");
		emit_close_object(json);
		return true;
	}
	if (list->options->csv) {
		const char *cells[] = {run->id,     run->started,  run->verdict, run->simulated ? "1" : "0", run->bench, run->device,
				       run->serial, run->scenario, run->spec};
		for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
			csv_text(cells[i], i == 0);
		csv_number((double)run->spec_revision);
		csv_text(run->version, false);
		csv_text(run->build, false);
		csv_number((double)run->attempt);
		csv_text(run->reason, false);
		csv_text(run->results_sha256, false);
		csv_text(run->bundle, false);
		csv_text(run->ledger_first, false);
		csv_number(run->ledger_line > 0 ? (double)run->ledger_line : (double)NAN);
		putchar('\n');
		return true;
	}
	printf("%-20s  %-16s  %-22s  %-14s  %-24s  %s%s", plain_text(run->started), plain_text(run->verdict), plain_text(run->device),
	       plain_text(run->serial), plain_text(run->scenario), plain_text(run->bundle), run->simulated ? "  SIMULATED" : "");
	if (run->attempt > 1)
		printf(" (attempt %lld: %s)", (long long)run->attempt, run->reason ? plain_text(run->reason) : "no reason given");
	putchar('\n');
	return true;
}

static bool print_flaky(void *context, const struct history_flaky *flaky, struct error *error)
{
	struct list *list = context;
	(void)error;
	list->count++;
	if (list->options->json) {
		struct json_emitter *json = &list->json;
		emit_open_object(json, NULL);
		emit_string(json, "requirement", flaky->requirement);
		emit_integer(json, "revision", flaky->revision);
		emit_string(json, "bench", flaky->bench);
		emit_string(json, "device", flaky->device);
		emit_string(json, "serial", flaky->serial);
		emit_string(json, "scenario", flaky->scenario);
		emit_string(json, "spec", flaky->spec);
		emit_string(json, "version", flaky->version);
		emit_string(json, "build", flaky->build);
		emit_boolean(json, "simulated", flaky->simulated);
		emit_integer(json, "runs", flaky->runs);
		emit_integer(json, "passed", flaky->passed);
		emit_integer(json, "failed", flaky->failed);
		emit_integer(json, "other", flaky->other);
		emit_string(json, "first", flaky->first);
		emit_string(json, "last", flaky->last);
		emit_close_object(json);
		return true;
	}
	if (list->options->csv) {
		csv_text(flaky->requirement, true);
		csv_number((double)flaky->revision);
		const char *cells[] = {flaky->bench, flaky->device,  flaky->serial, flaky->scenario,
				       flaky->spec,  flaky->version, flaky->build,  flaky->simulated ? "1" : "0"};
		for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
			csv_text(cells[i], false);
		const int64_t numbers[] = {flaky->runs, flaky->passed, flaky->failed, flaky->other};
		for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
			csv_number((double)numbers[i]);
		csv_text(flaky->first, false);
		csv_text(flaky->last, false);
		putchar('\n');
		return true;
	}
	printf("%s revision %lld: %lld pass, %lld fail, %lld other in %lld runs of %s on %s (device %s, serial number %s, spec %s), %s to "
	       "%s%s\n",
	       plain_text(flaky->requirement), (long long)flaky->revision, (long long)flaky->passed, (long long)flaky->failed,
	       (long long)flaky->other, (long long)flaky->runs, plain_text(flaky->scenario), plain_text(flaky->bench),
	       plain_text(flaky->device), plain_text(flaky->serial), plain_text(flaky->spec), flaky->first, flaky->last,
	       flaky->simulated ? ", SIMULATED" : "");
	return true;
}

static int history(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "add") == 0)
		return add(argc - 1, argv + 1);
	struct history_arguments arguments = {.flaky = false};
	struct error error = {0};
	inputs_argp(&ARGP, "history", argc, argv, &arguments);
	const struct history_options *options = &arguments.options;
	auto_history struct history *history = history_options_open(options->db, true, &error);
	if (!history)
		return command_fail(&error);
	struct list list = {.options = options, .json = {.file = stdout}};
	if (options->json)
		emit_open_array(&list.json, NULL);
	if (options->csv)
		puts(arguments.flaky
			     ? "requirement,revision,bench,device,serial,scenario,spec,version,build,simulated,runs,passed,failed,other,"
			       "first,last"
			     : "id,started,verdict,simulated,bench,device,serial,scenario,spec,spec_revision,version,build,attempt,reason,"
			       "results_sha256,bundle,ledger_first,ledger_line");
	bool good = arguments.flaky ? history_flaky(history, &options->filter, print_flaky, &list, &error)
				    : history_runs(history, &options->filter, print_run, &list, &error);
	if (options->json)
		emit_close_array(&list.json);
	if (!good || !history_tell_left_out(history, &options->filter, &error) || !history_tell_doubts(history, &options->filter, &error))
		return command_fail(&error);
	if (list.count == 0 && !options->json && !options->csv)
		puts(arguments.flaky ? "no requirement changed its verdict while nothing else changed" : "no such runs");
	return 0;
}

const struct command command_history = {"history", "runs of the past: list them, add bundles", history};
