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
		     eight[] = {0.3, 0.2, 0.3, 0.2, 0.3, 0.2, 0.3, 0.2, 0.3}, rising[] = {-1.2, -0.8, -0.4, 0, 0.4, 0.8, 1.2};
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
	cr_expect_eq(chart_with(rising, 6).signals[RULE_6_RISE_OR_FALL], 0);
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

Test(history_statistics, a_line_needs_three_points_at_two_times)
{
	const double same[] = {5, 5, 5, 5}, y[] = {1, 2, 3, 4}, x[] = {0, 1, 2, 3};
	cr_expect(isnan(drift_of(same, y, 4).slope));
	cr_expect(isnan(drift_of(x, y, 2).slope));
	cr_expect_float_eq(drift_of(x, y, 4).slope, 1, 1e-15);
	cr_expect_float_eq(drift_of(x, same, 4).p, 1, 1e-15);
}
