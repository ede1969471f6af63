/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Torture: the n-th call of each operation of the ports fails, for every n, through whole sessions with evidence and report. Each time the simulated
 * device must be safe at the end, as seen in the simulator itself; the exit status right, no pass that is not true; nothing leaks, nothing hangs. It
 * does not fork, so that the leak check of the sanitizers sees all of it. Every WHOLE_EVERY-th case writes the whole report, the others a line: the
 * report takes three quarters of a session's time, and calls no port.
 * usage: torture SOURCE_ROOT FOLDER [STRIDE [SESSION OPERATION CALL MANNER]]
 * STRIDE: every so many calls of an operation, each in one manner, in turn; 0, the default: every call, in every manner.
 */
#include <errno.h>
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

enum { HANG_S = 120, LEAK_EVERY = 100, WHOLE_EVERY = 16 };

/* What is run: paths are below SOURCE_ROOT. */
struct tortured {
	const char *scenario, *bench, *spec;
	const struct plan_value *values;
	size_t value_count;
};
static const struct plan_value ONE_TRIAL[] = {{"trials", 1}};
static const struct tortured TORTURED[] = {
	{"scenarios/smoke.lua", "tests/torture/bench.yaml", "fixtures/specs/smoke.yaml", NULL, 0},
	{"tests/torture/interlock.lua", "tests/torture/bench.yaml", "fixtures/specs/smoke.yaml", NULL, 0},
	{"tests/torture/remote.lua", "tests/torture/remote.yaml", "tests/torture/remote-spec.yaml", NULL, 0},
	{"scenarios/interlocks/il04-emergency-stop.lua", "tests/torture/bench.yaml", "fixtures/specs/interlocks.yaml", ONE_TRIAL, 1},
};

/* What a session takes, loaded once. */
struct loaded {
	const struct tortured *tortured;
	struct bench_setup *bench;
	struct spec *spec;
};

static const char *root, *folder;
static char brief_data[420]; /* the data with the brief report */
static unsigned long cases, failures, recovered;
static char what[160]; /* the case under way, for the alarm */
static char said_path[420], state_path[420];

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

static char *below_root(const char *path, char out[400])
{
	snprintf(out, 400, "%s/%s", root, path);
	return out;
}

/* A session with the case's failure; its exit status. What it says goes to a file. */
static int session(const struct loaded *loaded, const char *out)
{
	static const struct driver *const DRIVERS[] = {&driver_failing, NULL};
	struct error error = {0};
	char path[400];
	setenv("TMSRIG_DATA", cases % WHOLE_EVERY == 0 ? root : brief_data, 1);
	auto_plan struct plan *plan = inputs_plan_set(below_root(loaded->tortured->scenario, path), NAN, loaded->tortured->values,
						      loaded->tortured->value_count, &error);
	if (!plan) {
		printf("not ok: %s\n", error.text);
		exit(1);
	}
	const struct session_setup setup = {.command = "run",
					    .out = out,
					    .bench = loaded->bench,
					    .plan = plan,
					    .spec = loaded->spec,
					    .drivers = DRIVERS,
					    .quiet = true};
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
	       operation == OP_STATUS || operation == OP_EMULATE;
}

/* Where the emulator says that it cannot, a line that leads to the same wire does it. */
static bool has_substitute(enum operation operation)
{
	return operation == OP_EMULATE;
}

/* The session in which nothing fails passes: else no failure of a case would be its own. */
static void judge_undisturbed(int status)
{
	struct failing_truth truth = failing_truth();
	if (status != EXIT_CONFORMANT)
		wrong("the undisturbed session does not pass", &truth, status);
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
	if (plan->call == 0)
		judge_undisturbed(status);
	if (!failing_struck())
		return;
	recovered += status == EXIT_CONFORMANT;
	bool good = status == EXIT_BENCH_FAULT || (status == EXIT_CONFORMANT && may_recover(plan->operation) &&
						   (plan->manner != FAILS_ON || has_substitute(plan->operation)));
	if (!good)
		wrong("the exit status is wrong", &truth, status);
	if (status != EXIT_CONFORMANT && says_pass(out))
		wrong("the evidence says pass", &truth, status);
}

static void one(const struct loaded *loaded, const struct failing_plan *plan)
{
	char out[400], incomplete[420];
	snprintf(what, sizeof what, "%.40s, %s call %lu %s", strrchr(loaded->tortured->scenario, '/') + 1, operation_name(plan->operation),
		 plan->call, manner_name(plan->manner));
	snprintf(out, sizeof out, "%s/case", folder);
	snprintf(incomplete, sizeof incomplete, "%s.incomplete", out);
	failing_begin(*plan);
	int status = session(loaded, out);
	judge(plan, status, out);
	nftw(out, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	nftw(incomplete, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	/* A ledger is checked whole at every entry: one of thousands would take more time than the sessions. */
	if (cases % WHOLE_EVERY == 0)
		nftw(state_path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	if (cases % LEAK_EVERY == 0 && leaks()) {
		failures++;
		printf("not ok: a leak in one of the %d cases up to: %s\n", LEAK_EVERY, what);
	}
}

static void through(const struct loaded *loaded, unsigned long stride)
{
	unsigned long calls[OPERATION_COUNT], cases_before = cases, failures_before = failures;
	one(loaded, &(struct failing_plan){.call = 0});
	for (int op = 0; op < OPERATION_COUNT; op++)
		calls[op] = failing_calls((enum operation)op);
	for (int op = 0; op < OPERATION_COUNT; op++) {
		unsigned long tried = 0, before = failures;
		/* The first and the last calls are where things begin and end: always. */
		for (unsigned long call = 1; call <= calls[op]; call++) {
			if (stride > 1 && call > 2 && call + 1 < calls[op] && call % (stride * (1 + calls[op] / 100)) != 0)
				continue;
			for (int manner = 0; manner < MANNER_COUNT; manner++) {
				if (stride > 0 && manner != (int)(call % MANNER_COUNT))
					continue;
				one(loaded, &(struct failing_plan){(enum operation)op, (enum manner)manner, call});
				tried++;
			}
		}
		if (calls[op] > 0)
			printf("%-26s %5lu calls, %5lu cases, %lu failures\n", operation_name((enum operation)op), calls[op], tried,
			       failures - before);
		fflush(stdout);
	}
	printf("%s: %lu cases, %lu failures\n", loaded->tortured->scenario, cases - cases_before, failures - failures_before);
}

/* Bench and spec of a session; the caller releases them. Ends the program when they do not load. */
static struct loaded load(const struct tortured *tortured)
{
	struct error error = {0};
	char fixtures[400], path[400];
	struct loaded loaded = {.tortured = tortured};
	below_root("fixtures", fixtures);
	loaded.bench = config_load_bench(below_root(tortured->bench, path), fixtures, &error);
	if (loaded.bench)
		loaded.spec = config_load_spec(below_root(tortured->spec, path), fixtures, inputs_measurand_unit, NULL, &error);
	if (!loaded.spec) {
		fprintf(stderr, "torture: %s\n", error.text);
		exit(2);
	}
	inputs_date(loaded.bench, NULL);
	return loaded;
}

static void release(struct loaded *loaded)
{
	spec_destroy(loaded->spec);
	bench_setup_destroy(loaded->bench);
}

/* A folder of data like the tree, with the brief report. */
static void make_brief_data(void)
{
	static const char *const LINKS[][2] = {{"fixtures", "fixtures"}, {"scenarios", "scenarios"}, {"tests/torture/reports", "reports"}};
	snprintf(brief_data, sizeof brief_data, "%s/data", folder);
	mkdir(brief_data, 0755);
	for (size_t i = 0; i < sizeof LINKS / sizeof *LINKS; i++) {
		char target[400], link[440];
		snprintf(link, sizeof link, "%s/%s", brief_data, LINKS[i][1]);
		if (symlink(below_root(LINKS[i][0], target), link) != 0 && errno != EEXIST) {
			fprintf(stderr, "torture: %s: %s\n", link, strerror(errno));
			exit(2);
		}
	}
}

int main(int argc, char **argv)
{
	enum { COUNT = sizeof TORTURED / sizeof *TORTURED };
	if (argc < 3) {
		fprintf(stderr, "usage: torture SOURCE_ROOT FOLDER [STRIDE [SESSION OPERATION CALL MANNER]]\n");
		return 2;
	}
	root = argv[1];
	folder = argv[2];
	unsigned long stride = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
	mkdir(folder, 0755);
	snprintf(said_path, sizeof said_path, "%s/said", folder);
	signal(SIGALRM, on_alarm);
	signal(SIGPIPE, SIG_IGN);
	snprintf(state_path, sizeof state_path, "%s/state", folder);
	setenv("TMSRIG_STATE", state_path, 1);
	make_brief_data();
	unsigned long only = argc > 7 ? strtoul(argv[4], NULL, 10) : COUNT;
	for (unsigned long i = 0; i < COUNT; i++) {
		struct loaded loaded = load(&TORTURED[i]);
		if (i == only)
			one(&loaded,
			    &(struct failing_plan){(enum operation)atoi(argv[5]), (enum manner)atoi(argv[7]), strtoul(argv[6], NULL, 10)});
		else if (only == COUNT)
			through(&loaded, stride);
		release(&loaded);
	}
	printf("torture: %lu cases tried, %lu of them recovered from, %lu failures\n", cases, recovered, failures);
	return failures > 0;
}
