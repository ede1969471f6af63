/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Secret key files and password files on disk. What others than their owner may read or write is refused.
 */
#include "minisign.h"

enum { PASSWORD_SIZE = 1024 }; /* with NUL */

/* Gives a password in memory of minisign_text_destroy(), or NULL. `path` is what it is asked for. */
struct password_source {
	char *(*ask)(void *self, const char *path, struct error *error);
	void *self;
};

/* Reads a secret key file; a password is asked for only if it is encrypted. ERROR_CONFIG with the path. */
struct minisign_secret_key *key_file_read(const char *path, const struct password_source *password, struct error *error) must_check;
/*
 * Writes a secret key file (mode 0600) and its public key file; neither may be there. password NULL: the secret key is not encrypted. On failure neither
 * is left behind.
 */
bool key_file_write(const char *secret_path, const char *public_path, const struct minisign_secret_key *key, const char *password,
		    struct error *error) must_check;
/*
 * The first line of a file that is open, or that is at the path, as a password in memory of minisign_text_destroy(). NULL on failure; a regular file
 * that others may read is ERROR_CONFIG.
 */
char *key_file_password(const char *path, struct error *error) must_check;
char *key_file_password_fd(int fd, struct error *error) must_check;
