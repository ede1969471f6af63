/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "turn.h"

#include <math.h>

#include "bins.h"
#include "linear.h"

/* So many standard uncertainties from a border, or the decision is left open. */
#define SIGMAS 3.0
/* A triangle's best damped wave is off by more than this share of the peak, rms. */
#define WAVE_REST 0.02
/* Not looked at: so long after the onset, where spikes are. */
#define ONSET_GUARD_S 4e-6
#define ONSET_GUARD_SHARE 0.12
/* So much of the rise, standard uncertainty, may the onset be wrong by where there is a spike. */
#define ONSET_WRONG 0.05
#define ONSET_MOST 0.2
/* One model leaves more than another by this many times the noise's variance, or the decision is left open: four standard deviations. */
#define LEAST_RATIO 16.0

/* Least fall at a corner, by the mean slope of the rise; where corners are tried, to either side of the top. */
#define CORNER_FALL 0.3
#define CORNER_REACH 0.35
enum { CORNERS = 15, ARCS = 5, DAMPINGS = 3 };

/* The first half wave from shortly after the onset on: time from the onset by that from the onset to the top, and current. */
struct half_wave {
	double t[BINS_MOST], y[BINS_MOST];
	size_t n;
	double noise_a;
	double shift_weight; /* what is known of the onset: variance of a bin by that of the current that an error of the onset makes */
};

/* sin(angle x) e^(-damping angle x), by its value at x = 1. */
struct arc {
	double angle, damping;
};

enum { AT_CORNER, SHIFT, FALL, BEND, TERMS };

/* Sums of the products of the model's terms among themselves and with the current. */
struct normal {
	double of[TERMS][TERMS], with[TERMS], squares;
};

/* p - r x + q x^2 after the corner, bins from `first` on. */
static void add_fall(const struct half_wave *wave, double corner, size_t first, struct normal *normal)
{
	for (size_t k = first; k < wave->n; k++) {
		double after = wave->t[k] - corner, bend = after * after, y = wave->y[k];
		normal->of[AT_CORNER][AT_CORNER] += 1;
		normal->of[AT_CORNER][FALL] -= after;
		normal->of[AT_CORNER][BEND] += bend;
		normal->of[FALL][FALL] += bend;
		normal->of[FALL][BEND] -= after * bend;
		normal->of[BEND][BEND] += bend * bend;
		normal->with[AT_CORNER] += y;
		normal->with[FALL] -= after * y;
		normal->with[BEND] += bend * y;
		normal->squares += y * y;
	}
	normal->of[FALL][AT_CORNER] = normal->of[AT_CORNER][FALL];
	normal->of[BEND][AT_CORNER] = normal->of[AT_CORNER][BEND];
	normal->of[BEND][FALL] = normal->of[FALL][BEND];
}

/*
 * p arc(t / corner) up to the corner, bins before `end`, and what an error of the onset adds to that. Sine and exponential are turned on from one bin to
 * the next, which are equally far apart.
 */
static void add_arc(const struct half_wave *wave, double corner, struct arc arc, size_t end, struct normal *normal)
{
	double step = wave->n > 1 ? arc.angle * (wave->t[1] - wave->t[0]) / corner : 0, start = arc.angle * wave->t[0] / corner;
	double shrink = exp(-arc.damping * step), turn_c = shrink * cos(step), turn_s = shrink * sin(step);
	double size = exp(arc.damping * (arc.angle - start)) / sin(arc.angle), c = size * cos(start), s = size * sin(start);
	double pp = 0, pd = 0, dd = 0, py = 0, dy = 0, yy = 0;
	for (size_t k = 0; k < end; k++) {
		double y = wave->y[k], shifted = (1 - wave->t[k] / corner) * arc.angle * (c - arc.damping * s),
		       next = c * turn_c - s * turn_s;
		pp += s * s;
		pd += s * shifted;
		dd += shifted * shifted;
		py += s * y;
		dy += shifted * y;
		yy += y * y;
		s = s * turn_c + c * turn_s;
		c = next;
	}
	normal->of[AT_CORNER][AT_CORNER] += pp;
	normal->of[SHIFT][AT_CORNER] = normal->of[AT_CORNER][SHIFT] = pd;
	normal->of[SHIFT][SHIFT] = dd + wave->shift_weight;
	normal->with[AT_CORNER] += py;
	normal->with[SHIFT] = dy;
	normal->squares += yy;
}

static size_t first_after(const struct half_wave *wave, double corner)
{
	size_t k = 0;
	while (k < wave->n && wave->t[k] < corner)
		k++;
	return k;
}

/* What least squares of the first n terms leave over, and the terms' sizes; infinite when they cannot be told apart. */
static double rest_of(const struct normal *normal, const unsigned *terms, unsigned n, double *sizes)
{
	double matrix[LSQ_MAX][LSQ_MAX], rest = normal->squares;
	for (unsigned r = 0; r < n; r++) {
		sizes[r] = normal->with[terms[r]];
		for (unsigned c = 0; c < n; c++)
			matrix[r][c] = normal->of[terms[r]][terms[c]];
	}
	if (!cholesky_solve(matrix, sizes, n, NULL))
		return INFINITY;
	for (unsigned r = 0; r < n; r++)
		rest -= sizes[r] * normal->with[terms[r]];
	return rest;
}

/* What the model leaves over with a fall of at least `least_fall` of the value at the corner; `fall` has the bins after it. */
static double arc_rest(const struct half_wave *wave, double corner, struct arc arc, double least_fall, const struct normal *fall)
{
	static const unsigned all[TERMS] = {AT_CORNER, SHIFT, FALL, BEND}, bound[] = {AT_CORNER, SHIFT, BEND};
	struct normal normal = *fall;
	double sizes[LSQ_MAX];
	add_arc(wave, corner, arc, first_after(wave, corner), &normal);
	double rest = rest_of(&normal, all, TERMS, sizes);
	if (!isfinite(rest) || sizes[FALL] >= least_fall * sizes[AT_CORNER])
		return rest;
	/* The fall is as slow as it may be: one term of the two. */
	double f = least_fall;
	normal.with[AT_CORNER] += f * normal.with[FALL];
	normal.of[AT_CORNER][AT_CORNER] += f * (2 * normal.of[AT_CORNER][FALL] + f * normal.of[FALL][FALL]);
	normal.of[BEND][AT_CORNER] = normal.of[AT_CORNER][BEND] += f * normal.of[FALL][BEND];
	return rest_of(&normal, bound, TERMS - 1, sizes);
}

/*
 * By how much a wave leaves more than a corner, by the variance of a bin; NAN where there are too few. A wave's end is that of a quarter wave, nearly:
 * atan(omega / alpha). A corner's arcs are those of a voltage that sags by up to two thirds.
 */
static double excess_of_wave(const struct half_wave *half)
{
	static const double corner_angles[ARCS] = {0.1, 0.6, 0.9, 1.1, 1.25}, wave_dampings[DAMPINGS] = {0, 0.05, 0.1};
	double wave = INFINITY, corner = INFINITY, free = (double)half->n - TERMS - 1;
	for (unsigned c = 0; c < CORNERS; c++) {
		double at = 1 + CORNER_REACH * (2.0 * c / (CORNERS - 1) - 1);
		struct normal fall = {0};
		add_fall(half, at, first_after(half, at), &fall);
		for (unsigned k = 0; k < DAMPINGS; k++)
			wave = fmin(wave, arc_rest(half, at, (struct arc){atan2(1, wave_dampings[k]), wave_dampings[k]}, 0, &fall));
		for (unsigned k = 0; k < ARCS; k++)
			corner = fmin(corner, arc_rest(half, at, (struct arc){corner_angles[k], 0.05}, CORNER_FALL, &fall));
	}
	/* Where neither is the current's shape, what the better one leaves is the scale. */
	double variance = fmax(half->noise_a * half->noise_a, fmin(wave, corner) / free);
	return free > 0 && isfinite(wave - corner) ? (wave - corner) / variance : NAN;
}

/* The damped wave fitted to all of the pulse leaves less than a triangle would, beyond the noise before the pulse. */
static bool wave_fits(const struct work *work, double noise_a, double peak_a)
{
	double free = (double)work->fit.points - 5, noise = work->noise_dof > 0 ? noise_a * noise_a : 0;
	if (!work->fitted || !(free > 0))
		return false;
	double rest = work->fit.residual_a * work->fit.residual_a * (double)work->fit.points / free;
	double u = hypot(rest * sqrt(2 / free), noise * sqrt(2 / fmax(1, work->noise_dof)));
	return rest + SIGMAS * u < noise + WAVE_REST * WAVE_REST * peak_a * peak_a;
}

/* A half wave's place, in samples: where it begins, peaks and has come down to little; its sign, and its peak. */
struct place {
	double onset, top, end, peak_a;
	int sign;
};

static void take_half_wave(const struct bins *bins, const struct place *place, double interval_s, struct half_wave *half)
{
	double rise = place->top - place->onset, end = place->top + rise,
	       guard = fmin(ONSET_GUARD_S / interval_s, ONSET_GUARD_SHARE * rise);
	double u_onset_a = ONSET_WRONG * place->peak_a;
	if (place->end < end)
		end = place->end;
	half->n = 0;
	half->noise_a = bins->noise_a;
	half->shift_weight = bins->noise_a * bins->noise_a / (u_onset_a * u_onset_a);
	for (double k = fmax(0, ceil(bins_bin(bins, place->onset + guard))); k < (double)bins->count && bins_index(bins, k) <= end; k++) {
		half->t[half->n] = (bins_index(bins, k) - place->onset) / rise;
		half->y[half->n++] = place->sign * bins->y[(size_t)k];
	}
}

/* By how much of the rise the onset is too late, about: of an arc between those of waves and corners. */
static double shift_of(const struct half_wave *half)
{
	static const unsigned all[TERMS] = {AT_CORNER, SHIFT, FALL, BEND};
	struct normal normal = {0};
	double sizes[LSQ_MAX];
	size_t corner = first_after(half, 1);
	add_fall(half, 1, corner, &normal);
	add_arc(half, 1, (struct arc){1.25, 0.05}, corner, &normal);
	if (!isfinite(rest_of(&normal, all, TERMS, sizes)) || !(sizes[AT_CORNER] > 0))
		return 0;
	return fmax(-ONSET_MOST, fmin(ONSET_MOST, sizes[SHIFT] / sizes[AT_CORNER]));
}

static double excess_at(const struct bins *bins, struct place place, double interval_s)
{
	struct half_wave half;
	if (!isfinite(place.top - place.onset) || place.top <= place.onset)
		return NAN;
	take_half_wave(bins, &place, interval_s, &half);
	if (half.n == 0)
		return NAN;
	place.onset -= shift_of(&half) * (place.top - place.onset);
	take_half_wave(bins, &place, interval_s, &half);
	return half.n == 0 ? NAN : excess_of_wave(&half);
}

enum turn turn_find(const struct work *work, const struct lobes *lobes, double noise_a)
{
	if (wave_fits(work, noise_a, lobes->peak_a))
		return TURN_WAVE;
	struct bins bins = bins_make(work, noise_a);
	double excess = excess_at(&bins, (struct place){lobes->onset, lobes->top, lobes->down_quarter, lobes->peak_a, 1}, work->ts);
	if (lobes->course == COURSE_TWO_LOBES) {
		double top2 = lobes->zero1 + lobes->top - lobes->onset;
		double second = excess_at(&bins, (struct place){lobes->zero1, top2, lobes->foot2, lobes->peak_a, -1}, work->ts);
		excess += isfinite(second) ? second : 0;
	}
	return excess > LEAST_RATIO ? TURN_CORNER : excess < -LEAST_RATIO ? TURN_WAVE : TURN_UNKNOWN;
}
