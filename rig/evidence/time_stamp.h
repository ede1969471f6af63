/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Time stamps of RFC 3161: an authority (TSA) signs the SHA-256 of a message and the time at which it saw it. By libcrypto; plain HTTP, as the
 * protocol's own transport is (RFC 3161, 3.4): what comes back is signed, so that the way it came does not matter.
 */
#include <stddef.h>

#include "error.h"

enum { TIME_STAMP_TIME_SIZE = 21, TIME_STAMP_MAX_REPLY = 65536 /* bytes */ };

struct time_stamp {
	char time[TIME_STAMP_TIME_SIZE]; /* UTC, "2026-11-22T02:30:00Z" */
	bool trusted;                    /* the authority's certificate leads to one of the given ones */
};

/* ERROR_CONFIG unless the PEM file holds certificates. */
bool time_stamp_ca_check(const char *ca_file, struct error *error) must_check;
/*
 * Asks the authority at an http:// URL to stamp the message, and checks what it replies: that it is of this request (nonce, hash) and its certificate
 * leads to one in ca_file (PEM). The reply (DER) is the caller's to free. NULL on failure: ERROR_CONFIG for the URL and the file, ERROR_BENCH
 * for an authority that does not reply or not as it should.
 */
unsigned char *time_stamp_request(const char *url, const char *ca_file, const void *message, size_t length, size_t *reply_length,
				  struct error *error) must_check;
/*
 * Checks a reply against the message. ca_file NULL: that the stamp is by the certificate it carries, whoever that is. Certificates must have
 * been valid at the time of the stamp. ERROR_CONFIG says what does not hold, without a file's name.
 */
bool time_stamp_check(const void *reply, size_t reply_length, const void *message, size_t length, const char *ca_file,
		      struct time_stamp *stamp, struct error *error) must_check;
