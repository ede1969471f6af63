/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "magventure_frame.h"

#include <string.h>

enum { BEGIN = 0xFE, END = 0xFF, HEAD = 2, TAIL = 2 };

uint8_t magventure_check(const uint8_t *bytes, size_t length)
{
	uint8_t crc = 0;
	for (size_t i = 0; i < length; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (uint8_t)(crc & 1 ? crc >> 1 ^ 0x8C : crc >> 1);
	}
	return crc;
}

size_t magventure_frame(uint8_t *frame, const uint8_t *payload, size_t length)
{
	frame[0] = BEGIN;
	frame[1] = (uint8_t)length;
	memcpy(frame + HEAD, payload, length);
	frame[HEAD + length] = magventure_check(payload, length);
	frame[HEAD + length + 1] = END;
	return length + HEAD + TAIL;
}

/* What was collected is no frame: begin again at the next BEGIN in it, for a frame may start inside of noise. */
static void resynchronise(struct magventure_parser *parser)
{
	size_t at = 1;
	while (at < parser->count && parser->bytes[at] != BEGIN)
		at++;
	parser->bad++;
	memmove(parser->bytes, parser->bytes + at, parser->count - at);
	parser->count -= at;
}

enum shape { SHAPE_PARTIAL, SHAPE_GOOD, SHAPE_BAD };

static enum shape shape_of(const struct magventure_parser *parser)
{
	const uint8_t *bytes = parser->bytes;
	if (parser->count == 0)
		return SHAPE_PARTIAL;
	if (bytes[0] != BEGIN || (parser->count > 1 && (bytes[1] == 0 || bytes[1] > MAGVENTURE_PAYLOAD_MAX)))
		return SHAPE_BAD;
	if (parser->count < HEAD || parser->count < (size_t)bytes[1] + HEAD + TAIL)
		return SHAPE_PARTIAL;
	return bytes[HEAD + bytes[1]] == magventure_check(bytes + HEAD, bytes[1]) && bytes[HEAD + bytes[1] + 1] == END ? SHAPE_GOOD
														       : SHAPE_BAD;
}

bool magventure_push(struct magventure_parser *parser, uint8_t byte)
{
	/* The frame handed out by the call before has been read. */
	if (shape_of(parser) == SHAPE_GOOD) {
		size_t length = (size_t)parser->bytes[1] + HEAD + TAIL;
		memmove(parser->bytes, parser->bytes + length, parser->count - length);
		parser->count -= length;
	}
	parser->bytes[parser->count++] = byte;
	while (shape_of(parser) == SHAPE_BAD)
		resynchronise(parser);
	return shape_of(parser) == SHAPE_GOOD;
}
