/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave_shape.h"

#include <math.h>

#include "propagation.h"

#define PI 3.14159265358979323846

enum { COSINE, SINE, OFFSET, ALPHA, OMEGA, PARAMETERS };

/* Widths are those of exp(-k x) sin(x), k = alpha / omega, divided by omega; these are they as functions of k alone. */
struct widths {
	double peak, low, half_up, high, half_down, low_down;
};

/* Where exp(-k x) sin(x) passes `share` of its top between two x: Newton's method on the logarithm, kept inside by halving. */
static double passes(double k, double top_log, double share, double x, double from, double to)
{
	double target = log(share) + top_log;
	for (unsigned i = 0; i < 12; i++) {
		double sine = sin(x), error = log(sine) - k * x - target, slope = cos(x) / sine - k;
		if ((error < 0) == (slope > 0))
			from = x;
		else
			to = x;
		double next = x - error / slope;
		if (!(next >= from && next <= to))
			next = 0.5 * (from + to);
		if (fabs(next - x) < 1e-12)
			return next;
		x = next;
	}
	return x;
}

static struct widths widths_of(double k)
{
	double peak = atan2(1, k), top_log = log(sin(peak)) - k * peak;
	return (struct widths){.peak = peak,
			       .low = passes(k, top_log, 0.1, fmin(0.1, 0.5 * peak), 0, peak),
			       .half_up = passes(k, top_log, 0.5, fmin(0.5, 0.5 * peak), 0, peak),
			       .high = passes(k, top_log, 0.9, fmin(1.08, 0.8 * peak), 0, peak),
			       .half_down = passes(k, top_log, 0.5, fmin(2.5, 0.5 * (PI + peak)), peak, PI),
			       .low_down = passes(k, top_log, 0.1, 3.04, peak, PI)};
}

static double propagate(const struct wave_fit *fit, double noise_a, const double g[PARAMETERS])
{
	return noise_a * sqrt(fmax(0, propagated_covariance(PARAMETERS, g, &fit->covariance[0][0], g)));
}

/* x / omega, x a function of k with that derivative; plus `start`, whose gradient is given, when it is not NULL. */
static struct wave_value width(const struct wave_fit *fit, double noise_a, double x, double derivative, double start, const double *start_g)
{
	double w = fit->omega_per_s, k = fit->alpha_per_s / w;
	double g[PARAMETERS] = {0, 0, 0, derivative / (w * w), -(x + k * derivative) / (w * w)};
	for (unsigned i = 0; start_g && i < PARAMETERS; i++)
		g[i] += start_g[i];
	return (struct wave_value){(start_g ? start : 0) + x / w, propagate(fit, noise_a, g)};
}

void wave_shape_of(const struct wave_fit *fit, double noise_a, struct wave_shape *shape)
{
	double p = fit->cosine_a, q = fit->sine_a, a = fit->alpha_per_s, w = fit->omega_per_s, k = a / w, squares = p * p + q * q;
	double onset = -atan2(p, q) / w;
	const double onset_g[PARAMETERS] = {-q / (squares * w), p / (squares * w), 0, 0, -onset / w};
	shape->onset = (struct wave_value){onset, propagate(fit, noise_a, onset_g)};
	const double step = 1e-4;
	struct widths x = widths_of(k), up = widths_of(k + step), down = widths_of(k - step);
#define SLOPE(member) ((up.member - down.member) / (2 * step))
	shape->rise = width(fit, noise_a, x.peak, SLOPE(peak), 0, NULL);
	shape->peak_at = width(fit, noise_a, x.peak, SLOPE(peak), onset, onset_g);
	shape->half_up = width(fit, noise_a, x.half_up, SLOPE(half_up), onset, onset_g);
	shape->rise_10_90 = width(fit, noise_a, x.high - x.low, SLOPE(high) - SLOPE(low), 0, NULL);
	shape->half_width = width(fit, noise_a, x.half_down - x.half_up, SLOPE(half_down) - SLOPE(half_up), 0, NULL);
	shape->low_up = width(fit, noise_a, x.low, SLOPE(low), onset, onset_g);
	shape->width_10 = width(fit, noise_a, x.low_down - x.low, SLOPE(low_down) - SLOPE(low), 0, NULL);
	shape->half_wave = width(fit, noise_a, PI, 0, 0, NULL);
	/* At the top the wave's slope is zero, so that its time does not count; nor does the offset. */
	double t = shape->peak_at.value, size = exp(-a * t), c = size * cos(w * t), s = size * sin(w * t), peak = p * c + q * s;
	const double peak_g[PARAMETERS] = {c, s, 0, -t * peak, t * (q * c - p * s)};
	shape->peak = (struct wave_value){peak, propagate(fit, noise_a, peak_g)};
	double half_wave = PI / w, ratio = exp(-a * half_wave);
	const double ratio_g[PARAMETERS] = {0, 0, 0, -half_wave * ratio, half_wave * k * ratio};
	double peak2_g[PARAMETERS];
	for (unsigned i = 0; i < PARAMETERS; i++)
		peak2_g[i] = ratio * peak_g[i] + peak * ratio_g[i];
	shape->ratio = (struct wave_value){ratio, propagate(fit, noise_a, ratio_g)};
	shape->peak2 = (struct wave_value){ratio * peak, propagate(fit, noise_a, peak2_g)};
	shape->peak2_at = width(fit, noise_a, x.peak + PI, SLOPE(peak), onset, onset_g);
#undef SLOPE
	/* R w exp(-a onset), R the size of the undamped wave. */
	double size_a = sqrt(squares), slope = size_a * w * exp(-a * onset);
	double slope_g[PARAMETERS] = {p / squares, q / squares, 0, -onset, 1 / w};
	for (unsigned i = 0; i < PARAMETERS; i++)
		slope_g[i] = slope * (slope_g[i] - a * onset_g[i]);
	shape->slope = (struct wave_value){slope, propagate(fit, noise_a, slope_g)};
}

double wave_u_field_rise(const struct wave_fit *fit, double noise_a, double lead_s)
{
	double p = fit->cosine_a, q = fit->sine_a, a = fit->alpha_per_s, w = fit->omega_per_s, k = a / w, squares = p * p + q * q;
	double onset = -atan2(p, q) / w, x = atan2(1, k), derivative = -1 / (1 + k * k);
	const double onset_g[PARAMETERS] = {-q / (squares * w), p / (squares * w), 0, 0, -onset / w};
	const double slope_log_g[PARAMETERS] = {p / squares, q / squares, 0, -onset, 1 / w};
	double g[PARAMETERS] = {0, 0, 0, derivative / (w * w), -(x + k * derivative) / (w * w)};
	for (unsigned i = 0; i < PARAMETERS; i++)
		g[i] += onset_g[i] - lead_s * (slope_log_g[i] - a * onset_g[i]);
	g[ALPHA] += lead_s * lead_s;
	g[OMEGA] += w * lead_s * lead_s * lead_s / 3;
	return propagate(fit, noise_a, g);
}
