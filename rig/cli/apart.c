/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "apart.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * A recording of 15 MB is judged again in 2 s and 32 MB of memory. What is here is some hundred times that, and an end for files that are made to have
 * none.
 */
enum { CPU_S = 30, CPU_S_PER_MIB = 10, MEMORY_MIB = 1024, MEMORY_PER_BYTE = 64, FILES_MIB = 1024, FILES_PER_BYTE = 256 };

static void limit(int resource, rlim_t most)
{
	struct rlimit held;
	if (getrlimit((__rlimit_resource_t)resource, &held) == 0 && (held.rlim_max == RLIM_INFINITY || most < held.rlim_max))
		setrlimit((__rlimit_resource_t)resource, &(struct rlimit){most, held.rlim_max});
}

static void limit_all(uint64_t bytes)
{
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_CPU, CPU_S + CPU_S_PER_MIB * (bytes >> 20));
	limit(RLIMIT_FSIZE, ((rlim_t)FILES_MIB << 20) + FILES_PER_BYTE * bytes);
/* The address sanitizer reserves more addresses than there is memory. */
#ifndef __SANITIZE_ADDRESS__
	limit(RLIMIT_AS, ((rlim_t)MEMORY_MIB << 20) + MEMORY_PER_BYTE * bytes);
#endif
}

/* In the child: the error, whole, through the pipe. */
static void run(bool (*work)(void *self, struct error *error), void *self, uint64_t bytes, const char *scratch, int to_parent)
{
	struct error error = {0};
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	limit_all(bytes);
	setenv("TMPDIR", scratch, 1);
	if (!work(self, &error) && write(to_parent, &error, sizeof error) != (ssize_t)sizeof error)
		_exit(EXIT_FAILURE);
	_exit(EXIT_SUCCESS);
}

/* What the child had to say: nothing, an error, or less than an error when it fell over something. */
static bool listen(int from_child, struct error *error, size_t *got)
{
	*got = 0;
	while (*got < sizeof *error) {
		ssize_t more = read(from_child, (char *)error + *got, sizeof *error - *got);
		if (more < 0 && errno == EINTR)
			continue;
		if (more <= 0)
			return more == 0;
		*got += (size_t)more;
	}
	return true;
}

bool apart(bool (*work)(void *self, struct error *error), void *self, uint64_t bytes, const char *scratch, const char *subject,
	   const char *what, struct error *error)
{
	int ends[2], status = 0;
	struct error told = {0};
	size_t got = 0;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return error_errno(error, ERROR_BENCH, "no pipe for %s", what);
	fflush(NULL);
	pid_t child = fork();
	if (child < 0) {
		close(ends[0]);
		close(ends[1]);
		return error_errno(error, ERROR_BENCH, "no process for %s", what);
	}
	if (child == 0)
		run(work, self, bytes, scratch, ends[1]);
	close(ends[1]);
	bool heard = listen(ends[0], &told, &got);
	close(ends[0]);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	if (heard && got == sizeof told) {
		*error = told;
		return false;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS && heard && got == 0)
		return true;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
		return error_config(error, "%s: %s did not end within the time that its size allows: it is made to do that", subject, what);
	if (WIFSIGNALED(status))
		return error_config(error, "%s: %s ended with signal %d (%s): the file is damaged, or made to do that", subject, what,
				    WTERMSIG(status), strsignal(WTERMSIG(status)));
	return error_config(error, "%s: %s ended without a word (exit status %d): the file is damaged, or made to do that", subject, what,
			    WEXITSTATUS(status));
}
