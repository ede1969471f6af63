/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Random numbers from a state of 64 bits. */
#include <math.h>
#include <stdint.h>

#define DRAW_PI 3.14159265358979323846

/* Uniform in (0, 1): splitmix64. */
static inline double draw_uniform(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return ((double)((z ^ z >> 31) >> 11) + 0.5) / 9007199254740992.0;
}

/* Normal with mean 0 and standard deviation 1: Box and Muller. */
static inline double draw_normal(uint64_t *state)
{
	double u = draw_uniform(state), v = draw_uniform(state);
	return sqrt(-2 * log(u)) * cos(2 * DRAW_PI * v);
}
