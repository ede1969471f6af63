/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The file formats of minisign (https://jedisct1.github.io/minisign/#signature-format) and their Ed25519 signatures, by libsodium: public keys,
 * secret keys, signatures of the prehashed form ("ED", Ed25519 of the BLAKE2b-512 of the file) with a signed comment. No I/O. Texts are read strictly:
 * only bytes that format again to themselves are accepted, so that no byte of a file can be another unnoticed.
 */
#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum {
	MINISIGN_KEY_ID_SIZE = 8,
	MINISIGN_KEY_ID_TEXT_SIZE = 17,     /* 16 hexadecimal digits as minisign prints them, and NUL */
	MINISIGN_PUBLIC_KEY_TEXT_SIZE = 57, /* base64, as for `minisign -P`, and NUL */
	MINISIGN_COMMENT_SIZE = 1024,       /* longest comment, with NUL */
	MINISIGN_MAX_FILE = 4096,           /* bytes; no file of these formats is longer */
};

struct minisign_public_key {
	uint8_t id[MINISIGN_KEY_ID_SIZE];
	uint8_t bytes[32];
};

/* Lives in memory that is not swapped and is wiped when released. */
struct minisign_secret_key {
	uint8_t id[MINISIGN_KEY_ID_SIZE];
	uint8_t bytes[64];
};

struct minisign_signature {
	char untrusted_comment[MINISIGN_COMMENT_SIZE]; /* signed by nobody */
	uint8_t key_id[MINISIGN_KEY_ID_SIZE];
	uint8_t of_message[64];
	char trusted_comment[MINISIGN_COMMENT_SIZE];
	uint8_t of_comment[64]; /* signs of_message and the trusted comment */
};

/* The id as minisign prints it: most significant digit first. */
void minisign_key_id_text(const uint8_t id[MINISIGN_KEY_ID_SIZE], char text[MINISIGN_KEY_ID_TEXT_SIZE]);

/* Reads a public key file, or the base64 line alone. ERROR_CONFIG: what is wrong, without a file's name. */
bool minisign_parse_public_key(const char *text, size_t length, struct minisign_public_key *key, struct error *error) must_check;
/* The base64 line of a public key. */
void minisign_public_key_text(const struct minisign_public_key *key, char text[MINISIGN_PUBLIC_KEY_TEXT_SIZE]);
/* A public key file; the caller frees. NULL when out of memory. */
char *minisign_format_public_key(const struct minisign_public_key *key) must_check;

/* True if the secret key file is encrypted: a password is needed. ERROR_CONFIG if it is no secret key file: false with a text in the error. */
bool minisign_secret_key_is_encrypted(const char *text, size_t length, bool *encrypted, struct error *error) must_check;
/* Reads a secret key file; password may be NULL if it is not encrypted. NULL (ERROR_CONFIG) on a wrong password or a damaged file. */
struct minisign_secret_key *minisign_parse_secret_key(const char *text, size_t length, const char *password,
						      struct error *error) must_check;
/*
 * A secret key file in wiped memory (minisign_text_destroy()); password NULL: not encrypted (`minisign -W`). scrypt takes memory_bytes (16 MiB to 1 GiB;
 * 0: 1 GiB, as minisign does, or as much of it as the machine has). NULL on failure.
 */
char *minisign_format_secret_key(const struct minisign_secret_key *key, const char *password, size_t memory_bytes,
				 struct error *error) must_check;
void minisign_text_destroy(char *text);

/* A new random key. NULL when the machine has no memory to lock or no randomness. */
struct minisign_secret_key *minisign_secret_key_create(struct error *error) must_check;
void minisign_secret_key_destroy(struct minisign_secret_key *key);
void minisign_public_key_of(const struct minisign_secret_key *key, struct minisign_public_key *public_key);

/* Reads a signature file. ERROR_CONFIG. */
bool minisign_parse_signature(const char *text, size_t length, struct minisign_signature *signature, struct error *error) must_check;
/* True for the untrusted comment that minisign or minisign_sign() writes: a text that nobody signed should say nothing of its own. */
bool minisign_comment_is_usual(const char *untrusted_comment);
/* A signature file; the caller frees. NULL when out of memory. */
char *minisign_format_signature(const struct minisign_signature *signature) must_check;
/* Signs a message; the trusted comment is one line below MINISIGN_COMMENT_SIZE. ERROR_CONFIG, ERROR_BENCH. */
bool minisign_sign(const struct minisign_secret_key *key, const void *message, size_t length, const char *trusted_comment,
		   struct minisign_signature *signature, struct error *error) must_check;
/* Checks key id, message and trusted comment. ERROR_CONFIG says which of them does not hold. */
bool minisign_verify(const struct minisign_public_key *key, const void *message, size_t length, const struct minisign_signature *signature,
		     struct error *error) must_check;

define_cleanup(struct minisign_secret_key *, cleanup_minisign_secret_key, minisign_secret_key_destroy);
#define auto_minisign_secret_key cleanup_with(cleanup_minisign_secret_key)
define_cleanup(char *, cleanup_minisign_text, minisign_text_destroy);
#define auto_minisign_text cleanup_with(cleanup_minisign_text)
