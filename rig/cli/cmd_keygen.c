/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "command.h"
#include "inputs.h"
#include "password.h"

struct keygen_arguments {
	const char *out;
	bool no_password;
	struct password_options password;
};

enum { KEY_NO_PASSWORD = 256, KEY_PASSWORD_FILE, KEY_PASSWORD_FD };

static const struct argp_option OPTIONS[] = {
	{"out", 'o', "FILE", 0, "The secret key (default: tmsrig.key); the public key goes beside it, with .pub for .key", 0},
	{"no-password", KEY_NO_PASSWORD, 0, 0, "Do not encrypt the secret key: for machines that sign unattended", 0},
	{"password-file", KEY_PASSWORD_FILE, "FILE", 0,
	 "Take the password from the first line of a file that only you may read (default: ask)", 0},
	{"password-fd", KEY_PASSWORD_FD, "N", 0, "Take the password from an open file descriptor", 0},
	{0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct keygen_arguments *arguments = state->input;
	bool given = arguments->password.file || arguments->password.fd >= 0;
	switch (key) {
	case 'o': arguments->out = argument; return 0;
	case KEY_NO_PASSWORD: arguments->no_password = true; return 0;
	case KEY_PASSWORD_FILE: arguments->password.file = argument; return 0;
	case KEY_PASSWORD_FD:
		if (!password_parse_fd(argument, &arguments->password.fd))
			argp_error(state, "--password-fd %s: the number of an open file descriptor is needed", argument);
		return 0;
	case ARGP_KEY_ARG: argp_error(state, "unexpected argument '%s'; --out names the file", argument); return 0;
	case ARGP_KEY_END:
		if (arguments->no_password && given)
			argp_error(state, "--no-password and a password exclude each other");
		if (!*arguments->out)
			argp_error(state, "--out: the name of a file is needed");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp ARGP = {
	OPTIONS, parse_option, "", "Makes a key pair to sign evidence with, in minisign's file formats.", NULL, NULL, NULL,
};

/* FILE.pub beside FILE.key; NULL when out of memory. */
static char *public_path_of(const char *secret_path)
{
	size_t length = strlen(secret_path);
	bool ends = length > 4 && strcmp(secret_path + length - 4, ".key") == 0;
	char *path = NULL;
	return asprintf(&path, "%.*s.pub", (int)(ends ? length - 4 : length), secret_path) < 0 ? NULL : path;
}

/* Before a password is asked for in vain. */
static bool is_free(const char *path, struct error *error)
{
	return access(path, F_OK) != 0 || error_config(error, "%s: is there already; keys are never overwritten", path);
}

static int keygen(int argc, char **argv)
{
	struct keygen_arguments arguments = {.out = "tmsrig.key", .password.fd = -1};
	struct minisign_public_key public_key;
	struct error error = {0};
	char id[MINISIGN_KEY_ID_TEXT_SIZE], line[MINISIGN_PUBLIC_KEY_TEXT_SIZE];
	inputs_argp(&ARGP, "keygen", argc, argv, &arguments);
	auto_free char *public_path = public_path_of(arguments.out);
	if (!public_path)
		return command_fail(&(struct error){ERROR_BENCH, "out of memory", ""});
	if (!is_free(arguments.out, &error) || !is_free(public_path, &error))
		return command_fail(&error);
	auto_minisign_text char *password = arguments.no_password ? NULL : password_ask_new(&arguments.password, arguments.out, &error);
	if (!password && !arguments.no_password)
		return command_fail(&error);
	auto_minisign_secret_key struct minisign_secret_key *key = minisign_secret_key_create(&error);
	if (!key || !key_file_write(arguments.out, public_path, key, password, &error))
		return command_fail(&error);
	minisign_public_key_of(key, &public_key);
	minisign_key_id_text(public_key.id, id);
	minisign_public_key_text(&public_key, line);
	printf("key ID: %s\nsecret key: %s%s\npublic key: %s\n%s\n", id, arguments.out, password ? "" : " (not encrypted)", public_path,
	       line);
	return 0;
}

const struct command command_keygen = {"keygen", "make a key pair to sign evidence with", keygen};
