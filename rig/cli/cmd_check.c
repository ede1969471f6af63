/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>
#include <math.h>
#include <string.h>

#include "command.h"
#include "config.h"
#include "evidence.h"
#include "inputs.h"
#include "paths.h"
#include "plan_builder.h"
#include "plan_print.h"

enum { MAX_SCENARIOS = 256, MAX_VALUES = 32, PLAN_TEXT_CAP = 1 << 28 };

struct check_arguments {
	const char *scenarios[MAX_SCENARIOS];
	size_t scenario_count;
	struct plan_value values[MAX_VALUES];
	size_t value_count;
	const char *bench, *tables;
	double motor_threshold_pct;
	bool json;
};

enum { KEY_JSON = 256, KEY_SET, KEY_TABLES };

static const struct argp_option OPTIONS[] = {
	{"bench", 'b', "BENCH", 0, "Check against the device of this bench (default: virtual)", 0},
	{"motor-threshold", 'm', "PCT", 0, "The operator's motor threshold, % of maximum output", 0},
	{"set", KEY_SET, "NAME=VALUE", 0, "A number that the scenario asks for: trials=299", 0},
	{"dose-tables", KEY_TABLES, "FILE", 0, "Published dose tables (default: published)", 0},
	{"json", KEY_JSON, 0, 0, "Print the plan and the findings as JSON", 0},
	{0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct check_arguments *arguments = state->input;
	switch (key) {
	case 'b': arguments->bench = argument; return 0;
	case 'm':
		if (!inputs_percent(argument, &arguments->motor_threshold_pct))
			argp_error(state, "--motor-threshold %s: a percentage above 0 and up to 100 is needed, e.g. 45", argument);
		return 0;
	case KEY_TABLES: arguments->tables = argument; return 0;
	case KEY_SET:
		if (arguments->value_count == MAX_VALUES || !inputs_value(argument, &arguments->values[arguments->value_count++]))
			argp_error(state, "--set: NAME=NUMBER is needed, e.g. trials=299, at most %d of them", MAX_VALUES);
		return 0;
	case KEY_JSON: arguments->json = true; return 0;
	case ARGP_KEY_ARG:
		if (arguments->scenario_count == MAX_SCENARIOS)
			argp_error(state, "more than %d scenarios", MAX_SCENARIOS);
		arguments->scenarios[arguments->scenario_count++] = argument;
		return 0;
	case ARGP_KEY_NO_ARGS: argp_error(state, "no scenario given"); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp ARGP = {
	OPTIONS,
	parse_option,
	"SCENARIO...",
	"Shows what a scenario will do, without firing, and where it leaves the device's ratings or the published dose tables.",
	NULL,
	NULL,
	NULL,
};

static bool check_scenario(const struct check_arguments *arguments, const char *name, const struct bench_setup *bench,
			   const struct dose_tables *tables, struct error *error)
{
	auto_free char *path = paths_scenario(name, error);
	if (!path)
		return false;
	auto_plan struct plan *plan =
		inputs_plan_set(path, arguments->motor_threshold_pct, arguments->values, arguments->value_count, error);
	if (!plan)
		return false;
	auto_free struct lint_finding *findings = calloc(LINT_MAX_FINDINGS, sizeof *findings);
	if (!findings)
		return error_bench(error, "check: out of memory");
	size_t count = plan_lint(plan, bench->device, tables, findings, LINT_MAX_FINDINGS);
	auto_text struct text canonical = text_make(PLAN_TEXT_CAP), shown = text_make(PLAN_TEXT_CAP);
	char hash[65];
	plan_serialise(plan, &canonical);
	evidence_sha256(text_view(&canonical), canonical.length, hash);
	if (arguments->json) {
		plan_print_json(plan, hash, findings, count, &shown);
	} else {
		plan_print_text(plan, &shown);
		plan_print_findings(plan, findings, count, &shown);
		text_printf(&shown, "plan sha256 %s\n", hash);
	}
	if (canonical.overflown || shown.overflown)
		return error_bench(error, "%s: the plan is too large to print", path);
	fputs(text_view(&shown), stdout);
	return true;
}

static int check(int argc, char **argv)
{
	struct check_arguments arguments = {.bench = "virtual", .tables = "published", .motor_threshold_pct = NAN};
	struct error error = {0};
	inputs_argp(&ARGP, "check", argc, argv, &arguments);
	char fixtures[PATH_MAX];
	if (!paths_data("fixtures", fixtures, sizeof fixtures, &error))
		return command_fail(&error);
	auto_bench_setup struct bench_setup *bench = config_load_bench(arguments.bench, fixtures, &error);
	auto_dose_tables struct dose_tables *tables = bench ? config_load_dose_tables(arguments.tables, fixtures, &error) : NULL;
	if (!tables)
		return command_fail(&error);
	int status = 0;
	for (size_t i = 0; i < arguments.scenario_count; i++)
		if (!check_scenario(&arguments, arguments.scenarios[i], bench, tables, &error))
			status = command_fail(&error);
	return status;
}

const struct command command_check = {"check", "show what a scenario will do, without firing", check};
