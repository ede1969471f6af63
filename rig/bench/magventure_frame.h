/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Frames of MagVenture's remote control, from public toolboxes (pytms, MAGIC), not vendor-verified: FE, length of the payload, payload, its CRC-8
 * (Dallas/Maxim), FF, both ways. The device also sends frames that nobody asked for.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAGVENTURE_PAYLOAD_MAX = 64, MAGVENTURE_FRAME_MAX = MAGVENTURE_PAYLOAD_MAX + 4 };

/* CRC-8, polynomial 0x31 reflected, from 0. */
uint8_t magventure_check(const uint8_t *bytes, size_t length);
/* Makes a frame of a payload; its length. frame has MAGVENTURE_FRAME_MAX bytes. */
size_t magventure_frame(uint8_t *frame, const uint8_t *payload, size_t length);

/* Finds frames in a stream of bytes; begin with a zeroed one. */
struct magventure_parser {
	uint8_t bytes[MAGVENTURE_FRAME_MAX];
	size_t count;
	unsigned bad; /* bytes and frames thrown away: noise, wrong CRC */
};
/* Takes a byte; true when it ended a good frame, whose payload is then at bytes + 2, bytes[1] long, until the next call. */
bool magventure_push(struct magventure_parser *parser, uint8_t byte);
