/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Uncertainty budgets: what adds, what cancels, what is independent. */
#include <criterion/criterion.h>
#include <math.h>

#include "budget.h"

Test(budget, one_input_acting_twice_adds_with_its_sign)
{
	struct budget budget = {0};
	budget_add(&budget, SOURCE_SENSOR_GAIN, 0.003, 0.9, INFINITY);
	budget_add(&budget, SOURCE_SENSOR_GAIN, 0.003, -0.9, INFINITY);
	cr_expect_eq(budget_share(&budget, SOURCE_SENSOR_GAIN), 0);
	budget_add(&budget, SOURCE_CLOCK, 2e-6, 7, INFINITY);
	budget_add(&budget, SOURCE_CLOCK, 2e-6, -4, INFINITY);
	cr_expect_float_eq(budget_u(&budget), 6e-6, 1e-18, "an interval of 3 s");
}

Test(budget, what_cancels_but_for_rounding_cancels)
{
	struct budget budget = {0};
	double last = 1234.5, first = 1111.1, ratio = last / first;
	budget_add(&budget, SOURCE_SENSOR_GAIN, INFINITY, last * (1 / first), INFINITY);
	budget_add(&budget, SOURCE_SENSOR_GAIN, INFINITY, first * (-ratio / first), INFINITY);
	cr_expect_eq(budget_u(&budget), 0, "an unknown gain does not come back by a last digit");
}

Test(budget, noise_of_two_pulses_is_two_inputs_though_equal)
{
	struct budget budget = {0};
	budget_add_independent(&budget, SOURCE_NOISE, 3, 1, 10);
	budget_add_independent(&budget, SOURCE_NOISE, 3, -1, 10);
	cr_expect_float_eq(budget_u_random(&budget), 3 * sqrt(2), 1e-12);
	cr_expect_float_eq(budget_dof_random(&budget), 20, 1e-9, "two equal shares of ten");
	cr_expect(isinf(budget_dof_systematic(&budget)) && budget_u_systematic(&budget) == 0);
}

Test(budget, parts_join_by_their_nature)
{
	struct budget one = {0}, other = {0};
	budget_add(&one, SOURCE_NOISE, 3, 1, 10);
	budget_add(&one, SOURCE_DELAY, 5, 1, INFINITY);
	budget_add(&other, SOURCE_NOISE, 3, -1, 10);
	budget_add(&other, SOURCE_DELAY, 5, -1, INFINITY);
	budget_join(&one, &other);
	cr_expect_float_eq(budget_u(&one), 3 * sqrt(2), 1e-12, "the delay cancels, the noise does not");
	budget_scale(&one, -2);
	cr_expect_float_eq(budget_u(&one), 6 * sqrt(2), 1e-12);
	cr_expect_not(signbit(one.of[SOURCE_DELAY].c), "no minus zero in a table");
}

Test(budget, units_follow_the_value)
{
	struct budget budget = {0};
	budget_add(&budget, SOURCE_NOISE, 1e-9, 1, 10);
	budget_add(&budget, SOURCE_CLOCK, 1e-6, 2, INFINITY);
	cr_expect_null(budget.of[SOURCE_NOISE].unit, "the value's own");
	budget_name_unit(&budget, "s");
	cr_expect_str_eq(budget.of[SOURCE_NOISE].unit, "s");
	cr_expect_str_eq(budget.of[SOURCE_CLOCK].unit, "1");
}
