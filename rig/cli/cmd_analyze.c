/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>
#include <math.h>
#include <string.h>

#include "command.h"
#include "config.h"
#include "date.h"
#include "inputs.h"
#include "paths.h"
#include "plan_builder.h"
#include "session.h"

struct analyze_arguments {
	const char *recording, *bench, *spec, *out, *scenario, *operator_name, *serial, *date, *about;
	const char *reason;
	struct ambient ambient[AMBIENT_MAX];
	size_t ambient_count;
	double motor_threshold_pct;
	bool override_calibration, quiet, json;
};

enum { KEY_SCENARIO = 256, KEY_SERIAL, KEY_OPERATOR, KEY_JSON, KEY_OVERRIDE, KEY_DATE, KEY_REASON, KEY_AMBIENT, KEY_ABOUT };

static const struct argp_option OPTIONS[] = {
	{"bench", 'b', "BENCH", 0, "How to read the recording: a bench file with `adc: {driver: file}` (default: recording)", 0},
	{"spec", 's', "SPEC", 0, "Requirements, or a name below fixtures/specs (default: example)", 0},
	{"out", 'o', "DIR", 0, "Evidence folder to make (required)", 0},
	{"scenario", KEY_SCENARIO, "SCENARIO", 0, "What was fired, to match pulses with a plan", 0},
	{"motor-threshold", 'm', "PCT", 0, "The operator's motor threshold, % of maximum output", 0},
	{"serial", KEY_SERIAL, "TEXT", 0, "Serial number of the device under test", 0},
	{"operator", KEY_OPERATOR, "NAME", 0, "Who made the recording", 0},
	{"about", KEY_ABOUT, "FILE", 0, "What the report states of laboratory, customer, item … (docs/report.md)", 0},
	{"date", KEY_DATE, "YYYY-MM-DD", 0, "When the recording was made (default: today): the day calibrations must be in force", 0},
	{"allow-overdue-calibration", KEY_OVERRIDE, 0, 0,
	 "Judge although the calibration of a sensor is overdue or missing; every page then says so", 2},
	{"reason", KEY_REASON, "TEXT", 0, "Why this is done again, where it was done before", 2},
	{"ambient", KEY_AMBIENT, "LIST", 0, "The air around the device: temperature=21.5,humidity=40,pressure=101.3 (degC, %, kPa)", 2},
	{"quiet", 'q', 0, 0, "No progress and no table", 2},
	{"json", KEY_JSON, 0, 0, "Print result.json instead of the table", 2},
	{0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct analyze_arguments *arguments = state->input;
	switch (key) {
	case 'b': arguments->bench = argument; return 0;
	case 's': arguments->spec = argument; return 0;
	case 'o': arguments->out = argument; return 0;
	case 'm':
		if (!inputs_percent(argument, &arguments->motor_threshold_pct))
			argp_error(state, "--motor-threshold %s: a percentage above 0 and up to 100 is needed, e.g. 45", argument);
		return 0;
	case KEY_SCENARIO: arguments->scenario = argument; return 0;
	case KEY_SERIAL: arguments->serial = argument; return 0;
	case KEY_OPERATOR: arguments->operator_name = argument; return 0;
	case KEY_DATE:
		if (!date_is_valid(argument))
			argp_error(state, "--date %s: a date such as 2026-03-01 is needed", argument);
		arguments->date = argument;
		return 0;
	case KEY_ABOUT: arguments->about = argument; return 0;
	case KEY_OVERRIDE: arguments->override_calibration = true; return 0;
	case KEY_REASON: arguments->reason = argument; return 0;
	case KEY_AMBIENT: {
		struct error error = {0};
		arguments->ambient_count = ambient_parse(argument, arguments->ambient, &error);
		if (arguments->ambient_count == 0)
			argp_error(state, "%s", error.text);
		return 0;
	}
	case 'q': arguments->quiet = true; return 0;
	case KEY_JSON: arguments->json = true; return 0;
	case ARGP_KEY_ARG:
		if (arguments->recording)
			argp_error(state, "more than one recording: '%s' after '%s'", argument, arguments->recording);
		arguments->recording = argument;
		return 0;
	case ARGP_KEY_END:
		if (!arguments->recording)
			argp_error(state, "no recording given");
		if (!arguments->out)
			argp_error(state, "--out DIR is needed: the folder the evidence goes to");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp ARGP = {
	OPTIONS,     parse_option,
	"RECORDING", "Measures and judges a recording made elsewhere (s16le, CSV, sigrok .sr) by the same chain as a run.",
	NULL,        NULL,
	NULL,
};

static int analyze(int argc, char **argv)
{
	struct analyze_arguments arguments = {.bench = "recording", .spec = "example", .motor_threshold_pct = NAN};
	struct error error = {0};
	inputs_argp(&ARGP, "analyze", argc, argv, &arguments);
	char fixtures[PATH_MAX];
	if (!paths_data("fixtures", fixtures, sizeof fixtures, &error))
		return command_fail(&error);
	auto_bench_setup struct bench_setup *bench = config_load_bench(arguments.bench, fixtures, &error);
	if (!bench)
		return command_fail(&error);
	if (strcmp(bench->adc.driver, "file") != 0) {
		error_config(&error, "%s: its adc has driver '%s'; to analyze a recording a bench with `adc: {driver: file}` is needed",
			     bench->file, bench->adc.driver);
		return command_fail(&error);
	}
	auto_spec struct spec *spec = config_load_spec(arguments.spec, fixtures, inputs_measurand_unit, NULL, &error);
	if (!spec)
		return command_fail(&error);
	auto_free char *path = NULL;
	auto_plan struct plan *plan = NULL;
	if (arguments.scenario) {
		path = paths_scenario(arguments.scenario, &error);
		plan = path ? inputs_plan(path, arguments.motor_threshold_pct, &error) : NULL;
		if (!plan)
			return command_fail(&error);
	}
	auto_about_file struct about_file *about = arguments.about ? config_load_about(arguments.about, &error) : NULL;
	if (arguments.about && !about)
		return command_fail(&error);
	char today[DATE_SIZE];
	inputs_today(today);
	const char *date = arguments.date ? arguments.date : today;
	inputs_date(bench, date);
	struct inputs inputs;
	if (!inputs_of(plan, bench, spec, NULL, &inputs, &error) || !inputs_add(&inputs, arguments.about, &error))
		return command_fail(&error);
	struct session_setup setup = {
		.command = "analyze",
		.out = arguments.out,
		.bench = bench,
		.about = about ? &about->about : NULL,
		.plan = plan,
		.spec = spec,
		.recording = arguments.recording,
		.operator_name = arguments.operator_name,
		.device_serial = arguments.serial,
		.reason = arguments.reason,
		.ambient = arguments.ambient,
		.ambient_count = arguments.ambient_count,
		.input_files = inputs.files,
		.input_count = inputs.count,
		.date = date,
		.fixtures = fixtures,
		.override_calibration = arguments.override_calibration,
		.quiet = arguments.quiet,
		.json = arguments.json,
	};
	return session_run(&setup);
}

const struct command command_analyze = {"analyze", "measure and judge a recording made elsewhere", analyze};
