/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "minmax.h"

#include <stdbool.h>

/* Rows taken at once, so that the accumulators are loaded and stored once for so many rows; gcc unrolls over them. WIDE: frames summed side by
 * side. */
enum { ROWS_AT_ONCE = 8, WIDE = 16 };

/* The sums of a whole cell whose samples lie too far apart for 16 bits. */
static void sum_cell(const int16_t *restrict samples, unsigned channels, struct cell_stats *restrict stats)
{
	int32_t sums[RECORDING_MAX_CHANNELS * WIDE] = {0};
	for (unsigned row = 0; row < CELL_FRAMES / WIDE; row++)
		for (unsigned i = 0; i < channels * WIDE; i++)
			sums[i] += samples[row * channels * WIDE + i];
	for (unsigned c = 0; c < channels; c++) {
		stats->sum[c] = 0;
		for (unsigned i = c; i < channels * WIDE; i += channels)
			stats->sum[c] += sums[i];
	}
}

/*
 * A row is a fixed number of frames; its samples are lanes, which gcc -O3 holds in vector registers eight at a time. The sums are taken in 16 bits, where
 * they wrap: less the least sample as often they are right again as long as a cell's samples lie so near each other as those of an idle channel.
 */
#define define_whole_cell(name, channel_count, lane_count)                                                                                 \
	static void name(const int16_t *restrict samples, struct cell_stats *restrict stats)                                               \
	{                                                                                                                                  \
		enum { CHANNELS = (channel_count), LANES = (lane_count), ROWS = CELL_FRAMES * CHANNELS / LANES, FOLDED = LANES / 4 };      \
		_Static_assert(FOLDED % CHANNELS == 0 && ROWS * LANES == CELL_FRAMES * CHANNELS && ROWS % ROWS_AT_ONCE == 0,               \
			       "rows divide a cell");                                                                                      \
		int16_t minimum[LANES], maximum[LANES];                                                                                    \
		uint16_t low[LANES];                                                                                                       \
		for (unsigned i = 0; i < LANES; i++) {                                                                                     \
			minimum[i] = maximum[i] = samples[i];                                                                              \
			low[i] = 0;                                                                                                        \
		}                                                                                                                          \
		for (unsigned row = 0; row < ROWS; row += ROWS_AT_ONCE) {                                                                  \
			const int16_t *in = samples + (size_t)row * LANES;                                                                 \
			for (unsigned i = 0; i < LANES; i++) {                                                                             \
				int16_t least = minimum[i], most = maximum[i];                                                             \
				uint16_t sum = low[i];                                                                                     \
				for (unsigned k = 0; k < ROWS_AT_ONCE; k++) {                                                              \
					int16_t x = in[k * LANES + i];                                                                     \
					least = x < least ? x : least;                                                                     \
					most = x > most ? x : most;                                                                        \
					sum = (uint16_t)(sum + (uint16_t)x);                                                               \
				}                                                                                                          \
				minimum[i] = least;                                                                                        \
				maximum[i] = most;                                                                                         \
				low[i] = sum;                                                                                              \
			}                                                                                                                  \
		}                                                                                                                          \
		for (unsigned width = LANES / 2; width >= FOLDED; width /= 2) {                                                            \
			for (unsigned i = 0; i < width; i++) {                                                                             \
				minimum[i] = minimum[i + width] < minimum[i] ? minimum[i + width] : minimum[i];                            \
				maximum[i] = maximum[i + width] > maximum[i] ? maximum[i + width] : maximum[i];                            \
				low[i] = (uint16_t)(low[i] + low[i + width]);                                                              \
			}                                                                                                                  \
		}                                                                                                                          \
		bool narrow = true;                                                                                                        \
		for (unsigned c = 0; c < CHANNELS; c++) {                                                                                  \
			int16_t least = minimum[c], most = maximum[c];                                                                     \
			for (unsigned i = c + CHANNELS; i < FOLDED; i += CHANNELS) {                                                       \
				least = minimum[i] < least ? minimum[i] : least;                                                           \
				most = maximum[i] > most ? maximum[i] : most;                                                              \
			}                                                                                                                  \
			int32_t least_sum = 4 * ROWS * least, sum = CELL_FRAMES * least;                                                   \
			for (unsigned i = c; i < FOLDED; i += CHANNELS)                                                                    \
				sum += (uint16_t)(low[i] - (uint16_t)least_sum);                                                           \
			stats->minimum[c] = least;                                                                                         \
			stats->maximum[c] = most;                                                                                          \
			stats->sum[c] = sum;                                                                                               \
			narrow = narrow && (most - least) * 4 * ROWS <= UINT16_MAX;                                                        \
		}                                                                                                                          \
		if (!narrow)                                                                                                               \
			sum_cell(samples, CHANNELS, stats);                                                                                \
	}

define_whole_cell(whole_cell_1, 1, 32) define_whole_cell(whole_cell_2, 2, 32) define_whole_cell(whole_cell_3, 3, 24)
	define_whole_cell(whole_cell_4, 4, 32)

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
