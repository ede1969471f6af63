/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * SHA-256 (FIPS 180-4) of a stream of bytes and of files.
 */
#include <stddef.h>

#include "error.h"

enum { DIGEST_HEX_SIZE = 65 };

struct digest;

/* NULL when out of memory. */
struct digest *digest_create(struct error *error) must_check;
void digest_destroy(struct digest *digest);
void digest_update(struct digest *digest, const void *bytes, size_t size);
/* 64 hex digits and NUL; the digest is used up. All zeros if libcrypto failed, which no SHA-256 check accepts. */
void digest_finish(struct digest *digest, char hex[DIGEST_HEX_SIZE]);
/* SHA-256 of a file's content. ERROR_BENCH if it cannot be read. */
bool digest_file(const char *path, char hex[DIGEST_HEX_SIZE], struct error *error) must_check;
/* SHA-256 of what is left to read of an open file; false if it cannot be read (errno) or computed. */
bool digest_fd(int fd, char hex[DIGEST_HEX_SIZE]) must_check;
/* SHA-256 of bytes. All zeros if libcrypto failed. */
void digest_bytes(const void *bytes, size_t size, char hex[DIGEST_HEX_SIZE]);

define_cleanup(struct digest *, cleanup_digest, digest_destroy);
#define auto_digest cleanup_with(cleanup_digest)
