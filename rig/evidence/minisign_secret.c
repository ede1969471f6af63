/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Secret key files of minisign. */
#include <sodium.h>
#include <string.h>

#include "minisign.h"
#include "minisign_base64.h"

#define COMMENT "untrusted comment: "
#define SIGNATURE_ALGORITHM "Ed"
#define CHECKSUM_ALGORITHM "B2"
#define SCRYPT "Sc"
#define NO_SCRYPT "\0\0"

/* scrypt's cost as minisign sets it; a file that asks for more is refused before any memory is taken. */
enum { MAX_MEMORY = 1 << 30, MIN_MEMORY = 1 << 24, MAX_OPERATIONS = 1 << 25, OPERATIONS_PER_BYTE_INVERSE = 32 };

/* The file's second line, decoded; byte arrays only, so that there is no padding. */
struct key_file {
	uint8_t signature_algorithm[2], key_derivation[2], checksum_algorithm[2];
	uint8_t salt[crypto_pwhash_scryptsalsa208sha256_SALTBYTES];
	uint8_t operations[8], memory[8]; /* little endian */
	struct {
		uint8_t id[MINISIGN_KEY_ID_SIZE];
		uint8_t key[64];
		uint8_t checksum[32]; /* BLAKE2b-256 of algorithm, id and key; zeros where there is no password */
	} secret;                     /* xor scrypt's output where there is one */
};

_Static_assert(sizeof(struct key_file) == MINISIGN_BASE64_MAX, "a key file has no padding");
enum { TEXT_SIZE = sodium_base64_ENCODED_LEN(sizeof(struct key_file), sodium_base64_VARIANT_ORIGINAL) };

static void cleanup_sodium(void *slot)
{
	sodium_free(*(void **)slot);
}

static uint64_t get_u64(const uint8_t bytes[8])
{
	uint64_t value = 0;
	for (int i = 7; i >= 0; i--)
		value = value << 8 | bytes[i];
	return value;
}

static void put_u64(uint8_t bytes[8], uint64_t value)
{
	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
}

static void compute_checksum(const struct key_file *file, uint8_t checksum[32])
{
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, 32);
	crypto_generichash_update(&state, file->signature_algorithm, sizeof file->signature_algorithm);
	crypto_generichash_update(&state, file->secret.id, sizeof file->secret.id);
	crypto_generichash_update(&state, file->secret.key, sizeof file->secret.key);
	crypto_generichash_final(&state, checksum, 32);
	sodium_memzero(&state, sizeof state);
}

/* Encrypts or decrypts; false when scrypt has not the memory it wants. */
static bool apply_password(struct key_file *file, const char *password)
{
	cleanup_with(cleanup_sodium) uint8_t *stream = sodium_malloc(sizeof file->secret);
	uint8_t *secret = (uint8_t *)&file->secret;
	if (!stream || crypto_pwhash_scryptsalsa208sha256(stream, sizeof file->secret, password, strlen(password), file->salt,
							  get_u64(file->operations), (size_t)get_u64(file->memory)) != 0)
		return false;
	for (size_t i = 0; i < sizeof file->secret; i++)
		secret[i] ^= stream[i];
	return true;
}

static bool is_encrypted(const struct key_file *file)
{
	return memcmp(file->key_derivation, SCRYPT, 2) == 0;
}

/* NULL on failure; wiped memory of the caller's. */
static struct key_file *decode_file(const char *text, size_t length, struct error *error)
{
	cleanup_with(cleanup_sodium) struct key_file *file = sodium_init() >= 0 ? sodium_malloc(sizeof *file) : NULL;
	const char *line = length > 0 ? memchr(text, '\n', length) : NULL;
	if (!file) {
		error_bench(error, "no memory for a secret key");
		return NULL;
	}
	if (length > MINISIGN_MAX_FILE || !line || strncmp(text, COMMENT, strlen(COMMENT)) != 0) {
		error_config(error, "is no minisign secret key: it must begin with '" COMMENT "...' and one line of base64 follows");
		return NULL;
	}
	size_t left = length - (size_t)(++line - text);
	left -= left > 0 && line[left - 1] == '\n';
	if (!minisign_base64_decode(line, left, (uint8_t *)file, sizeof *file)) {
		error_config(error, "is no minisign secret key: its second line must be base64 of %zu bytes", sizeof *file);
		return NULL;
	}
	if (memcmp(file->signature_algorithm, SIGNATURE_ALGORITHM, 2) != 0 ||
	    memcmp(file->checksum_algorithm, CHECKSUM_ALGORITHM, 2) != 0 ||
	    (!is_encrypted(file) && memcmp(file->key_derivation, NO_SCRYPT, 2) != 0)) {
		error_config(error, "is no minisign secret key of a known form (Ed, B2, encrypted by scrypt or not at all)");
		return NULL;
	}
	return steal(&file);
}

bool minisign_secret_key_is_encrypted(const char *text, size_t length, bool *encrypted, struct error *error)
{
	cleanup_with(cleanup_sodium) struct key_file *file = decode_file(text, length, error);
	if (file)
		*encrypted = is_encrypted(file);
	return file != NULL;
}

static bool decrypt(struct key_file *file, const char *password, struct error *error)
{
	uint8_t checksum[32];
	if (!password)
		return error_config(error, "is encrypted: a password is needed");
	if (get_u64(file->memory) > MAX_MEMORY || get_u64(file->operations) > MAX_OPERATIONS)
		return error_config(error, "asks for more work than minisign does to decrypt it: it is damaged");
	if (!apply_password(file, password))
		return error_bench(error, "cannot be decrypted: scrypt needs %llu MiB of memory",
				   (unsigned long long)(get_u64(file->memory) >> 20));
	compute_checksum(file, checksum);
	if (sodium_memcmp(checksum, file->secret.checksum, sizeof checksum) != 0)
		return error_config(error, "the password is wrong");
	return true;
}

/* The second half of a key is its public key, which follows from the first: a damaged one would sign nothing that verifies. */
static bool is_sound(const uint8_t key[64])
{
	uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
	cleanup_with(cleanup_sodium) uint8_t *again = sodium_malloc(64);
	return again && crypto_sign_seed_keypair(public_key, again, key) == 0 && sodium_memcmp(again, key, 64) == 0;
}

struct minisign_secret_key *minisign_parse_secret_key(const char *text, size_t length, const char *password, struct error *error)
{
	cleanup_with(cleanup_sodium) struct key_file *file = decode_file(text, length, error);
	if (!file || (is_encrypted(file) && !decrypt(file, password, error)))
		return NULL;
	if (!is_sound(file->secret.key)) {
		error_config(error, "is damaged: its two halves do not belong together");
		return NULL;
	}
	struct minisign_secret_key *key = sodium_malloc(sizeof *key);
	if (!key) {
		error_bench(error, "no memory for a secret key");
		return NULL;
	}
	memcpy(key->id, file->secret.id, sizeof key->id);
	memcpy(key->bytes, file->secret.key, sizeof key->bytes);
	return key;
}

/* With less memory if the machine has not got that much, as minisign does. */
static bool encrypt(struct key_file *file, const char *password, size_t memory_bytes, struct error *error)
{
	size_t memory = memory_bytes ? memory_bytes : MAX_MEMORY;
	memcpy(file->key_derivation, SCRYPT, 2);
	randombytes_buf(file->salt, sizeof file->salt);
	compute_checksum(file, file->secret.checksum);
	for (;; memory /= 2) {
		if (memory < MIN_MEMORY)
			return error_bench(error, "scrypt needs %d MiB of memory to encrypt a key", MIN_MEMORY >> 20);
		put_u64(file->memory, memory);
		put_u64(file->operations, memory / OPERATIONS_PER_BYTE_INVERSE);
		if (apply_password(file, password))
			return true;
	}
}

char *minisign_format_secret_key(const struct minisign_secret_key *key, const char *password, size_t memory_bytes, struct error *error)
{
	cleanup_with(cleanup_sodium) struct key_file *file = sodium_init() >= 0 ? sodium_malloc(sizeof *file) : NULL;
	char base64[TEXT_SIZE];
	char *text = file ? sodium_malloc(MINISIGN_MAX_FILE) : NULL;
	if (!text) {
		error_bench(error, "no memory for a secret key");
		return NULL;
	}
	*file = (struct key_file){0};
	memcpy(file->signature_algorithm, SIGNATURE_ALGORITHM, 2);
	memcpy(file->checksum_algorithm, CHECKSUM_ALGORITHM, 2);
	memcpy(file->secret.id, key->id, sizeof key->id);
	memcpy(file->secret.key, key->bytes, sizeof key->bytes);
	if (password && !encrypt(file, password, memory_bytes, error)) {
		sodium_free(text);
		return NULL;
	}
	sodium_bin2base64(base64, sizeof base64, (const uint8_t *)file, sizeof *file, sodium_base64_VARIANT_ORIGINAL);
	snprintf(text, MINISIGN_MAX_FILE, COMMENT "minisign encrypted secret key\n%s\n", base64);
	sodium_memzero(base64, sizeof base64);
	return text;
}

void minisign_text_destroy(char *text)
{
	sodium_free(text);
}
