/* SPDX-License-Identifier: GPL-3.0-or-later */
/* State levels, chi-square quantiles and robust slopes against cases worked by hand and printed tables. */
#include "chi_square.h"
#include "levels.h"
#include "synthetic.h"
#include "theil_sen.h"

/*
 * Worked by hand: 200 values between 0 and 10, so bins of 0.1 with the division at 5. 60 in bin [0.1, 0.2), 40 in [0, 0.1), 70 in [9.9, 10], 20 in
 * [9.0, 9.1), 10 halfway up. Low is the mean of the 60, high that of the 70.
 */
Test(measure_levels, modes_of_a_case_worked_by_hand)
{
	float values[200];
	size_t n = 0;
	for (unsigned i = 0; i < 60; i++)
		values[n++] = i % 2 ? 0.12F : 0.18F;
	for (unsigned i = 0; i < 40; i++)
		values[n++] = 0;
	for (unsigned i = 0; i < 70; i++)
		values[n++] = i % 7 ? 9.95F : 10;
	for (unsigned i = 0; i < 20; i++)
		values[n++] = 9.05F;
	for (unsigned i = 0; i < 10; i++)
		values[n++] = (float)i + 0.5F;
	values[n - 1] = NAN;
	struct levels levels;
	cr_assert(levels_find(values, n, &levels));
	cr_expect_float_eq(levels.low, 0.15, 1e-6, "%g", levels.low);
	cr_expect_float_eq(levels.high, (60 * 9.95 + 10 * 10) / 70, 1e-6, "%g", levels.high);
	cr_expect_eq(levels.low_count, 60);
	cr_expect_eq(levels.high_count, 70);
	cr_expect_float_eq(levels.width, 0.1, 1e-6);
}

/* No bin of the upper half holds 1 % of 1000 values: ten times wider, [9, 10] holds the most of it, 8. */
Test(measure_levels, a_thin_mode_is_sought_again_with_wider_bins)
{
	float values[1000];
	for (unsigned i = 0; i < 984; i++)
		values[i] = 0;
	for (unsigned i = 0; i < 8; i++)
		values[984 + i] = 5.05F + 0.4F * (float)i;
	for (unsigned i = 0; i < 8; i++)
		values[992 + i] = 9.05F + 0.13F * (float)i;
	values[999] = 10;
	struct levels levels;
	cr_assert(levels_find(values, 1000, &levels));
	cr_expect_eq(levels.high_count, 8);
	cr_expect_float_eq(levels.high, (7 * 9.05 + 0.13 * 21 + 10) / 8, 1e-5, "%g", levels.high);
	cr_expect_float_eq(levels.low, 0, 1e-12);
}

Test(measure_levels, one_level_and_none)
{
	const float same[3] = {7, 7, 7}, nothing[2] = {NAN, NAN};
	struct levels levels;
	cr_assert(levels_find(same, 3, &levels));
	cr_expect_float_eq(levels.low, 7, 0);
	cr_expect_float_eq(levels.high, 7, 0);
	cr_expect_not(levels_find(nothing, 2, &levels));
	struct level_histogram *histogram = malloc(sizeof *histogram);
	cr_assert(histogram != NULL);
	level_histogram_init(histogram);
	cr_expect_not(level_histogram_levels(histogram, &levels));
	for (unsigned i = 0; i < 1000; i++)
		level_histogram_add(histogram, i % 10 == 0 ? 16384 : i % 50 == 1 ? 9000 : -3);
	cr_assert(level_histogram_levels(histogram, &levels));
	cr_expect_float_eq(levels.low, -3, levels.width);
	cr_expect_float_eq(levels.high, 16384, levels.width);
	free(histogram);
}

/* Printed tables of the chi-square distribution (for example NIST/SEMATECH e-Handbook, 1.3.6.7.4). */
Test(measure_levels, chi_square_quantiles_are_those_of_the_tables)
{
	static const struct {
		double p, dof, value;
	} TABLE[] = {{0.05, 1, 0.004}, {0.05, 2, 0.103},   {0.05, 10, 3.940},  {0.05, 29, 17.708},  {0.05, 100, 77.929},
		     {0.95, 1, 3.841}, {0.95, 10, 18.307}, {0.95, 29, 42.557}, {0.95, 100, 124.342}};
	for (unsigned i = 0; i < sizeof TABLE / sizeof *TABLE; i++)
		cr_expect_float_eq(chi_square_quantile(TABLE[i].p, TABLE[i].dof), TABLE[i].value, 5.1e-4, "%g %g: %g", TABLE[i].p,
				   TABLE[i].dof, chi_square_quantile(TABLE[i].p, TABLE[i].dof));
	/* domain/measurands.md, 4.1: of 30 pulses the upper bound is 1.28 of s. */
	cr_expect_float_eq(sqrt(29 / chi_square_quantile(0.05, 29)), 1.28, 0.005);
}

/* Scatter of the slope over that of least squares, for normal noise. */
static double wider_than_least_squares(size_t n, unsigned rounds, uint64_t *seed)
{
	double *t = calloc(n, sizeof *t), *y = calloc(n, sizeof *y), squares = 0, tt = 0, mean = 0.5 * (double)(n - 1);
	cr_assert(t != NULL && y != NULL);
	for (size_t i = 0; i < n; i++) {
		t[i] = (double)i;
		tt += (t[i] - mean) * (t[i] - mean);
	}
	for (unsigned k = 0; k < rounds; k++) {
		double slope;
		struct error error = {0};
		for (size_t i = 0; i < n; i++)
			y[i] = 3 + 0.5 * t[i] + syn_normal(seed);
		cr_assert(theil_sen(t, y, n, &slope, &error));
		squares += (slope - 0.5) * (slope - 0.5);
	}
	free(t);
	free(y);
	return sqrt(squares / rounds * tt);
}

Test(measure_levels, theil_sen_is_nearly_as_good_as_least_squares_and_minds_no_outliers)
{
	uint64_t seed = 81;
	const size_t sizes[] = {10, 100, 300, 2000};
	for (unsigned i = 0; i < 4; i++) {
		double wider = wider_than_least_squares(sizes[i], 600, &seed);
		/* 600 rounds: the ratio itself is known to 3 %. */
		fprintf(stderr, "# %zu points: %.3f of least squares\n", sizes[i], wider);
		cr_expect(wider > 0.9 && wider < 1.15, "%zu points: %g", sizes[i], wider);
	}
	enum { N = 400 };
	double t[N], y[N], slope;
	struct error error = {0};
	for (unsigned i = 0; i < N; i++) {
		t[i] = i;
		y[i] = 1 - 2e-3 * i + (i % 5 == 0 ? 50 : 0);
	}
	cr_assert(theil_sen(t, y, N, &slope, &error));
	cr_expect_float_eq(slope, -2e-3, 1e-12, "%g", slope);
	cr_assert(theil_sen(t, y, 1, &slope, &error));
	cr_expect(isnan(slope));
}
