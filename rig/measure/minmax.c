/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "minmax.h"

/* Rows taken at once, so that the accumulators are loaded and stored once for so many rows; gcc unrolls over them. */
enum { ROWS_AT_ONCE = 8 };

/*
 * A row is a fixed number of frames; its samples are lanes, which gcc -O3 holds in vector registers eight at a time. The sum needs no
 * widening: the sum of the low 16 bits (which wraps) and the sum of the samples shifted right by log2(rows) (which cannot overflow) give it
 * exactly, because they differ by less than rows * rows <= 65536.
 */
#define define_whole_cell(name, channel_count, lane_count, shift)                                                                          \
	static void name(const int16_t *restrict samples, struct cell_stats *restrict stats)                                               \
	{                                                                                                                                  \
		enum { LANES = (lane_count), ROWS = CELL_FRAMES * (channel_count) / LANES };                                               \
		_Static_assert(ROWS == 1 << (shift) && LANES % (channel_count) == 0 && ROWS % ROWS_AT_ONCE == 0, "rows divide a cell");    \
		int16_t minimum[LANES], maximum[LANES], high[LANES];                                                                       \
		uint16_t low[LANES];                                                                                                       \
		for (unsigned i = 0; i < LANES; i++) {                                                                                     \
			minimum[i] = maximum[i] = samples[i];                                                                              \
			low[i] = 0;                                                                                                        \
			high[i] = 0;                                                                                                       \
		}                                                                                                                          \
		for (unsigned row = 0; row < ROWS; row += ROWS_AT_ONCE) {                                                                  \
			const int16_t *in = samples + (size_t)row * LANES;                                                                 \
			for (unsigned i = 0; i < LANES; i++) {                                                                             \
				int16_t least = minimum[i], most = maximum[i], coarse = high[i];                                           \
				uint16_t fine = low[i];                                                                                    \
				for (unsigned k = 0; k < ROWS_AT_ONCE; k++) {                                                              \
					int16_t x = in[k * LANES + i];                                                                     \
					least = x < least ? x : least;                                                                     \
					most = x > most ? x : most;                                                                        \
					fine = (uint16_t)(fine + (uint16_t)x);                                                             \
					coarse = (int16_t)(coarse + (x >> (shift)));                                                       \
				}                                                                                                          \
				minimum[i] = least;                                                                                        \
				maximum[i] = most;                                                                                         \
				high[i] = coarse;                                                                                          \
				low[i] = fine;                                                                                             \
			}                                                                                                                  \
		}                                                                                                                          \
		for (unsigned c = 0; c < (channel_count); c++) {                                                                           \
			int16_t least = minimum[c], most = maximum[c];                                                                     \
			int32_t sum = 0;                                                                                                   \
			for (unsigned i = c; i < LANES; i += (channel_count)) {                                                            \
				least = minimum[i] < least ? minimum[i] : least;                                                           \
				most = maximum[i] > most ? maximum[i] : most;                                                              \
				int32_t coarse = high[i] * ROWS;                                                                           \
				sum += coarse + (uint16_t)(low[i] - (uint16_t)coarse);                                                     \
			}                                                                                                                  \
			stats->minimum[c] = least;                                                                                         \
			stats->maximum[c] = most;                                                                                          \
			stats->sum[c] = sum;                                                                                               \
		}                                                                                                                          \
	}

define_whole_cell(whole_cell_1, 1, 32, 3) define_whole_cell(whole_cell_2, 2, 32, 4) define_whole_cell(whole_cell_3, 3, 24, 5)
	define_whole_cell(whole_cell_4, 4, 32, 5)

		static void any_cell(const int16_t *samples, size_t frames, unsigned channels, struct cell_stats *stats)
{
	for (unsigned c = 0; c < channels; c++) {
		int16_t least = samples[c], most = samples[c];
		int32_t sum = 0;
		for (size_t i = 0; i < frames; i++) {
			int16_t x = samples[i * channels + c];
			least = x < least ? x : least;
			most = x > most ? x : most;
			sum += x;
		}
		stats->minimum[c] = least;
		stats->maximum[c] = most;
		stats->sum[c] = sum;
	}
}

void cell_stats_compute(const int16_t *samples, size_t frames, unsigned channels, struct cell_stats *stats)
{
	if (frames == CELL_FRAMES) {
		switch (channels) {
		case 1: whole_cell_1(samples, stats); return;
		case 2: whole_cell_2(samples, stats); return;
		case 3: whole_cell_3(samples, stats); return;
		case 4: whole_cell_4(samples, stats); return;
		default: break;
		}
	}
	any_cell(samples, frames, channels, stats);
}
