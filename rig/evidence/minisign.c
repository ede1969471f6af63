/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "minisign.h"

#include <sodium.h>
#include <string.h>

#include "minisign_base64.h"

#define UNTRUSTED "untrusted comment: "
#define TRUSTED "trusted comment: "
#define PREHASHED "ED"
#define OLD_FORM "Ed"
#define OWN_COMMENT "signature from tmsrig secret key"
#define MINISIGN_COMMENT "signature from minisign secret key"

enum {
	ALGORITHM_SIZE = 2,
	HASH_SIZE = 64,
	PUBLIC_BLOB_SIZE = ALGORITHM_SIZE + MINISIGN_KEY_ID_SIZE + crypto_sign_PUBLICKEYBYTES,
	SIGNATURE_BLOB_SIZE = ALGORITHM_SIZE + MINISIGN_KEY_ID_SIZE + crypto_sign_BYTES,
	SIGNATURE_TEXT_SIZE = sodium_base64_ENCODED_LEN(SIGNATURE_BLOB_SIZE, sodium_base64_VARIANT_ORIGINAL),
	GLOBAL_TEXT_SIZE = sodium_base64_ENCODED_LEN(crypto_sign_BYTES, sodium_base64_VARIANT_ORIGINAL),
};

void minisign_key_id_text(const uint8_t id[MINISIGN_KEY_ID_SIZE], char text[MINISIGN_KEY_ID_TEXT_SIZE])
{
	for (int i = 0; i < MINISIGN_KEY_ID_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02X", id[MINISIGN_KEY_ID_SIZE - 1 - i]);
}

/* A line of a text in memory, without its end. */
struct line {
	const char *start;
	size_t length;
};

/* Takes the next line, which must end with LF and hold no control characters but tabs. */
static bool take_line(const char **text, size_t *left, struct line *line)
{
	const char *end = *left > 0 ? memchr(*text, '\n', *left) : NULL;
	if (!end)
		return false;
	*line = (struct line){*text, (size_t)(end - *text)};
	*left -= line->length + 1;
	*text = end + 1;
	for (size_t i = 0; i < line->length; i++)
		if (((unsigned char)line->start[i] < ' ' && line->start[i] != '\t') || line->start[i] == 0x7f)
			return false;
	return true;
}

static bool begins(const struct line *line, const char *prefix)
{
	return line->length >= strlen(prefix) && memcmp(line->start, prefix, strlen(prefix)) == 0;
}

static bool decode(const struct line *line, uint8_t *bytes, size_t size)
{
	return minisign_base64_decode(line->start, line->length, bytes, size);
}

static bool take_comment(const struct line *line, const char *prefix, char comment[MINISIGN_COMMENT_SIZE])
{
	size_t skip = strlen(prefix);
	if (!begins(line, prefix) || line->length - skip >= MINISIGN_COMMENT_SIZE)
		return false;
	memcpy(comment, line->start + skip, line->length - skip);
	comment[line->length - skip] = '\0';
	return true;
}

bool minisign_parse_public_key(const char *text, size_t length, struct minisign_public_key *key, struct error *error)
{
	uint8_t blob[PUBLIC_BLOB_SIZE];
	struct line line = {text, length};
	bool whole_file = begins(&line, UNTRUSTED);
	if (length > MINISIGN_MAX_FILE)
		return error_config(error, "is no minisign public key: longer than %d bytes", MINISIGN_MAX_FILE);
	if (whole_file && !take_line(&text, &length, &line))
		return error_config(error, "is no minisign public key: its first line does not end");
	/* The last line may lack its end: a key that was pasted is none the worse for it. */
	line = (struct line){text, length > 0 && text[length - 1] == '\n' ? length - 1 : length};
	if (!decode(&line, blob, sizeof blob))
		return error_config(error, "is no minisign public key: %s of base64 for %d bytes is needed",
				    whole_file ? "a second line" : "a line", PUBLIC_BLOB_SIZE);
	if (memcmp(blob, OLD_FORM, ALGORITHM_SIZE) != 0)
		return error_config(error, "is no minisign public key: the algorithm is not Ed25519 (Ed)");
	memcpy(key->id, blob + ALGORITHM_SIZE, sizeof key->id);
	memcpy(key->bytes, blob + ALGORITHM_SIZE + MINISIGN_KEY_ID_SIZE, sizeof key->bytes);
	return true;
}

void minisign_public_key_text(const struct minisign_public_key *key, char text[MINISIGN_PUBLIC_KEY_TEXT_SIZE])
{
	uint8_t blob[PUBLIC_BLOB_SIZE];
	memcpy(blob, OLD_FORM, ALGORITHM_SIZE);
	memcpy(blob + ALGORITHM_SIZE, key->id, sizeof key->id);
	memcpy(blob + ALGORITHM_SIZE + MINISIGN_KEY_ID_SIZE, key->bytes, sizeof key->bytes);
	sodium_bin2base64(text, MINISIGN_PUBLIC_KEY_TEXT_SIZE, blob, sizeof blob, sodium_base64_VARIANT_ORIGINAL);
}

char *minisign_format_public_key(const struct minisign_public_key *key)
{
	char id[MINISIGN_KEY_ID_TEXT_SIZE], line[MINISIGN_PUBLIC_KEY_TEXT_SIZE], *text = NULL;
	minisign_key_id_text(key->id, id);
	minisign_public_key_text(key, line);
	return asprintf(&text, UNTRUSTED "minisign public key %s\n%s\n", id, line) < 0 ? NULL : text;
}

struct minisign_secret_key *minisign_secret_key_create(struct error *error)
{
	auto_minisign_secret_key struct minisign_secret_key *key = sodium_init() >= 0 ? sodium_malloc(sizeof *key) : NULL;
	uint8_t public_bytes[crypto_sign_PUBLICKEYBYTES];
	if (!key || crypto_sign_keypair(public_bytes, key->bytes) != 0) {
		error_bench(error, "libsodium cannot make a key: no memory or no randomness");
		return NULL;
	}
	randombytes_buf(key->id, sizeof key->id);
	return steal(&key);
}

void minisign_secret_key_destroy(struct minisign_secret_key *key)
{
	sodium_free(key);
}

void minisign_public_key_of(const struct minisign_secret_key *key, struct minisign_public_key *public_key)
{
	memcpy(public_key->id, key->id, sizeof public_key->id);
	crypto_sign_ed25519_sk_to_pk(public_key->bytes, key->bytes);
}

bool minisign_parse_signature(const char *text, size_t length, struct minisign_signature *signature, struct error *error)
{
	struct line untrusted, of_message, trusted, of_comment;
	uint8_t blob[SIGNATURE_BLOB_SIZE];
	if (length > MINISIGN_MAX_FILE)
		return error_config(error, "is no minisign signature: longer than %d bytes", MINISIGN_MAX_FILE);
	if (!take_line(&text, &length, &untrusted) || !take_line(&text, &length, &of_message) || !take_line(&text, &length, &trusted) ||
	    !take_line(&text, &length, &of_comment) || length > 0)
		return error_config(error, "is no minisign signature: exactly four lines are needed, each ended by one line feed");
	if (!take_comment(&untrusted, UNTRUSTED, signature->untrusted_comment))
		return error_config(error, "is no minisign signature: line 1 must begin with '" UNTRUSTED "'");
	if (!take_comment(&trusted, TRUSTED, signature->trusted_comment))
		return error_config(error, "is no minisign signature: line 3 must begin with '" TRUSTED "'");
	if (!decode(&of_message, blob, sizeof blob))
		return error_config(error, "is no minisign signature: line 2 must be base64 of %d bytes", SIGNATURE_BLOB_SIZE);
	if (!decode(&of_comment, signature->of_comment, sizeof signature->of_comment))
		return error_config(error, "is no minisign signature: line 4 must be base64 of %d bytes", (int)crypto_sign_BYTES);
	if (memcmp(blob, OLD_FORM, ALGORITHM_SIZE) == 0)
		return error_config(error, "is a minisign signature of the old form (Ed); the prehashed one (ED, minisign -H) is needed");
	if (memcmp(blob, PREHASHED, ALGORITHM_SIZE) != 0)
		return error_config(error, "is no minisign signature: the algorithm is not Ed25519 of BLAKE2b-512 (ED)");
	memcpy(signature->key_id, blob + ALGORITHM_SIZE, sizeof signature->key_id);
	memcpy(signature->of_message, blob + ALGORITHM_SIZE + MINISIGN_KEY_ID_SIZE, sizeof signature->of_message);
	return true;
}

bool minisign_comment_is_usual(const char *untrusted_comment)
{
	return strcmp(untrusted_comment, OWN_COMMENT) == 0 || strcmp(untrusted_comment, MINISIGN_COMMENT) == 0;
}

char *minisign_format_signature(const struct minisign_signature *signature)
{
	uint8_t blob[SIGNATURE_BLOB_SIZE];
	char of_message[SIGNATURE_TEXT_SIZE], of_comment[GLOBAL_TEXT_SIZE], *text = NULL;
	memcpy(blob, PREHASHED, ALGORITHM_SIZE);
	memcpy(blob + ALGORITHM_SIZE, signature->key_id, sizeof signature->key_id);
	memcpy(blob + ALGORITHM_SIZE + MINISIGN_KEY_ID_SIZE, signature->of_message, sizeof signature->of_message);
	sodium_bin2base64(of_message, sizeof of_message, blob, sizeof blob, sodium_base64_VARIANT_ORIGINAL);
	sodium_bin2base64(of_comment, sizeof of_comment, signature->of_comment, sizeof signature->of_comment,
			  sodium_base64_VARIANT_ORIGINAL);
	return asprintf(&text, UNTRUSTED "%s\n%s\n" TRUSTED "%s\n%s\n", signature->untrusted_comment, of_message,
			signature->trusted_comment, of_comment) < 0
		       ? NULL
		       : text;
}

static void hash_message(const void *message, size_t length, uint8_t hash[HASH_SIZE])
{
	crypto_generichash(hash, HASH_SIZE, message, length, NULL, 0);
}

/* What of_comment signs; its length. */
static size_t comment_message(const struct minisign_signature *signature, uint8_t out[crypto_sign_BYTES + MINISIGN_COMMENT_SIZE])
{
	size_t length = strlen(signature->trusted_comment);
	memcpy(out, signature->of_message, crypto_sign_BYTES);
	memcpy(out + crypto_sign_BYTES, signature->trusted_comment, length);
	return crypto_sign_BYTES + length;
}

bool minisign_sign(const struct minisign_secret_key *key, const void *message, size_t length, const char *trusted_comment,
		   struct minisign_signature *signature, struct error *error)
{
	uint8_t hash[HASH_SIZE], comment[crypto_sign_BYTES + MINISIGN_COMMENT_SIZE];
	if (strlen(trusted_comment) >= MINISIGN_COMMENT_SIZE || trusted_comment[strcspn(trusted_comment, "\r\n")])
		return error_config(error, "a trusted comment is one line of less than %d bytes", MINISIGN_COMMENT_SIZE);
	*signature = (struct minisign_signature){.untrusted_comment = OWN_COMMENT};
	memcpy(signature->key_id, key->id, sizeof signature->key_id);
	strcpy(signature->trusted_comment, trusted_comment);
	hash_message(message, length, hash);
	if (crypto_sign_detached(signature->of_message, NULL, hash, sizeof hash, key->bytes) != 0)
		return error_bench(error, "libsodium cannot sign");
	size_t comment_length = comment_message(signature, comment);
	if (crypto_sign_detached(signature->of_comment, NULL, comment, comment_length, key->bytes) != 0)
		return error_bench(error, "libsodium cannot sign");
	return true;
}

bool minisign_verify(const struct minisign_public_key *key, const void *message, size_t length, const struct minisign_signature *signature,
		     struct error *error)
{
	uint8_t hash[HASH_SIZE], comment[crypto_sign_BYTES + MINISIGN_COMMENT_SIZE];
	char made_by[MINISIGN_KEY_ID_TEXT_SIZE], checked_with[MINISIGN_KEY_ID_TEXT_SIZE];
	if (sodium_init() < 0)
		return error_bench(error, "libsodium cannot be used");
	if (memcmp(key->id, signature->key_id, sizeof key->id) != 0) {
		minisign_key_id_text(signature->key_id, made_by);
		minisign_key_id_text(key->id, checked_with);
		return error_config(error, "was made with key %s, not with key %s", made_by, checked_with);
	}
	hash_message(message, length, hash);
	if (crypto_sign_verify_detached(signature->of_message, hash, sizeof hash, key->bytes) != 0)
		return error_config(error, "is not a signature of this file by this key");
	size_t comment_length = comment_message(signature, comment);
	if (crypto_sign_verify_detached(signature->of_comment, comment, comment_length, key->bytes) != 0)
		return error_config(error, "has a trusted comment that was not signed");
	return true;
}
