/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "order.h"

#include <stdlib.h>

/* In lanes that the compiler turns into vectors, some rows of them at once. */
struct extremes extremes_of(const double *x, size_t n)
{
	enum { LANES = 16, ROWS = 4 };
	double low[LANES], high[LANES];
	struct extremes all = {x[0], x[0]};
	size_t i = 0;
	for (unsigned k = 0; k < LANES; k++)
		low[k] = high[k] = x[0];
	for (; i + LANES * ROWS <= n; i += LANES * ROWS) {
		for (unsigned k = 0; k < LANES; k++) {
			double least = low[k], most = high[k];
			for (unsigned row = 0; row < ROWS; row++) {
				double value = x[i + row * LANES + k];
				least = value < least ? value : least;
				most = value > most ? value : most;
			}
			low[k] = least;
			high[k] = most;
		}
	}
	for (; i < n; i++) {
		all.least = x[i] < all.least ? x[i] : all.least;
		all.most = x[i] > all.most ? x[i] : all.most;
	}
	for (unsigned k = 0; k < LANES; k++) {
		all.least = low[k] < all.least ? low[k] : all.least;
		all.most = high[k] > all.most ? high[k] : all.most;
	}
	return all;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double middle_of(double a, double b, double c)
{
	double least = a < b ? a : b, most = a < b ? b : a;
	return c < least ? least : c > most ? most : c;
}

double order_statistic(double *x, size_t n, size_t rank)
{
	ptrdiff_t left = 0, right = (ptrdiff_t)n - 1, wanted = (ptrdiff_t)rank;
	unsigned steps = 8;
	for (size_t size = n; size > 1; size /= 2)
		steps += 2;
	for (; left < right && steps > 0; steps--) {
		double pivot = middle_of(x[left], x[left + (right - left) / 2], x[right]);
		ptrdiff_t i = left, j = right;
		while (i <= j) {
			while (x[i] < pivot)
				i++;
			while (x[j] > pivot)
				j--;
			if (i > j)
				break;
			double other = x[i];
			x[i++] = x[j];
			x[j--] = other;
		}
		if (wanted <= j)
			right = j;
		else if (wanted >= i)
			left = i;
		else
			return x[wanted];
	}
	if (left < right)
		qsort(x + left, (size_t)(right - left + 1), sizeof *x, ascending);
	return x[wanted];
}
