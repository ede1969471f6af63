/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "minisign_base64.h"

#include <sodium.h>
#include <string.h>

enum { TEXT_SIZE = sodium_base64_ENCODED_LEN(MINISIGN_BASE64_MAX, sodium_base64_VARIANT_ORIGINAL) };

bool minisign_base64_decode(const char *text, size_t length, uint8_t *bytes, size_t size)
{
	size_t got = 0;
	const char *end = NULL;
	char again[TEXT_SIZE];
	if (size > MINISIGN_BASE64_MAX || length >= sizeof again ||
	    sodium_base642bin(bytes, size, text, length, NULL, &got, &end, sodium_base64_VARIANT_ORIGINAL) != 0 || got != size)
		return false;
	/* libsodium 1.0.18 takes some bytes above 0x7f for characters of base64: only encoding again tells. */
	sodium_bin2base64(again, sizeof again, bytes, size, sodium_base64_VARIANT_ORIGINAL);
	bool same = strlen(again) == length && memcmp(again, text, length) == 0;
	sodium_memzero(again, sizeof again);
	return same;
}
