/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "printable.h"

#include <string.h>

enum { SHOWN = 200 };

char *printable(const char *name)
{
	size_t length = strnlen(name, SHOWN + 1), written = 0;
	const size_t room = 4 * SHOWN + 4;
	char *text = malloc(room);
	for (size_t i = 0; text && i < length && i < SHOWN; i++) {
		unsigned char c = (unsigned char)name[i];
		written += (size_t)sprintf(text + written, c < ' ' || c >= 0x7f ? "\\x%02x" : "%c", c);
	}
	if (text)
		snprintf(text + written, room - written, "%s", length > SHOWN ? "..." : "");
	return text;
}
