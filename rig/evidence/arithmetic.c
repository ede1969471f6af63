/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "arithmetic.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { ARGUMENTS = 512 };

/* Of one or of two arguments, each between least and most. */
static const struct {
	double (*one)(double);
	double (*two)(double, double);
	double least, most;
} FUNCTIONS[] = {
	{.one = exp, .least = -40, .most = 40},     {.one = exp2, .least = -40, .most = 40},   {.one = expm1, .least = -2, .most = 2},
	{.one = log, .least = 1e-9, .most = 1e9},   {.one = log1p, .least = -0.9, .most = 9},  {.one = sin, .least = -400, .most = 400},
	{.one = cos, .least = -400, .most = 400},   {.one = tan, .least = -400, .most = 400},  {.one = asin, .least = -1, .most = 1},
	{.one = acos, .least = -1, .most = 1},      {.one = atan, .least = -40, .most = 40},   {.one = cosh, .least = -20, .most = 20},
	{.one = erfc, .least = -4, .most = 9},      {.one = lgamma, .least = 0.1, .most = 60}, {.one = tgamma, .least = 0.1, .most = 60},
	{.one = sqrt, .least = 0, .most = 1e9},     {.two = pow, .least = 0.01, .most = 20},   {.two = atan2, .least = -10, .most = 10},
	{.two = hypot, .least = -1e4, .most = 1e4}, {.two = fmod, .least = -100, .most = 100},
};

/* Between 0 and 1, the same anywhere: a step of splitmix64 (S. Vigna, public domain), without rounding. */
static double draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15U;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

void arithmetic_fingerprint(char hex[DIGEST_HEX_SIZE])
{
	uint64_t bits[sizeof FUNCTIONS / sizeof *FUNCTIONS][ARGUMENTS], state = 1;
	for (size_t f = 0; f < sizeof FUNCTIONS / sizeof *FUNCTIONS; f++) {
		double least = FUNCTIONS[f].least, span = FUNCTIONS[f].most - least;
		for (size_t i = 0; i < ARGUMENTS; i++) {
			double x = least + span * draw(&state), y = least + span * draw(&state);
			double value = FUNCTIONS[f].one ? FUNCTIONS[f].one(x) : FUNCTIONS[f].two(x, y);
			memcpy(&bits[f][i], &value, sizeof value);
		}
	}
	digest_bytes(bits, sizeof bits, hex);
}
