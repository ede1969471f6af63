/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Values by their order: the least, the greatest, and the one at a rank, without sorting the rest. */
#include <stddef.h>

struct extremes {
	double least, most;
};

/* Of n > 0 values. */
struct extremes extremes_of(const double *x, size_t n);
/*
 * The value that would stand at index `rank` < n if x were sorted (Hoare, Algorithm 65: Find, 1961); x is left in another order. What its halving does
 * not settle in a number of steps that a sort would take is sorted, so that no order of the values makes it slow. No value may be NaN.
 */
double order_statistic(double *x, size_t n, size_t rank);
