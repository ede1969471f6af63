/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Programs that the rig starts beside itself: where they are, and one that talks over its standard input and output.
 */
#include <stddef.h>
#include <sys/types.h>

#include "error.h"

/*
 * The path of a companion ("tmsrig-sigrok"): in the folder of the environment variable TMSRIG_LIBEXEC, beside this program as installed
 * (../libexec/tmsrig), or in its build folder (../ROOM).
 */
bool companion_path(const char *name, const char *room, char *path, size_t size, struct error *error) must_check;

struct companion {
	pid_t pid;   /* -1: none */
	int in, out; /* its standard input to write to, its standard output to read from; -1: closed */
};

/*
 * Starts a program with arguments (NULL-terminated, the name first). It is killed when the thread that starts it ends (PR_SET_PDEATHSIG), so that no
 * crash leaves it behind: call it from a thread that lives as long as the companion is needed.
 */
bool companion_start(struct companion *companion, const char *path, const char *const *arguments, struct error *error) must_check;
/* Reads so many bytes of its output; waits for them. False at its end. */
bool companion_read(const struct companion *companion, void *out, size_t size) must_check;
/* Closes its input. */
void companion_end_input(struct companion *companion);
/* Kills it, without waiting: its output ends. */
void companion_signal_kill(const struct companion *companion);
/* Kills it if it still runs, waits for it, closes the pipes. A zeroed or stopped companion with pid -1 is accepted. */
void companion_kill(struct companion *companion);
