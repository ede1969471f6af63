/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Where the password of a secret key comes from: the terminal, without echo; or a file or a descriptor that was named. Never the command line or the
 * environment, which other programs can see.
 */
#include "key_file.h"

struct password_options {
	const char *file; /* NULL: not given */
	int fd;           /* -1: not given */
};

/* As struct password_source has it; self: struct password_options. */
char *password_ask(void *self, const char *path, struct error *error) must_check;
/* A new password for the key at the path: asked for twice on a terminal. NULL on failure; release with minisign_text_destroy(). */
char *password_ask_new(const struct password_options *options, const char *path, struct error *error) must_check;
/* Reads the number of a file descriptor from an option's argument. */
bool password_parse_fd(const char *argument, int *fd) must_check;
