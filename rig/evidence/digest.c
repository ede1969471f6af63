/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "digest.h"

#include <openssl/evp.h>
#include <string.h>

#include "evidence.h"

enum { DIGEST_SIZE = 32, READ_SIZE = 1 << 16 };

struct digest {
	EVP_MD_CTX *context;
	bool failed;
};

struct digest *digest_create(struct error *error)
{
	auto_digest struct digest *digest = calloc(1, sizeof *digest);
	if (digest)
		digest->context = EVP_MD_CTX_new();
	if (!digest || !digest->context || EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL) != 1) {
		error_bench(error, "libcrypto cannot compute SHA-256");
		return NULL;
	}
	return steal(&digest);
}

void digest_destroy(struct digest *digest)
{
	if (!digest)
		return;
	EVP_MD_CTX_free(digest->context);
	free(digest);
}

void digest_update(struct digest *digest, const void *bytes, size_t size)
{
	if (EVP_DigestUpdate(digest->context, bytes, size) != 1)
		digest->failed = true;
}

static void to_hex(const unsigned char bytes[DIGEST_SIZE], char hex[DIGEST_HEX_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		hex[2 * i] = digits[bytes[i] >> 4];
		hex[2 * i + 1] = digits[bytes[i] & 15];
	}
	hex[DIGEST_HEX_SIZE - 1] = '\0';
}

void digest_finish(struct digest *digest, char hex[DIGEST_HEX_SIZE])
{
	unsigned char bytes[DIGEST_SIZE] = {0};
	if (EVP_DigestFinal_ex(digest->context, bytes, NULL) != 1 || digest->failed)
		memset(bytes, 0, sizeof bytes);
	to_hex(bytes, hex);
}

bool digest_file(const char *path, char hex[DIGEST_HEX_SIZE], struct error *error)
{
	auto_digest struct digest *digest = digest_create(error);
	auto_file FILE *file = fopen(path, "rbe");
	auto_free unsigned char *buffer = malloc(READ_SIZE);
	if (!digest)
		return false;
	if (!file || !buffer)
		return error_errno(error, ERROR_BENCH, "%s: cannot read", path);
	for (size_t got; (got = fread(buffer, 1, READ_SIZE, file)) > 0;)
		digest_update(digest, buffer, got);
	if (ferror(file))
		return error_errno(error, ERROR_BENCH, "%s: cannot read", path);
	digest_finish(digest, hex);
	return true;
}

void evidence_sha256(const void *bytes, size_t size, char hex[65])
{
	unsigned char digest[DIGEST_SIZE] = {0};
	if (EVP_Digest(bytes, size, digest, NULL, EVP_sha256(), NULL) != 1)
		memset(digest, 0, sizeof digest);
	to_hex(digest, hex);
}
