/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "simultaneous.h"

#include <math.h>

/* The integral over x_0: so many of its standard deviations to either side, in steps of so much of one. */
#define STEP (1.0 / 16)
enum { REACH = 6, STEPS = 2 * REACH * 16, HALVINGS = 24 };

static double below(double x, double u)
{
	return u > 0 ? 0.5 * erfc(-x / (u * sqrt(2))) : x >= 0 ? 1 : 0;
}

/* The probability that none is further than `bound`. */
static double within(const double *u, size_t count, double u_common, double bound)
{
	double sum = 0, weights = 0;
	for (int i = 0; i <= STEPS; i++) {
		double z = i * STEP - REACH;
		double weight = exp(-0.5 * z * z), product = weight;
		for (size_t k = 0; k < count; k++)
			product *= below(bound + z * u_common, u[k]) - below(z * u_common - bound, u[k]);
		sum += product;
		weights += weight;
	}
	return sum / weights;
}

double simultaneous_bound(const double *u, size_t count, double u_common, double probability)
{
	double low = 0, high = u_common;
	for (size_t i = 0; i < count; i++)
		high = fmax(high, u[i]);
	high *= 10;
	for (unsigned pass = 0; pass < HALVINGS; pass++) {
		double middle = 0.5 * (low + high);
		if (within(u, count, u_common, middle) < probability)
			low = middle;
		else
			high = middle;
	}
	return 0.5 * (low + high);
}
