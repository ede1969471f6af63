/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "current_look.h"

#include <string.h>

/* Lanes in which samples are looked at all together: divided by 3 and 6 channels, or by 1, 2, 4, 8; ROWS of them at
 * once; CHEAPER: while so many values are to be skipped at most. */
enum { MOST_LANES = 48, BINARY_LANES = 32, ROWS = 8, CHEAPER = 12 };
/* Samples of the current that are looked at, at least, where the ADC gives as many. */
static const double ENOUGH_HZ = 250e3;

struct current_look current_look_begin(unsigned channels, int at, double rate_hz, unsigned cell)
{
	struct current_look look = {.channels = channels, .at = at, .every = 1, .fresh = true};
	while (look.every < cell / 4 && rate_hz / (2 * look.every) >= ENOUGH_HZ)
		look.every *= 2;
	/* Where that costs no more than to pick some. */
	look.all = (MOST_LANES % channels == 0 || BINARY_LANES % channels == 0) && channels * look.every <= CHEAPER;
	return look;
}

static void widen(struct current_look *look, int least, int most)
{
	bool fresh = look->fresh;
	look->least = (int16_t)(fresh || least < look->least ? least : look->least);
	look->most = (int16_t)(fresh || most > look->most ? most : look->most);
	look->fresh = false;
}

/* Of a fast ADC not every sample: the shortest pulse has dozens at the rate that is kept. Which ones depends on the frame alone. */
static void look_at_some(struct current_look *look, uint64_t frame, const int16_t *samples, unsigned frames)
{
	const unsigned every = look->every;
	size_t step = (size_t)look->channels * every;
	unsigned first = (unsigned)((every - frame % every) % every);
	if (first >= frames)
		return;
	samples += (size_t)first * look->channels + (size_t)look->at;
	int least = *samples, most = *samples;
	for (unsigned k = first; k < frames; k += every, samples += step) {
		int value = *samples;
		least = value < least ? value : least;
		most = value > most ? value : most;
	}
	widen(look, least, most);
}

/*
 * All samples of all channels, lane by lane: contiguous, in lanes whose number is a constant, some rows of them at once, it is done with vectors and costs
 * less than one channel's samples one by one. lanes: a multiple of the channels. What is left at the end is the caller's; returns how many values
 * were looked at.
 */
__attribute__((always_inline)) static inline size_t look_in_lanes(const int16_t *samples, size_t count, int16_t *least, int16_t *most,
								  const unsigned lanes)
{
	size_t done = 0;
	memcpy(least, samples, lanes * sizeof *least);
	memcpy(most, samples, lanes * sizeof *most);
	for (; done + (size_t)lanes * ROWS <= count; done += (size_t)lanes * ROWS)
		for (unsigned k = 0; k < lanes; k++) {
			int16_t lower = least[k], upper = most[k];
			for (unsigned row = 0; row < ROWS; row++) {
				int16_t value = samples[done + (size_t)row * lanes + k];
				lower = value < lower ? value : lower;
				upper = value > upper ? value : upper;
			}
			least[k] = lower;
			most[k] = upper;
		}
	return done;
}

static void look_at_all(struct current_look *look, const int16_t *samples, unsigned frames)
{
	const unsigned channels = look->channels;
	size_t count = (size_t)frames * channels, at = (size_t)look->at, done = 0;
	int least = samples[at], most = samples[at];
	if (count >= MOST_LANES) {
		int16_t lower[MOST_LANES], upper[MOST_LANES];
		bool thirds = channels % 3 == 0;
		done = thirds ? look_in_lanes(samples, count, lower, upper, MOST_LANES)
			      : look_in_lanes(samples, count, lower, upper, BINARY_LANES);
		for (size_t k = at; k < (thirds ? MOST_LANES : BINARY_LANES); k += channels) {
			least = lower[k] < least ? lower[k] : least;
			most = upper[k] > most ? upper[k] : most;
		}
	}
	for (size_t k = done + at; k < count; k += channels) {
		least = samples[k] < least ? samples[k] : least;
		most = samples[k] > most ? samples[k] : most;
	}
	widen(look, least, most);
}

void current_look_take(struct current_look *look, uint64_t frame, const int16_t *samples, unsigned frames)
{
	if (look->all)
		look_at_all(look, samples, frames);
	else
		look_at_some(look, frame, samples, frames);
}
