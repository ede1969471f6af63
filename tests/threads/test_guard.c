/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Several threads ask one guardian at once, as a run and the operator's second Ctrl-C do: every thread gets the reply to its own question. A bare program,
 * so that it can run under ThreadSanitizer.
 * usage: test_guard GUARDIAN
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guard.h"

enum { THREADS = 4, QUESTIONS = 500 };

static struct guard *guard;
static atomic_uint good, bad, wrong;
static char first_wrong[256];

static void note_wrong(const char *what, const struct error *error)
{
	if (atomic_fetch_add(&wrong, 1) == 0)
		snprintf(first_wrong, sizeof first_wrong, "%s: %.200s", what, error->text);
}

/* One half asks what is granted, the other what is refused, for a line that this guardian does not have: a mixed-up reply is the wrong one of two. */
static void *ask(void *argument)
{
	const struct guardian_device none = {0};
	bool refused = *(const int *)argument % 2;
	for (int i = 0; i < QUESTIONS; i++) {
		struct error error = {0};
		bool granted = refused ? guard_set(guard, GUARDIAN_ENABLE, true, &error) : guard_device(guard, &none, &error);
		if (refused && !granted && strstr(error.text, "No such device"))
			atomic_fetch_add(&bad, 1);
		else if (!refused && granted)
			atomic_fetch_add(&good, 1);
		else
			note_wrong(refused ? "a line it does not have" : "a device", &error);
		guard_progress(guard);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	int numbers[THREADS];
	struct error error = {0};
	if (argc != 2) {
		fprintf(stderr, "usage: %s GUARDIAN\n", argv[0]);
		return 2;
	}
	int log = open("/dev/null", O_WRONLY | O_CLOEXEC);
	/* Two seconds of silence: this is about who gets which reply, on however slow a machine. */
	const struct guardian_setup setup = {.heartbeat_ms = 2000};
	const struct guard_options options = {.program = argv[1], .log_fd = log, .progress_s = 60};
	guard = guard_start(&setup, &options, &error);
	if (!guard) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		if (pthread_create(&threads[i], NULL, ask, &numbers[i]) != 0)
			return 1;
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	bool lost = guard_is_lost(guard);
	guard_stop(guard);
	close(log);
	bool right = !lost && wrong == 0 && good == THREADS / 2 * QUESTIONS && bad == THREADS / 2 * QUESTIONS;
	printf("%s: %d threads, %u granted, %u refused, %u wrong%s%s\n", right ? "ok" : "not ok", THREADS, good, bad, wrong,
	       wrong ? ": " : "", first_wrong);
	return !right;
}
