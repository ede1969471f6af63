/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Edges in a stream of logic samples that comes in pieces of any length: a sample may be torn between two (libsigrok's TCP drivers do that).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EDGE_UNIT_MAX = 8 };

struct edge_finder {
	unsigned unit;    /* bytes a sample, little endian */
	uint64_t mask;    /* bits that are looked at */
	uint64_t last;    /* the sample before, masked */
	uint64_t samples; /* seen until now */
	unsigned torn;    /* bytes of a sample whose rest has not come */
	uint8_t rest[EDGE_UNIT_MAX];
	bool any;
};

/* Called for every sample in which bits changed: its number, the bits that did, and the new levels. */
typedef void edge_found(void *self, uint64_t sample, uint64_t changed, uint64_t levels);

/* Takes the next bytes of the stream; none without a unit of 1 to EDGE_UNIT_MAX. The first sample makes no edge. */
void edge_finder_push(struct edge_finder *finder, const uint8_t *bytes, size_t length, edge_found *found, void *self);
