/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The damped-sine fit against GSL's nonlinear least squares, in its parameters and its covariance. */
#include <gsl/gsl_blas.h>
#include <gsl/gsl_multifit_nlinear.h>

#include "fit.h"
#include "synthetic.h"

enum { POINTS = 400, PARAMETERS = 5 };

struct problem {
	const double *y;
	const struct fit_input *input;
	size_t index[POINTS], n;
};

/* Parameters a, b, c in A, alpha and omega in units of 1e4 / s, so that GSL's own scaling has an easy life. */
static int residuals(const gsl_vector *x, void *data, gsl_vector *out)
{
	const struct problem *problem = data;
	for (size_t k = 0; k < problem->n; k++) {
		double t = ((double)problem->index[k] - problem->input->origin) * problem->input->interval_s;
		double w = gsl_vector_get(x, 4) * 1e4 * t;
		double wave = exp(-gsl_vector_get(x, 3) * 1e4 * t) * (gsl_vector_get(x, 0) * cos(w) + gsl_vector_get(x, 1) * sin(w));
		gsl_vector_set(out, k, wave + gsl_vector_get(x, 2) - problem->y[problem->index[k]]);
	}
	return GSL_SUCCESS;
}

static void compare(const struct fit_input *input, const double *y, const double start[PARAMETERS])
{
	struct wave_fit fit;
	cr_assert(wave_fit(input, &fit));
	struct problem problem = {.y = y, .input = input};
	for (unsigned s = 0; s < input->span_count; s++)
		for (size_t i = input->spans[s].from; i < input->spans[s].to; i++)
			problem.index[problem.n++] = i;
	cr_assert_eq(fit.points, problem.n);
	gsl_multifit_nlinear_parameters parameters = gsl_multifit_nlinear_default_parameters();
	parameters.fdtype = GSL_MULTIFIT_NLINEAR_CTRDIFF;
	gsl_multifit_nlinear_workspace *workspace =
		gsl_multifit_nlinear_alloc(gsl_multifit_nlinear_trust, &parameters, problem.n, PARAMETERS);
	gsl_multifit_nlinear_fdf fdf = {.f = residuals, .n = problem.n, .p = PARAMETERS, .params = &problem};
	gsl_vector_const_view view = gsl_vector_const_view_array(start, PARAMETERS);
	gsl_multifit_nlinear_init(&view.vector, &fdf, workspace);
	int info;
	cr_assert_eq(gsl_multifit_nlinear_driver(200, 1e-13, 1e-13, 0, NULL, NULL, &info, workspace), GSL_SUCCESS);
	gsl_matrix *covariance = gsl_matrix_alloc(PARAMETERS, PARAMETERS);
	gsl_multifit_nlinear_covar(gsl_multifit_nlinear_jac(workspace), 0, covariance);
	const double ours[PARAMETERS] = {fit.cosine_a, fit.sine_a, fit.offset_a, fit.alpha_per_s, fit.omega_per_s};
	const double scale[PARAMETERS] = {1, 1, 1, 1e4, 1e4};
	double square;
	gsl_vector *rest = gsl_multifit_nlinear_residual(workspace);
	gsl_blas_ddot(rest, rest, &square);
	cr_expect_float_eq(fit.residual_a, sqrt(square / (double)problem.n), 1e-6 * fit.residual_a);
	for (unsigned i = 0; i < PARAMETERS; i++) {
		double theirs = gsl_vector_get(gsl_multifit_nlinear_position(workspace), i) * scale[i];
		double u = fit.residual_a * sqrt(fit.covariance[i][i]);
		cr_expect_float_eq(ours[i], theirs, 1e-3 * u, "parameter %u: %.9g, GSL %.9g, u %g", i, ours[i], theirs, u);
		for (unsigned j = 0; j < PARAMETERS; j++) {
			double c = gsl_matrix_get(covariance, i, j) * scale[i] * scale[j],
			       size = sqrt(fit.covariance[i][i] * fit.covariance[j][j]);
			cr_expect_float_eq(fit.covariance[i][j], c, 1e-3 * size, "covariance %u %u: %g, GSL %g", i, j, fit.covariance[i][j],
					   c);
		}
	}
	gsl_matrix_free(covariance);
	gsl_multifit_nlinear_free(workspace);
}

Test(measure_fit, agrees_with_gsl)
{
	uint64_t seed = 31;
	const double ratios[] = {0.75, 0.86, 0.95}, noises[] = {1, 20, 200};
	for (unsigned a = 0; a < 3; a++) {
		for (unsigned b = 0; b < 3; b++) {
			double omega = 2 * SYN_PI / 290e-6, alpha = -2 * log(ratios[a]) / 290e-6, y[POINTS];
			for (unsigned i = 0; i < POINTS; i++) {
				double t = ((double)i - 20.3) * 1e-6;
				y[i] = 6500 * exp(-alpha * t) * sin(omega * t) + 12 + noises[b] * syn_normal(&seed);
			}
			struct fit_input input = {.current_a = y,
						  .interval_s = 1e-6,
						  .origin = 20.3,
						  .spans = {{26, 160}, {171, 305}},
						  .span_count = 2,
						  .with_offset = true,
						  .alpha_start_per_s = 1.3 * alpha,
						  .omega_start_per_s = 1.02 * omega};
			const double start[PARAMETERS] = {0, 6000, 0, 1.2e-4 * alpha, 1.01e-4 * omega};
			compare(&input, y, start);
		}
	}
}

Test(measure_fit, refuses_what_cannot_be_fitted)
{
	double y[POINTS] = {0};
	struct wave_fit fit;
	struct fit_input input = {.current_a = y, .interval_s = 1e-6, .spans = {{0, 4}}, .span_count = 1, .with_offset = true};
	input.omega_start_per_s = 2e4;
	cr_expect_not(wave_fit(&input, &fit), "four points for five parameters");
	input.spans[0].to = POINTS;
	cr_expect_not(wave_fit(&input, &fit), "no wave at all");
	input.omega_start_per_s = NAN;
	cr_expect_not(wave_fit(&input, &fit), "no start");
}
