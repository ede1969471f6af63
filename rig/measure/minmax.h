/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Minimum, maximum and sum of every channel over a cell of interleaved samples, at the speed of memory.
 */
#include <stddef.h>
#include <stdint.h>

#include "recording.h"

enum { CELL_FRAMES = 256 };

/* Entry c of each array belongs to channel c; entries past the channel count are not written. */
struct cell_stats {
	int16_t minimum[RECORDING_MAX_CHANNELS];
	int16_t maximum[RECORDING_MAX_CHANNELS];
	int32_t sum[RECORDING_MAX_CHANNELS];
};

/* Reduces 1 to CELL_FRAMES frames of `channels` interleaved samples. Whole cells are fast, partial ones are merely right. */
void cell_stats_compute(const int16_t *samples, size_t frames, unsigned channels, struct cell_stats *stats);
