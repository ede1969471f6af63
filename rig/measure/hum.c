/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hum.h"

#include <math.h>

#include "order.h"

#define PI 3.14159265358979323846
/* Cells so far from the place count; none may be longer. */
#define REACH_S 0.14
#define LONGEST_CELL_S 8e-3
/* A cell is quiet when its range is no more than so many times that of the quietest quarter: with hum the ranges differ by 6. */
#define QUIET_RANGE 3.0
/* Scatter of the means, by the range of a quiet cell, from which hum matters: 0.07 of the noise, whose range is some 8 sigma. */
#define SCATTER_LEAST 0.006
/* Hum is there when it leaves no more than this of the variance that an offset and a drift leave. */
#define LEFT_MOST 0.1
/* None when the first attempt leaves so much without a cell that is to blame. */
#define HOPELESS 0.5
/* A cell this many usual residuals away is no hum's: a small pulse, a step. */
#define RESIDUAL_MOST 5.0
#define FREQUENCY_OFF_MOST 0.01
#define MEDIAN_OF_NORMAL 0.6745
/* Where the samples are as dense, the hum is a straight line in between. */
#define LINE_S 20e-6

enum { MOST_CELLS = 80, LEAST_CELLS = 8, LINE_TERMS = 2, ODD_LEAST_CELLS = 11, MOVING_LEAST_CELLS = 14, EVEN_LEAST_CELLS = 18 };

/* Offset and drift come first; what follows is hum. */
enum term { OFFSET, DRIFT, COSINE, SINE, COSINE3, SINE3, MOVING_COSINE, MOVING_SINE, COSINE2, SINE2 };

static const double mains_hz[] = {50, 60};

void hum_cell_add(struct hum *hum, const struct envelope_cell *cell, unsigned channel)
{
	hum->cells[hum->next] = (struct hum_cell){.first_frame = cell->first_frame,
						  .mean = cell->mean[channel],
						  .range = (int32_t)cell->maximum[channel] - cell->minimum[channel]};
	hum->next = (hum->next + 1) % HUM_CELLS;
	hum->count += hum->count < HUM_CELLS;
}

/* The cells that a fit is made to; t from the origin, s. */
struct points {
	double t_s[MOST_CELLS], mean[MOST_CELLS];
	size_t n;
	double cell_s;
};

/* Orthogonal columns q and the triangle r of the terms: q r is what each term is, on the mean over each cell. */
struct system {
	double q[HUM_TERMS][MOST_CELLS], r[HUM_TERMS][HUM_TERMS];
	unsigned terms;
};

/* The quiet cells within reach. False when they are too few, or do not scatter enough for hum to matter. */
static bool gather(const struct hum *hum, double origin_frame, uint64_t end_frame, uint32_t cell_frames, double interval_s,
		   struct points *points)
{
	const struct hum_cell *near[MOST_CELLS];
	double ranges[MOST_CELLS];
	size_t count = 0;
	for (size_t k = 1; k <= hum->count && count < MOST_CELLS; k++) {
		const struct hum_cell *cell = &hum->cells[(hum->next + HUM_CELLS - k) % HUM_CELLS];
		double t_s = ((double)cell->first_frame + 0.5 * (cell_frames - 1) - origin_frame) * interval_s;
		if (cell->first_frame + cell_frames > end_frame || t_s > REACH_S)
			continue;
		if (t_s < -REACH_S)
			break;
		near[count] = cell;
		ranges[count++] = cell->range;
	}
	if (count < LEAST_CELLS)
		return false;
	double quiet = order_statistic(ranges, count, count / 4), least = INFINITY, most = -INFINITY;
	*points = (struct points){.cell_s = cell_frames * interval_s};
	for (size_t k = 0; k < count; k++) {
		if (near[k]->range > QUIET_RANGE * quiet)
			continue;
		points->t_s[points->n] = ((double)near[k]->first_frame + 0.5 * (cell_frames - 1) - origin_frame) * interval_s;
		points->mean[points->n++] = (double)near[k]->mean;
		least = fmin(least, (double)near[k]->mean);
		most = fmax(most, (double)near[k]->mean);
	}
	return points->n >= LEAST_CELLS && most - least > SCATTER_LEAST * fmax(quiet, 1);
}

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
	term[DRIFT] = t_s / REACH_S;
	term[COSINE] = of->share * c;
	term[SINE] = of->share * s;
	term[MOVING_COSINE] = (t_s * of->share * c - of->moved * s) / REACH_S;
	term[MOVING_SINE] = (t_s * of->share * s + of->moved * c) / REACH_S;
	term[COSINE2] = of->share2 * c2;
	term[SINE2] = of->share2 * s2;
	term[COSINE3] = of->share3 * (c2 * c - s2 * s);
	term[SINE3] = of->share3 * (s2 * c + c2 * s);
}

/* Modified Gram-Schmidt. False when a term is none of its own on these cells. */
static bool decompose(const struct points *points, double omega_per_s, unsigned terms, struct system *system)
{
	struct mean_of_cell of = mean_over(omega_per_s, points->cell_s);
	system->terms = terms;
	for (size_t i = 0; i < points->n; i++) {
		double term[HUM_TERMS];
		terms_at(points->t_s[i], omega_per_s, &of, term);
		for (unsigned j = 0; j < terms; j++)
			system->q[j][i] = term[j];
	}
	for (unsigned j = 0; j < terms; j++) {
		double whole = 0, squares = 0;
		for (size_t i = 0; i < points->n; i++)
			whole += system->q[j][i] * system->q[j][i];
		for (unsigned k = 0; k < j; k++) {
			double along = 0;
			for (size_t i = 0; i < points->n; i++)
				along += system->q[k][i] * system->q[j][i];
			for (size_t i = 0; i < points->n; i++)
				system->q[j][i] -= along * system->q[k][i];
			system->r[k][j] = along;
		}
		for (size_t i = 0; i < points->n; i++)
			squares += system->q[j][i] * system->q[j][i];
		if (!(squares > 1e-6 * whole))
			return false;
		system->r[j][j] = sqrt(squares);
		for (size_t i = 0; i < points->n; i++)
			system->q[j][i] /= system->r[j][j];
	}
	return true;
}

/* What the first `terms` leave of the means, and its sum of squares; weight[] may be NULL. */
static double solve(const struct points *points, const struct system *system, unsigned terms, double rest[MOST_CELLS], double *weight)
{
	double along[HUM_TERMS] = {0}, squares = 0;
	for (size_t i = 0; i < points->n; i++)
		rest[i] = points->mean[i];
	for (unsigned j = 0; j < terms; j++) {
		along[j] = 0;
		for (size_t i = 0; i < points->n; i++)
			along[j] += system->q[j][i] * rest[i];
		for (size_t i = 0; i < points->n; i++)
			rest[i] -= along[j] * system->q[j][i];
	}
	for (size_t i = 0; i < points->n; i++)
		squares += rest[i] * rest[i];
	for (unsigned j = terms; weight && j-- > 0;) {
		weight[j] = along[j];
		for (unsigned k = j + 1; k < terms; k++)
			weight[j] -= system->r[j][k] * weight[k];
		weight[j] /= system->r[j][j];
	}
	return squares;
}

static unsigned terms_for(size_t n)
{
	return n >= EVEN_LEAST_CELLS ? HUM_TERMS : n >= MOVING_LEAST_CELLS ? COSINE2 : n >= ODD_LEAST_CELLS ? MOVING_COSINE : COSINE3;
}

/* Leaves out the cells that lie too far off; false when there are none. */
static bool reject(struct points *points, const double rest[MOST_CELLS])
{
	double size[MOST_CELLS];
	size_t kept = 0, n = points->n;
	for (size_t i = 0; i < n; i++)
		size[i] = fabs(rest[i]);
	double most = RESIDUAL_MOST * order_statistic(size, n, n / 2) / MEDIAN_OF_NORMAL;
	for (size_t i = 0; i < n; i++) {
		if (fabs(rest[i]) > most)
			continue;
		points->t_s[kept] = points->t_s[i];
		points->mean[kept++] = points->mean[i];
	}
	points->n = kept;
	return kept < n;
}

/* u of the hum's slope at t = 0: g' C g with C = (r' r)^-1 s^2, g what the slope is by each weight. */
static double slope_u(const struct system *system, double omega_per_s, double variance)
{
	const double slope[HUM_TERMS] = {
		[SINE] = omega_per_s, [MOVING_COSINE] = 1 / REACH_S, [SINE2] = 2 * omega_per_s, [SINE3] = 3 * omega_per_s};
	double x[HUM_TERMS], squares = 0;
	for (unsigned j = 0; j < system->terms; j++) {
		x[j] = slope[j];
		for (unsigned k = 0; k < j; k++)
			x[j] -= system->r[k][j] * x[k];
		x[j] /= system->r[j][j];
		squares += x[j] * x[j];
	}
	return sqrt(squares * variance);
}

/*
 * How far from the presumed one the frequency is: cos((w + d) t - p) is cos(w t - p) - d t sin(w t - p) as long as d t is small. The mains keep theirs better.
 */
static double frequency_off(const double weight[HUM_TERMS], unsigned terms, double omega_per_s)
{
	double c = weight[COSINE], s = weight[SINE], squares = c * c + s * s;
	if (terms <= MOVING_SINE || !(squares > 0))
		return 0;
	double off = (weight[MOVING_COSINE] * s - weight[MOVING_SINE] * c) / (squares * REACH_S), most = FREQUENCY_OFF_MOST * omega_per_s;
	return fmax(-most, fmin(most, off));
}

/* Fits one frequency; the variance that is left, INFINITY when nothing was found. */
static double fit_frequency(struct points points, double omega_per_s, struct hum_wave *wave)
{
	struct system system;
	double rest[MOST_CELLS];
	enum { PASSES = 4 };
	for (unsigned pass = 0; pass < PASSES && points.n >= LEAST_CELLS; pass++) {
		if (!decompose(&points, omega_per_s, terms_for(points.n), &system))
			return INFINITY;
		double line = solve(&points, &system, LINE_TERMS, rest, NULL);
		double left = solve(&points, &system, system.terms, rest, wave->weight);
		double n = (double)points.n, variance = left / (n - system.terms), of_line = line / (n - LINE_TERMS);
		if (pass + 1 < PASSES) {
			if (!reject(&points, rest) && variance > HOPELESS * of_line)
				return INFINITY;
			omega_per_s += frequency_off(wave->weight, system.terms, omega_per_s);
			continue;
		}
		if (!(variance <= LEFT_MOST * of_line))
			return INFINITY;
		wave->omega_per_s = omega_per_s;
		wave->terms = system.terms;
		/* The variance is known from few cells: that of Student's t (GUM, G.3). */
		double dof = n - system.terms;
		wave->u_slope_per_s = slope_u(&system, omega_per_s, variance * dof / (dof - 2));
		return variance;
	}
	return INFINITY;
}

bool hum_find(const struct hum *hum, double origin_frame, uint64_t end_frame, uint32_t cell_frames, double interval_s,
	      struct hum_wave *wave)
{
	struct points points;
	if (cell_frames * interval_s > LONGEST_CELL_S || !gather(hum, origin_frame, end_frame, cell_frames, interval_s, &points))
		return false;
	double least = INFINITY;
	for (size_t k = 0; k < sizeof mains_hz / sizeof *mains_hz; k++) {
		struct hum_wave trial = {.origin_frame = origin_frame, .interval_s = interval_s};
		double left = fit_frequency(points, 2 * PI * mains_hz[k], &trial);
		if (left < least) {
			least = left;
			*wave = trial;
		}
	}
	return isfinite(least);
}

static double hum_at(const struct hum_wave *wave, double frame)
{
	static const struct mean_of_cell VALUE = {1, 1, 1, 0};
	double term[HUM_TERMS], sum = 0;
	terms_at((frame - wave->origin_frame) * wave->interval_s, wave->omega_per_s, &VALUE, term);
	for (unsigned j = LINE_TERMS; j < wave->terms; j++)
		sum += wave->weight[j] * term[j];
	return sum;
}

void hum_remove(const struct hum_wave *wave, uint64_t first_frame, double scale, double *current_a, size_t n)
{
	size_t stride = (size_t)fmax(1, floor(LINE_S / wave->interval_s));
	double next = hum_at(wave, (double)first_frame);
	for (size_t i = 0; i < n; i += stride) {
		double at = scale * next;
		next = hum_at(wave, (double)(first_frame + i + stride));
		double step = (scale * next - at) / (double)stride;
		for (size_t k = 0; k < stride && i + k < n; k++)
			current_a[i + k] -= at + step * (double)k;
	}
}
