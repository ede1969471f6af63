/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "markup.h"

#include <stdint.h>
#include <string.h>

static const char REPLACEMENT[] = "\xEF\xBF\xBD";

/* Length of the well-formed UTF-8 sequence at the start of bytes, its code point in *point; 0 when there is none. */
static size_t utf8_length(const unsigned char *bytes, size_t length, uint32_t *point)
{
	static const uint32_t SMALLEST[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t need = bytes[0] < 0x80             ? 1
		      : (bytes[0] & 0xE0) == 0xC0 ? 2
		      : (bytes[0] & 0xF0) == 0xE0 ? 3
		      : (bytes[0] & 0xF8) == 0xF0 ? 4
						  : 0;
	if (need == 0 || need > length)
		return 0;
	*point = need == 1 ? bytes[0] : bytes[0] & (0x7Fu >> need);
	for (size_t i = 1; i < need; i++) {
		if ((bytes[i] & 0xC0) != 0x80)
			return 0;
		*point = *point << 6 | (bytes[i] & 0x3Fu);
	}
	return *point < SMALLEST[need] ? 0 : need;
}

/* XML 1.0, production [2] Char. */
static bool is_xml_char(uint32_t point)
{
	return point == '\t' || point == '\n' || point == '\r' || (point >= 0x20 && point <= 0xD7FF) ||
	       (point >= 0xE000 && point <= 0xFFFD) || (point >= 0x10000 && point <= 0x10FFFF);
}

static const char *reference(uint32_t point)
{
	switch (point) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	default: return NULL;
	}
}

void markup_escape(struct text *out, const char *bytes, size_t length)
{
	size_t plain = 0;
	for (size_t i = 0; i < length;) {
		uint32_t point = 0;
		size_t step = utf8_length((const unsigned char *)bytes + i, length - i, &point);
		const char *instead = step == 0 || !is_xml_char(point) ? REPLACEMENT : reference(point);
		if (instead) {
			text_append(out, bytes + plain, i - plain);
			text_puts(out, instead);
			plain = i + (step ? step : 1);
		}
		i += step ? step : 1;
	}
	text_append(out, bytes + plain, length - plain);
}
