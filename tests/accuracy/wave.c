/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave.h"

#include <math.h>
#include <stddef.h>

#include "linear_system.h"

#define PI 3.14159265358979323846
#define BEFORE_S 150e-6
#define NO_END_S 1e-3
/* What is left out of an honest bound: around switching instants, of short pulses no more than this share of a half wave, and before the onset. */
#define GUARD_S 5e-6
#define GUARD_SHARE 0.08
#define BASELINE_GUARD_S 10e-6
/* The last of a half-sine, which reverse recovery changes, from 5 % of the peak on. */
#define FOOT_SHARE 0.016
/* Of dense samples every so many are taken and counted so many times: information is a sum over samples. */
#define MOST_SAMPLES 800

static double oscillation(const struct wave *wave, double t)
{
	return wave->amplitude_a * exp(-wave->alpha_per_s * t) * sin(wave->omega_per_s * t);
}

double wave_peak_s(const struct wave *wave)
{
	return atan2(wave->omega_per_s, wave->alpha_per_s) / wave->omega_per_s;
}

double wave_end_s(const struct wave *wave)
{
	switch (wave->shape) {
	case WAVE_BIPHASIC: return 2 * PI / wave->omega_per_s;
	case WAVE_HALF_SINE: return PI / wave->omega_per_s;
	case WAVE_MONOPHASIC:
	case WAVE_SHAPES: break;
	}
	return INFINITY;
}

double wave_at(const struct wave *wave, double t_s)
{
	double t = t_s - wave->onset_s;
	if (t <= 0 || t >= wave_end_s(wave))
		return wave->offset_a;
	if (wave->shape == WAVE_MONOPHASIC && t_s > wave->tail_from_s)
		return wave->offset_a + wave->tail_a * exp(-(t_s - wave->tail_from_s) / wave->tail_s);
	return wave->offset_a + oscillation(wave, t);
}

void wave_set_tail(struct wave *wave)
{
	double peak_s = wave_peak_s(wave);
	wave->tail_from_s = wave->onset_s + peak_s;
	wave->tail_a = oscillation(wave, peak_s);
}

/* When, after the onset, the oscillation passes the level between `from` and `to`, on either side of which it lies: bisection. */
static double when(const struct wave *wave, double level, double from, double to)
{
	bool rising = oscillation(wave, from) < level;
	for (unsigned i = 0; i < 60; i++) {
		double middle = 0.5 * (from + to);
		if ((oscillation(wave, middle) < level) == rising)
			from = middle;
		else
			to = middle;
	}
	return 0.5 * (from + to);
}

/* Integral of the oscillation from the onset to t. */
static double charge_to(const struct wave *wave, double t)
{
	double a = wave->alpha_per_s, w = wave->omega_per_s;
	return wave->amplitude_a * (w - exp(-a * t) * (a * sin(w * t) + w * cos(w * t))) / (a * a + w * w);
}

/* Integral of the oscillation's square from the onset to t: that of (1 - cos 2wt) exp(-2at) / 2. */
static double action_to(const struct wave *wave, double t)
{
	double a = 2 * wave->alpha_per_s, w = 2 * wave->omega_per_s, size = exp(-a * t);
	double constant = (1 - size) / a, cosine = (a - size * (a * cos(w * t) - w * sin(w * t))) / (a * a + w * w);
	return wave->amplitude_a * wave->amplitude_a * (constant - cosine) / 2;
}

static void resonant_features(const struct wave *wave, double feature[WAVE_FEATURES])
{
	double a = wave->alpha_per_s, w = wave->omega_per_s, k = a / w, squares = a * a + w * w;
	bool biphasic = wave->shape == WAVE_BIPHASIC, resonant = wave->shape != WAVE_MONOPHASIC;
	feature[WAVE_HALF_PERIOD] = resonant ? PI / w : NAN;
	feature[WAVE_SECOND_ZERO] = biphasic ? 2 * PI / w : NAN;
	feature[WAVE_FIELD_WIDTH] = biphasic ? 2 * (PI - atan(k)) / w : NAN;
	/* The slope's next extreme is where its own derivative, a damped wave shifted by 2 atan(a / w), is zero. */
	double least_s = (PI - 2 * atan(k)) / w;
	feature[WAVE_FIELD_RATIO] = resonant ? exp(-a * least_s) * (cos(w * least_s) - k * sin(w * least_s)) : NAN;
	feature[WAVE_DAMPING] = resonant ? a / sqrt(squares) : NAN;
	feature[WAVE_LC] = resonant ? 1 / squares : NAN;
	feature[WAVE_STORED] = resonant ? wave->amplitude_a * w / squares : NAN;
	feature[WAVE_NOTHING] = resonant ? 0 : NAN;
}

void wave_features(const struct wave *wave, double feature[WAVE_FEATURES])
{
	double a = wave->alpha_per_s, w = wave->omega_per_s, peak_s = wave_peak_s(wave), peak = oscillation(wave, peak_s);
	bool tail = wave->shape == WAVE_MONOPHASIC;
	double ratio = wave->shape == WAVE_BIPHASIC ? exp(-a * PI / w) : NAN;
	double tail_s = wave->tail_from_s - wave->onset_s;
	double down = tail ? tail_s + wave->tail_s * log(2 * wave->tail_a / peak) : when(wave, 0.5 * peak, peak_s, PI / w);
	feature[WAVE_ONSET] = wave->onset_s;
	feature[WAVE_PEAK1] = peak;
	feature[WAVE_PEAK2] = peak * ratio;
	feature[WAVE_PEAK_RATIO] = ratio;
	feature[WAVE_RISE] = peak_s;
	feature[WAVE_RISE_10_90] = when(wave, 0.9 * peak, 0, peak_s) - when(wave, 0.1 * peak, 0, peak_s);
	feature[WAVE_HALF_WIDTH] = down - when(wave, 0.5 * peak, 0, peak_s);
	feature[WAVE_PERIOD] = tail ? NAN : 2 * PI / w;
	feature[WAVE_DECAY] = tail ? NAN : a;
	feature[WAVE_SLOPE] = wave->amplitude_a * w;
	double down10 = tail ? tail_s + wave->tail_s * log(10 * wave->tail_a / peak) : when(wave, 0.1 * peak, peak_s, PI / w);
	feature[WAVE_WIDTH_10] = wave->shape == WAVE_BIPHASIC ? NAN : down10 - when(wave, 0.1 * peak, 0, peak_s);
	double left = 1 - exp(-2 * (NO_END_S - tail_s) / wave->tail_s);
	feature[WAVE_ACTION] =
		tail ? action_to(wave, tail_s) + wave->tail_a * wave->tail_a * wave->tail_s / 2 * left : action_to(wave, wave_end_s(wave));
	resonant_features(wave, feature);
	feature[WAVE_CHARGE] = tail ? charge_to(wave, tail_s) + wave->tail_a * wave->tail_s * (1 - exp(-(NO_END_S - tail_s) / wave->tail_s))
				    : charge_to(wave, wave_end_s(wave));
}

/* The parameters in a fixed order, and a step for each that is small beside what it changes. */
static unsigned parameters(struct wave *wave, enum bound_kind kind, double *value[SYSTEM_MAX], double step[SYSTEM_MAX])
{
	double *const all[] = {&wave->amplitude_a, &wave->alpha_per_s, &wave->omega_per_s, &wave->onset_s,
			       &wave->offset_a,    &wave->tail_s,      &wave->tail_a};
	const double steps[] = {1e-5 * wave->amplitude_a, 1e-5 * wave->omega_per_s, 1e-5 * wave->omega_per_s, 1e-5 / wave->omega_per_s,
				1e-5 * wave->amplitude_a, 1e-5 * wave->tail_s,      1e-5 * wave->amplitude_a};
	unsigned n = wave->shape != WAVE_MONOPHASIC ? 5 : kind == BOUND_HONEST ? 7 : 6;
	for (unsigned i = 0; i < n; i++) {
		value[i] = all[i];
		step[i] = steps[i];
	}
	return n;
}

/* The wave with a parameter changed; where the form is known exactly its tail goes with it. */
static struct wave changed(struct wave *wave, enum bound_kind kind, double *value, double step)
{
	double before = *value;
	*value = before + step;
	struct wave result = *wave;
	*value = before;
	if (kind == BOUND_EXACT)
		wave_set_tail(&result);
	return result;
}

/* Whether a sample tells of the wave; t from the onset. A sample nearer to the peak than near_s may be of the rise or of the tail. */
static bool tells(const struct wave *wave, enum bound_kind kind, double near_s, double t)
{
	double half_wave = PI / wave->omega_per_s, guard = fmin(GUARD_S, GUARD_SHARE * half_wave);
	if (kind == BOUND_EXACT)
		return true;
	if (t < 0)
		return t < -BASELINE_GUARD_S;
	double to_peak = wave->tail_from_s - wave->onset_s - t;
	if (wave->shape == WAVE_MONOPHASIC)
		return t > guard && (to_peak < 0 || to_peak > near_s);
	if (wave->shape == WAVE_HALF_SINE)
		return t > guard && t < half_wave * (1 - FOOT_SHARE);
	return t > guard && fabs(t - half_wave) > guard && fabs(t - 2 * half_wave) > guard;
}

static void add_information(const struct wave *given, enum bound_kind kind, double interval_s, double near_s, double weight,
			    double information[SYSTEM_MAX][SYSTEM_MAX])
{
	struct wave wave = *given, up[SYSTEM_MAX], down[SYSTEM_MAX];
	double *value[SYSTEM_MAX], step[SYSTEM_MAX];
	unsigned n = parameters(&wave, kind, value, step);
	for (unsigned i = 0; i < n; i++) {
		up[i] = changed(&wave, kind, value[i], step[i]);
		down[i] = changed(&wave, kind, value[i], -step[i]);
	}
	double length_s = BEFORE_S + fmin(wave_end_s(given), NO_END_S), stride = fmax(1, floor(length_s / interval_s / MOST_SAMPLES));
	double first_s = ceil((given->onset_s - BEFORE_S) / interval_s) * interval_s;
	for (double t = first_s; t < given->onset_s - BEFORE_S + length_s; t += stride * interval_s) {
		if (!tells(given, kind, near_s, t - given->onset_s))
			continue;
		double slope[SYSTEM_MAX];
		for (unsigned i = 0; i < n; i++)
			slope[i] = (wave_at(&up[i], t) - wave_at(&down[i], t)) / 2;
		for (unsigned i = 0; i < n; i++)
			for (unsigned j = 0; j < n; j++)
				information[i][j] += weight * stride * slope[i] * slope[j];
	}
}

static bool bounds(const struct wave *given, enum bound_kind kind, double interval_s, double near_s, double noise_a,
		   double bound[WAVE_FEATURES])
{
	struct wave wave = *given;
	double *value[SYSTEM_MAX], step[SYSTEM_MAX], information[SYSTEM_MAX][SYSTEM_MAX] = {{0}}, gradient[WAVE_FEATURES][SYSTEM_MAX];
	unsigned n = parameters(&wave, kind, value, step);
	add_information(given, kind, interval_s, near_s, 1 / (noise_a * noise_a), information);
	/* In units of the steps, as the information. */
	for (unsigned i = 0; i < n; i++) {
		double up[WAVE_FEATURES], down[WAVE_FEATURES];
		struct wave one = changed(&wave, kind, value[i], step[i]), other = changed(&wave, kind, value[i], -step[i]);
		wave_features(&one, up);
		wave_features(&other, down);
		for (unsigned f = 0; f < WAVE_FEATURES; f++)
			gradient[f][i] = (up[f] - down[f]) / 2;
	}
	for (unsigned f = 0; f < WAVE_FEATURES; f++) {
		double x[SYSTEM_MAX], variance = 0;
		if (!system_solve(information, gradient[f], n, x))
			return false;
		for (unsigned i = 0; i < n; i++)
			variance += gradient[f][i] * x[i];
		bound[f] = sqrt(variance);
	}
	return true;
}

/* From the peak back to where a monophasic wave passes 93 %, where surely it is still the rise, as a share of the way from the onset. */
#define SURE_SHARE 0.24
enum { BOUND_PASSES = 5 };

bool wave_bounds(const struct wave *wave, enum bound_kind kind, double interval_s, double noise_a, double bound[WAVE_FEATURES])
{
	bool monophasic = kind == BOUND_HONEST && wave->shape == WAVE_MONOPHASIC;
	double near_s = monophasic ? SURE_SHARE * wave_peak_s(wave) : 0;
	bool regular = bounds(wave, kind, interval_s, near_s, noise_a, bound);
	for (unsigned pass = 1; regular && monophasic && pass < BOUND_PASSES && 2 * bound[WAVE_RISE] < near_s; pass++) {
		near_s = 2 * bound[WAVE_RISE];
		regular = bounds(wave, kind, interval_s, near_s, noise_a, bound);
	}
	return regular;
}
