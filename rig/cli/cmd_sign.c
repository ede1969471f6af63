/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "command.h"
#include "inputs.h"
#include "password.h"
#include "signature_add.h"

struct sign_arguments {
	const char *dir, *key, *meaning;
	struct signature_request request;
	struct password_options password;
};

enum { KEY_NAME = 256, KEY_TSA, KEY_TSA_CA, KEY_AGAIN, KEY_PASSWORD_FILE, KEY_PASSWORD_FD };

static const struct argp_option OPTIONS[] = {
	{"key", 'k', "FILE", 0, "Your secret key, of `tmsrig keygen` or `minisign -G` (required)", 0},
	{"meaning", 'm', "WHAT", 0, "What your signature says: performed, reviewed or approved (required)", 0},
	{"name", KEY_NAME, "NAME", 0, "Your name, as it is to be read (required)", 0},
	{"tsa", KEY_TSA, "URL", 0, "Have the time proven by a time stamping authority (RFC 3161, http://)", 0},
	{"tsa-ca", KEY_TSA_CA, "FILE", 0, "The certificates (PEM) that the authority's must lead to; needed with --tsa", 0},
	{"again", KEY_AGAIN, 0, 0, "Sign even if this key has signed for this before", 0},
	{"password-file", KEY_PASSWORD_FILE, "FILE", 0,
	 "Take the password from the first line of a file that only you may read (default: ask)", 0},
	{"password-fd", KEY_PASSWORD_FD, "N", 0, "Take the password from an open file descriptor", 0},
	{0},
};

static void check_arguments(struct sign_arguments *arguments, struct argp_state *state)
{
	if (!arguments->dir)
		argp_error(state, "no evidence folder given");
	if (!arguments->key)
		argp_error(state, "--key FILE is needed; `tmsrig keygen` makes one");
	if (!arguments->meaning)
		argp_error(state, "--meaning is needed: performed, reviewed or approved");
	if (!signature_meaning_parse(arguments->meaning, &arguments->request.meaning))
		argp_error(state, "--meaning %s: one of performed, reviewed, approved is needed", arguments->meaning);
	if (!arguments->request.name)
		argp_error(state, "--name is needed: who signs");
	if (!arguments->request.tsa_url != !arguments->request.tsa_ca)
		argp_error(state, "--tsa and --tsa-ca go together: a time stamp is only taken from an authority that is known");
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct sign_arguments *arguments = state->input;
	switch (key) {
	case 'k': arguments->key = argument; return 0;
	case 'm': arguments->meaning = argument; return 0;
	case KEY_NAME: arguments->request.name = argument; return 0;
	case KEY_TSA: arguments->request.tsa_url = argument; return 0;
	case KEY_TSA_CA: arguments->request.tsa_ca = argument; return 0;
	case KEY_AGAIN: arguments->request.again = true; return 0;
	case KEY_PASSWORD_FILE: arguments->password.file = argument; return 0;
	case KEY_PASSWORD_FD:
		if (!password_parse_fd(argument, &arguments->password.fd))
			argp_error(state, "--password-fd %s: the number of an open file descriptor is needed", argument);
		return 0;
	case ARGP_KEY_ARG:
		if (arguments->dir)
			argp_error(state, "more than one evidence folder: '%s' after '%s'", argument, arguments->dir);
		arguments->dir = argument;
		return 0;
	case ARGP_KEY_END: check_arguments(arguments, state); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp ARGP = {
	OPTIONS,
	parse_option,
	"EVIDENCE",
	"Signs an evidence folder: that its run was performed, reviewed or approved. It is checked first; what does not hold is not "
	"signed.",
	NULL,
	NULL,
	NULL,
};

static int sign(int argc, char **argv)
{
	struct sign_arguments arguments = {.password.fd = -1};
	struct signature_request *request = &arguments.request;
	struct error error = {0};
	char file[SIGNATURE_FILE_SIZE], id[MINISIGN_KEY_ID_TEXT_SIZE];
	inputs_argp(&ARGP, "sign", argc, argv, &arguments);
	const struct password_source source = {password_ask, &arguments.password};
	auto_minisign_secret_key struct minisign_secret_key *key = key_file_read(arguments.key, &source, &error);
	request->key = key;
	request->time = time(NULL);
	if (!key || !signature_add(arguments.dir, request, file, &error))
		return command_fail(&error);
	minisign_key_id_text(key->id, id);
	printf("%s/%s: %s by %s, key ID %s%s\n", arguments.dir, file, arguments.meaning, request->name, id,
	       request->tsa_url ? ", with a time stamp" : "");
	return 0;
}

const struct command command_sign = {"sign", "sign an evidence folder", sign};
