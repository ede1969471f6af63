/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emergency.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <unistd.h>

#include "safe_state.h"

const double emergency_patience_s = 1;

/* What a signal handler has to find. */
static atomic_int event_fd = -1, exit_status;
static pthread_t thread;
static const struct ports *ports_watched;
static const struct bench_setup *setup_watched;
/* What is written into the descriptor. */
static const uint64_t OVER = 1, NOW = 2;

static void *stand_by(void *argument)
{
	int fd = *(const int *)argument;
	uint64_t what = 0;
	while (read(fd, &what, sizeof what) < 0 && errno == EINTR)
		continue;
	if (what < NOW)
		return NULL;
	struct error error = {0};
	static const char SAFE[] = "tmsrig: stopped at once, the safe state was commanded; the evidence stays incomplete\n";
	static const char FAILED[] = "tmsrig: stopped at once; THE SAFE STATE COULD NOT BE COMMANDED, switch the device off\n";
	bool safe = safe_state_enter(ports_watched, setup_watched, &error);
	ssize_t ignored = safe ? write(STDERR_FILENO, SAFE, sizeof SAFE - 1) : write(STDERR_FILENO, FAILED, sizeof FAILED - 1);
	(void)ignored;
	_exit(atomic_load(&exit_status));
}

bool emergency_begin(const struct ports *ports, const struct bench_setup *setup, struct error *error)
{
	static int fd;
	fd = eventfd(0, EFD_CLOEXEC);
	if (fd < 0)
		return error_errno(error, ERROR_BENCH, "emergency: cannot make an event");
	ports_watched = ports;
	setup_watched = setup;
	/* Signals are the main thread's. */
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	bool started = pthread_create(&thread, NULL, stand_by, &fd) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!started) {
		close(fd);
		return error_bench(error, "emergency: cannot start a thread");
	}
	atomic_store(&event_fd, fd);
	return true;
}

void emergency_end(void)
{
	int fd = atomic_exchange(&event_fd, -1);
	if (fd < 0)
		return;
	/* A wish to stop at once that came just before this is granted: then the join does not return. */
	ssize_t ignored = write(fd, &OVER, sizeof OVER);
	(void)ignored;
	pthread_join(thread, NULL);
	close(fd);
}

bool emergency_watches(void)
{
	return atomic_load(&event_fd) >= 0;
}

static void out_of_patience(int number)
{
	(void)number;
	static const char LOST[] = "tmsrig: the bench does not answer; THE SAFE STATE IS NOT CERTAIN, switch the device off\n";
	ssize_t ignored = write(STDERR_FILENO, LOST, sizeof LOST - 1);
	(void)ignored;
	_exit(atomic_load(&exit_status));
}

void emergency_exit(int status)
{
	int fd = atomic_load(&event_fd);
	atomic_store(&exit_status, status);
	if (fd < 0)
		_exit(status);
	struct sigaction action = {.sa_handler = out_of_patience};
	sigaction(SIGALRM, &action, NULL);
	const struct itimerval patience = {.it_value = {.tv_sec = (time_t)floor(emergency_patience_s)}};
	setitimer(ITIMER_REAL, &patience, NULL);
	if (write(fd, &NOW, sizeof NOW) != sizeof NOW)
		_exit(status);
}
