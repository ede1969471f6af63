/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave.h"

#include <math.h>
#include <stddef.h>

#include "linear_system.h"

#define PI 3.14159265358979323846
#define BEFORE_S 150e-6
#define NO_END_S 1e-3
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
	double peak_s = wave_peak_s(wave);
	if (wave->shape == WAVE_MONOPHASIC && t > peak_s)
		return wave->offset_a + oscillation(wave, peak_s) * exp(-(t - peak_s) / wave->tail_s);
	return wave->offset_a + oscillation(wave, t);
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

void wave_features(const struct wave *wave, double feature[WAVE_FEATURES])
{
	double a = wave->alpha_per_s, w = wave->omega_per_s, peak_s = wave_peak_s(wave), peak = oscillation(wave, peak_s);
	bool tail = wave->shape == WAVE_MONOPHASIC;
	double ratio = wave->shape == WAVE_BIPHASIC ? exp(-a * PI / w) : NAN;
	double down = tail ? peak_s + wave->tail_s * log(2) : when(wave, 0.5 * peak, peak_s, PI / w);
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
	feature[WAVE_CHARGE] = tail ? charge_to(wave, peak_s) + peak * wave->tail_s * (1 - exp(-(NO_END_S - peak_s) / wave->tail_s))
				    : charge_to(wave, wave_end_s(wave));
}

/* The parameters in a fixed order, and a step for each that is small beside what it changes. */
static unsigned parameters(struct wave *wave, double *value[SYSTEM_MAX], double step[SYSTEM_MAX])
{
	double *const all[] = {&wave->amplitude_a, &wave->alpha_per_s, &wave->omega_per_s, &wave->onset_s, &wave->offset_a, &wave->tail_s};
	const double steps[] = {1e-5 * wave->amplitude_a, 1e-5 * wave->omega_per_s, 1e-5 * wave->omega_per_s,
				1e-5 / wave->omega_per_s, 1e-5 * wave->amplitude_a, 1e-5 * wave->tail_s};
	unsigned n = wave->shape == WAVE_MONOPHASIC ? 6 : 5;
	for (unsigned i = 0; i < n; i++) {
		value[i] = all[i];
		step[i] = steps[i];
	}
	return n;
}

bool wave_bounds(const struct wave *given, double interval_s, double noise_a, double bound[WAVE_FEATURES])
{
	struct wave wave = *given;
	double *value[SYSTEM_MAX], step[SYSTEM_MAX], information[SYSTEM_MAX][SYSTEM_MAX] = {{0}}, gradient[WAVE_FEATURES][SYSTEM_MAX];
	unsigned n = parameters(&wave, value, step);
	double length_s = BEFORE_S + fmin(wave_end_s(given), NO_END_S), stride = fmax(1, floor(length_s / interval_s / MOST_SAMPLES));
	for (double t = given->onset_s - BEFORE_S; t < given->onset_s - BEFORE_S + length_s; t += stride * interval_s) {
		double slope[SYSTEM_MAX];
		for (unsigned i = 0; i < n; i++) {
			double before = *value[i];
			*value[i] = before + step[i];
			slope[i] = wave_at(&wave, t);
			*value[i] = before - step[i];
			slope[i] = (slope[i] - wave_at(&wave, t)) / 2;
			*value[i] = before;
		}
		for (unsigned i = 0; i < n; i++)
			for (unsigned j = 0; j < n; j++)
				information[i][j] += stride * slope[i] * slope[j] / (noise_a * noise_a);
	}
	/* In units of the steps, as the information. */
	for (unsigned i = 0; i < n; i++) {
		double before = *value[i], up[WAVE_FEATURES], down[WAVE_FEATURES];
		*value[i] = before + step[i];
		wave_features(&wave, up);
		*value[i] = before - step[i];
		wave_features(&wave, down);
		*value[i] = before;
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
