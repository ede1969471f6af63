/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Control limits and capability against the worked examples of the NIST/SEMATECH e-Handbook of Statistical Methods, to the digits printed there;
 * the line against the closed form and GSL.
 */
#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_fit.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>

#include "capability.h"
#include "chi_square.h"
#include "control.h"
#include "drift.h"

/* e-Handbook 6.3.2.2: flow rate of ten batches. Printed: mean 50.81, MR 1.8778, limits 55.8041 and 45.8159. */
static const double FLOW_RATE[] = {49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1};

Test(history_statistics, individuals_chart_of_the_handbook)
{
	struct control_chart chart = control_chart_of(FLOW_RATE, 10);
	cr_expect_float_eq(chart.mean, 50.81, 5e-13);
	cr_expect_float_eq(chart.moving_range, 1.8778, 5e-5);
	cr_expect_float_eq(chart.upper, 55.8041, 5e-5, "%.6f", chart.upper);
	cr_expect_float_eq(chart.lower, 45.8159, 5e-5, "%.6f", chart.lower);
	/* The handbook calls the process in control, since no point is beyond its limits. */
	cr_expect_eq(chart.signals[RULE_BEYOND_3_SIGMA], 0);
	cr_expect_eq(chart.ranges_beyond, 0);
}

/* e-Handbook 6.1.6: limits 8 and 20, mean 16, s = 2. Printed: Cp 1.0, Cpk 0.6667. */
Test(history_statistics, capability_of_the_handbook)
{
	struct capability c = capability_from(50, 16, 2, 8, 20);
	cr_expect_float_eq(c.cp, 1.0, 1e-12);
	cr_expect_float_eq(c.cpk, 0.6667, 5e-5);
	double low = sqrt(gsl_cdf_chisq_Pinv(0.025, 49) / 49), high = sqrt(gsl_cdf_chisq_Pinv(0.975, 49) / 49);
	cr_expect_float_eq(c.cp_lower, low, 1e-9);
	cr_expect_float_eq(c.cp_upper, high, 1e-9);
	double half = gsl_cdf_ugaussian_Pinv(0.975) * sqrt(1.0 / (9 * 50) + c.cpk * c.cpk / (2 * 49));
	cr_expect_float_eq(c.cpk_upper - c.cpk, half, 1e-9);
	cr_expect_float_eq(c.cpk - c.cpk_lower, half, 1e-9);
}

Test(history_statistics, capability_against_one_limit_and_none)
{
	struct capability upper = capability_from(30, 16, 2, NAN, 20), lower = capability_from(30, 16, 2, 8, NAN);
	cr_expect(isnan(upper.cp) && isnan(lower.cp));
	cr_expect_float_eq(upper.cpk, 4.0 / 6, 1e-12);
	cr_expect_float_eq(lower.cpk, 8.0 / 6, 1e-12);
	cr_expect(isnan(capability_from(30, 16, 2, NAN, NAN).cpk));
	cr_expect(isnan(capability_from(1, 16, NAN, 8, 20).cpk));
	cr_expect(isnan(capability_from(30, 16, 0, 8, 20).cpk), "values that do not scatter have no capability");
	double outside = capability_from(30, 22, 2, 8, 20).cpk;
	cr_expect_lt(outside, 0, "a mean beyond the limit is not capable at all");
}

Test(history_statistics, capability_of_values_is_that_of_their_mean_and_deviation)
{
	struct capability of = capability_of(FLOW_RATE, 10, 40, 60), from = capability_from(10, of.mean, of.sd, 40, 60);
	cr_expect_float_eq(of.mean, 50.81, 1e-12);
	cr_expect_float_eq(of.sd, gsl_stats_sd(FLOW_RATE, 1, 10), 1e-12);
	cr_expect_float_eq(of.cpk, from.cpk, 1e-12);
}

/*
 * Montgomery, Introduction to Statistical Quality Control, table 6.6: viscosity of 15 batches of a primer paint. Printed: mean 33.52, MR 0.48, limits
 * 34.80 and 32.24, of the ranges 1.57; in control.
 */
Test(history_statistics, individuals_chart_of_montgomery)
{
	static const double VISCOSITY[] = {33.75, 33.05, 34.00, 33.81, 33.46, 34.02, 33.68, 33.27,
					   33.49, 33.20, 33.62, 33.00, 33.54, 33.12, 33.84};
	struct control_chart chart = control_chart_of(VISCOSITY, 15);
	cr_expect_float_eq(chart.mean, 33.52, 5e-3, "%.6f", chart.mean);
	cr_expect_float_eq(chart.moving_range, 0.48, 5e-3, "%.6f", chart.moving_range);
	cr_expect_float_eq(chart.upper, 34.80, 5e-3, "%.6f", chart.upper);
	cr_expect_float_eq(chart.lower, 32.24, 5e-3, "%.6f", chart.lower);
	cr_expect_float_eq(chart.range_upper, 1.57, 5e-3, "%.6f", chart.range_upper);
	cr_expect_not(control_chart_signals(&chart));
}

/*
 * The same book: 20 parts, s = 1.75, limits 38 and 62. Printed: Cp 2.29, 95 % from 1.57 to 3.01, from a Cp rounded to 2.29. And Cpk 1.33 of 20 parts: by the formula printed there
 * from 0.88 to 1.78 (calculated by hand from 1.33 (1 -+ 1.96 sqrt(1 / (9 20 1.33^2) + 1 / (2 19)))).
 */
Test(history_statistics, capability_of_montgomery)
{
	struct capability c = capability_from(20, 50, 1.75, 38, 62);
	cr_expect_float_eq(c.cp, 2.29, 5e-3, "%.6f", c.cp);
	cr_expect_float_eq(c.cp_lower, 1.57, 6e-3, "%.6f", c.cp_lower);
	cr_expect_float_eq(c.cp_upper, 3.01, 6e-3, "%.6f", c.cp_upper);
	struct capability k = capability_from(20, 50, 1, 50 - 3 * 1.33, NAN);
	cr_expect_float_eq(k.cpk, 1.33, 1e-12);
	cr_expect_float_eq(k.cpk_lower, 0.88, 5e-3, "%.6f", k.cpk_lower);
	cr_expect_float_eq(k.cpk_upper, 1.78, 5e-3, "%.6f", k.cpk_upper);
}

/* NIST Statistical Reference Datasets, NumAcc4: by construction the mean is 10000000.2 and the standard deviation 0.1, both exact. */
Test(history_statistics, mean_and_deviation_of_numacc4)
{
	static double values[1001];
	values[0] = 10000000.2;
	for (size_t i = 1; i < 1001; i++)
		values[i] = i % 2 ? 10000000.1 : 10000000.3;
	struct capability c = capability_of(values, 1001, NAN, NAN);
	cr_expect_float_eq(c.mean, 10000000.2, 2e-9, "%.12f", c.mean);
	cr_expect_float_eq(c.sd, 0.1, 1e-8, "%.12f", c.sd);
	cr_expect_float_eq(control_chart_of(values, 1001).mean, 10000000.2, 2e-9);
}

/* Tenths are no binary numbers: a sum of ten of them over ten is not a tenth. */
Test(history_statistics, values_that_are_equal_show_nothing)
{
	double values[30], x[30];
	for (size_t i = 0; i < 30; i++) {
		values[i] = 0.1;
		x[i] = 0.1 * (double)i;
	}
	for (size_t n = 2; n <= 30; n++) {
		struct control_chart chart = control_chart_of(values, n);
		cr_expect_not(control_chart_signals(&chart), "%zu equal values", n);
		cr_expect(isnan(capability_of(values, n, 0, 0.1).cpk), "%zu equal values", n);
		cr_expect_eq(capability_of(values, n, 0, 0.1).sd, 0);
		struct drift drift = drift_of(x, values, n);
		cr_expect(n < 3 ? isnan(drift.p) : drift.slope == 0 && drift.p == 1, "%zu equal values: %g, p %g", n, drift.slope, drift.p);
	}
}

/* A bundle may hold any number: what cannot be calculated is not stated, and is not in control, capable or adrift either. */
Test(history_statistics, the_largest_numbers_state_nothing)
{
	double values[12], x[12];
	for (size_t i = 0; i < 12; i++) {
		values[i] = i % 2 ? 1.7e308 : -1.7e308;
		x[i] = (double)i;
	}
	struct control_chart chart = control_chart_of(values, 12);
	cr_expect(isnan(chart.mean) && isnan(chart.lower) && isnan(chart.moving_range));
	struct drift drift = drift_of(x, values, 12);
	cr_expect(isnan(drift.slope) && isnan(drift.p));
	cr_expect(isnan(capability_of(values, 12, -1.7e308, 1.7e308).cpk));
}

/* Intervals of many pulses: the quantile has to stay right where the degrees of freedom are many. */
Test(history_statistics, chi_square_against_gsl)
{
	const double dofs[] = {1, 2, 9, 49, 999, 99999, 999999};
	for (size_t i = 0; i < sizeof dofs / sizeof *dofs; i++) {
		cr_expect_float_eq(gsl_cdf_chisq_P(chi_square_quantile(0.025, dofs[i]), dofs[i]), 0.025, 1e-8, "dof %g", dofs[i]);
		cr_expect_float_eq(gsl_cdf_chisq_P(chi_square_quantile(0.975, dofs[i]), dofs[i]), 0.975, 1e-8, "dof %g", dofs[i]);
	}
}

/* Twenty values that alternate by +-1: MR = 2, sigma = 1.773, nothing out of control; then one pattern each is put in. */
static struct control_chart chart_with(const double *tail, size_t count)
{
	double values[64];
	for (size_t i = 0; i < 40; i++)
		values[i] = i % 2 ? 1 : -1;
	for (size_t i = 0; i < count; i++)
		values[40 + i] = tail[i];
	return control_chart_of(values, 40 + count);
}

Test(history_statistics, each_rule_sees_its_pattern)
{
	const double beyond[] = {9}, two_of_three[] = {4.2, 0, 4.2, -1}, four_of_five[] = {2.4, 2.3, 0, 2.4, 2.3, -1},
		     eight[] = {0.3, 0.2, 0.3, 0.2, 0.3, 0.2, 0.3, 0.2, 0.3}, rising[] = {-1.2, -0.8, -0.4, 0, 0.4, 0.8, 0.2},
		     falling[] = {1.2, 0.8, 0.4, 0, -0.4, -0.8, 0.2};
	struct control_chart quiet = chart_with(NULL, 0);
	for (enum control_rule rule = 0; rule < CONTROL_RULE_COUNT; rule++)
		cr_expect_eq(quiet.signals[rule], 0, "%s", control_rule_words(rule));
	cr_expect_not(control_chart_signals(&quiet));
	cr_expect_eq(chart_with(beyond, 1).signals[RULE_BEYOND_3_SIGMA], 1);
	cr_expect_eq(chart_with(beyond, 1).first[RULE_BEYOND_3_SIGMA], 40);
	cr_expect_eq(chart_with(beyond, 1).ranges_beyond, 1);
	cr_expect_eq(chart_with(two_of_three, 4).signals[RULE_2_OF_3_BEYOND_2], 1);
	cr_expect_eq(chart_with(four_of_five, 6).signals[RULE_4_OF_5_BEYOND_1], 1);
	cr_expect_geq(chart_with(eight, 9).signals[RULE_8_ON_ONE_SIDE], 1);
	cr_expect_eq(chart_with(rising, 7).signals[RULE_6_RISE_OR_FALL], 1);
	cr_expect_eq(chart_with(rising, 7).first[RULE_6_RISE_OR_FALL], 45);
	cr_expect_eq(chart_with(rising, 5).signals[RULE_6_RISE_OR_FALL], 0);
	/* The 1 before the six is no part of what falls: it is below them. */
	cr_expect_eq(chart_with(falling, 7).signals[RULE_6_RISE_OR_FALL], 1);
	cr_expect_eq(chart_with(falling, 7).first[RULE_6_RISE_OR_FALL], 45);
}

Test(history_statistics, too_few_points_state_nothing)
{
	struct control_chart none = control_chart_of(NULL, 0), one = control_chart_of(FLOW_RATE, 1);
	cr_expect(isnan(none.mean) && isnan(one.lower) && one.mean == FLOW_RATE[0]);
	cr_expect_not(control_chart_signals(&one));
}

Test(history_statistics, the_line_against_gsl)
{
	const double x[] = {0, 1, 2.5, 3, 4.5, 7}, y[] = {1.1, 1.9, 3.7, 3.9, 5.4, 8.3};
	double intercept, slope, v00, v01, v11, squares;
	gsl_fit_linear(x, 1, y, 1, 6, &intercept, &slope, &v00, &v01, &v11, &squares);
	struct drift drift = drift_of(x, y, 6);
	cr_expect_float_eq(drift.slope, slope, 1e-12);
	cr_expect_float_eq(drift.u_slope, sqrt(v11), 1e-12);
	cr_expect_float_eq(drift.p, 2 * gsl_cdf_tdist_Q(slope / sqrt(v11), 4), 1e-12);
	cr_expect_float_eq(drift.residual, sqrt(squares / 4), 1e-12);
}

/* NIST Statistical Reference Datasets, linear regression, Norris: certified slope, its standard deviation, and that of the residuals. */
Test(history_statistics, the_line_of_norris)
{
	static const double X[] = {0.2, 337.4, 118.2, 884.6, 10.1,  226.5, 666.3, 996.3, 448.6, 777.0, 558.2, 0.4,
				   0.6, 775.5, 666.9, 338.0, 447.5, 11.6,  556.0, 228.1, 995.8, 887.6, 120.2, 0.3,
				   0.3, 556.8, 339.1, 887.2, 999.0, 779.0, 11.1,  118.3, 229.2, 669.1, 448.9, 0.5};
	static const double Y[] = {0.1, 338.8, 118.1, 888.0, 9.2,   228.1, 668.5, 998.5, 449.1, 778.9, 559.2, 0.3,
				   0.1, 778.1, 668.8, 339.3, 448.9, 10.8,  557.7, 228.3, 998.0, 888.8, 119.6, 0.3,
				   0.6, 557.6, 339.3, 888.0, 998.5, 778.9, 10.2,  117.6, 228.9, 668.4, 449.2, 0.2};
	struct drift drift = drift_of(X, Y, 36);
	cr_expect_float_eq(drift.slope, 1.00211681802045, 1e-13, "%.16g", drift.slope);
	cr_expect_float_eq(drift.u_slope, 0.429796848199937e-3, 1e-15, "%.16g", drift.u_slope);
	cr_expect_float_eq(drift.residual, 0.884796396144373, 1e-13, "%.16g", drift.residual);
}

Test(history_statistics, a_line_needs_three_points_at_two_times)
{
	const double same[] = {5, 5, 5, 5}, y[] = {1, 2, 3, 4}, x[] = {0, 1, 2, 3};
	cr_expect(isnan(drift_of(same, y, 4).slope));
	cr_expect(isnan(drift_of(x, y, 2).slope));
	cr_expect_float_eq(drift_of(x, y, 4).slope, 1, 1e-15);
	cr_expect_float_eq(drift_of(x, same, 4).p, 1, 1e-15);
}
