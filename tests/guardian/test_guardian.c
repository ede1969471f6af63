/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The guardian against deaths of the harness, of itself and of both: a harness is a child process with its lines raised, killed at a random
 * moment; a witness outside times the lines. Arguments: the guardian, a folder for files, how many trials of each kind, a seed.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard.h"
#include "witness.h"

static const double ALLOWED_S = 0.150, PATIENCE_S = 5;
/* How long a run may stand still: little where that is the trial; elsewhere more than a busy machine takes away from it. */
static const double STUCK_S = 0.05, PROGRESS_S = 2;
/* A harness that the machine starves is made safe, rightly, before its trial began; such a trial is done again this often. */
enum { STARVED_AGAIN = 5 };

static const char *program, *folder;
static struct witness *witness;
static unsigned failures, cases, starved;

static bool check(bool good, const char *what, double value)
{
	if (!good) {
		failures++;
		printf("FAILED: %s (%g)\n", what, value);
	}
	return good;
}

enum death { BY_KILL, BY_STOP, BY_SEGV, BY_MEMORY, BY_HANG, BY_NONSENSE, BY_TERM_OF_GUARDIAN, DEATH_COUNT };
static const char *const DEATH_NAMES[] = {
	"SIGKILL", "SIGSTOP", "SIGSEGV", "out of memory", "stuck run", "nonsense on the socket", "SIGTERM to the guardian"};

static atomic_bool lost;

static void on_lost(void *self)
{
	(void)self;
	atomic_store(&lost, true);
}

static void read_log(char *text, size_t size)
{
	char path[512];
	snprintf(path, sizeof path, "%s/guardian.log", folder);
	int fd = open(path, O_RDONLY);
	ssize_t count = fd < 0 ? 0 : read(fd, text, size - 1);
	text[count < 0 ? 0 : count] = '\0';
	if (fd >= 0)
		close(fd);
}

/* progress_s: how long the run may stand still before it counts as stuck. */
static struct guard *begin(double progress_s)
{
	struct guardian_setup setup;
	struct error error = {0};
	char path[512];
	witness_setup(witness, &setup);
	snprintf(path, sizeof path, "%s/guardian.log", folder);
	int log = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct guard_options options = {.program = program, .log_fd = log, .progress_s = progress_s, .lost = on_lost};
	struct guard *guard = guard_start(&setup, &options, &error);
	if (!guard || !guard_set(guard, GUARDIAN_EMERGENCY_STOP, false, &error) || !guard_set(guard, GUARDIAN_ENABLE, true, &error)) {
		fprintf(stderr, "harness: %s\n", error.text);
		_exit(3);
	}
	close(log);
	guard_attend(guard, false);
	return guard;
}

/* Uses memory until there is none, as a leak would. */
static void eat_memory(void)
{
	struct rlimit limit = {256 << 20, 256 << 20};
	setrlimit(RLIMIT_AS, &limit);
	for (;;) {
		char *block = malloc(1 << 20);
		if (!block)
			abort();
		memset(block, 1, 1 << 20);
	}
}

static void write_nonsense(void)
{
	/* The socket is the only SOCK_SEQPACKET descriptor of this process. */
	for (int fd = 3; fd < 64; fd++) {
		int type;
		socklen_t size = sizeof type;
		if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET)
			send(fd, "nonsense", 8, MSG_NOSIGNAL);
	}
}

/* The harness: lines up, alive until told otherwise by its pipe. */
static void harness(int orders, int answers, double progress_s)
{
	/* It must not outlive the test. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Die of it as a release does, not after a sanitizer's long report. */
	signal(SIGSEGV, SIG_DFL);
	struct guard *guard = begin(progress_s);
	char order = 0;
	if (write(answers, "r", 1) != 1)
		_exit(3);
	fcntl(orders, F_SETFL, O_NONBLOCK);
	while (read(orders, &order, 1) != 1) {
		if (atomic_load(&lost)) {
			double at = witness_now();
			_exit(write(answers, &at, sizeof at) == sizeof at ? 0 : 3);
		}
		guard_progress(guard);
		usleep(2000);
	}
	if (order == 'm')
		eat_memory();
	if (order == 's')
		for (volatile int *nowhere = NULL;;)
			*nowhere = 1;
	if (order == 'n')
		write_nonsense();
	for (;;)
		pause();
}

static pid_t start_harness(int *orders, int *answers, double progress_s)
{
	int down[2], up[2];
	char ready;
	if (pipe2(down, O_CLOEXEC) < 0 || pipe2(up, O_CLOEXEC) < 0)
		exit(2);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		close(down[1]);
		close(up[0]);
		harness(down[0], up[1], progress_s);
	}
	close(down[0]);
	close(up[1]);
	*orders = down[1];
	*answers = up[0];
	if (read(*answers, &ready, 1) != 1) {
		printf("FAILED: the harness did not start\n");
		exit(1);
	}
	return pid;
}

/* The guardian is the harness's only child. */
static pid_t guardian_of(pid_t harness_pid)
{
	char path[64];
	int pid = -1;
	snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)harness_pid, (int)harness_pid);
	FILE *file = fopen(path, "re");
	if (!file || fscanf(file, "%d", &pid) != 1)
		pid = -1;
	if (file)
		fclose(file);
	return pid;
}

static bool await_log(const char *words, char *text, size_t size)
{
	for (double until = witness_now() + PATIENCE_S; witness_now() < until; usleep(2000)) {
		read_log(text, size);
		if (strstr(text, words))
			return true;
	}
	return false;
}

static double since_event(const char *name, bool level, double event_s)
{
	for (double until = event_s + 1; witness_now() < until; usleep(500))
		if (isfinite(witness_line_since(witness, name, level)))
			return witness_line_since(witness, name, level) - event_s;
	return INFINITY;
}

static double random_s(double most_s)
{
	return most_s * (double)random() / (double)RAND_MAX;
}

/* Lines raised and the capacitor charged; false: the guardian made safe already. */
static bool is_armed(void)
{
	return isfinite(witness_line_since(witness, "ENABLE", true)) && witness_volts(witness) > 1000;
}

static void end_harness(pid_t pid, int orders, int answers)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(orders);
	close(answers);
}

/* A harness that is alive and armed after a random time; its pid. */
static pid_t armed_harness(int *orders, int *answers, double progress_s)
{
	char log[8192];
	for (unsigned again = 0;; again++) {
		witness_reset(witness);
		pid_t pid = start_harness(orders, answers, progress_s);
		usleep((useconds_t)(1e6 * random_s(0.15)));
		if (is_armed() || again == STARVED_AGAIN) {
			check(is_armed(), "the capacitor is charged before the death", witness_volts(witness));
			return pid;
		}
		check(await_log("safe state verified", log, sizeof log), "a starved harness is made safe, and the log says so", 0);
		starved++;
		end_harness(pid, *orders, *answers);
	}
}

static void one_death(enum death death, double *worst_s)
{
	int orders, answers;
	char log[8192];
	pid_t pid = armed_harness(&orders, &answers, death == BY_HANG || death == BY_MEMORY ? STUCK_S : PROGRESS_S);
	pid_t guardian_pid = guardian_of(pid);
	double event_s = witness_now();
	switch (death) {
	case BY_KILL: kill(pid, SIGKILL); break;
	case BY_STOP: kill(pid, SIGSTOP); break;
	case BY_SEGV: check(write(orders, "s", 1) == 1, "order", 0); break;
	case BY_MEMORY: check(write(orders, "m", 1) == 1, "order", 0); break;
	case BY_HANG: check(write(orders, "h", 1) == 1, "order", 0); break;
	case BY_NONSENSE: check(write(orders, "n", 1) == 1, "order", 0); break;
	case BY_TERM_OF_GUARDIAN: kill(guardian_pid, SIGTERM); break;
	case DEATH_COUNT: break;
	}
	double enable_s = since_event("ENABLE", false, event_s), stop_s = since_event("ESTOP", true, event_s),
	       last_s = fmax(enable_s, stop_s);
	/* A stuck run beats on for the 50 ms that it may be without progress; one that eats its memory does so before it dies. */
	double allowed_s = ALLOWED_S + (death == BY_HANG || death == BY_MEMORY ? STUCK_S : 0);
	check(last_s <= allowed_s, DEATH_NAMES[death], last_s);
	*worst_s = fmax(*worst_s, last_s);
	check(await_log("safe state verified", log, sizeof log), "the log says verified", 0);
	check(strstr(log, "at or below 60 V") != NULL, "the log tells of the discharge", 0);
	check(isfinite(witness_disarmed(witness)), "the disarm frame came", 0);
	check(witness_volts(witness) <= 60, "the capacitor is discharged", witness_volts(witness));
	end_harness(pid, orders, answers);
	/* Adopted by init or by nobody: gone when its place in /proc is, or it is a zombie of the harness that was. */
	for (double until = witness_now() + PATIENCE_S; guardian_pid > 0 && kill(guardian_pid, 0) == 0 && witness_now() < until;) {
		waitpid(guardian_pid, NULL, WNOHANG);
		usleep(1000);
	}
	check(guardian_pid > 0 && kill(guardian_pid, 0) < 0, "the guardian is gone afterwards", guardian_pid);
	cases++;
}

/* The guardian itself is killed: the harness must notice. */
static void guardian_killed(double *worst_s)
{
	int orders, answers;
	double noticed_s = NAN;
	pid_t pid = armed_harness(&orders, &answers, PROGRESS_S);
	double event_s = witness_now();
	kill(guardian_of(pid), SIGKILL);
	if (read(answers, &noticed_s, sizeof noticed_s) != sizeof noticed_s)
		noticed_s = INFINITY;
	check(noticed_s - event_s <= ALLOWED_S, "the harness notices the guardian's death", noticed_s - event_s);
	*worst_s = fmax(*worst_s, noticed_s - event_s);
	end_harness(pid, orders, answers);
	cases++;
}

/* An orderly run: lines lowered by the harness, the log moved, leave taken. */
static void orderly(void)
{
	struct error error = {0};
	char path[512], log[8192];
	witness_reset(witness);
	struct guard *guard = begin(PROGRESS_S);
	snprintf(path, sizeof path, "%s/moved.log", folder);
	int moved = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	check(guard_log_to(guard, moved, &error), "the log moves", 0);
	close(moved);
	for (int i = 0; i < 30; i++) {
		guard_progress(guard);
		usleep(10000);
	}
	check(isfinite(witness_line_since(witness, "ENABLE", true)), "a run that lives keeps its lines", 0);
	check(guard_set(guard, GUARDIAN_ENABLE, false, &error) && guard_set(guard, GUARDIAN_EMERGENCY_STOP, true, &error), "lowered", 0);
	guard_stop(guard);
	int fd = open(path, O_RDONLY);
	ssize_t count = fd < 0 ? 0 : read(fd, log, sizeof log - 1);
	log[count < 0 ? 0 : count] = '\0';
	close(fd);
	check(strstr(log, "took its leave") && !strstr(log, "safe state:"), "an orderly end is no emergency", 0);
	cases++;
}

/* A wish for a line that is not the guardian's: it trusts such a harness no more. */
static void wrong_wish(void)
{
	struct error error = {0};
	char log[8192];
	witness_reset(witness);
	struct guard *guard = begin(PROGRESS_S);
	check(!guard_set(guard, GUARDIAN_TRIGGER, true, &error), "a line that is not the guardian's is refused", 0);
	check(await_log("not the guardian's", log, sizeof log) && isfinite(witness_line_since(witness, "ENABLE", false)),
	      "and is an emergency", 0);
	check(!guard_set(guard, GUARDIAN_ENABLE, true, &error), "after which nothing is driven", 0);
	guard_stop(guard);
	cases++;
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		fprintf(stderr, "usage: test_guardian GUARDIAN FOLDER TRIALS [SEED]\n");
		return 2;
	}
	program = argv[1];
	folder = argv[2];
	unsigned trials = (unsigned)atoi(argv[3]), seed = argc > 4 ? (unsigned)atoi(argv[4]) : 1;
	srandom(seed);
	signal(SIGPIPE, SIG_IGN);
	/* Orphans of a killed harness come to us, so that their end can be seen. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	witness = witness_start(folder);
	for (enum death death = 0; death < DEATH_COUNT; death++) {
		double worst_s = 0;
		for (unsigned i = 0; i < trials; i++)
			one_death(death, &worst_s);
		printf("%-26s %u trials, lines safe at most %.1f ms after\n", DEATH_NAMES[death], trials, 1e3 * worst_s);
	}
	double worst_s = 0;
	for (unsigned i = 0; i < trials; i++)
		guardian_killed(&worst_s);
	printf("%-26s %u trials, noticed at most %.1f ms after\n", "SIGKILL of the guardian", trials, 1e3 * worst_s);
	orderly();
	wrong_wish();
	witness_stop(witness);
	printf("%u cases, %u failures, %u trials begun again since the machine starved the harness, seed %u\n", cases, failures, starved,
	       seed);
	return failures > 0;
}
