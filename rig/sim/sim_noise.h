/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Randomness as a pure function of (seed, stream, index): no state, so nothing depends on the order in which values are asked for.
 */
#include <stddef.h>
#include <stdint.h>

/* What a random number is for; numbers of different streams are independent. */
enum sim_draw {
	SIM_STREAM_POOL,
	SIM_STREAM_CLOCK,
	SIM_STREAM_JITTER,
	SIM_STREAM_AMPLITUDE,
	SIM_STREAM_SENSOR, /* + channel: systematic draws */
	SIM_STREAM_BASELINE = 32,
	SIM_STREAM_HOST,
	SIM_STREAM_CHANNEL = 64, /* + channel: where in the pool a chunk begins */
};

enum { SIM_POOL_SIZE = 1 << 17 };
/* No number of the pool is further from 0: sqrt(-2 ln 2^-54), of the smallest uniform number there is. */
#define SIM_NOISE_MOST 8.66F

/* 64 well mixed bits (splitmix64 finaliser). */
uint64_t sim_hash(uint64_t seed, uint64_t stream, uint64_t index);
/* Uniform on (0, 1). */
double sim_uniform(uint64_t seed, uint64_t stream, uint64_t index);
/* Normal with mean 0 and standard deviation 1 (Box-Muller). */
double sim_gaussian(uint64_t seed, uint64_t stream, uint64_t index);
/* Fills pool[SIM_POOL_SIZE] with normal numbers of mean 0 and standard deviation 1. */
void sim_noise_fill(float *pool, uint64_t seed);
