/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hum_system.h"

#include <math.h>

/* What the mean over a cell makes of waves of one frequency: all 1, and moved 0, for values. */
struct mean_of_cell {
	double share, share2, share3, moved;
};

/*
 * The mean of cos(w (t + x)) over |x| < T/2 is cos(w t) sin(a) / a, a = w T / 2, and that of x sin(w x) is (sin(a) / a - cos(a)) / w.
 */
static struct mean_of_cell mean_over(double omega_per_s, double cell_s)
{
	double a = 0.5 * omega_per_s * cell_s, share = sin(a) / a;
	return (struct mean_of_cell){share, sin(2 * a) / (2 * a), sin(3 * a) / (3 * a), (share - cos(a)) / omega_per_s};
}

static void terms_at(double t_s, double omega_per_s, const struct mean_of_cell *of, double term[HUM_TERMS])
{
	double c = cos(omega_per_s * t_s), s = sin(omega_per_s * t_s), c2 = c * c - s * s, s2 = 2 * s * c;
	term[OFFSET] = 1;
	term[DRIFT] = t_s / HUM_REACH_S;
	term[COSINE] = of->share * c;
	term[SINE] = of->share * s;
	term[MOVING_COSINE] = (t_s * of->share * c - of->moved * s) / HUM_REACH_S;
	term[MOVING_SINE] = (t_s * of->share * s + of->moved * c) / HUM_REACH_S;
	term[COSINE2] = of->share2 * c2;
	term[SINE2] = of->share2 * s2;
	term[COSINE3] = of->share3 * (c2 * c - s2 * s);
	term[SINE3] = of->share3 * (s2 * c + c2 * s);
}

void hum_terms(double t_s, double omega_per_s, double term[HUM_TERMS])
{
	static const struct mean_of_cell VALUE = {1, 1, 1, 0};
	terms_at(t_s, omega_per_s, &VALUE, term);
}

static void fill(const struct hum_points *points, const double omega_per_s[HUM_LANES], struct hum_system *system)
{
	double term[HUM_LANES][HUM_TERMS];
	struct mean_of_cell of[HUM_LANES];
	bool same = omega_per_s[0] == omega_per_s[1];
	for (unsigned lane = 0; lane < HUM_LANES; lane++)
		of[lane] = mean_over(omega_per_s[lane], points->cell_s);
	for (size_t i = 0; i < points->n; i++) {
		terms_at(points->t_s[i], omega_per_s[0], &of[0], term[0]);
		if (!same)
			terms_at(points->t_s[i], omega_per_s[1], &of[1], term[1]);
		for (unsigned j = 0; j < system->terms; j++)
			system->q[j][i] = (hum_pair){term[0][j], term[same ? 0 : 1][j]};
	}
}

static hum_pair product(const hum_pair *a, const hum_pair *b, size_t n)
{
	hum_pair sum = {0};
	for (size_t i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

void hum_decompose(const struct hum_points *points, const double omega_per_s[HUM_LANES], unsigned terms, struct hum_system *system)
{
	hum_pair whole[HUM_TERMS];
	size_t n = points->n;
	system->terms = terms;
	system->sound[0] = system->sound[1] = true;
	fill(points, omega_per_s, system);
	for (unsigned j = 0; j < terms; j++)
		whole[j] = product(system->q[j], system->q[j], n);
	for (unsigned k = 0; k < terms; k++) {
		hum_pair *q = system->q[k], squares = k == 0 ? whole[0] : product(q, q, n);
		for (unsigned lane = 0; lane < HUM_LANES; lane++)
			system->sound[lane] = system->sound[lane] && squares[lane] > 1e-6 * whole[k][lane];
		hum_pair length = {sqrt(squares[0]), sqrt(squares[1])};
		system->r[k][k] = length;
		for (size_t i = 0; i < n; i++)
			q[i] /= length;
		/* Out of all further columns at once: those do not wait for each other. */
		for (unsigned j = k + 1; j < terms; j++) {
			hum_pair *other = system->q[j], along = product(q, other, n);
			for (size_t i = 0; i < n; i++)
				other[i] -= along * q[i];
			system->r[k][j] = along;
		}
	}
}

void hum_solve(const struct hum_points *points, const struct hum_system *system, struct hum_solution *solution)
{
	hum_pair along[HUM_TERMS] = {{0}}, *rest = solution->rest;
	for (size_t i = 0; i < points->n; i++)
		rest[i] = (hum_pair){points->mean[i], points->mean[i]};
	for (unsigned j = 0; j < system->terms; j++) {
		const hum_pair *q = system->q[j];
		along[j] = product(q, rest, points->n);
		for (size_t i = 0; i < points->n; i++)
			rest[i] -= along[j] * q[i];
		if (j + 1 == HUM_LINE_TERMS)
			solution->line = product(rest, rest, points->n);
	}
	solution->left = product(rest, rest, points->n);
	for (unsigned j = system->terms; j-- > 0;) {
		hum_pair weight = along[j];
		for (unsigned k = j + 1; k < system->terms; k++)
			weight -= system->r[j][k] * solution->weight[k];
		solution->weight[j] = weight / system->r[j][j];
	}
}

double hum_slope_u(const struct hum_system *system, unsigned lane, double omega_per_s, double variance)
{
	const double slope[HUM_TERMS] = {
		[SINE] = omega_per_s, [MOVING_COSINE] = 1 / HUM_REACH_S, [SINE2] = 2 * omega_per_s, [SINE3] = 3 * omega_per_s};
	double x[HUM_TERMS], squares = 0;
	for (unsigned j = 0; j < system->terms; j++) {
		x[j] = slope[j];
		for (unsigned k = 0; k < j; k++)
			x[j] -= system->r[k][j][lane] * x[k];
		x[j] /= system->r[j][j][lane];
		squares += x[j] * x[j];
	}
	return sqrt(squares * variance);
}
