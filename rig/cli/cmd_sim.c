/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "bench_lock.h"
#include "command.h"
#include "config.h"
#include "inputs.h"
#include "paths.h"
#include "quantity.h"
#include "serve.h"
#include "session.h"

enum { MAX_FAULTS = 64, KEY_SEED = 256, KEY_FAULT, KEY_DEVICE_FAULT, KEY_DURATION };

struct sim_arguments {
	const char *bench;
	const char *faults[MAX_FAULTS], *device_faults[MAX_FAULTS];
	size_t fault_count, device_fault_count;
	double duration_s;
	uint64_t seed;
	bool seed_given;
};

static const struct argp_option OPTIONS[] = {
	{"fault", KEY_FAULT, "FAULT", 0, "Make an instrument wrong, e.g. \"iiod stall after 2 s\"; may be repeated", 0},
	{"device-fault", KEY_DEVICE_FAULT, "FAULT", 0, "Make the virtual device wrong, as `tmsrig run --fault`; may be repeated", 0},
	{"seed", KEY_SEED, "N", 0, "Seed of the virtual device", 0},
	{"duration", KEY_DURATION, "TIME", 0, "End after this time, e.g. \"60 s\" (default: at SIGTERM or SIGINT)", 0},
	{0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct sim_arguments *arguments = state->input;
	struct error error = {0};
	char *end;
	switch (key) {
	case KEY_FAULT:
		if (arguments->fault_count == MAX_FAULTS)
			argp_error(state, "more than %d faults", MAX_FAULTS);
		arguments->faults[arguments->fault_count++] = argument;
		return 0;
	case KEY_DEVICE_FAULT:
		if (arguments->device_fault_count == MAX_FAULTS)
			argp_error(state, "more than %d faults of the device", MAX_FAULTS);
		arguments->device_faults[arguments->device_fault_count++] = argument;
		return 0;
	case KEY_SEED:
		errno = 0;
		arguments->seed = strtoull(argument, &end, 10);
		if (end == argument || *end || errno || argument[0] == '-')
			argp_error(state, "--seed %s: a whole number is needed", argument);
		arguments->seed_given = true;
		return 0;
	case KEY_DURATION:
		if (!quantity_parse(argument, DIMENSION_TIME, &arguments->duration_s, &error) || !(arguments->duration_s > 0))
			argp_error(state, "--duration %s: a time is needed, e.g. \"60 s\"", argument);
		return 0;
	case ARGP_KEY_ARG:
		if (arguments->bench)
			argp_error(state, "more than one bench");
		arguments->bench = argument;
		return 0;
	case ARGP_KEY_NO_ARGS: argp_error(state, "no bench given, for example 'served'"); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp ARGP = {
	OPTIONS,
	parse_option,
	"BENCH",
	"Serves a virtual bench, in real time, as instruments that real drivers can speak to: those of the bench file's section `serve`.\v"
	"When all of them listen it prints a line 'ready: ...'. It runs until SIGTERM or SIGINT.\n"
	"Exit status: 0 ended as asked, 2 configuration, 4 an instrument could not be served.",
	NULL,
	NULL,
	NULL,
};

/* Until a signal, the end of the time, or a failure. */
static bool wait_for_end(struct serve *serve, double duration_s, struct error *error)
{
	double waited_s = 0;
	while (!atomic_load(&command_abort) && !(waited_s >= duration_s)) {
		struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
		nanosleep(&pause, NULL);
		waited_s += 20e-3;
		if (serve_failed(serve, error))
			return false;
	}
	return true;
}

static int sim(int argc, char **argv)
{
	struct sim_arguments arguments = {.duration_s = INFINITY};
	struct error error = {0};
	char fixtures[PATH_MAX];
	inputs_argp(&ARGP, "sim", argc, argv, &arguments);
	if (!paths_data("fixtures", fixtures, sizeof fixtures, &error))
		return command_fail(&error);
	auto_bench_setup struct bench_setup *setup = config_load_bench(arguments.bench, fixtures, &error);
	if (!setup)
		return command_fail(&error);
	if (!setup->serve) {
		error_config(&error, "%s: the bench has no section 'serve'; right would be, for example, 'serve: {iiod: {port: 30431}}'",
			     setup->file);
		return command_fail(&error);
	}
	if (arguments.seed_given)
		setup->sim.seed = arguments.seed;
	for (size_t i = 0; i < arguments.device_fault_count; i++)
		if (!config_add_fault(setup, arguments.device_faults[i], &error))
			return command_fail(&error);
	auto_bench_lock struct bench_lock *lock = bench_lock_take(setup, "tmsrig sim", &error);
	if (!lock)
		return command_fail(&error);
	auto_bench struct bench *bench = bench_open(setup, SESSION_DRIVERS, NULL, &error);
	auto_serve struct serve *serve = bench ? serve_start(setup, bench_ports(bench), &error) : NULL;
	if (!serve)
		return command_fail(&error);
	for (size_t i = 0; i < arguments.fault_count; i++)
		if (!serve_command(serve, arguments.faults[i], &error))
			return command_fail(&error);
	serve_print_ready(serve, stdout);
	return wait_for_end(serve, arguments.duration_s, &error) ? 0 : command_fail(&error);
}

const struct command command_sim = {"sim", "serve a virtual bench as instruments, in real time", sim};
