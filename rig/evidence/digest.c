/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "digest.h"

#include <fcntl.h>
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

bool digest_fd(int fd, char hex[DIGEST_HEX_SIZE])
{
	auto_digest struct digest *digest = digest_create(NULL);
	auto_free unsigned char *buffer = malloc(READ_SIZE);
	if (!digest || !buffer)
		return false;
	ssize_t got;
	while ((got = read(fd, buffer, READ_SIZE)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return false;
		digest_update(digest, buffer, (size_t)got);
	}
	digest_finish(digest, hex);
	return true;
}

bool digest_file(const char *path, char hex[DIGEST_HEX_SIZE], struct error *error)
{
	auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || !digest_fd(fd, hex))
		return error_errno(error, ERROR_BENCH, "%s: cannot read", path);
	return true;
}

void digest_bytes(const void *bytes, size_t size, char hex[DIGEST_HEX_SIZE])
{
	unsigned char digest[DIGEST_SIZE] = {0};
	if (EVP_Digest(bytes, size, digest, NULL, EVP_sha256(), NULL) != 1)
		memset(digest, 0, sizeof digest);
	to_hex(digest, hex);
}

void evidence_sha256(const void *bytes, size_t size, char hex[65])
{
	digest_bytes(bytes, size, hex);
}
