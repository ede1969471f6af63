/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <argp.h>
#include <limits.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "bench_lock.h"
#include "bundle_record.h"
#include "command.h"
#include "config.h"
#include "folder.h"
#include "history_options.h"
#include "inputs.h"
#include "paths.h"
#include "plan_builder.h"
#include "session.h"

enum { MAX_SCENARIOS = 256, MAX_VALUES = 32, MAX_FAULTS = 32 };

struct run_arguments {
	const char *scenarios[MAX_SCENARIOS];
	size_t scenario_count;
	struct plan_value values[MAX_VALUES];
	size_t value_count;
	const char *faults[MAX_FAULTS];
	size_t fault_count;
	const char *bench, *spec, *out, *operator_name, *serial, *about_file;
	char fixtures[PATH_MAX];
	const char *reason;
	struct ambient ambient[AMBIENT_MAX];
	size_t ambient_count;
	double motor_threshold_pct;
	bool seed_given;
	uint64_t seed;
	struct about about;
	bool override_calibration, quiet, json;
	bool keep_history;   /* add each run to the history */
	const char *history; /* NULL: where paths_history() says */
};

enum {
	KEY_SEED = 256,
	KEY_FAULT,
	KEY_SERIAL,
	KEY_OPERATOR,
	KEY_JSON,
	KEY_OVERRIDE,
	KEY_REASON,
	KEY_AMBIENT,
	KEY_HISTORY,
	KEY_ABOUT,
	KEY_SET
};

static const struct argp_option OPTIONS[] = {
	{"bench", 'b', "BENCH", 0, "Bench file, or a name below fixtures/benches (default: virtual)", 0},
	{"spec", 's', "SPEC", 0, "Requirements, or a name below fixtures/specs (default: example)", 0},
	{"out", 'o', "DIR", 0, "Evidence folder to make (default: evidence/TIME-SCENARIO)", 0},
	{"motor-threshold", 'm', "PCT", 0, "The operator's motor threshold, % of maximum output", 0},
	{"set", KEY_SET, "NAME=VALUE", 0, "A number that the scenario asks for: trials=299", 0},
	{"serial", KEY_SERIAL, "TEXT", 0, "Serial number of the device under test", 0},
	{"operator", KEY_OPERATOR, "NAME", 0, "Who runs the test", 0},
	{"about", KEY_ABOUT, "FILE", 0, "What the report states of laboratory, customer, item … (docs/report.md)", 0},
	{"seed", KEY_SEED, "N", 0, "Seed of a virtual bench (default: of the bench file)", 1},
	{"fault", KEY_FAULT, "FAULT", 0, "Make the virtual device wrong: drop_pulse=17, late_pulse=40:2 ms, amplitude=0.97, no_discharge …",
	 1},
	{"allow-overdue-calibration", KEY_OVERRIDE, 0, 0,
	 "Judge although the calibration of a sensor is overdue or missing; every page then says so", 2},
	{"reason", KEY_REASON, "TEXT", 0, "Why this is done again, where it was done before", 2},
	{"ambient", KEY_AMBIENT, "LIST", 0, "The air around the device: temperature=21.5,humidity=40,pressure=101.3 (degC, %, kPa)", 2},
	{"history", KEY_HISTORY, "DB", OPTION_ARG_OPTIONAL,
	 "Add the run to the history: a file or postgresql://… (default: history.sqlite in the state folder); also when TMSRIG_HISTORY is "
	 "set",
	 2},
	{"quiet", 'q', 0, 0, "No progress and no table", 2},
	{"json", KEY_JSON, 0, 0, "Print result.json instead of the table", 2},
	{0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct run_arguments *arguments = state->input;
	char *end;
	switch (key) {
	case 'b': arguments->bench = argument; return 0;
	case 's': arguments->spec = argument; return 0;
	case 'o': arguments->out = argument; return 0;
	case 'm':
		if (!inputs_percent(argument, &arguments->motor_threshold_pct))
			argp_error(state, "--motor-threshold %s: a percentage above 0 and up to 100 is needed, e.g. 45", argument);
		return 0;
	case KEY_SEED:
		errno = 0;
		arguments->seed = strtoull(argument, &end, 10);
		if (end == argument || *end || errno || argument[0] == '-')
			argp_error(state, "--seed %s: a whole number is needed", argument);
		arguments->seed_given = true;
		return 0;
	case KEY_FAULT:
		if (arguments->fault_count == MAX_FAULTS)
			argp_error(state, "more than %d faults", MAX_FAULTS);
		arguments->faults[arguments->fault_count++] = argument;
		return 0;
	case KEY_SERIAL: arguments->serial = argument; return 0;
	case KEY_OPERATOR: arguments->operator_name = argument; return 0;
	case KEY_ABOUT: arguments->about_file = argument; return 0;
	case KEY_OVERRIDE: arguments->override_calibration = true; return 0;
	case KEY_REASON: arguments->reason = argument; return 0;
	case KEY_AMBIENT: {
		struct error error = {0};
		arguments->ambient_count = ambient_parse(argument, arguments->ambient, &error);
		if (arguments->ambient_count == 0)
			argp_error(state, "%s", error.text);
		return 0;
	}
	case KEY_HISTORY:
		arguments->keep_history = true;
		arguments->history = argument;
		return 0;
	case 'q': arguments->quiet = true; return 0;
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
	"Fires scenarios at a bench, measures, judges against a spec, writes evidence and a report.\v"
	"A SCENARIO is a Lua file, or a name below scenarios/ (protocols/itbs-600, smoke).\n"
	"Exit status: the worst of all scenarios: 0 conformant, 1 nonconformant, 2 configuration, 3 inconclusive, 4 bench fault, 5 "
	"aborted.",
	NULL,
	NULL,
	NULL,
};

/* evidence/20261121-201500-itbs-600 unless the user gave a folder; below it one folder a scenario when there are several. */
static bool name_out(const struct run_arguments *arguments, const char *id, char *out, size_t size, struct error *error)
{
	if (arguments->out && arguments->scenario_count == 1)
		return snprintf(out, size, "%s", arguments->out) < (int)size;
	if (arguments->out)
		return folder_make(arguments->out, error) && snprintf(out, size, "%s/%s", arguments->out, id) < (int)size;
	char stamp[32];
	time_t now = time(NULL);
	struct tm parts;
	gmtime_r(&now, &parts);
	strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &parts);
	if (!folder_make("evidence", error))
		return false;
	/* Two runs in one second get different folders. */
	for (int n = 0; n < 1000; n++) {
		char suffix[8] = "", incomplete[PATH_MAX];
		if (n > 0)
			snprintf(suffix, sizeof suffix, ".%d", n);
		if (snprintf(out, size, "evidence/%s-%s%s", stamp, id, suffix) >= (int)size ||
		    snprintf(incomplete, sizeof incomplete, "%s.incomplete", out) >= (int)sizeof incomplete)
			return error_config(error, "%s: the name is too long", id);
		struct stat status;
		if (stat(out, &status) != 0 && stat(incomplete, &status) != 0)
			return true;
	}
	return error_config(error, "evidence/%s-%s: too many folders of that name", stamp, id);
}

/* The verdict stands whether the history could be written or not, but nobody should believe that the run is in it. */
static void keep_history(const struct run_arguments *arguments, const char *out)
{
	struct error error = {0};
	bool added;
	char path[PATH_MAX];
	const char *given = getenv("TMSRIG_HISTORY");
	snprintf(path, sizeof path, "%.4000s/result.json", out);
	if ((!arguments->keep_history && !(given && *given)) || access(path, F_OK) != 0)
		return;
	auto_history struct history *history = history_options_open(arguments->history, false, &error);
	if (!history || !history_record(history, out, &added, &error))
		fprintf(stderr, "tmsrig: warning: the run is NOT in the history (`tmsrig history add %s` tries again): %s\n", out,
			error.text);
}

/* busy: why the bench cannot be had, which is kept in place of a run; NULL: it can. */
static int run_scenario(const struct run_arguments *arguments, const char *name, struct bench_setup *bench, const struct spec *spec,
			const struct dose_tables *tables, struct bench_lock *lock, const struct error *busy)
{
	struct error error = {0};
	char out[PATH_MAX];
	auto_free char *path = paths_scenario(name, &error);
	if (!path)
		return command_fail(&error);
	auto_plan struct plan *plan =
		inputs_plan_set(path, arguments->motor_threshold_pct, arguments->values, arguments->value_count, &error);
	if (!plan || !name_out(arguments, plan->id, out, sizeof out, &error))
		return command_fail(&error);
	auto_free struct lint_finding *findings = calloc(LINT_MAX_FINDINGS, sizeof *findings);
	size_t finding_count = findings ? plan_lint(plan, bench->device, tables, findings, LINT_MAX_FINDINGS) : 0;
	inputs_print_findings(stderr, path, findings, finding_count);
	struct inputs inputs;
	if (!inputs_of(plan, bench, spec, tables, &inputs, &error) || !inputs_add(&inputs, arguments->about_file, &error))
		return command_fail(&error);
	char today[DATE_SIZE];
	inputs_today(today);
	inputs_date(bench, today);
	struct session_setup setup = {
		.command = "run",
		.out = out,
		.bench = bench,
		.about = &arguments->about,
		.plan = plan,
		.spec = spec,
		.fixtures = arguments->fixtures,
		.date = today,
		.operator_name = arguments->operator_name,
		.device_serial = arguments->serial,
		.reason = arguments->reason,
		.ambient = arguments->ambient,
		.ambient_count = arguments->ambient_count,
		.findings = findings,
		.finding_count = finding_count,
		.input_files = inputs.files,
		.input_count = inputs.count,
		.override_calibration = arguments->override_calibration,
		.quiet = arguments->quiet,
		.json = arguments->json,
	};
	if (busy) {
		int status = command_fail(busy);
		bundle_record_not_started(&setup, busy);
		return status;
	}
	bench_lock_tell(lock, out);
	int status = session_run(&setup);
	keep_history(arguments, out);
	return status;
}

/* A mistake in the last scenario must come out before the first one is fired, not after a night of it. */
static bool check_all(const struct run_arguments *arguments, struct error *error)
{
	enum { ID_SIZE = 72 };
	auto_free char *ids = calloc(MAX_SCENARIOS, ID_SIZE);
	if (!ids)
		return error_bench(error, "out of memory");
	for (size_t i = 0; i < arguments->scenario_count; i++) {
		auto_free char *path = paths_scenario(arguments->scenarios[i], error);
		auto_plan struct plan *plan =
			path ? inputs_plan_set(path, arguments->motor_threshold_pct, arguments->values, arguments->value_count, error)
			     : NULL;
		if (!plan)
			return false;
		char *id = ids + i * ID_SIZE;
		snprintf(id, ID_SIZE, "%s", plan->id);
		for (size_t k = 0; arguments->out && k < i; k++)
			if (strcmp(ids + k * ID_SIZE, id) == 0)
				return error_config(error, "%s: its id '%s' is that of %s; below --out they would share a folder",
						    arguments->scenarios[i], id, arguments->scenarios[k]);
	}
	return true;
}

/* Which of two exit statuses tells more: a bench that failed or an abort hides what a verdict would say. */
static int worse(int a, int b)
{
	static const int RANK[] = {[0] = 0, [3] = 1, [1] = 2, [4] = 3, [2] = 4, [5] = 5};
	return RANK[b] > RANK[a] ? b : a;
}

static int run(int argc, char **argv)
{
	struct run_arguments arguments = {.bench = "virtual", .spec = "example", .motor_threshold_pct = NAN};
	struct error error = {0};
	inputs_argp(&ARGP, "run", argc, argv, &arguments);
	const char *fixtures = arguments.fixtures;
	if (!paths_data("fixtures", arguments.fixtures, sizeof arguments.fixtures, &error))
		return command_fail(&error);
	auto_bench_setup struct bench_setup *bench = config_load_bench(arguments.bench, fixtures, &error);
	if (!bench)
		return command_fail(&error);
	auto_spec struct spec *spec = config_load_spec(arguments.spec, fixtures, inputs_measurand_unit, NULL, &error);
	if (!spec)
		return command_fail(&error);
	auto_dose_tables struct dose_tables *tables = config_load_dose_tables("published", fixtures, &error);
	if (!tables)
		return command_fail(&error);
	auto_about_file struct about_file *about = arguments.about_file ? config_load_about(arguments.about_file, &error) : NULL;
	if (arguments.about_file && !about)
		return command_fail(&error);
	arguments.about = about_over(about ? &about->about : NULL, NULL);
	if (arguments.seed_given)
		bench->sim.seed = arguments.seed;
	for (size_t i = 0; i < arguments.fault_count; i++)
		if (!config_add_fault(bench, arguments.faults[i], &error))
			return command_fail(&error);
	if (arguments.scenario_count > 1 && !check_all(&arguments, &error))
		return command_fail(&error);
	auto_bench_lock struct bench_lock *lock = bench_lock_take(bench, "tmsrig run", &error);
	if (!lock)
		return error.kind == ERROR_BENCH ? run_scenario(&arguments, arguments.scenarios[0], bench, spec, tables, NULL, &error)
						 : command_fail(&error);
	int status = 0;
	for (size_t i = 0; i < arguments.scenario_count; i++) {
		if (arguments.scenario_count > 1 && !arguments.json)
			fprintf(stderr, "%s (%zu of %zu)\n", arguments.scenarios[i], i + 1, arguments.scenario_count);
		int one = run_scenario(&arguments, arguments.scenarios[i], bench, spec, tables, lock, NULL);
		status = worse(status, one);
		if (atomic_load(&command_abort))
			break;
	}
	return status;
}

const struct command command_run = {"run", "fire scenarios at a bench, measure, judge, report", run};
