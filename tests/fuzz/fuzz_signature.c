/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a key, a signature, a statement, a time stamp: what is accepted formats again to itself, and nothing crashes. */
#include <stdlib.h>
#include <string.h>

#include "minisign.h"
#include "signature_statement.h"
#include "time_stamp.h"

static void must(bool good)
{
	if (!good)
		abort();
}

static void signature(const char *text, size_t size)
{
	struct minisign_signature signature;
	char name[SIGNATURE_FILE_SIZE], tsr[DIGEST_HEX_SIZE];
	struct error error;
	if (!minisign_parse_signature(text, size, &signature, &error))
		return;
	auto_free char *again = minisign_format_signature(&signature);
	must(again && strlen(again) == size && memcmp(again, text, size) == 0);
	signature_comment_parse(signature.trusted_comment, name, tsr);
}

static void public_key(const char *text, size_t size)
{
	struct minisign_public_key key;
	char line[MINISIGN_PUBLIC_KEY_TEXT_SIZE];
	struct error error;
	if (!minisign_parse_public_key(text, size, &key, &error))
		return;
	minisign_public_key_text(&key, line);
	size_t end = size - (text[size - 1] == '\n'), length = strlen(line);
	must(end >= length && memcmp(text + end - length, line, length) == 0);
}

/* Without a password: scrypt takes its time. */
static void secret_key(const char *text, size_t size)
{
	struct error error;
	auto_minisign_secret_key struct minisign_secret_key *key = minisign_parse_secret_key(text, size, NULL, &error);
	if (!key)
		return;
	auto_minisign_text char *again = minisign_format_secret_key(key, NULL, 0, &error);
	must(again != NULL);
}

static void statement(const char *text, size_t size)
{
	auto_signature_statement struct signature_statement statement = {0}, second = {0};
	struct error error;
	if (!signature_statement_parse(text, size, &statement, &error))
		return;
	auto_free char *again = signature_statement_format(&statement);
	must(again && signature_statement_parse(again, strlen(again), &second, &error));
	must(second.cover_count == statement.cover_count && strcmp(second.name, statement.name) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct time_stamp stamp;
	struct error error;
	auto_free char *text = malloc(size + 1);
	must(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	signature(text, size);
	public_key(text, size);
	secret_key(text, size);
	statement(text, size);
	must(time_stamp_check(data, size, "x", 1, NULL, &stamp, &error) || error.text[0]);
	return 0;
}
