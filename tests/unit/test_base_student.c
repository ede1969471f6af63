/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Student's t against the table of the GUM and against GSL. */
#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>

#include "student.h"

/* JCGM 100:2008, table G.2: t for a probability within +-t, to the digits printed there. */
static const double FRACTION[6] = {0.682689492137086, 0.90, 0.95, 0.954499736103642, 0.99, 0.997300203936740};
static const struct {
	double dof, t[6];
} TABLE[] = {
	{1, {1.84, 6.31, 12.71, 13.97, 63.66, 235.80}},
	{2, {1.32, 2.92, 4.30, 4.53, 9.92, 19.21}},
	{3, {1.20, 2.35, 3.18, 3.31, 5.84, 9.22}},
	{4, {1.14, 2.13, 2.78, 2.87, 4.60, 6.62}},
	{5, {1.11, 2.02, 2.57, 2.65, 4.03, 5.51}},
	{6, {1.09, 1.94, 2.45, 2.52, 3.71, 4.90}},
	{7, {1.08, 1.89, 2.36, 2.43, 3.50, 4.53}},
	{8, {1.07, 1.86, 2.31, 2.37, 3.36, 4.28}},
	{9, {1.06, 1.83, 2.26, 2.32, 3.25, 4.09}},
	{10, {1.05, 1.81, 2.23, 2.28, 3.17, 3.96}},
	{11, {1.05, 1.80, 2.20, 2.25, 3.11, 3.85}},
	{12, {1.04, 1.78, 2.18, 2.23, 3.05, 3.76}},
	{13, {1.04, 1.77, 2.16, 2.21, 3.01, 3.69}},
	{14, {1.04, 1.76, 2.14, 2.20, 2.98, 3.64}},
	{15, {1.03, 1.75, 2.13, 2.18, 2.95, 3.59}},
	{16, {1.03, 1.75, 2.12, 2.17, 2.92, 3.54}},
	{17, {1.03, 1.74, 2.11, 2.16, 2.90, 3.51}},
	{18, {1.03, 1.73, 2.10, 2.15, 2.88, 3.48}},
	{19, {1.03, 1.73, 2.09, 2.14, 2.86, 3.45}},
	{20, {1.03, 1.72, 2.09, 2.13, 2.85, 3.42}},
	{25, {1.02, 1.71, 2.06, 2.11, 2.79, 3.33}},
	{30, {1.02, 1.70, 2.04, 2.09, 2.75, 3.27}},
	{40, {1.01, 1.68, 2.02, 2.06, 2.70, 3.20}},
	{45, {1.01, 1.68, 2.01, 2.06, 2.69, 3.18}},
	{50, {1.01, 1.68, 2.01, 2.05, 2.68, 3.16}},
	{100, {1.005, 1.660, 1.984, 2.025, 2.626, 3.077}},
	{INFINITY, {1.000, 1.645, 1.960, 2.000, 2.576, 3.000}},
};

Test(student, table_of_the_gum)
{
	for (size_t row = 0; row < sizeof TABLE / sizeof *TABLE; row++) {
		for (unsigned c = 0; c < 6; c++) {
			double t = student_quantile(0.5 + 0.5 * FRACTION[c], TABLE[row].dof), printed = TABLE[row].t[c];
			double half = (TABLE[row].dof >= 100 ? 0.0005 : 0.005) * 1.0001;
			cr_expect_float_eq(t, printed, half, "dof %g, %g %%: %.6f, printed %g", TABLE[row].dof, 100 * FRACTION[c], t,
					   printed);
		}
		double k = student_coverage_factor(TABLE[row].dof);
		cr_expect_float_eq(k, TABLE[row].t[3], 0.0051, "k at %g: %.6f", TABLE[row].dof, k);
	}
}

Test(student, agrees_with_gsl)
{
	const double dofs[] = {0.5, 1, 1.7, 2, 3.3, 7.5, 16.7, 30, 49.9, 99.9, 100.1, 1234.5, 1e5, 1e8};
	const double ts[] = {-3, -0.2, 0, 1e-3, 0.7, 1, 1.9, 2, 4, 10, 37};
	const double ps[] = {1e-4, 0.02275, 0.31, 0.6, 0.8413, 0.95, 0.977249868, 0.999};
	for (size_t d = 0; d < sizeof dofs / sizeof *dofs; d++) {
		for (size_t i = 0; i < sizeof ts / sizeof *ts; i++) {
			double theirs = gsl_cdf_tdist_Q(ts[i], dofs[d]), ours = student_above(ts[i], dofs[d]);
			cr_expect_float_eq(ours, theirs, (dofs[d] > 1e5 ? 1e-7 : 1e-9) * theirs + 1e-300,
					   "above %g at %g: %.15g, GSL %.15g", ts[i], dofs[d], ours, theirs);
		}
		for (size_t i = 0; i < sizeof ps / sizeof *ps; i++) {
			double theirs = gsl_cdf_tdist_Pinv(ps[i], dofs[d]), ours = student_quantile(ps[i], dofs[d]);
			cr_expect_float_eq(ours, theirs, 1e-7 * fabs(theirs), "quantile %g at %g: %.12g, GSL %.12g", ps[i], dofs[d], ours,
					   theirs);
		}
		double p = 0.5 + 0.5 * erf(sqrt(2)), theirs = gsl_cdf_tdist_Pinv(p, dofs[d]), k = student_coverage_factor(dofs[d]);
		cr_expect_float_eq(k, theirs, 1e-8 * theirs, "k at %g: %.12g, GSL %.12g", dofs[d], k, theirs);
	}
}

Test(student, limits)
{
	cr_expect_eq(student_coverage_factor(INFINITY), 2);
	cr_expect(isinf(student_coverage_factor(0)) && isinf(student_coverage_factor(NAN)), "nothing is known: no U is wide enough");
	cr_expect(isnan(student_quantile(0.95, 0)) && isnan(student_quantile(1, 5)) && isnan(student_above(1, -1)));
	cr_expect_float_eq(student_above(10, INFINITY) / 7.6198530241605e-24, 1, 1e-9, "Phi(-10), tables of the normal distribution");
	for (double dof = 1; dof < 1e6; dof *= 1.3)
		cr_expect_lt(student_coverage_factor(1.3 * dof), student_coverage_factor(dof), "k falls, also where the methods meet: %g",
			     dof);
}
