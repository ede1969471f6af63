/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "command.h"
#include "config.h"
#include "inputs.h"
#include "paths.h"
#include "qualify.h"
#include "qualify_witness.h"
#include "session.h"

bool qualify_path(const struct qualify_run *run, const char *ending, char out[PATH_MAX])
{
	return snprintf(out, PATH_MAX, "%s/cases/%s-%u%s", run->folder, run->of->id, run->seed, ending) < PATH_MAX;
}

struct bench_setup *qualify_bench(const struct qualification_case *one, unsigned seed, struct error *error)
{
	char fixtures[PATH_MAX];
	if (!paths_data("fixtures", fixtures, sizeof fixtures, error))
		return NULL;
	auto_bench_setup struct bench_setup *bench = config_load_bench(one->bench, fixtures, error);
	if (!bench)
		return NULL;
	bench->sim.seed = seed;
	for (size_t i = 0; i < one->faults.count; i++)
		if (!config_add_fault(bench, one->faults.names[i], error))
			return NULL;
	char today[DATE_SIZE];
	inputs_today(today);
	inputs_date(bench, today);
	return steal(&bench);
}

struct spec *qualify_spec(const struct qualification_case *one, struct error *error)
{
	char fixtures[PATH_MAX];
	if (!paths_data("fixtures", fixtures, sizeof fixtures, error))
		return NULL;
	return config_load_spec(one->spec, fixtures, inputs_measurand_unit, NULL, error);
}

static struct plan *qualify_plan(const struct qualification_case *one, const char *path, struct error *error)
{
	auto_free struct plan_value *values = calloc(one->setting_count + 1, sizeof *values);
	if (!values)
		return (void)error_bench(error, "out of memory"), NULL;
	for (size_t i = 0; i < one->setting_count; i++)
		values[i] = (struct plan_value){one->settings[i].name, one->settings[i].value};
	return inputs_plan_set(path, NAN, values, one->setting_count, error);
}

/* The session as `tmsrig run` makes it, but for the witness. */
static int run_session(const struct qualify_run *run, const char *out)
{
	struct error error = {0};
	auto_bench_setup struct bench_setup *bench = qualify_bench(run->of, run->seed, &error);
	auto_spec struct spec *spec = bench ? qualify_spec(run->of, &error) : NULL;
	auto_free char *path = spec ? paths_scenario(run->of->scenario, &error) : NULL;
	auto_plan struct plan *plan = path ? qualify_plan(run->of, path, &error) : NULL;
	if (!plan)
		return command_fail(&error);
	char fixtures[PATH_MAX], today[DATE_SIZE];
	struct inputs inputs;
	if (!paths_data("fixtures", fixtures, sizeof fixtures, &error) || !inputs_of(plan, bench, spec, NULL, &inputs, &error))
		return command_fail(&error);
	inputs_today(today);
	struct session_setup setup = {
		.command = "run",
		.fixtures = fixtures,
		.date = today,
		.out = out,
		.bench = bench,
		.plan = plan,
		.spec = spec,
		.input_files = inputs.files,
		.input_count = inputs.count,
		.drivers = QUALIFY_DRIVERS,
	};
	return session_run(&setup);
}

/* In the child: everything printed goes into the log, and nothing of the qualification into the state of the user's benches. */
static int run_child(const struct qualify_run *run)
{
	static char out[PATH_MAX], log[PATH_MAX], truth[PATH_MAX], lines[PATH_MAX], state[PATH_MAX];
	if (!qualify_path(run, "", out) || !qualify_path(run, ".log", log) || !qualify_path(run, ".truth.csv", truth) ||
	    !qualify_path(run, ".lines.csv", lines) || snprintf(state, sizeof state, "%s/state", run->folder) >= (int)sizeof state)
		return EXIT_BENCH_FAULT;
	int fd = open(log, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644), nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
		return EXIT_BENCH_FAULT;
	if (setenv("TMSRIG_STATE", state, 1) != 0)
		return EXIT_BENCH_FAULT;
	qualify_witness_prepare(truth, lines, run->of->lose_s);
	return run_session(run, out);
}

bool qualify_start(struct qualify_run *run, struct error *error)
{
	int status;
	run->status = -1;
	fflush(NULL);
	pid_t child = fork();
	if (child < 0)
		return error_errno(error, ERROR_BENCH, "case %s: no process", run->of->id);
	if (child == 0) {
		int ended = run_child(run);
		fflush(NULL);
		_exit(ended);
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return error_errno(error, ERROR_BENCH, "case %s", run->of->id);
	if (WIFEXITED(status))
		run->status = WEXITSTATUS(status);
	return true;
}
