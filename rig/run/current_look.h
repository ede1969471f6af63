/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The least and the most that one channel shows in a cell of the stream, at the speed of the stream. Which samples are looked at depends on their frames
 * alone, not on how the stream was divided into blocks.
 */
#include <stdbool.h>
#include <stdint.h>

struct current_look {
	unsigned channels; /* of the stream, interleaved */
	int at;            /* the channel's place among them */
	unsigned every;    /* of so many samples one is looked at, a power of two that divides the cell */
	bool all;          /* every sample is looked at */
	int16_t least, most;
	bool fresh; /* nothing of the cell was looked at yet: set by who begins a cell */
};

/* cell: frames of a cell, a power of two. */
struct current_look current_look_begin(unsigned channels, int at, double rate_hz, unsigned cell);
/* frames of all channels from this frame on, all of one cell. */
void current_look_take(struct current_look *look, uint64_t frame, const int16_t *samples, unsigned frames);
