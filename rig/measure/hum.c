/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hum.h"

#include <math.h>

#include "hum_system.h"
#include "order.h"

#define PI 3.14159265358979323846
/* None may be longer. */
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

enum { LEAST_CELLS = 8, ODD_LEAST_CELLS = 11, MOVING_LEAST_CELLS = 14, EVEN_LEAST_CELLS = 18 };

static const double mains_per_s[HUM_LANES] = {2 * PI * 50, 2 * PI * 60};

void hum_cell_add(struct hum *hum, const struct envelope_cell *cell, unsigned channel)
{
	hum->cells[hum->next] = (struct hum_cell){.first_frame = cell->first_frame,
						  .mean = cell->mean[channel],
						  .range = (int32_t)cell->maximum[channel] - cell->minimum[channel]};
	hum->next = (hum->next + 1) % HUM_CELLS;
	hum->count += hum->count < HUM_CELLS;
}

/* The quiet cells within reach. False when they are too few, or do not scatter enough for hum to matter. */
static bool gather(const struct hum *hum, double origin_frame, uint64_t end_frame, uint32_t cell_frames, double interval_s,
		   struct hum_points *points)
{
	const struct hum_cell *near[HUM_POINTS];
	double ranges[HUM_POINTS];
	size_t count = 0;
	for (size_t k = 1; k <= hum->count && count < HUM_POINTS; k++) {
		const struct hum_cell *cell = &hum->cells[(hum->next + HUM_CELLS - k) % HUM_CELLS];
		double t_s = ((double)cell->first_frame + 0.5 * (cell_frames - 1) - origin_frame) * interval_s;
		if (cell->first_frame + cell_frames > end_frame || t_s > HUM_REACH_S)
			continue;
		if (t_s < -HUM_REACH_S)
			break;
		near[count] = cell;
		ranges[count++] = cell->range;
	}
	if (count < LEAST_CELLS)
		return false;
	double quiet = order_statistic(ranges, count, count / 4), least = INFINITY, most = -INFINITY;
	points->n = 0;
	points->cell_s = cell_frames * interval_s;
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

static unsigned terms_for(size_t n)
{
	return n >= EVEN_LEAST_CELLS ? HUM_TERMS : n >= MOVING_LEAST_CELLS ? COSINE2 : n >= ODD_LEAST_CELLS ? MOVING_COSINE : COSINE3;
}

/* A cell may lie so far off where this is the median of all that lie off. */
static double most_off(double median)
{
	return RESIDUAL_MOST * median / MEDIAN_OF_NORMAL;
}

/* Does a cell lie too far off? The median is one of those with which the furthest would be, or it is not: no sorting for that. */
static bool one_is_off(const hum_pair rest[HUM_POINTS], unsigned lane, size_t n)
{
	double furthest = 0;
	size_t with = 0;
	for (size_t i = 0; i < n; i++)
		furthest = fabs(rest[i][lane]) > furthest ? fabs(rest[i][lane]) : furthest;
	for (size_t i = 0; i < n; i++)
		with += furthest > most_off(fabs(rest[i][lane]));
	return with > n / 2;
}

/* Leaves out the cells that lie too far off. */
static void reject(struct hum_points *points, const hum_pair rest[HUM_POINTS], unsigned lane)
{
	double size[HUM_POINTS];
	size_t kept = 0, n = points->n;
	for (size_t i = 0; i < n; i++)
		size[i] = fabs(rest[i][lane]);
	double most = most_off(order_statistic(size, n, n / 2));
	for (size_t i = 0; i < n; i++) {
		if (fabs(rest[i][lane]) > most)
			continue;
		points->t_s[kept] = points->t_s[i];
		points->mean[kept++] = points->mean[i];
	}
	points->n = kept;
}

/*
 * How far from the presumed one the frequency is: cos((w + d) t - p) is cos(w t - p) - d t sin(w t - p) as long as d t is small. The mains keep theirs better.
 */
static double frequency_off(const hum_pair weight[HUM_TERMS], unsigned lane, unsigned terms, double omega_per_s)
{
	double c = weight[COSINE][lane], s = weight[SINE][lane], squares = c * c + s * s;
	if (terms <= MOVING_SINE || !(squares > 0))
		return 0;
	double off = (weight[MOVING_COSINE][lane] * s - weight[MOVING_SINE][lane] * c) / (squares * HUM_REACH_S),
	       most = FREQUENCY_OFF_MOST * omega_per_s;
	return fmax(-most, fmin(most, off));
}

/* One attempt at two frequencies. */
struct attempt {
	struct hum_system system;
	struct hum_solution solution;
};

static void try_at(const struct hum_points *points, const double omega_per_s[HUM_LANES], struct attempt *attempt)
{
	hum_decompose(points, omega_per_s, terms_for(points->n), &attempt->system);
	hum_solve(points, &attempt->system, &attempt->solution);
}

/* What an attempt leaves of the variance of n cells, and what offset and drift alone leave. */
struct remains {
	double variance, of_line;
};

static struct remains remains_of(const struct attempt *attempt, unsigned lane, size_t n)
{
	return (struct remains){attempt->solution.left[lane] / ((double)n - attempt->system.terms),
				attempt->solution.line[lane] / ((double)n - HUM_LINE_TERMS)};
}

/* Will no further attempt make hum of it? */
static bool hopeless(const struct attempt *attempt, unsigned lane, size_t n)
{
	struct remains remains = remains_of(attempt, lane, n);
	return !attempt->system.sound[lane] ||
	       (remains.variance > HOPELESS * remains.of_line && !one_is_off(attempt->solution.rest, lane, n));
}

/* Takes the last attempt for the hum; the variance that it leaves, INFINITY when it is none. */
static double take(const struct attempt *last, unsigned lane, size_t n, double omega_per_s, struct hum_wave *wave)
{
	struct remains remains = remains_of(last, lane, n);
	unsigned terms = last->system.terms;
	if (!last->system.sound[lane] || !(remains.variance <= LEFT_MOST * remains.of_line))
		return INFINITY;
	for (unsigned j = 0; j < terms; j++)
		wave->weight[j] = last->solution.weight[j][lane];
	wave->omega_per_s = omega_per_s;
	wave->terms = terms;
	/* The variance is known from few cells: that of Student's t (GUM, G.3). */
	double dof = (double)n - terms;
	wave->u_slope_per_s = hum_slope_u(&last->system, lane, omega_per_s, remains.variance * dof / (dof - 2));
	return remains.variance;
}

/* Fits the frequency of which this lane is the first attempt; the variance that is left, INFINITY when nothing was found. */
static double fit_frequency(struct hum_points points, const struct attempt *first, unsigned lane, double omega_per_s, struct hum_wave *wave)
{
	enum { PASSES = 4 };
	struct attempt again;
	const struct attempt *attempt = first;
	for (unsigned pass = 1; pass < PASSES; pass++) {
		if (hopeless(attempt, lane, points.n))
			return INFINITY;
		omega_per_s += frequency_off(attempt->solution.weight, lane, attempt->system.terms, omega_per_s);
		reject(&points, attempt->solution.rest, lane);
		if (points.n < LEAST_CELLS)
			return INFINITY;
		try_at(&points, (double[]){omega_per_s, omega_per_s}, &again);
		attempt = &again;
	}
	return take(attempt, lane, points.n, omega_per_s, wave);
}

bool hum_find(const struct hum *hum, double origin_frame, uint64_t end_frame, uint32_t cell_frames, double interval_s,
	      struct hum_wave *wave)
{
	struct hum_points points;
	struct attempt first;
	if (cell_frames * interval_s > LONGEST_CELL_S || !gather(hum, origin_frame, end_frame, cell_frames, interval_s, &points))
		return false;
	double least = INFINITY;
	try_at(&points, mains_per_s, &first);
	for (unsigned lane = 0; lane < HUM_LANES; lane++) {
		if (hopeless(&first, lane, points.n))
			continue;
		struct hum_wave trial = {.origin_frame = origin_frame, .interval_s = interval_s};
		double left = fit_frequency(points, &first, lane, mains_per_s[lane], &trial);
		if (left < least) {
			least = left;
			*wave = trial;
		}
	}
	return isfinite(least);
}

static double hum_at(const struct hum_wave *wave, double frame)
{
	double term[HUM_TERMS], sum = 0;
	hum_terms((frame - wave->origin_frame) * wave->interval_s, wave->omega_per_s, term);
	for (unsigned j = HUM_LINE_TERMS; j < wave->terms; j++)
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
