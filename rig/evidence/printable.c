/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "printable.h"

#include <string.h>

enum { SHOWN = 200 };

char *printable(const char *name)
{
	size_t length = strnlen(name, SHOWN + 1), written = 0;
	char *text = malloc(4 * SHOWN + 4);
	for (size_t i = 0; text && i < length && i < SHOWN; i++) {
		unsigned char c = (unsigned char)name[i];
		written += (size_t)sprintf(text + written, c < ' ' || c >= 0x7f ? "\\x%02x" : "%c", c);
	}
	if (text)
		strcpy(text + written, length > SHOWN ? "..." : "");
	return text;
}
