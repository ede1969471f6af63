/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a dishonest manufacturer who owns the machine can do to `tmsrig verify`: keep what it judges again (so as to copy it into the bundle), and
 * exchange files while it looks. Built and preloaded by deceit.py.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

/* The scratch folder stays. */
int remove(const char *path)
{
	int (*real)(const char *);
	*(void **)&real = dlsym(RTLD_NEXT, "remove");
	return getenv("DECEIT_KEEP") ? 0 : real(path);
}

/* DECEIT_SWAP=FOLDER: while the recording is judged again, by a process of its own, the honest file is in its place. */
pid_t fork(void)
{
	const char *folder = getenv("DECEIT_SWAP");
	char there[4096], aside[4096], honest[4096];
	pid_t (*real)(void);
	*(void **)&real = dlsym(RTLD_NEXT, "fork");
	snprintf(there, sizeof there, "%s/recording.h5", folder ? folder : "");
	snprintf(aside, sizeof aside, "%s.aside", folder ? folder : "");
	snprintf(honest, sizeof honest, "%s.honest", folder ? folder : "");
	if (folder && access(honest, F_OK) == 0 && (rename(there, aside) != 0 || rename(honest, there) != 0))
		abort();
	return real();
}

/* And the other again when that process has ended. */
pid_t waitpid(pid_t pid, int *status, int options)
{
	const char *folder = getenv("DECEIT_SWAP");
	char there[4096], aside[4096], honest[4096];
	pid_t (*real)(pid_t, int *, int);
	*(void **)&real = dlsym(RTLD_NEXT, "waitpid");
	pid_t ended = real(pid, status, options);
	snprintf(there, sizeof there, "%s/recording.h5", folder ? folder : "");
	snprintf(aside, sizeof aside, "%s.aside", folder ? folder : "");
	snprintf(honest, sizeof honest, "%s.honest", folder ? folder : "");
	if (folder && access(aside, F_OK) == 0 && (rename(there, honest) != 0 || rename(aside, there) != 0))
		abort();
	return ended;
}
