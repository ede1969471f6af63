/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "bench_check.h"
#include "bench_lock.h"
#include "command.h"
#include "config.h"
#include "inputs.h"
#include "paths.h"
#include "probe_print.h"
#include "session.h"
#include "verdict.h"

enum { MAX_CONNECTIONS = 16, KEY_JSON = 256, KEY_WRITE, KEY_URI, KEY_SIGROK };
static const double PROBE_TIMEOUT_S = 5;

struct bench_arguments {
	const char *bench, *write;
	const char *uris[MAX_CONNECTIONS], *connections[MAX_CONNECTIONS];
	size_t uri_count, connection_count;
	bool json;
};

static const struct argp_option TEST_OPTIONS[] = {
	{"json", KEY_JSON, 0, 0, "Print the checks as JSON", 0},
	{0},
};

static const struct argp_option PROBE_OPTIONS[] = {
	{"uri", KEY_URI, "URI", 0, "Look at this IIO context too, e.g. ip:192.168.2.1; may be repeated", 0},
	{"sigrok", KEY_SIGROK, "CONNECTION", 0, "Scan for this too, e.g. \"demo\"; may be repeated", 0},
	{"write", KEY_WRITE, "FILE", 0, "Write the beginning of a bench file, which must not exist", 0},
	{"json", KEY_JSON, 0, 0, "Print what was found as JSON", 0},
	{0},
};

static error_t parse_test(int key, char *argument, struct argp_state *state)
{
	struct bench_arguments *arguments = state->input;
	switch (key) {
	case KEY_JSON: arguments->json = true; return 0;
	case ARGP_KEY_ARG:
		if (arguments->bench)
			argp_error(state, "more than one bench");
		arguments->bench = argument;
		return 0;
	case ARGP_KEY_NO_ARGS: argp_error(state, "no bench given, for example 'virtual'"); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static void add_connection(struct argp_state *state, const char **list, size_t *count, const char *argument)
{
	if (*count == MAX_CONNECTIONS)
		argp_error(state, "more than %d connections", MAX_CONNECTIONS);
	list[(*count)++] = argument;
}

static error_t parse_probe(int key, char *argument, struct argp_state *state)
{
	struct bench_arguments *arguments = state->input;
	switch (key) {
	case KEY_JSON: arguments->json = true; return 0;
	case KEY_WRITE: arguments->write = argument; return 0;
	case KEY_URI: add_connection(state, arguments->uris, &arguments->uri_count, argument); return 0;
	case KEY_SIGROK: add_connection(state, arguments->connections, &arguments->connection_count, argument); return 0;
	case ARGP_KEY_ARG: argp_error(state, "'%s' is not expected here", argument); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp TEST_ARGP = {
	TEST_OPTIONS,
	parse_test,
	"BENCH",
	"Checks all of a bench that can be checked without firing, a line for each check. It never arms and never triggers; the bench is "
	"in its "
	"safe state first and last.\v"
	"Exit status: 0 nothing failed, 2 configuration, 4 a check failed, 5 aborted.",
	NULL,
	NULL,
	NULL,
};

static const struct argp PROBE_ARGP = {
	PROBE_OPTIONS,
	parse_probe,
	"",
	"Lists the instruments of this machine: GPIO chips, IIO contexts, devices of libsigrok, serial ports. It only looks.",
	NULL,
	NULL,
	NULL,
};

static void print_line(void *self, const struct check_line *line)
{
	(void)self;
	printf("%-10s  %-30s  %s\n", check_status_name(line->status), line->name, line->text);
	fflush(stdout);
}

static const char *status_word(enum check_status status)
{
	switch (status) {
	case CHECK_OK: return "ok";
	case CHECK_FAILED: return "failed";
	case CHECK_NOT_TESTED: return "not_tested";
	}
	return "?";
}

static void keep_line(void *self, const struct check_line *line)
{
	json_t *text = json_string(line->text);
	json_array_append_new(self, json_pack("{s:s,s:s,s:o}", "check", line->name, "status", status_word(line->status), "text",
					      text ? text : json_string("?")));
}

static void print_checks(const struct bench_setup *setup, json_t *checks, const struct bench_check_count *count)
{
	json_t *whole = json_pack("{s:s,s:s,s:b,s:i,s:i,s:i,s:o}", "bench", setup->id, "file", setup->file, "simulated",
				  bench_setup_simulated(setup), "ok", (int)count->ok, "failed", (int)count->failed, "not_tested",
				  (int)count->not_tested, "checks", checks);
	json_dumpf(whole, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(whole);
}

static int test_bench(const struct bench_setup *setup, bool json)
{
	struct error error = {0};
	struct bench_check_count count;
	char today[DATE_SIZE];
	time_t now = time(NULL);
	struct tm parts;
	gmtime_r(&now, &parts);
	strftime(today, sizeof today, "%Y-%m-%d", &parts);
	json_t *checks = json ? json_array() : NULL;
	const struct bench_check_options options = {
		.drivers = SESSION_DRIVERS, .date = today, .line = json ? keep_line : print_line, .self = checks, .abort = &command_abort};
	bool done = bench_check(setup, &options, &count, &error);
	if (json)
		print_checks(setup, checks, &count);
	else if (done)
		printf("%u OK, %u FAILED, %u NOT TESTED%s\n", count.ok, count.failed, count.not_tested,
		       bench_setup_simulated(setup) ? "; SIMULATED: no real instrument was tested" : "");
	if (!done)
		return command_fail(&error);
	return count.failed > 0 ? EXIT_BENCH_FAULT : EXIT_CONFORMANT;
}

static int bench_test(int argc, char **argv)
{
	struct bench_arguments arguments = {0};
	struct error error = {0};
	char fixtures[PATH_MAX];
	inputs_argp(&TEST_ARGP, "bench test", argc, argv, &arguments);
	if (!paths_data("fixtures", fixtures, sizeof fixtures, &error))
		return command_fail(&error);
	auto_bench_setup struct bench_setup *setup = config_load_bench(arguments.bench, fixtures, &error);
	if (!setup)
		return command_fail(&error);
	char today[DATE_SIZE];
	inputs_today(today);
	inputs_date(setup, today);
	auto_bench_lock struct bench_lock *lock = bench_lock_take(setup, "tmsrig bench test", &error);
	if (!lock)
		return command_fail(&error);
	return test_bench(setup, arguments.json);
}

/* A file that does not load would be no beginning. */
static bool write_bench(const char *path, const struct probe *probe, struct error *error)
{
	char fixtures[PATH_MAX], whole[PATH_MAX];
	if (!paths_data("fixtures", fixtures, sizeof fixtures, error) || !probe_write_bench(path, probe, error))
		return false;
	/* A name without a slash would be looked for below fixtures/. */
	snprintf(whole, sizeof whole, "%s%s", strchr(path, '/') ? "" : "./", path);
	auto_bench_setup struct bench_setup *setup = config_load_bench(whole, fixtures, error);
	return setup || error_prefix(error, "the file that was written does not load");
}

static int bench_probe(int argc, char **argv)
{
	struct bench_arguments arguments = {0};
	struct error error = {0};
	inputs_argp(&PROBE_ARGP, "bench probe", argc, argv, &arguments);
	const struct probe_options options = {.uris = arguments.uris,
					      .uri_count = arguments.uri_count,
					      .connections = arguments.connections,
					      .connection_count = arguments.connection_count,
					      .dev = "/dev",
					      .timeout_s = PROBE_TIMEOUT_S};
	if (arguments.write && !probe_may_write(arguments.write, &error))
		return command_fail(&error);
	auto_probe struct probe *probe = probe_create(&options, &error);
	if (!probe)
		return command_fail(&error);
	if (arguments.write && !write_bench(arguments.write, probe, &error))
		return command_fail(&error);
	if (!arguments.json) {
		probe_print_text(stdout, probe);
	} else if (!probe_print_json(stdout, probe)) {
		error_bench(&error, "out of memory, or standard output cannot be written");
		return command_fail(&error);
	}
	if (arguments.write)
		fprintf(stderr, "tmsrig: note: %s is a beginning: fill in what is marked, then `tmsrig bench test %s`\n", arguments.write,
			arguments.write);
	return EXIT_CONFORMANT;
}

static int bench(int argc, char **argv)
{
	static const char *const HELP = "Usage: tmsrig bench probe [OPTION...]\n"
					"  or:  tmsrig bench test [OPTION...] BENCH\n"
					"Finds the instruments of a bench, and tests a bench without firing.\n\n"
					"`tmsrig bench probe --help` and `tmsrig bench test --help` tell more.\n";
	if (argc > 1 && strcmp(argv[1], "probe") == 0)
		return bench_probe(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "test") == 0)
		return bench_test(argc - 1, argv + 1);
	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0 || strcmp(argv[1], "--usage") == 0)) {
		fputs(HELP, stdout);
		return EXIT_CONFORMANT;
	}
	if (argc > 1)
		fprintf(stderr, "tmsrig: bench: there is no '%s'; 'probe' or 'test' was expected\n", argv[1]);
	fputs(HELP, stderr);
	return EXIT_CONFIGURATION;
}

const struct command command_bench = {"bench", "find instruments, and test a bench without firing", bench};
