/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The guardian on the kernel's simulated lines: a child opens the driver with its guardian, raises enable and releases the emergency stop, and
 * dies in several ways; the pins are read from the chip's own files. Trials that a busy machine spoilt are done again, at most AGAIN times
 * (virtual time: 0, nothing can spoil them).
 *
 * usage: guardian_lab CHIP SIM_FOLDER TRIALS AGAIN
 */
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

enum { OFFSET_TRIGGER, OFFSET_ENABLE, OFFSET_ESTOP, OFFSET_READY };
static const double ALLOWED_S = 0.150;
static const double SPOILT_S = 0.030; /* who looks every half millisecond and was kept from it so long knows that the guardian was, too */

static const char *sim_folder;

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void nap_s(double duration_s)
{
	nanosleep(&(struct timespec){.tv_nsec = (long)(duration_s * 1e9)}, NULL);
}

static int pin(unsigned offset)
{
	char path[512];
	int value = -1;
	snprintf(path, sizeof path, "%s/sim_gpio%u/value", sim_folder, offset);
	auto_file FILE *file = fopen(path, "re");
	if (!file || fscanf(file, "%d", &value) != 1)
		return -1;
	return value;
}

static bool pins_safe(void)
{
	return pin(OFFSET_TRIGGER) == 0 && pin(OFFSET_ENABLE) == 0 && pin(OFFSET_ESTOP) == 1;
}

/* The harness: lines up, alive until killed. The trigger is active as well: the worst moment. */
static void harness(const char *chip)
{
	struct bench_setup setup = {.id = "lab", .file = "lab.yaml", .gpio_driver = "gpiod", .gpio_chip = chip, .heartbeat_s = 0.1};
	setup.gpio[GPIO_TRIGGER] = (struct gpio_line_setup){.present = true, .output = true, .line = "TRIGGER", .pulse_s = 50e-6};
	setup.gpio[GPIO_ENABLE] = (struct gpio_line_setup){.present = true, .output = true, .line = "ENABLE"};
	setup.gpio[GPIO_EMERGENCY_STOP] = (struct gpio_line_setup){.present = true, .output = true, .safe_level = true, .line = "ESTOP"};
	setup.gpio[GPIO_READY] = (struct gpio_line_setup){.present = true, .line = "READY"};
	struct ports ports = {0};
	struct error error = {0};
	void *state;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!driver_gpiod.open(&setup, NULL, &ports, &state, &error) || !ports.guardian.ops ||
	    !ports.gpio.ops->set(ports.gpio.self, GPIO_EMERGENCY_STOP, false, &error) ||
	    !ports.gpio.ops->set(ports.gpio.self, GPIO_ENABLE, true, &error) ||
	    !ports.gpio.ops->set(ports.gpio.self, GPIO_TRIGGER, true, &error)) {
		printf("# harness: %s\n", error.text);
		fflush(stdout);
		_exit(3);
	}
	ports.guardian.ops->attend(ports.guardian.self, false);
	for (;;) {
		ports.guardian.ops->progress(ports.guardian.self);
		if (ports.guardian.ops->lost(ports.guardian.self)) {
			bool safe = ports.gpio.ops->set(ports.gpio.self, GPIO_ENABLE, false, &error) &&
				    ports.gpio.ops->set(ports.gpio.self, GPIO_EMERGENCY_STOP, true, &error) &&
				    ports.gpio.ops->set(ports.gpio.self, GPIO_TRIGGER, false, &error);
			bool refused = !ports.gpio.ops->set(ports.gpio.self, GPIO_ENABLE, true, &error);
			printf("%s - without its guardian the harness makes safe by itself, and drives nothing else\n",
			       safe && refused ? "ok" : "not ok");
			fflush(stdout);
			pause();
		}
		nap_s(0.002);
	}
}

/* The harness's only child, among the processes after it: the lab's kernel keeps no lists of children. */
static pid_t guardian_of(pid_t pid)
{
	for (pid_t child = pid + 1; child < pid + 64; child++) {
		char path[64];
		int parent = -1;
		snprintf(path, sizeof path, "/proc/%d/stat", (int)child);
		auto_file FILE *file = fopen(path, "re");
		if (file && fscanf(file, "%*d %*s %*c %d", &parent) == 1 && parent == pid)
			return child;
	}
	return -1;
}

enum death { BY_KILL, BY_STOP, BY_SEGV, OF_GUARDIAN, OF_BOTH, DEATHS };
static const char *const NAMES[DEATHS] = {"SIGKILL of the harness", "SIGSTOP of the harness", "SIGSEGV of the harness",
					  "SIGKILL of the guardian", "SIGKILL of both"};

/*
 * Seconds from the death until the pins are safe, NAN when the machine spoilt it; the trigger pin is held by a stopped harness, and is not
 * asked for.
 */
static double die(enum death death, const char *chip, double after_s)
{
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0)
		harness(chip);
	for (double until_s = now_s() + 5; pin(OFFSET_TRIGGER) != 1 && now_s() < until_s;)
		nap_s(0.001);
	nap_s(after_s);
	pid_t guardian = guardian_of(pid);
	if (pin(OFFSET_ENABLE) != 1 || guardian <= 0) {
		/* A harness kept from its first heartbeat is taken for dead, rightly. */
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return NAN;
	}
	double event_s = now_s(), safe_s = INFINITY, looked_s = event_s, longest_s = 0;
	switch (death) {
	case BY_KILL: kill(pid, SIGKILL); break;
	case BY_STOP: kill(pid, SIGSTOP); break;
	case BY_SEGV: kill(pid, SIGSEGV); break;
	case OF_GUARDIAN: kill(guardian, SIGKILL); break;
	case OF_BOTH:
		kill(guardian, SIGKILL);
		kill(pid, SIGKILL);
		break;
	case DEATHS: break;
	}
	while (isinf(safe_s) && now_s() < event_s + 2) {
		longest_s = fmax(longest_s, now_s() - looked_s);
		looked_s = now_s();
		bool stopped = death == BY_STOP && pin(OFFSET_ENABLE) == 0 && pin(OFFSET_ESTOP) == 1;
		if (stopped || pins_safe())
			safe_s = now_s() - event_s;
		else
			nap_s(0.0005);
	}
	/* They stay so, also once the guardian has given the lines back. */
	nap_s(0.2);
	if (pin(OFFSET_ENABLE) != 0 || pin(OFFSET_ESTOP) != 1)
		safe_s = INFINITY;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (double until_s = now_s() + 3; kill(guardian, 0) == 0 && now_s() < until_s;) {
		waitpid(guardian, NULL, WNOHANG);
		nap_s(0.002);
	}
	if (kill(guardian, 0) == 0 || isinf(safe_s))
		return INFINITY;
	return safe_s > ALLOWED_S && longest_s > SPOILT_S ? NAN : safe_s;
}

/* One trial that the machine did not spoil; INFINITY when there was none. */
static double trial(enum death death, const char *chip, unsigned again, unsigned *spoilt)
{
	for (unsigned i = 0; i <= again; i++) {
		double safe_s = die(death, chip, 0.15 * (double)random() / (double)RAND_MAX);
		if (!isnan(safe_s))
			return safe_s;
		++*spoilt;
	}
	printf("# %s: spoilt every time\n", NAMES[death]);
	return INFINITY;
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "usage: guardian_lab CHIP SIM_FOLDER TRIALS AGAIN\n");
		return 2;
	}
	sim_folder = argv[2];
	int trials = atoi(argv[3]);
	unsigned again = (unsigned)strtoul(argv[4], NULL, 10);
	srandom(1);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (enum death death = 0; death < DEATHS; death++) {
		double worst_s = 0;
		unsigned spoilt = 0;
		for (int i = 0; i < trials; i++)
			worst_s = fmax(worst_s, trial(death, argv[1], again, &spoilt));
		printf("%s - %s, %d times: pins safe at most %.1f ms after; %u done again as the machine spoilt them\n",
		       worst_s <= ALLOWED_S ? "ok" : "not ok", NAMES[death], trials, 1e3 * worst_s, spoilt);
		fflush(stdout);
	}
	return 0;
}
