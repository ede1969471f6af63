/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plain_text.h"

#include <stdint.h>

/* The length of the character that begins there and its code point; 0 for what is not UTF-8 (RFC 3629: shortest form, no surrogates). */
static size_t take(const unsigned char *text, uint32_t *code)
{
	static const uint32_t LEAST[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = text[0] < 0x80 ? 1 : text[0] >> 5 == 6 ? 2 : text[0] >> 4 == 14 ? 3 : text[0] >> 3 == 30 ? 4 : 0;
	*code = length < 2 ? text[0] : text[0] & (0x7fU >> length);
	for (size_t i = 1; i < length; i++) {
		if (text[i] >> 6 != 2)
			return 0;
		*code = *code << 6 | (text[i] & 0x3fU);
	}
	bool surrogate = *code >= 0xd800 && *code <= 0xdfff;
	return length == 0 || *code < LEAST[length] || *code > 0x10ffff || surrogate ? 0 : length;
}

static bool deceives(uint32_t code)
{
	static const uint32_t RANGES[][2] = {
		{0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},     {0x34f, 0x34f},   {0x61c, 0x61c},     {0x115f, 0x1160},
		{0x17b4, 0x17b5}, {0x180b, 0x180f}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},   {0x3164, 0x3164},
		{0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
	};
	for (size_t i = 0; i < sizeof RANGES / sizeof *RANGES; i++)
		if (code >= RANGES[i][0] && code <= RANGES[i][1])
			return true;
	return false;
}

bool plain_text_is(const char *text)
{
	uint32_t code;
	for (const unsigned char *at = (const unsigned char *)text; *at;) {
		size_t length = take(at, &code);
		if (length == 0 || deceives(code))
			return false;
		at += length;
	}
	return true;
}

void plain_text_make(char *text)
{
	uint32_t code;
	for (unsigned char *at = (unsigned char *)text; at && *at;) {
		size_t length = take(at, &code);
		for (size_t i = 0; i < length && deceives(code); i++)
			at[i] = '?';
		if (length == 0)
			*at = '?';
		at += length ? length : 1;
	}
}
