/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Base64 as minisign's files have it (RFC 4648, section 4, with padding).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"

enum { MINISIGN_BASE64_MAX = 158 /* bytes: a secret key */ };

/* Decodes to exactly `size` bytes, and only from the one text that encodes them. */
bool minisign_base64_decode(const char *text, size_t length, uint8_t *bytes, size_t size) must_check;
