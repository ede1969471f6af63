/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Torture: the n-th call of each operation of the ports fails, for every n, through whole sessions with evidence and report. Each time the simulated
 * device must be safe at the end, as seen in the simulator itself; the exit status right, no pass that is not true; nothing leaks, nothing hangs. It
 * does not fork, so that the leak check of the sanitizers sees all of it.
 * usage: torture SOURCE_ROOT FOLDER [STRIDE [OPERATION CALL MANNER]]     (STRIDE: only every so many calls of an operation; default 1)
 */
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "config.h"
#include "failing.h"
#include "inputs.h"
#include "session.h"
#include "verdict.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
static bool leaks(void)
{
	return __lsan_do_recoverable_leak_check() != 0;
}
#else
static bool leaks(void)
{
	return false;
}
#endif

enum { HANG_S = 60, LEAK_EVERY = 100 };
static const char *root, *folder;
static unsigned long cases, failures, recovered;
static char what[160]; /* the case under way, for the alarm */
static char said_path[420];

static void on_alarm(int number)
{
	(void)number;
	ssize_t ignored =
		write(STDOUT_FILENO, "not ok: hangs: ", 15) + write(STDOUT_FILENO, what, strlen(what)) + write(STDOUT_FILENO, "\n", 1);
	(void)ignored;
	_exit(1);
}

static void wrong(const char *why, const struct failing_truth *truth, int status)
{
	failures++;
	printf("not ok: %s: %s (exit %d; trigger %d, enable %d, emergency stop %d, ready %d, state %s)\n", what, why, status,
	       truth->trigger, truth->enable, truth->emergency_stop, truth->ready, stimulator_state_name(truth->state));
	auto_file FILE *said = fopen(said_path, "re");
	for (char line[512]; said && fgets(line, sizeof line, said);)
		printf("    %s", line);
}

/* A session with the case's failure; its exit status. What it says goes to a file. */
static int session(const char *scenario, struct bench_setup *bench, const struct spec *spec, const char *out)
{
	static const struct driver *const DRIVERS[] = {&driver_failing, NULL};
	struct error error = {0};
	auto_plan struct plan *plan = inputs_plan(scenario, NAN, &error);
	if (!plan) {
		printf("not ok: %s\n", error.text);
		exit(1);
	}
	const struct session_setup setup = {
		.command = "run", .out = out, .bench = bench, .plan = plan, .spec = spec, .drivers = DRIVERS, .quiet = true};
	fflush(stdout);
	int kept_out = dup(STDOUT_FILENO), kept_err = dup(STDERR_FILENO),
	    said = open(said_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	dup2(said, STDOUT_FILENO);
	dup2(said, STDERR_FILENO);
	alarm(HANG_S);
	int status = session_run(&setup);
	alarm(0);
	fflush(stdout);
	dup2(kept_out, STDOUT_FILENO);
	dup2(kept_err, STDERR_FILENO);
	close(kept_out);
	close(kept_err);
	close(said);
	return status;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status, (void)kind, (void)place;
	return remove(path);
}

/* "pass" of result.json, or "" where the evidence was not finished. */
static bool says_pass(const char *out)
{
	char path[512];
	snprintf(path, sizeof path, "%s/result.json", out);
	json_t *result = json_load_file(path, 0, NULL);
	const char *verdict = json_string_value(json_object_get(result, "verdict"));
	bool pass = verdict && strstr(verdict, "pass");
	json_decref(result);
	return pass;
}

/* Operations that the program may try again, or may do without, without loss: then the session may end well. */
static bool may_recover(enum operation operation)
{
	return operation == OP_CLOCK_SLEEP || operation == OP_GPIO_SET || operation == OP_GPIO_GET || operation == OP_DISARM ||
	       operation == OP_STATUS;
}

static void judge(const struct failing_plan *plan, int status, const char *out)
{
	struct failing_truth truth = failing_truth();
	bool lines = !truth.trigger && !truth.enable && truth.emergency_stop;
	/* Lines that cannot be driven any more stay where they were; the device is told to disarm then. */
	bool lines_may_stay = plan->operation == OP_GPIO_SET && plan->manner == FAILS_ON;
	bool disarmed =
		!truth.ready && (truth.state == STIMULATOR_OFF || truth.state == STIMULATOR_STANDBY || truth.state == STIMULATOR_FAULT);
	cases++;
	if (truth.closed && !(disarmed && (lines || lines_may_stay)))
		wrong("the device is not in its safe state", &truth, status);
	if (!truth.closed && plan->operation != OP_OPEN)
		wrong("the device was not looked at", &truth, status);
	if (!failing_struck())
		return;
	recovered += status == EXIT_CONFORMANT;
	bool good = status == EXIT_BENCH_FAULT || (status == EXIT_CONFORMANT && may_recover(plan->operation) && plan->manner != FAILS_ON);
	if (!good)
		wrong("the exit status is wrong", &truth, status);
	if (status != EXIT_CONFORMANT && says_pass(out))
		wrong("the evidence says pass", &truth, status);
}

static void one(const char *scenario, struct bench_setup *bench, const struct spec *spec, const struct failing_plan *plan)
{
	char out[400], incomplete[420];
	const char *name = strrchr(scenario, '/');
	snprintf(what, sizeof what, "%.40s, %s call %lu %s", name ? name + 1 : scenario, operation_name(plan->operation), plan->call,
		 manner_name(plan->manner));
	snprintf(out, sizeof out, "%s/case", folder);
	snprintf(incomplete, sizeof incomplete, "%s.incomplete", out);
	failing_begin(*plan);
	int status = session(scenario, bench, spec, out);
	judge(plan, status, out);
	nftw(out, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	nftw(incomplete, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	if (cases % LEAK_EVERY == 0 && leaks()) {
		failures++;
		printf("not ok: a leak in one of the %d cases up to: %s\n", LEAK_EVERY, what);
	}
}

static void through(const char *scenario, struct bench_setup *bench, const struct spec *spec, unsigned long stride)
{
	unsigned long calls[OPERATION_COUNT];
	struct failing_plan none = {.call = 0};
	failing_begin(none);
	one(scenario, bench, spec, &none);
	for (int op = 0; op < OPERATION_COUNT; op++)
		calls[op] = failing_calls((enum operation)op);
	for (int op = 0; op < OPERATION_COUNT; op++) {
		unsigned long tried = 0, before = failures;
		/* The first and the last calls are where things begin and end: always. */
		for (unsigned long call = 1; call <= calls[op]; call++) {
			if (stride > 1 && call > 2 && call + 1 < calls[op] && call % (stride * (1 + calls[op] / 100)) != 0)
				continue;
			for (int manner = 0; manner < MANNER_COUNT; manner++) {
				if (stride > 1 && manner != (int)(call % MANNER_COUNT))
					continue;
				one(scenario, bench, spec, &(struct failing_plan){(enum operation)op, (enum manner)manner, call});
				tried++;
			}
		}
		if (calls[op] > 0)
			printf("%-26s %5lu calls, %5lu cases, %lu failures\n", operation_name((enum operation)op), calls[op], tried,
			       failures - before);
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	struct error error = {0};
	char fixtures[400], path[400];
	if (argc < 3) {
		fprintf(stderr, "usage: torture SOURCE_ROOT FOLDER [STRIDE]\n");
		return 2;
	}
	root = argv[1];
	folder = argv[2];
	unsigned long stride = argc > 3 ? strtoul(argv[3], NULL, 10) : 1;
	mkdir(folder, 0755);
	snprintf(said_path, sizeof said_path, "%s/said", folder);
	signal(SIGALRM, on_alarm);
	signal(SIGPIPE, SIG_IGN);
	setenv("TMSRIG_DATA", root, 1);
	snprintf(path, sizeof path, "%s/state", folder);
	setenv("TMSRIG_STATE", path, 1);
	snprintf(fixtures, sizeof fixtures, "%s/fixtures", root);
	snprintf(path, sizeof path, "%s/tests/torture/bench.yaml", root);
	auto_bench_setup struct bench_setup *bench = config_load_bench(path, fixtures, &error);
	auto_spec struct spec *spec = bench ? config_load_spec("smoke", fixtures, inputs_measurand_unit, NULL, &error) : NULL;
	if (!spec) {
		fprintf(stderr, "torture: %s\n", error.text);
		return 2;
	}
	inputs_date(bench, NULL);
	snprintf(path, sizeof path, "%s/scenarios/smoke.lua", root);
	if (argc > 6) {
		one(path, bench, spec,
		    &(struct failing_plan){(enum operation)atoi(argv[4]), (enum manner)atoi(argv[6]), strtoul(argv[5], NULL, 10)});
		return failures > 0;
	}
	through(path, bench, spec, stride);
	snprintf(path, sizeof path, "%s/tests/torture/interlock.lua", root);
	through(path, bench, spec, stride);
	printf("torture: %lu cases tried, %lu of them recovered from, %lu failures\n", cases, recovered, failures);
	return failures > 0;
}
