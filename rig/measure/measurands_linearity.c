/* SPDX-License-Identifier: GPL-3.0-or-later */
/* First peaks against the commanded intensity: their scatter, and the line through them. */
#include <math.h>

#include "contributions.h"
#include "extreme.h"
#include "readings.h"
#include "registry.h"

/* A variance of fewer pulses is hardly known: a level's own has then to give way to that of all. */
enum { OWN_VARIANCE_LEAST = 5 };

/* Amplitudes of the matched pulses that count, one entry an intensity. */
struct level {
	double intensity_pct;
	double n, mean_a, squares; /* squares: of the deviations from the mean */
};

static struct level *find_level(struct series *levels, double intensity_pct, struct measurement_list *out)
{
	struct level *items = levels->items;
	for (size_t i = 0; i < levels->count; i++)
		if (items[i].intensity_pct == intensity_pct)
			return &items[i];
	struct level fresh = {.intensity_pct = intensity_pct};
	if (!series_add(levels, &fresh, out->error)) {
		out->failed = true;
		return NULL;
	}
	items = levels->items;
	return &items[levels->count - 1];
}

/* Whether the amplitude of an observed pulse is not known; what is said of the others does not hold for all. */
static bool amplitude_lacking(const struct population *in)
{
	for (size_t p = 0; in->plan && p < in->plan->pulse_count; p++)
		if (pulse_of(in, p) && in->plan->pulses[p].intensity_pct > 0 && !amplitude_usable(pulse_of(in, p)))
			return true;
	return false;
}

static bool collect_levels(const struct population *in, struct series *levels, struct measurement_list *out)
{
	*levels = (struct series){.item_size = sizeof(struct level)};
	for (size_t p = 0; in->plan && p < in->plan->pulse_count; p++) {
		const struct pulse *pulse = pulse_of(in, p);
		if (!amplitude_usable(pulse) || !(in->plan->pulses[p].intensity_pct > 0))
			continue;
		struct level *level = find_level(levels, in->plan->pulses[p].intensity_pct, out);
		if (!level)
			return false;
		double step = fabs(pulse->peak1_a) - level->mean_a;
		level->n += 1;
		level->mean_a += step / level->n;
		level->squares += step * (fabs(pulse->peak1_a) - level->mean_a);
	}
	return true;
}

void measurand_session_amplitude_cv(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	struct series levels;
	double squares = 0, dof = 0, noise = 0, pulses = 0;
	if (collect_levels(in, &levels, out)) {
		const struct level *level = levels.items;
		for (size_t i = 0; i < levels.count; i++) {
			squares += level[i].squares / (level[i].mean_a * level[i].mean_a);
			dof += level[i].n - 1;
		}
	}
	free(levels.items);
	if (dof < 2)
		return;
	for (size_t k = 0; k < in->results->pulse_count; k++) {
		if (amplitude_usable(&in->results->pulses[k])) {
			noise += in->results->pulses[k].u_peak1_a / fabs(in->results->pulses[k].peak1_a);
			pulses += 1;
		}
	}
	struct measurement cv = session_measurement(in, measurand, sqrt(squares / dof));
	cv.voided |= amplitude_lacking(in);
	struct budget budget = {0};
	budget_add(&budget, SOURCE_REPEATABILITY, cv.value, 1 / sqrt(2 * dof), dof);
	budget_add(&budget, SOURCE_NOISE, noise / fmax(pulses, 1), 1 / sqrt(2 * dof), dof);
	contribute_gain(&budget, in->current, cv.value);
	contribute_gain(&budget, in->current, -cv.value);
	cv.planned = in->device ? in->device->amplitude_cv.value : NAN;
	measurement_add_budget(out, &cv, &budget);
}

/* The line of first peak against intensity. */
struct linearity {
	double at_zero_a, at_full_a, worst_a;
	double u_zero_a, u_worst_a, bias_a; /* bias_a: by so much at most is worst_a too large by chance */
	double dof, dof_zero;               /* dof: of u_worst_a */
};

/*
 * How the line's value at zero scatters. A device scatters more at high levels, so that each level counts with its own variance and with its weight
 * in the line (White 1980), degrees of freedom by Welch and Satterthwaite; where levels were repeated too seldom, with that of the residuals.
 */
static void scatter_at_zero(const struct level *level, size_t count, double sx, double sxx, double determinant, struct linearity *line)
{
	double variance = 0, spread = 0;
	for (size_t i = 0; i < count; i++) {
		if (level[i].n < OWN_VARIANCE_LEAST)
			return;
		double weight = (sxx - sx * level[i].intensity_pct / 100) / determinant;
		double part = weight * weight * level[i].n * level[i].squares / (level[i].n - 1);
		variance += part;
		spread += part * part / (level[i].n - 1);
	}
	if (!(spread > 0))
		return;
	line->u_zero_a = sqrt(variance);
	line->dof_zero = variance * variance / spread;
}

/* How far a level's mean lies from the line. */
static double distance(const struct level *level, const struct linearity *line)
{
	return level->mean_a - line->at_zero_a - (line->at_full_a - line->at_zero_a) * level->intensity_pct / 100;
}

/* How a level's distance from the line scatters, whose mean is part of the line: sum over (1 - H)^2 of the levels' variances. */
static double scatter_of_distance(const struct level *level, size_t count, size_t which, double n, double centre, double spread,
				  double pooled, double *dof)
{
	double sum = 0, fourths = 0, at = level[which].intensity_pct / 100 - centre;
	bool repeated = true;
	for (size_t i = 0; i < count; i++)
		repeated &= level[i].n >= OWN_VARIANCE_LEAST;
	for (size_t i = 0; i < count; i++) {
		double hat = level[i].n * (1 / n + at * (level[i].intensity_pct / 100 - centre) / spread), share = (i == which) - hat;
		double part = share * share * (repeated ? level[i].squares / (level[i].n - 1) : pooled) / level[i].n;
		sum += part;
		fourths += part * part / fmax(1, level[i].n - 1);
	}
	if (repeated && fourths > 0)
		*dof = sum * sum / fourths;
	return sqrt(sum);
}

/* Of a level that is beyond what chance does to the furthest, those count that chance could have made the furthest, so many u below it. */
#define AS_FAR 2.0

/*
 * u of the furthest level's distance, and its bias: the largest of several magnitudes is too large by up to what the largest of as many noisy ones is
 * (Blom 1958). It is not taken off: that would let up to a third of levels pass that are off by one or two u.
 */
static void scatter_of_worst(const struct level *level, size_t count, double n, double centre, double spread, double pooled,
			     struct linearity *line)
{
	double squares = 0, candidates = 0;
	for (size_t i = 0; i < count; i++) {
		double dof = line->dof, u_a = scatter_of_distance(level, count, i, n, centre, spread, pooled, &dof);
		squares += u_a * u_a;
		if (fabs(distance(&level[i], line)) < line->worst_a)
			continue;
		line->u_worst_a = u_a;
		line->dof = dof;
	}
	double typical_a = sqrt(squares / (double)count), largest = extreme_mean(2 * ((double)count - 1));
	bool chance = line->worst_a <= largest * typical_a + 3 * line->u_worst_a;
	for (size_t i = 0; i < count; i++)
		candidates += fabs(distance(&level[i], line)) > line->worst_a - AS_FAR * line->u_worst_a;
	line->bias_a = typical_a * (chance ? largest : extreme_mean(candidates));
}

static bool fit_linearity(const struct level *level, size_t count, struct linearity *line)
{
	double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
	for (size_t i = 0; i < count; i++) {
		double x = level[i].intensity_pct / 100, w = level[i].n;
		n += w;
		sx += w * x;
		sy += w * level[i].mean_a;
		sxx += w * x * x;
		sxy += w * x * level[i].mean_a;
	}
	double determinant = n * sxx - sx * sx;
	if (count < 3 || !(determinant > 0))
		return false;
	double slope = (n * sxy - sx * sy) / determinant, squares = 0;
	*line = (struct linearity){.at_zero_a = (sxx * sy - sx * sxy) / determinant, .dof = n - 2, .dof_zero = n - 2};
	line->at_full_a = line->at_zero_a + slope;
	for (size_t i = 0; i < count; i++) {
		double rest = distance(&level[i], line);
		line->worst_a = fmax(line->worst_a, fabs(rest));
		squares += level[i].squares + level[i].n * rest * rest;
	}
	double variance = squares / line->dof;
	line->u_zero_a = sqrt(variance * sxx / determinant);
	scatter_at_zero(level, count, sx, sxx, determinant, line);
	scatter_of_worst(level, count, n, sx / n, determinant / n, variance, line);
	return line->at_full_a > 0;
}

static void add_linearity(const struct population *in, const struct measurand *measurand, bool offset, struct measurement_list *out)
{
	struct series levels;
	struct linearity line;
	bool ok = collect_levels(in, &levels, out) && fit_linearity(levels.items, levels.count, &line);
	free(levels.items);
	if (!ok)
		return;
	struct measurement measurement = session_measurement(in, measurand, (offset ? line.at_zero_a : line.worst_a) / line.at_full_a);
	struct budget budget = {0};
	budget_add(&budget, SOURCE_REPEATABILITY, offset ? line.u_zero_a : line.u_worst_a, 1 / line.at_full_a,
		   offset ? line.dof_zero : line.dof);
	if (!offset)
		budget_add(&budget, SOURCE_MODEL, line.bias_a / sqrt(3.0), 1 / line.at_full_a, INFINITY);
	budget_name_unit(&budget, "A");
	contribute_gain(&budget, in->current, measurement.value);
	contribute_gain(&budget, in->current, -measurement.value);
	measurement.voided |= amplitude_lacking(in);
	measurement.planned = 0;
	measurement_add_budget(out, &measurement, &budget);
}

void measurand_session_linearity_inl(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	add_linearity(in, measurand, false, out);
}

void measurand_session_linearity_offset(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	add_linearity(in, measurand, true, out);
}
