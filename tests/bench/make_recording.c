/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes a recording for the benchmarks: interleaved s16le, two channels (coil current, trigger), 1 MSa/s, a biphasic pulse of 290 us ten times a
 * second, noise of 4 counts.
 * usage: make_recording FILE SECONDS
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RATE_HZ = 1000000, PERIOD_FRAMES = RATE_HZ / 10, NOISE_POOL = 1 << 17, PULSE_FRAMES = 290, PULSE_AT = 50000, TRIGGER_FRAMES = 50 };

static uint64_t state = 42;

static double uniform(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return ((double)(state >> 11) + 0.5) / 9007199254740992.0;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	FILE *file = fopen(argv[1], "wb");
	int16_t *noise = malloc(NOISE_POOL * sizeof *noise), *frames = malloc(2 * PERIOD_FRAMES * sizeof *frames);
	if (!file || !noise || !frames)
		return 4;
	for (int i = 0; i < NOISE_POOL; i++)
		noise[i] = (int16_t)lrint(4 * sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform()));
	long periods = strtol(argv[2], NULL, 10) * 10;
	for (long p = 0; p < periods; p++) {
		size_t offset = (size_t)(uniform() * (NOISE_POOL - 1));
		for (size_t i = 0; i < PERIOD_FRAMES; i++) {
			frames[2 * i] = noise[(offset + 2 * i) % NOISE_POOL];
			frames[2 * i + 1] = noise[(offset + 2 * i + 1) % NOISE_POOL];
		}
		double shift = uniform();
		for (int i = 1; i <= PULSE_FRAMES; i++) {
			double t_s = (i - shift) * 1e-6;
			double current_a = 149.77e6 / (2 * M_PI * 3448) * exp(-770 * t_s) * sin(2 * M_PI * 3448 * t_s);
			size_t at = 2 * (size_t)(PULSE_AT + i);
			frames[at] = (int16_t)(frames[at] + lrint(current_a / 0.3662109375));
		}
		for (int i = 0; i < TRIGGER_FRAMES; i++)
			frames[2 * (PULSE_AT - 40 + i) + 1] = (int16_t)(frames[2 * (PULSE_AT - 40 + i) + 1] + 16384);
		fwrite(frames, sizeof *frames, 2 * PERIOD_FRAMES, file);
	}
	free(noise);
	free(frames);
	return fclose(file) == 0 ? 0 : 4;
}
