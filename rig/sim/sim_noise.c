/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim_noise.h"

#include <math.h>

static uint64_t mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

uint64_t sim_hash(uint64_t seed, uint64_t stream, uint64_t index)
{
	return mix(mix(mix(seed) ^ stream) ^ index);
}

static double unit(uint64_t bits)
{
	return ((double)(bits >> 11) + 0.5) * 0x1p-53;
}

double sim_uniform(uint64_t seed, uint64_t stream, uint64_t index)
{
	return unit(sim_hash(seed, stream, index));
}

double sim_gaussian(uint64_t seed, uint64_t stream, uint64_t index)
{
	uint64_t bits = sim_hash(seed, stream, index);
	return sqrt(-2 * log(unit(bits))) * cos(2 * M_PI * unit(mix(bits)));
}

void sim_noise_fill(float *pool, uint64_t seed)
{
	for (size_t i = 0; i < SIM_POOL_SIZE; i += 2) {
		uint64_t bits = sim_hash(seed, SIM_STREAM_POOL, i);
		double radius = sqrt(-2 * log(unit(bits))), angle = 2 * M_PI * unit(mix(bits));
		pool[i] = (float)(radius * cos(angle));
		pool[i + 1] = (float)(radius * sin(angle));
	}
}
