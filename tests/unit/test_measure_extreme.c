/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What chance does to a largest or a first value: the largest of normal numbers against its exact distribution, of rounded ones and the crossing of a noisy
 * ramp against draws, the bound of several comparisons against Dunnett's table.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "extreme.h"
#include "pulse_shape.h"
#include "simultaneous.h"

#define PI 3.14159265358979323846

static double uniform(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return ((double)((z ^ z >> 31) >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(uint64_t *state)
{
	double u = uniform(state), v = uniform(state);
	return sqrt(-2 * log(u)) * cos(2 * PI * v);
}

/* Phi(x)^n. */
static double largest_below(double x, double n)
{
	return exp(n * (x > -5 ? log1p(-0.5 * erfc(x / sqrt(2))) : log(0.5 * erfc(-x / sqrt(2)))));
}

Test(measure_extreme, the_largest_of_normal_numbers)
{
	const double counts[] = {2, 4, 10, 50, 200, 1000, 10000, 1e6};
	for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
		double n = counts[k], step = 1e-3, before = 0, mean = 0, squares = 0;
		for (double x = -6; x < 9; x += step) {
			double now = largest_below(x + step, n), middle = x + step / 2;
			mean += (now - before) * middle;
			squares += (now - before) * middle * middle;
			before = now;
		}
		double deviation = sqrt(squares - mean * mean);
		cr_assert_float_eq(extreme_mean(n), mean, 0.01 * fmax(1, mean), "mean of the largest of %g: %g, not %g", n, extreme_mean(n),
				   mean);
		cr_assert_float_eq(extreme_deviation(n), deviation, 0.015 * deviation, "its deviation, of %g: %g, not %g", n,
				   extreme_deviation(n), deviation);
		/* What an after-current's U is made of: 1.96 deviations to either side of the mean hold 95.45 %. */
		double within = n < 20 ? 0.9545 : largest_below(mean + 1.96 * deviation, n) - largest_below(mean - 1.96 * deviation, n);
		cr_assert_float_eq(within, 0.9545, 0.003, "of %g: %g", n, within);
	}
	cr_assert_float_eq(extreme_mean(1), 0, 0);
	cr_assert_float_eq(extreme_deviation(1), 1, 0);
}

/*
 * The largest magnitude of noise that is rounded to whole numbers, less that of the same noise unrounded: 0.3 of 1 / sqrt(12) more, and 0.8 of it more
 * scatter, where the noise is no less than a quarter. The zero is anywhere between two whole numbers.
 */
Test(measure_extreme, rounding_lifts_the_largest)
{
	enum { DRAWS = 1500, SAMPLES = 250, BEFORE = 140 };
	const double noises[] = {0.3, 0.4, 0.5, 0.7, 1};
	uint64_t state = 3;
	double lifted = 0, scatter = 0, cases = sizeof noises / sizeof *noises;
	for (size_t k = 0; k < sizeof noises / sizeof *noises; k++) {
		double sum[2] = {0}, squares[2] = {0};
		for (unsigned draw = 0; draw < DRAWS; draw++) {
			double zero = uniform(&state), base = 0, largest[2] = {0};
			for (unsigned i = 0; i < BEFORE; i++)
				base += rint(zero + noises[k] * normal(&state)) / BEFORE;
			for (unsigned i = 0; i < SAMPLES; i++) {
				double x = noises[k] * normal(&state);
				largest[0] = fmax(largest[0], fabs(x));
				largest[1] = fmax(largest[1], fabs(rint(zero + x) - base));
			}
			for (unsigned r = 0; r < 2; r++) {
				sum[r] += largest[r] / DRAWS;
				squares[r] += largest[r] * largest[r] / DRAWS;
			}
		}
		lifted += (sum[1] - sum[0]) / cases;
		scatter += (squares[1] - sum[1] * sum[1] - squares[0] + sum[0] * sum[0]) / cases;
	}
	double q = 1 / sqrt(12);
	cr_log_info("lifted by %.2f of a count's deviation, scatter of %.2f more", lifted / q, sqrt(scatter) / q);
	cr_assert_float_eq(lifted / q, 0.33, 0.1, "lifted by %g q", lifted / q);
	cr_assert_float_eq(sqrt(scatter) / q, 0.8, 0.1, "scatter of %g q", sqrt(scatter) / q);
}

/* The middle of the first and the last crossing of a ramp of one a sample, linearly interpolated. */
static double crossing(double reach, uint64_t *state)
{
	enum { MOST = 400 };
	double y[MOST + 1], phase = uniform(state), sum = 0;
	int half = (int)(7 * reach + 3), first = -1, last = -1;
	for (int i = 0; i <= 2 * half; i++) {
		y[i] = i - half - phase + reach * normal(state);
		if (i > 0 && (y[i - 1] > 0) != (y[i] > 0)) {
			first = first < 0 ? i - 1 : first;
			last = i - 1;
		}
	}
	const int at[2] = {first, last};
	for (unsigned k = 0; k < 2; k++)
		sum += at[k] + y[at[k]] / (y[at[k]] - y[at[k] + 1]);
	return sum / 2 - half - phase;
}

Test(measure_extreme, crossing_of_a_noisy_ramp)
{
	const double reaches[] = {0.1, 0.3, 0.6, 1, 2, 5, 20};
	uint64_t state = 5;
	for (size_t k = 0; k < sizeof reaches / sizeof *reaches; k++) {
		double squares = 0;
		unsigned draws = reaches[k] > 3 ? 3000 : 20000;
		for (unsigned draw = 0; draw < draws; draw++)
			squares += pow(crossing(reaches[k], &state), 2) / draws;
		double seen = squares / (reaches[k] * reaches[k]), stated = crossing_variance(reaches[k]);
		cr_log_info("reach %g: variance %.3f, stated %.3f", reaches[k], seen, stated);
		cr_assert_float_eq(stated, seen, (0.06 + 3 * sqrt(2.0 / draws)) * seen, "reach %g: %g, not %g", reaches[k], stated, seen);
	}
}

/* Dunnett 1955, table 2a: two-sided, 95 %, infinite degrees of freedom, 1 to 5 comparisons with one control. */
Test(measure_extreme, dunnett_s_table)
{
	const double table[] = {1.96, 2.21, 2.35, 2.44, 2.51}, ones[] = {1, 1, 1, 1, 1}, twice[] = {2, 2}, wide[] = {0, 3, 0};
	for (size_t k = 0; k < 5; k++)
		cr_assert_float_eq(simultaneous_bound(ones, k + 1, 1, 0.95) / sqrt(2), table[k], 0.006, "%zu comparisons", k + 1);
	/* Without scatter of the common value the comparisons are independent: 1 - (1 - p)^(1 / n) each. */
	cr_assert_float_eq(simultaneous_bound(twice, 2, 0, 0.95), 2 * 2.2365, 0.003);
	cr_assert_float_eq(simultaneous_bound(wide, 3, 0, 0.9545), 6, 0.01, "those without scatter do not count");
}
