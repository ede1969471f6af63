/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Populations of amplitudes: exactness and precision, bounds, hysteresis, monotonicity, drift, range in a train. */
#include <math.h>

#include "chi_square.h"
#include "readings.h"
#include "registry.h"
#include "simultaneous.h"
#include "theil_sen.h"
#include "trains.h"

enum { PRECISION_MIN_PULSES = 3, DRIFT_MIN_PULSES = 10, EDGE_PULSES = 100 };

/* A running mean with its scatter. */
struct mean {
	double n, value, squares;
};

static void mean_add(struct mean *mean, double value)
{
	double step = value - mean->value;
	mean->n += 1;
	mean->value += step / mean->n;
	mean->squares += step * (value - mean->value);
}

/* First peaks of the matched pulses at one intensity, and of those that were come to from below and from above. */
struct amplitude_level {
	double intensity_pct;
	struct mean all, rising, falling;
	double u_squares; /* sum of the squares of what is uncertain at random */
};

/* The levels of a session in order of intensity. */
struct ladder {
	struct series levels; /* struct amplitude_level */
	bool lacking;         /* the amplitude of a pulse that came is not known */
};

static struct amplitude_level *level_of(struct ladder *ladder, double intensity_pct, struct measurement_list *out)
{
	struct amplitude_level *levels = ladder->levels.items;
	size_t at = 0;
	while (at < ladder->levels.count && levels[at].intensity_pct < intensity_pct)
		at++;
	if (at < ladder->levels.count && levels[at].intensity_pct <= intensity_pct)
		return &levels[at];
	struct amplitude_level fresh = {.intensity_pct = intensity_pct};
	if (!series_add(&ladder->levels, &fresh, out->error)) {
		out->failed = true;
		return NULL;
	}
	levels = ladder->levels.items;
	for (size_t i = ladder->levels.count - 1; i > at; i--)
		levels[i] = levels[i - 1];
	levels[at] = fresh;
	return &levels[at];
}

/* The caller frees ladder->levels.items. False when out of memory. */
static bool climb(const struct population *in, struct ladder *ladder, struct measurement_list *out)
{
	*ladder = (struct ladder){.levels.item_size = sizeof(struct amplitude_level)};
	double now_pct = NAN, before_pct = NAN;
	for (size_t p = 0; in->plan && p < in->plan->pulse_count; p++) {
		const struct pulse *pulse = pulse_of(in, p);
		double intensity_pct = in->plan->pulses[p].intensity_pct;
		if (!(intensity_pct > 0))
			continue;
		if (!(fabs(intensity_pct - now_pct) <= 0)) {
			before_pct = now_pct;
			now_pct = intensity_pct;
		}
		ladder->lacking |= pulse && !amplitude_usable(pulse);
		if (!pulse || !amplitude_usable(pulse))
			continue;
		struct amplitude_level *level = level_of(ladder, intensity_pct, out);
		if (!level)
			return false;
		double peak_a = fabs(pulse->peak1_a);
		mean_add(&level->all, peak_a);
		level->u_squares += pulse->u_peak1_a * pulse->u_peak1_a;
		if (before_pct < now_pct)
			mean_add(&level->rising, peak_a);
		else if (before_pct > now_pct)
			mean_add(&level->falling, peak_a);
	}
	return true;
}

/* Relative standard uncertainty of a level's mean: its scatter, and no less than what the rig's noise makes of it. */
static double u_level_rel(const struct amplitude_level *level)
{
	double scatter = level->all.n > 1 ? level->all.squares / (level->all.n - 1) : 0, noise = level->u_squares / level->all.n;
	return sqrt(fmax(scatter, noise) / level->all.n) / level->all.value;
}

typedef bool ladder_read(const struct population *in, const struct amplitude_level *levels, size_t count, struct measurement *measurement,
			 struct budget *budget);

static void ladder_measurement(const struct population *in, const struct measurand *measurand, ladder_read *read,
			       struct measurement_list *out)
{
	struct ladder ladder;
	struct budget budget = {0};
	struct measurement measurement = session_measurement(in, measurand, NAN);
	bool there = in->current && climb(in, &ladder, out) && ladder.levels.count > 0 &&
		     read(in, ladder.levels.items, ladder.levels.count, &measurement, &budget);
	if (in->current)
		free(ladder.levels.items);
	if (!there)
		return;
	measurement.voided |= ladder.lacking;
	measurement_add_budget(out, &measurement, &budget);
}

/* Probability within two standard deviations, for which every U is stated. */
#define WITHIN_TWO 0.9545

static bool read_exactness(const struct population *in, const struct amplitude_level *levels, size_t count, struct measurement *measurement,
			   struct budget *budget)
{
	const struct amplitude_level *top = &levels[count - 1], *worst = NULL;
	(void)in;
	for (size_t i = 0; i + 1 < count; i++) {
		double error = levels[i].all.value / top->all.value * top->intensity_pct / levels[i].intensity_pct - 1;
		if (!worst || fabs(error) > fabs(measurement->value)) {
			measurement->value = error;
			worst = &levels[i];
		}
	}
	if (!worst)
		return false;
	auto_free double *u = calloc(count, sizeof *u);
	if (!u)
		return false;
	for (size_t i = 0; i + 1 < count; i++)
		u[i] = u_level_rel(&levels[i]);
	/* The worst of several is further out than any one: U is to hold for all of them at once, of which none may be beyond two standard deviations. */
	double bound = simultaneous_bound(u, count - 1, u_level_rel(top), WITHIN_TWO);
	double parts[2] = {pow(u_level_rel(worst), 2), pow(u_level_rel(top), 2)};
	double spread = parts[0] * parts[0] / fmax(1, worst->all.n - 1) + parts[1] * parts[1] / fmax(1, top->all.n - 1);
	double dof = spread > 0 ? (parts[0] + parts[1]) * (parts[0] + parts[1]) / spread : INFINITY;
	budget_add(budget, SOURCE_REPEATABILITY, 0.5 * bound, 1 + measurement->value, dof);
	/* An offset of the sensor is the larger a share, the smaller the level; what it adds to the baseline is taken out with that. */
	measurement->planned = 0;
	return true;
}

static bool read_precision(const struct population *in, const struct amplitude_level *levels, size_t count, struct measurement *measurement,
			   struct budget *budget)
{
	double n = 0;
	measurement->value = -INFINITY;
	for (size_t i = 0; i < count; i++) {
		if (levels[i].all.n < PRECISION_MIN_PULSES)
			continue;
		double cv = sqrt(levels[i].all.squares / (levels[i].all.n - 1)) / levels[i].all.value;
		if (cv > measurement->value) {
			measurement->value = cv;
			n = levels[i].all.n;
		}
	}
	if (n <= 0)
		return false;
	budget_add(budget, SOURCE_REPEATABILITY, measurement->value / sqrt(2 * (n - 1)), 1, n - 1);
	measurement->planned = in->device ? in->device->amplitude_cv.value : NAN;
	return true;
}

static bool read_cv_upper(const struct population *in, const struct amplitude_level *levels, size_t count, struct measurement *measurement,
			  struct budget *budget)
{
	double squares = 0, dof = 0;
	(void)in;
	for (size_t i = 0; i < count; i++) {
		squares += levels[i].all.squares / (levels[i].all.value * levels[i].all.value);
		dof += levels[i].all.n - 1;
	}
	if (dof < 2)
		return false;
	measurement->value = sqrt(squares / chi_square_quantile(0.05, dof));
	/* The bound holds what the scatter is uncertain by. */
	budget_add(budget, SOURCE_REPEATABILITY, 0, 1, dof);
	return true;
}

/* The least-squares line of mean peak against intensity, weighted by the number of pulses. Intensity in units of 100 %. */
static bool line_of(const struct amplitude_level *levels, size_t count, double *at_zero_a, double *gain_a, double *u_gain_a, double *dof)
{
	double n = 0, x = 0, y = 0, xx = 0, xy = 0, squares = 0;
	for (size_t i = 0; i < count; i++) {
		double w = levels[i].all.n, at = levels[i].intensity_pct / 100;
		n += w;
		x += w * at;
		y += w * levels[i].all.value;
		xx += w * at * at;
		xy += w * at * levels[i].all.value;
	}
	double determinant = n * xx - x * x;
	if (count < 3 || !(determinant > 0) || n < 4)
		return false;
	*gain_a = (n * xy - x * y) / determinant;
	*at_zero_a = (y - *gain_a * x) / n;
	double variance = 0, spread = 0;
	bool repeated = true;
	for (size_t i = 0; i < count; i++) {
		double at = levels[i].intensity_pct / 100, rest = levels[i].all.value - *at_zero_a - *gain_a * at;
		squares += levels[i].all.squares + levels[i].all.n * rest * rest;
		repeated &= levels[i].all.n > 1;
		/* A device scatters more at high levels: each counts with its own variance and its weight in the line (White 1980). */
		double weight = levels[i].all.n * (n * at - x) / determinant, own = weight * u_level_rel(&levels[i]) * levels[i].all.value;
		variance += own * own;
		spread += pow(own, 4) / fmax(1, levels[i].all.n - 1);
	}
	bool own = repeated && spread > 0;
	*dof = own ? variance * variance / spread : n - 2;
	*u_gain_a = own ? sqrt(variance) : sqrt(squares / *dof * n / determinant);
	return *gain_a > 0;
}

static bool read_gain(const struct population *in, const struct amplitude_level *levels, size_t count, struct measurement *measurement,
		      struct budget *budget)
{
	double at_zero_a, u_gain_a, dof;
	if (!line_of(levels, count, &at_zero_a, &measurement->value, &u_gain_a, &dof))
		return false;
	budget_add(budget, SOURCE_REPEATABILITY, u_gain_a, 1, dof);
	budget_gain(budget, in, measurement->value, 1);
	measurement->planned = in->device ? in->device->peak1_a.value : NAN;
	return true;
}

static bool read_hysteresis(const struct population *in, const struct amplitude_level *levels, size_t count,
			    struct measurement *measurement, struct budget *budget)
{
	double at_zero_a, gain_a, u_gain_a, dof, largest_a = -1, u_a = 0, n = 0;
	(void)in;
	if (!line_of(levels, count, &at_zero_a, &gain_a, &u_gain_a, &dof))
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct mean *up = &levels[i].rising, *down = &levels[i].falling;
		if (up->n < 1 || down->n < 1)
			continue;
		double apart_a = fabs(up->value - down->value), pooled = up->n + down->n - 2;
		if (apart_a <= largest_a)
			continue;
		double variance = pooled > 0 ? (up->squares + down->squares) / pooled : 0;
		variance = fmax(variance, levels[i].u_squares / levels[i].all.n);
		largest_a = apart_a;
		u_a = sqrt(variance * (1 / up->n + 1 / down->n));
		n = fmax(1, pooled);
	}
	if (largest_a < 0)
		return false;
	measurement->value = largest_a / (at_zero_a + gain_a);
	measurement->planned = 0;
	budget_add(budget, SOURCE_REPEATABILITY, u_a / (at_zero_a + gain_a), 1, n);
	return true;
}

static bool read_monotonicity(const struct population *in, const struct amplitude_level *levels, size_t count,
			      struct measurement *measurement, struct budget *budget)
{
	double at_zero_a, gain_a, u_gain_a, dof, u = 0;
	(void)in;
	if (!line_of(levels, count, &at_zero_a, &gain_a, &u_gain_a, &dof))
		return false;
	measurement->value = INFINITY;
	for (size_t i = 1; i < count; i++) {
		double due_a = gain_a * (levels[i].intensity_pct - levels[i - 1].intensity_pct) / 100;
		double step = (levels[i].all.value - levels[i - 1].all.value) / due_a;
		if (step >= measurement->value)
			continue;
		measurement->value = step;
		u = hypot(u_level_rel(&levels[i]) * levels[i].all.value, u_level_rel(&levels[i - 1]) * levels[i - 1].all.value) / due_a;
	}
	measurement->planned = 1;
	budget_add(budget, SOURCE_REPEATABILITY, u, 1, dof);
	return true;
}

#define COMPUTE(name, read)                                                                                                                \
	void measurand_##name(const struct population *in, const struct measurand *measurand, struct measurement_list *out)                \
	{                                                                                                                                  \
		ladder_measurement(in, measurand, read, out);                                                                              \
	}

COMPUTE(session_amplitude_exactness, read_exactness)
COMPUTE(session_amplitude_precision, read_precision)
COMPUTE(session_amplitude_cv_upper, read_cv_upper)
COMPUTE(session_linearity_gain, read_gain)
COMPUTE(session_linearity_hysteresis, read_hysteresis)
COMPUTE(session_linearity_monotonicity, read_monotonicity)

/* The usable pulses at the intensity that most of them have: onset and peak of each. */
struct steady {
	double *onset_s, *peak_a;
	size_t n;
	bool lacking;
};

static void steady_free(struct steady *steady)
{
	free(steady->onset_s);
	free(steady->peak_a);
}

/* To be freed in any case. False when there are none, or out of memory (the list's error says so). */
static bool steady_pulses(const struct population *in, struct steady *steady, struct measurement_list *out)
{
	struct ladder ladder;
	double intensity_pct = NAN, most = 0;
	*steady = (struct steady){0};
	bool ok = climb(in, &ladder, out);
	const struct amplitude_level *levels = ladder.levels.items;
	for (size_t i = 0; ok && i < ladder.levels.count; i++) {
		if (levels[i].all.n > most) {
			most = levels[i].all.n;
			intensity_pct = levels[i].intensity_pct;
		}
	}
	free(ladder.levels.items);
	steady->lacking = ladder.lacking;
	if (!ok || most < 1)
		return false;
	steady->onset_s = calloc((size_t)most, sizeof *steady->onset_s);
	steady->peak_a = calloc((size_t)most, sizeof *steady->peak_a);
	if (!steady->onset_s || !steady->peak_a) {
		out->failed = !error_set(out->error, ERROR_BENCH, "out of memory for the drift of %.0f pulses", most);
		return false;
	}
	for (size_t p = 0; p < in->plan->pulse_count; p++) {
		const struct pulse *pulse = pulse_of(in, p);
		if (fabs(in->plan->pulses[p].intensity_pct - intensity_pct) > 0 || !amplitude_usable(pulse))
			continue;
		steady->onset_s[steady->n] = pulse->onset_s;
		steady->peak_a[steady->n++] = fabs(pulse->peak1_a);
	}
	return true;
}

/* How much wider the Theil-Sen slope scatters than that of least squares, for normal noise (seen with 10 to 2000 points: 1.02 to 1.08). */
#define THEIL_SEN_WIDER 1.06

static void add_drift(const struct population *in, const struct measurand *measurand, const struct steady *steady,
		      struct measurement_list *out)
{
	double slope, n = (double)steady->n, t = 0, y = 0, tt = 0, squares = 0;
	if (steady->n < DRIFT_MIN_PULSES)
		return;
	if (!theil_sen(steady->onset_s, steady->peak_a, steady->n, &slope, out->error)) {
		out->failed = true;
		return;
	}
	for (size_t i = 0; i < steady->n; i++) {
		t += steady->onset_s[i] / n;
		y += steady->peak_a[i] / n;
	}
	for (size_t i = 0; i < steady->n; i++) {
		double dt = steady->onset_s[i] - t, rest = steady->peak_a[i] - y - slope * dt;
		tt += dt * dt;
		squares += rest * rest;
	}
	if (!(tt > 0))
		return;
	struct measurement drift = session_measurement(in, measurand, slope / y);
	struct budget budget = {0};
	budget_add(&budget, SOURCE_REPEATABILITY, THEIL_SEN_WIDER * sqrt(squares / (n - 2) / tt) / y, 1, n - 2);
	drift.planned = 0;
	drift.voided |= steady->lacking;
	measurement_add_budget(out, &drift, &budget);
}

void measurand_session_drift(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	struct steady steady;
	if (steady_pulses(in, &steady, out))
		add_drift(in, measurand, &steady, out);
	steady_free(&steady);
}

void measurand_session_last_to_first(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	struct steady steady;
	if (steady_pulses(in, &steady, out) && steady.n >= 2 * EDGE_PULSES) {
		struct mean first = {0}, last = {0};
		for (size_t i = 0; i < EDGE_PULSES; i++) {
			mean_add(&first, steady.peak_a[i]);
			mean_add(&last, steady.peak_a[steady.n - EDGE_PULSES + i]);
		}
		struct measurement ratio = session_measurement(in, measurand, last.value / first.value);
		struct budget budget = {0};
		double u_first = sqrt(first.squares / (EDGE_PULSES - 1) / EDGE_PULSES) / first.value,
		       u_last = sqrt(last.squares / (EDGE_PULSES - 1) / EDGE_PULSES) / last.value;
		budget_add(&budget, SOURCE_REPEATABILITY, hypot(u_first, u_last), ratio.value, 2 * (EDGE_PULSES - 1));
		ratio.planned = 1;
		ratio.voided |= steady.lacking;
		measurement_add_budget(out, &ratio, &budget);
	}
	steady_free(&steady);
}

/* The largest (sign 1) or least (sign -1) peak of a train by that of its first pulse, all of one intensity. */
static void each_train_extreme(const struct population *in, const struct measurand *measurand, int sign, struct measurement_list *out)
{
	struct span span = {0};
	uint32_t counted = 0;
	while (in->current && span_next_train(in->plan, &span, &counted)) {
		const struct pulse *first = pulse_of(in, span.first), *extreme = first;
		struct measurement measurement = span_measurement(in, measurand, &span, true);
		struct budget budget = {0};
		bool level = span.end - span.first >= 2, lacking = !amplitude_usable(first);
		for (size_t p = span.first; p < span.end; p++) {
			const struct pulse *pulse = pulse_of(in, p);
			level &= fabs(in->plan->pulses[p].intensity_pct - in->plan->pulses[span.first].intensity_pct) <= 0;
			lacking |= pulse && !amplitude_usable(pulse);
			if (pulse && amplitude_usable(pulse) && extreme && sign * (fabs(pulse->peak1_a) - fabs(extreme->peak1_a)) > 0)
				extreme = pulse;
		}
		if (!level || !first)
			continue;
		measurement.voided |= lacking;
		measurement.planned = 1;
		if (!lacking) {
			measurement.value = fabs(extreme->peak1_a / first->peak1_a);
			double u = extreme == first ? 0 : hypot(extreme->u_peak1_a / extreme->peak1_a, first->u_peak1_a / first->peak1_a);
			budget_add(&budget, SOURCE_NOISE, u, measurement.value, INFINITY);
		}
		measurement_add_budget(out, &measurement, &budget);
	}
}

void measurand_train_peak_least(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_train_extreme(in, measurand, -1, out);
}

void measurand_train_peak_largest(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_train_extreme(in, measurand, 1, out);
}

void measurand_train_rate_share(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	struct span span = {0};
	uint32_t counted = 0;
	while (in->current && in->device && in->device->rate_count > 0 && span_next_train(in->plan, &span, &counted)) {
		const struct expected_pulse *head = &in->plan->pulses[span.first], *tail = &in->plan->pulses[span.end - 1];
		double limit_hz = device_rate_limit_hz(in->device, head->intensity_pct), n = (double)(span.end - span.first);
		const struct pulse *first = pulse_of(in, span.first), *last = pulse_of(in, span.end - 1);
		if (n < 2 || head->section != tail->section || !(limit_hz > 0))
			continue;
		struct measurement share = span_measurement(in, measurand, &span, true);
		struct budget budget = {0};
		bool lacking = false;
		for (size_t p = span.first; p < span.end; p++)
			lacking |= !pulse_of(in, p) || pulse_of(in, p)->voided;
		share.planned = (n - 1) / (tail->time_s - head->time_s) / limit_hz;
		share.voided |= lacking;
		if (!lacking) {
			double duration_s = last->onset_s - first->onset_s;
			share.value = (n - 1) / duration_s / limit_hz;
			budget_add(&budget, SOURCE_NOISE, hypot(first->u_onset_s, last->u_onset_s), share.value / duration_s, INFINITY);
			budget_clock(&budget, in, share.value, -1);
		}
		measurement_add_budget(out, &share, &budget);
	}
}
