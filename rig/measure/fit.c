/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit.h"

#include <math.h>
#include <string.h>

#include "linear.h"

enum { MAX_ITERATIONS = 30, COSINE = 0, SINE, ALPHA, OMEGA, OFFSET };
/* Relative step of alpha and omega, in units of omega, at which the minimum counts as found: far below any uncertainty. */
#define CONVERGED 1e-8
/* What the sum of squares may still fall by, in variances of a sample, for the minimum to count as found: a hundredth of every uncertainty. */
#define SETTLED 1e-4

/* The normal equations at a point: J'J, J'r, and the sum of squared residuals. Times are scaled by `rate` so that they are near 1. */
struct normal {
	double jj[LSQ_MAX][LSQ_MAX], jr[LSQ_MAX], squares;
	size_t points;
};

/* Two sums side by side, which one instruction of the machine adds to; each is added up in the same order as if it were alone. */
typedef double pair __attribute__((vector_size(16)));

/* alpha and omega are in units of `rate`. */
static void accumulate(const struct fit_input *in, double rate, const double p[LSQ_MAX], struct normal *out)
{
	/* Of J'J and J'r, by the columns c, d, a (alpha), w (omega), o (offset); r: residual. */
	pair cc_cd = {0}, ca_cw = {0}, da_dw = {0}, aa_aw = {0}, dd_ww = {0}, co_do = {0}, ao_wo = {0}, cr_dr = {0}, ar_wr = {0},
	     or_rr = {0};
	double dt = in->interval_s * rate, ramp = in->ramp_a / dt;
	double decay = exp(-p[ALPHA] * dt), turn_re = decay * cos(p[OMEGA] * dt), turn_im = decay * sin(p[OMEGA] * dt);
	double offset = p[OFFSET];
	/* By c and by d: of the wave and its quadrature, and of the next sample's c and d. */
	const pair wave_c = {p[COSINE], p[SINE]}, wave_d = {p[SINE], -p[COSINE]}, turn_c = {turn_re, turn_im}, turn_d = {-turn_im, turn_re};
	size_t points = 0;
	for (unsigned s = 0; s < in->span_count; s++) {
		double t = ((double)in->spans[s].from - in->origin) * dt, size = exp(-p[ALPHA] * t);
		pair cd = {size * cos(p[OMEGA] * t), size * sin(p[OMEGA] * t)};
		for (size_t i = in->spans[s].from; i < in->spans[s].to; i++) {
			pair cc = {cd[0], cd[0]}, dd = {cd[1], cd[1]}, wave = cc * wave_c + dd * wave_d;
			pair aw = (pair){-t, t} * wave;
			double residual = in->current_a[i] + ramp * t - wave[0] - offset;
			pair rr = {residual, residual}, dw = {cd[1], aw[1]};
			cc_cd += cc * cd;
			ca_cw += cc * aw;
			da_dw += dd * aw;
			aa_aw += (pair){aw[0], aw[0]} * aw;
			dd_ww += dw * dw;
			co_do += cd;
			ao_wo += aw;
			cr_dr += cd * rr;
			ar_wr += aw * rr;
			or_rr += rr * (pair){1, residual};
			cd = cc * turn_c + dd * turn_d;
			t += dt;
		}
		points += in->spans[s].to - in->spans[s].from;
	}
	double n00 = cc_cd[0], n01 = cc_cd[1], n02 = ca_cw[0], n03 = ca_cw[1], n04 = co_do[0], n11 = dd_ww[0], n12 = da_dw[0],
	       n13 = da_dw[1], n14 = co_do[1], n22 = aa_aw[0], n23 = aa_aw[1], n24 = ao_wo[0], n33 = dd_ww[1], n34 = ao_wo[1];
	double r0 = cr_dr[0], r1 = cr_dr[1], r2 = ar_wr[0], r3 = ar_wr[1], r4 = or_rr[0], squares = or_rr[1];
	double known = in->alpha_weight * rate * rate, away = p[ALPHA] - in->alpha_start_per_s / rate;
	n22 += known;
	r2 -= known * away;
	squares += known * away * away;
	r4 -= in->offset_weight * p[OFFSET];
	squares += in->offset_weight * p[OFFSET] * p[OFFSET];
	double jj[LSQ_MAX][LSQ_MAX] = {{n00, n01, n02, n03, n04},
				       {n01, n11, n12, n13, n14},
				       {n02, n12, n22, n23, n24},
				       {n03, n13, n23, n33, n34},
				       {n04, n14, n24, n34, (double)points + in->offset_weight}};
	double jr[LSQ_MAX] = {r0, r1, r2, r3, r4};
	memcpy(out->jj, jj, sizeof jj);
	memcpy(out->jr, jr, sizeof jr);
	out->squares = squares;
	out->points = points;
}

/* Moves the linear parameters to their minimum for the given alpha and omega; *normal is that of p before and after. */
static bool solve_linear(const struct fit_input *in, double rate, unsigned n, double p[LSQ_MAX], struct normal *normal)
{
	const unsigned linear[] = {COSINE, SINE, OFFSET};
	unsigned m = n == LSQ_MAX ? 3 : 2;
	double matrix[LSQ_MAX][LSQ_MAX], rhs[LSQ_MAX];
	for (unsigned i = 0; i < m; i++) {
		rhs[i] = normal->jr[linear[i]];
		for (unsigned j = 0; j < m; j++)
			matrix[i][j] = normal->jj[linear[i]][linear[j]];
	}
	if (!cholesky_solve(matrix, rhs, m, NULL))
		return false;
	for (unsigned i = 0; i < m; i++)
		p[linear[i]] += rhs[i];
	accumulate(in, rate, p, normal);
	return true;
}

static bool start(const struct fit_input *in, double rate, unsigned n, double p[LSQ_MAX], struct normal *normal)
{
	memset(p, 0, LSQ_MAX * sizeof *p);
	p[ALPHA] = in->alpha_start_per_s / rate;
	p[OMEGA] = in->omega_start_per_s / rate;
	p[SINE] = in->sine_start_a;
	accumulate(in, rate, p, normal);
	unsigned known = (in->offset_weight > 0) + (in->alpha_weight > 0);
	if (normal->points + known < n + 1)
		return false;
	/* With no wave yet the columns of alpha and omega are zero: solve for the linear ones alone. */
	return in->sine_start_a != 0 || solve_linear(in, rate, n, p, normal);
}

static bool descend(const struct fit_input *in, double rate, unsigned n, double p[LSQ_MAX], struct normal *normal, unsigned *iterations)
{
	double damping = 0;
	for (*iterations = 1; *iterations <= MAX_ITERATIONS; ++*iterations) {
		double matrix[LSQ_MAX][LSQ_MAX], step[LSQ_MAX];
		memcpy(matrix, normal->jj, sizeof matrix);
		memcpy(step, normal->jr, sizeof step);
		for (unsigned i = 0; i < n; i++)
			matrix[i][i] *= 1 + damping;
		if (!cholesky_solve(matrix, step, n, NULL))
			return false;
		double trial[LSQ_MAX];
		memcpy(trial, p, sizeof trial);
		for (unsigned i = 0; i < n; i++)
			trial[i] += step[i];
		double movement = fmax(fabs(step[ALPHA]), fabs(step[OMEGA])), fall = 0;
		for (unsigned i = 0; i < n; i++)
			fall += step[i] * normal->jr[i];
		bool sane = trial[OMEGA] > 0.05 && trial[OMEGA] < 20 && fabs(trial[ALPHA]) < 20;
		/* So close, the step goes to the minimum of what is all but a parabola: what it leaves is the square of a hundredth. */
		if (sane && damping == 0 && fall < SETTLED * normal->squares / (double)normal->points) {
			memcpy(p, trial, sizeof trial);
			normal->squares -= fall;
			return true;
		}
		struct normal next = {.squares = INFINITY};
		if (sane)
			accumulate(in, rate, trial, &next);
		/* A step was too long: in a bent valley, which has straight lines along the linear parameters. */
		if (sane && damping > 0 && !solve_linear(in, rate, n, trial, &next))
			return false;
		if (next.squares <= normal->squares || (sane && movement < CONVERGED)) {
			memcpy(p, trial, sizeof trial);
			*normal = next;
			damping = damping > 1e-6 ? damping / 10 : 0;
			if (movement < CONVERGED)
				return true;
		} else {
			damping = damping > 0 ? damping * 10 : 1e-3;
		}
	}
	return false;
}

bool wave_fit(const struct fit_input *input, struct wave_fit *fit)
{
	double rate = input->omega_start_per_s;
	if (!(rate > 0) || !isfinite(rate) || !isfinite(input->alpha_start_per_s))
		return false;
	unsigned n = input->with_offset ? 5 : 4;
	double p[LSQ_MAX];
	struct normal normal;
	*fit = (struct wave_fit){0};
	if (!start(input, rate, n, p, &normal) || !descend(input, rate, n, p, &normal, &fit->iterations))
		return false;
	double inverse[LSQ_MAX][LSQ_MAX] = {0}, unused[LSQ_MAX] = {0};
	if (!cholesky_solve(normal.jj, unused, n, inverse))
		return false;
	const unsigned order[LSQ_MAX] = {COSINE, SINE, OFFSET, ALPHA, OMEGA};
	const double scale[LSQ_MAX] = {1, 1, 1, rate, rate};
	for (unsigned i = 0; i < LSQ_MAX; i++)
		for (unsigned j = 0; j < LSQ_MAX; j++)
			fit->covariance[i][j] = inverse[order[i]][order[j]] * scale[i] * scale[j];
	fit->cosine_a = p[COSINE];
	fit->sine_a = p[SINE];
	fit->offset_a = p[OFFSET];
	fit->alpha_per_s = p[ALPHA] * rate;
	fit->omega_per_s = p[OMEGA] * rate;
	fit->points = normal.points;
	fit->residual_a = sqrt(normal.squares / (double)normal.points);
	return true;
}

double wave_slope_a_per_s(const struct wave_fit *fit, double t_s)
{
	double angle = fit->omega_per_s * t_s, a = fit->alpha_per_s, w = fit->omega_per_s;
	return exp(-a * t_s) * ((w * fit->sine_a - a * fit->cosine_a) * cos(angle) - (w * fit->cosine_a + a * fit->sine_a) * sin(angle));
}
