/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "companion.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static bool runnable(char *path, size_t size, const char *dir, const char *middle, const char *name)
{
	int length = snprintf(path, size, "%s/%s%s", dir, middle, name);
	return length > 0 && (size_t)length < size && access(path, X_OK) == 0;
}

bool companion_path(const char *name, const char *room, char *path, size_t size, struct error *error)
{
	char own[PATH_MAX], middle[64];
	const char *given = getenv("TMSRIG_LIBEXEC");
	if (given && runnable(path, size, given, "", name))
		return true;
	ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
	if (length > 0) {
		own[length] = '\0';
		*strrchr(own, '/') = '\0';
		snprintf(middle, sizeof middle, "../%s/", room);
		if (runnable(path, size, own, "../libexec/tmsrig/", name) || runnable(path, size, own, middle, name))
			return true;
	}
	return error_bench(error,
			   "the program %s is not there; it is built where the libraries of the drivers are (./dev drivers), and belongs "
			   "into ../libexec/tmsrig "
			   "beside tmsrig or into the folder that TMSRIG_LIBEXEC names",
			   name);
}

/* In the child. */
static void become(const char *path, const char *const *arguments, int in, int out, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0)
		_exit(127);
	close_range(STDERR_FILENO + 1, ~0U, 0);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* A Ctrl-C at the terminal is the rig's to handle: it ends its companions in order. */
	setpgid(0, 0);
	execv(path, (char *const *)arguments);
	_exit(127);
}

bool companion_start(struct companion *companion, const char *path, const char *const *arguments, struct error *error)
{
	int down[2] = {-1, -1}, up[2] = {-1, -1};
	*companion = (struct companion){.pid = -1, .in = -1, .out = -1};
	if (pipe2(down, O_CLOEXEC) < 0 || pipe2(up, O_CLOEXEC) < 0) {
		error_errno(error, ERROR_BENCH, "%s", path);
		if (down[0] >= 0) {
			close(down[0]);
			close(down[1]);
		}
		return false;
	}
	pid_t parent = getpid();
	companion->pid = fork();
	if (companion->pid == 0)
		become(path, arguments, down[0], up[1], parent);
	int failed = errno;
	close(down[0]);
	close(up[1]);
	companion->in = down[1];
	companion->out = up[0];
	if (companion->pid > 0)
		return true;
	companion_kill(companion);
	errno = failed;
	return error_errno(error, ERROR_BENCH, "%s cannot be started", path);
}

bool companion_read(const struct companion *companion, void *out, size_t size)
{
	char *bytes = out;
	for (size_t done = 0; done < size;) {
		ssize_t count = read(companion->out, bytes + done, size - done);
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return false;
		done += (size_t)count;
	}
	return true;
}

void companion_end_input(struct companion *companion)
{
	if (companion->in >= 0)
		close(companion->in);
	companion->in = -1;
}

void companion_signal_kill(const struct companion *companion)
{
	if (companion->pid > 0)
		kill(companion->pid, SIGKILL);
}

void companion_kill(struct companion *companion)
{
	companion_end_input(companion);
	if (companion->out >= 0)
		close(companion->out);
	companion->out = -1;
	if (companion->pid <= 0)
		return;
	if (waitpid(companion->pid, NULL, WNOHANG) == 0) {
		kill(companion->pid, SIGKILL);
		waitpid(companion->pid, NULL, 0);
	}
	companion->pid = -1;
}
