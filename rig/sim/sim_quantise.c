/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "sim_noise.h"
#include "sim_sensor.h"

/*
 * Nearly all of a recording is idle, so these loops are the speed of the whole: they are written so that the compiler vectorises them on
 * any machine. Adding 1.5 * 2^23 to a float leaves its value rounded to the nearest integer in the low bits.
 */
static inline int16_t round_inside(float value)
{
	union {
		float value;
		uint32_t bits;
	} magic = {value + 12582912.0F};
	return (int16_t)magic.bits;
}

static inline int16_t round_clamped(float value, float low, float high)
{
	float above = value < low ? low : value;
	return round_inside(above > high ? high : above);
}

/* A level with noise that reaches neither end of the ADC's range, as nearly every channel nearly always is. */
static void quantise_level(float level, float sigma, const float *noise, size_t n, int16_t *counts)
{
	for (size_t k = 0; k < n; k++)
		counts[k] = round_inside(level + sigma * noise[k]);
}

void sim_quantise_line(const struct sim_sensor *sensor, float base, float slope, const float *noise, size_t n, int16_t *counts)
{
	float sigma = (float)sensor->noise_counts, low = sensor->count_min, high = sensor->count_max;
	int length = (int)n;
	if (slope == 0 && base - SIM_NOISE_MOST * sigma >= low && base + SIM_NOISE_MOST * sigma <= high) {
		quantise_level(base, sigma, noise, n, counts);
		return;
	}
	for (int k = 0; k < length; k++)
		counts[k] = round_clamped(base + slope * (float)k + sigma * noise[k], low, high);
}

void sim_quantise_signal(const struct sim_sensor *sensor, const float *signal, const float *noise, size_t n, int16_t *counts)
{
	float sigma = (float)sensor->noise_counts, low = sensor->count_min, high = sensor->count_max;
	for (size_t k = 0; k < n; k++)
		counts[k] = round_clamped(signal[k] + sigma * noise[k], low, high);
}

static void interleave2(const int16_t *restrict a, const int16_t *restrict b, size_t n, int16_t *restrict frames)
{
	for (size_t k = 0; k < n; k++) {
		frames[2 * k] = a[k];
		frames[2 * k + 1] = b[k];
	}
}

static void interleave3(const int16_t *restrict a, const int16_t *restrict b, const int16_t *restrict c, size_t n, int16_t *restrict frames)
{
	for (size_t k = 0; k < n; k++) {
		frames[3 * k] = a[k];
		frames[3 * k + 1] = b[k];
		frames[3 * k + 2] = c[k];
	}
}

static void interleave4(const int16_t *restrict a, const int16_t *restrict b, const int16_t *restrict c, const int16_t *restrict d,
			size_t n, int16_t *restrict frames)
{
	for (size_t k = 0; k < n; k++) {
		frames[4 * k] = a[k];
		frames[4 * k + 1] = b[k];
		frames[4 * k + 2] = c[k];
		frames[4 * k + 3] = d[k];
	}
}

void sim_interleave(const int16_t *planes, unsigned channel_count, size_t n, int16_t *frames)
{
	const int16_t *a = planes, *b = a + SIM_CHUNK, *c = b + SIM_CHUNK, *d = c + SIM_CHUNK;
	if (channel_count == 1)
		memcpy(frames, a, n * sizeof *frames);
	else if (channel_count == 2)
		interleave2(a, b, n, frames);
	else if (channel_count == 3)
		interleave3(a, b, c, n, frames);
	else if (channel_count == 4)
		interleave4(a, b, c, d, n, frames);
	else
		for (unsigned channel = 0; channel < channel_count; channel++)
			for (size_t k = 0; k < n; k++)
				frames[k * channel_count + channel] = planes[channel * SIM_CHUNK + k];
}
