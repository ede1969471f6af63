/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The coverage of a rectangle plus a normal deviate: limits, published factors, and GSL's numerical convolution. */
#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_integration.h>
#include <math.h>

#include "rectangle.h"

struct sum {
	double half_width, normal, limit;
};

static double covered_given(double rectangle, void *data)
{
	const struct sum *sum = data;
	return (gsl_cdf_gaussian_P(sum->limit - rectangle, sum->normal) - gsl_cdf_gaussian_P(-sum->limit - rectangle, sum->normal)) /
	       (2 * sum->half_width);
}

Test(rectangle, covers_as_much_as_said_by_numerical_convolution)
{
	gsl_integration_workspace *workspace = gsl_integration_workspace_alloc(1000);
	for (double share = 0.01; share < 100; share *= 1.7) {
		struct sum sum = {.half_width = sqrt(3) * share, .normal = 1, .limit = rectangle_expanded(share, 2)};
		gsl_function function = {.function = covered_given, .params = &sum};
		double probability, error;
		gsl_integration_qag(&function, -sum.half_width, sum.half_width, 0, 1e-12, 1000, GSL_INTEG_GAUSS31, workspace, &probability,
				    &error);
		cr_expect_float_eq(probability, 0.9544997361, 1e-8, "share %g: %.10f", share, probability);
	}
	gsl_integration_workspace_free(workspace);
}

Test(rectangle, limits_are_those_of_the_parts)
{
	cr_expect_float_eq(rectangle_expanded(0, 2), 2, 1e-12);
	/* 95.45 % of a rectangle: k = 1.653; EA-4/02, S9.14 has 1.65 at 95 %. */
	cr_expect_float_eq(rectangle_expanded(1, 0), 1.653, 1e-3);
	cr_expect(isinf(rectangle_expanded(INFINITY, 1)));
	cr_expect(isinf(rectangle_expanded(1, INFINITY)));
	for (double share = 1e-4; share < 1e4; share *= 2) {
		double k = rectangle_expanded(share, 2) / hypot(share, 1);
		cr_expect(k > 1.65 && k <= 2 + 1e-9, "share %g: k %g", share, k);
	}
}
