/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shape of single pulses: widths, slopes and ratios by the definitions beside the primary ones, derived circuit values, integrals. */
#include <math.h>

#include "pulse_shape.h"
#include "readings.h"
#include "registry.h"
#include "wave_match.h"

#define COMPUTE(name, read, having)                                                                                                        \
	void measurand_##name(const struct population *in, const struct measurand *measurand, struct measurement_list *out)                \
	{                                                                                                                                  \
		readings_of_pulses(in, measurand, out, read, having);                                                                      \
	}

static double pulse_dof(const struct pulse *pulse)
{
	return pulse->noise_dof > 0 ? pulse->noise_dof : 1;
}

/* A length of time with its random uncertainty. */
static void time_reading(const struct population *in, const struct pulse *pulse, double value, double u, struct pulse_reading *reading)
{
	reading->value = value;
	reading->shape = true;
	if (isnan(value))
		return;
	budget_add(&reading->budget, SOURCE_NOISE, u, 1, pulse_dof(pulse));
	budget_clock(&reading->budget, in, value, 1);
}

/* A pure number with its random uncertainty. */
static void ratio_reading(const struct pulse *pulse, double value, double u, struct pulse_reading *reading)
{
	reading->value = value;
	reading->shape = true;
	if (!isnan(value))
		budget_add(&reading->budget, SOURCE_NOISE, u, 1, pulse_dof(pulse));
}

static double device_value(const struct population *in, double value)
{
	return in->device ? value : NAN;
}

#define DEVICE(in, member) ((in)->device ? (in)->device->member.value : NAN)

/* alpha and omega of the device's data. */
static double device_omega(const struct population *in)
{
	return 2 * PI / DEVICE(in, period_s);
}

static double device_alpha(const struct population *in)
{
	return -2 * log(DEVICE(in, decay_ratio)) / DEVICE(in, period_s);
}

/* A function of alpha and omega of which the two derivatives are given. */
static void damping_reading(const struct population *in, const struct pulse *pulse, double value, double by_alpha, double by_omega,
			    double clock_exponent, struct pulse_reading *reading)
{
	double a = by_alpha * pulse->u_fit_alpha_per_s, w = by_omega * pulse->u_fit_omega_per_s;
	double variance = a * a + w * w + 2 * (double)pulse->fit_correlation * a * w;
	ratio_reading(pulse, value, sqrt(fmax(0, variance)), reading);
	if (!isnan(value))
		budget_clock(&reading->budget, in, value, clock_exponent);
}

static void read_zero1(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	time_reading(in, pulse, pulse->zero1_s - pulse->onset_s, (double)pulse->u_from_onset1_s, reading);
	reading->planned = device_value(in, 0.5 * DEVICE(in, period_s));
}

COMPUTE(pulse_zero1, read_zero1, HAVE_RESONANT)

static void read_width_zeros(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	time_reading(in, pulse, pulse->zero2_s - pulse->onset_s, (double)pulse->u_from_onset2_s, reading);
	reading->planned = DEVICE(in, period_s);
}

COMPUTE(pulse_width_zeros, read_width_zeros, HAVE_BIPHASIC)

/* u(t_p) = sigma sqrt(12) / (I omega^2 Ts n^1.5), n samples of a parabola of 0.2 of the rise to either side (domain/measurands.md, 2.4). */
static double peak_time_u(const struct population *in, const struct pulse *pulse, double peak_a)
{
	double rise = (pulse->peak1_s - pulse->onset_s) * in->format->sample_rate_hz, omega = 0.5 * PI / rise;
	double points = 2 * fmax(1, round(0.2 * rise)) + 1;
	return pulse->noise_a * sqrt(12.0) / (fabs(peak_a) * omega * omega * pow(points, 1.5)) / in->format->sample_rate_hz;
}

static void read_width_peaks(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	double u = hypot(peak_time_u(in, pulse, pulse->peak1_a), peak_time_u(in, pulse, pulse->peak2_a));
	/* Where both peaks are the fitted wave's they are half its period apart. */
	if (isfinite(pulse->u_peak_ratio))
		u = PI * pulse->u_fit_omega_per_s / (pulse->fit_omega_per_s * pulse->fit_omega_per_s);
	time_reading(in, pulse, 2 * (pulse->peak2_s - pulse->peak1_s), 2 * u, reading);
	reading->planned = DEVICE(in, period_s);
}

COMPUTE(pulse_width_peaks, read_width_peaks, HAVE_BIPHASIC)

/* From the onset, where the field steps to its first peak, to its next peak of that sign: (2 pi - 2 atan(alpha / omega)) / omega. */
static double width_of_field(double alpha, double omega)
{
	return 2 * (PI - atan(alpha / omega)) / omega;
}

static void read_width_fda(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	double a = pulse->fit_alpha_per_s, w = pulse->fit_omega_per_s, squares = a * a + w * w, value = width_of_field(a, w);
	damping_reading(in, pulse, value, -2 / squares, -value / w + 2 * a / (w * squares), 1, reading);
	reading->planned = width_of_field(device_alpha(in), device_omega(in));
}

COMPUTE(pulse_width_fda, read_width_fda, HAVE_BIPHASIC)

static void read_width_10(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	time_reading(in, pulse, (double)pulse->width_10_s, (double)pulse->u_width_10_s, reading);
}

COMPUTE(pulse_width_10, read_width_10, HAVE_SINGLE)

static void read_half_width_linear(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	time_reading(in, pulse, (double)pulse->half_width_linear_s, (double)pulse->u_half_width_linear_s, reading);
}

COMPUTE(pulse_half_width_linear, read_half_width_linear, HAVE_ALL)

static void read_rise_field(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	time_reading(in, pulse, (double)pulse->e_rise_s, (double)pulse->u_e_rise_s, reading);
	/* A pole makes of the step an exponential, whose half comes ln 2 of its time constant later; the whole is taken for its lag. */
	if (isfinite(reading->value) && isfinite(in->current->bandwidth_hz))
		budget_add(&reading->budget, SOURCE_BANDWIDTH, (1 - log(2)) / (2 * PI * in->current->bandwidth_hz), -1, INFINITY);
	reading->planned = DEVICE(in, rise_time_s);
}

COMPUTE(pulse_rise_time_field, read_rise_field, HAVE_ALL)

static void read_phase1(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	time_reading(in, pulse, (double)pulse->phase1_s, (double)pulse->u_phase1_s, reading);
	reading->planned = DEVICE(in, pulse_width_s);
}

COMPUTE(pulse_phase1_width, read_phase1, HAVE_RECTANGULAR)

static void read_phase2(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	time_reading(in, pulse, (double)pulse->phase2_s, (double)pulse->u_phase2_s, reading);
}

COMPUTE(pulse_phase2_width, read_phase2, HAVE_RECTANGULAR)

/* Relative bias of the smoothed slope by the wave's bend: (omega n Ts / 2)^2 / 10 (domain/measurands.md, 2.10). */
static double smoothing_bias(const struct population *in, const struct pulse *pulse)
{
	double ts = 1 / in->format->sample_rate_hz, omega = 0.5 * PI / (pulse->peak1_s - pulse->onset_s);
	double phase = omega * ts * ((double)slope_half_window(ts) + 0.5);
	return phase * phase / 10;
}

static void read_slope_max(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	double value = (double)pulse->slope_max_a_per_s;
	ratio_reading(pulse, value, (double)pulse->u_slope_max_a_per_s, reading);
	if (isnan(value))
		return;
	budget_add(&reading->budget, SOURCE_MODEL, smoothing_bias(in, pulse) / sqrt(3.0), value, INFINITY);
	budget_gain(&reading->budget, in, value, 1);
	budget_clock(&reading->budget, in, value, -1);
	reading->planned = at_intensity(in, pulse, DEVICE(in, didt0_a_per_s));
}

COMPUTE(pulse_slope_max, read_slope_max, HAVE_ALL)

/* Standard deviation of a step between two samples, by their noise, as a slope. */
static double raw_slope_noise(const struct population *in, const struct pulse *pulse)
{
	return pulse->noise_a * sqrt(2.0) * in->format->sample_rate_hz;
}

/* By how much the largest of n noisy steps is too large: at most the noise's own largest, sigma sqrt(2 ln n). */
static double raw_slope_excess(const struct population *in, const struct pulse *pulse)
{
	double steps = fmax(2, (pulse->peak1_s - pulse->onset_s) * in->format->sample_rate_hz);
	return raw_slope_noise(in, pulse) * sqrt(2 * log(steps));
}

static void read_slope_max_raw(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	double value = (double)pulse->raw_slope_max_a_per_s;
	ratio_reading(pulse, value, raw_slope_noise(in, pulse), reading);
	if (isnan(value))
		return;
	budget_add(&reading->budget, SOURCE_MODEL, raw_slope_excess(in, pulse) / sqrt(3.0), 1, INFINITY);
	budget_gain(&reading->budget, in, value, 1);
	budget_clock(&reading->budget, in, value, -1);
}

COMPUTE(pulse_slope_max_raw, read_slope_max_raw, HAVE_ALL)

/* Least by largest slope of a damped sine: -exp(-k (pi - 2 atan k)), k = alpha / omega. */
static double slope_ratio(double k)
{
	return -exp(-k * (PI - 2 * atan(k)));
}

static void read_field_ratio(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	double a = pulse->fit_alpha_per_s, w = pulse->fit_omega_per_s, k = a / w, value = slope_ratio(k);
	double by_k = value * (2 * atan(k) - PI + 2 * k / (1 + k * k));
	damping_reading(in, pulse, value, by_k / w, -by_k * k / w, 0, reading);
	reading->planned = slope_ratio(device_alpha(in) / device_omega(in));
}

COMPUTE(pulse_field_ratio, read_field_ratio, HAVE_RESONANT)

static void read_field_ratio_raw(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	double most = (double)pulse->raw_slope_max_a_per_s, ratio = (double)pulse->raw_slope_min_a_per_s / most;
	ratio_reading(pulse, ratio, raw_slope_noise(in, pulse) * hypot(1, ratio) / most, reading);
	/* Both extremes are too large by much the same. */
	if (!isnan(ratio))
		budget_add(&reading->budget, SOURCE_MODEL, raw_slope_excess(in, pulse) / most / sqrt(3.0), 1, INFINITY);
}

COMPUTE(pulse_field_ratio_raw, read_field_ratio_raw, HAVE_ALL)

static void read_damping_ratio(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	double a = pulse->fit_alpha_per_s, w = pulse->fit_omega_per_s, natural = hypot(a, w), cube = natural * natural * natural;
	damping_reading(in, pulse, a / natural, w * w / cube, -a * w / cube, 0, reading);
	reading->planned = device_alpha(in) / hypot(device_alpha(in), device_omega(in));
}

COMPUTE(pulse_damping_ratio, read_damping_ratio, HAVE_RESONANT)

static double lc_of(double alpha, double omega)
{
	return 1 / (alpha * alpha + omega * omega);
}

static void read_lc(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	double a = pulse->fit_alpha_per_s, w = pulse->fit_omega_per_s, value = lc_of(a, w);
	damping_reading(in, pulse, value, -2 * a * value * value, -2 * w * value * value, 2, reading);
	reading->planned = lc_of(device_alpha(in), device_omega(in));
}

COMPUTE(pulse_lc, read_lc, HAVE_RESONANT)

static void read_stored_charge(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	double value = fabs(pulse->didt0_a_per_s) * lc_of(pulse->fit_alpha_per_s, pulse->fit_omega_per_s);
	ratio_reading(pulse, value, value * (double)pulse->u_stored_charge_rel, reading);
	if (isnan(value))
		return;
	budget_gain(&reading->budget, in, value, 1);
	budget_clock(&reading->budget, in, value, 1);
	reading->planned = at_intensity(in, pulse, DEVICE(in, didt0_a_per_s) * lc_of(device_alpha(in), device_omega(in)));
}

COMPUTE(pulse_stored_charge, read_stored_charge, HAVE_RESONANT)

static void read_action(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	double value = (double)pulse->action_a2s;
	ratio_reading(pulse, value, (double)pulse->u_action_a2s, reading);
	if (isnan(value))
		return;
	budget_gain(&reading->budget, in, value, 2);
	budget_clock(&reading->budget, in, value, 1);
}

COMPUTE(pulse_action, read_action, HAVE_ALL)

static void read_flux(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	double value = (double)pulse->flux_rel;
	ratio_reading(pulse, value, (double)pulse->u_flux_rel, reading);
	if (!isnan(value))
		budget_add(&reading->budget, SOURCE_DROOP, droop_rest(in, pulse), 1, INFINITY);
	reading->planned = 0;
}

COMPUTE(pulse_flux_balance, read_flux, HAVE_END)

static void read_after_late(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	reading->value = (double)pulse->after_late_rel;
	reading->shape = true;
	if (isnan(reading->value))
		return;
	/* That the noise is not known well is part of this u already. */
	budget_add(&reading->budget, SOURCE_NOISE, (double)pulse->u_after_late_rel, 1, INFINITY);
	budget_add(&reading->budget, SOURCE_DROOP, droop_rest(in, pulse), 1, INFINITY);
}

COMPUTE(pulse_after_current_late, read_after_late, HAVE_END)

static void read_ringing(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	double value = (double)pulse->ringing_hz;
	ratio_reading(pulse, value, (double)pulse->u_ringing_hz, reading);
	if (!isnan(value))
		budget_clock(&reading->budget, in, value, -1);
}

COMPUTE(pulse_ringing_frequency, read_ringing, HAVE_WHERE_DEFINED)

static void read_fit_worst(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	(void)in;
	ratio_reading(pulse, (double)pulse->fit_worst_rel, pulse->noise_a / fabs(pulse->peak1_a), reading);
}

COMPUTE(pulse_fit_worst, read_fit_worst, HAVE_RESONANT)

/* The wave that the device's data describe, and that of the pulse, both of unit peak. */
static bool nominal_wave(const struct population *in, const struct pulse *pulse, struct wave_difference *difference)
{
	double alpha = device_alpha(in), omega = device_omega(in);
	return isfinite(alpha) && isfinite(omega) && isfinite(pulse->fit_omega_per_s) &&
	       wave_difference(pulse->fit_alpha_per_s, pulse->fit_omega_per_s, alpha, omega, in->device->waveform == WAVEFORM_HALF_SINE,
			       difference);
}

/* What the period's and the decay's uncertainties move the waves apart by: of sin(omega t), at most 2 pi u / omega and pi u / omega at its end. */
static double wave_u(const struct pulse *pulse)
{
	return hypot(2 * pulse->u_fit_omega_per_s, pulse->u_fit_alpha_per_s) / pulse->fit_omega_per_s;
}

static void read_match(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	struct wave_difference difference;
	reading->value = NAN;
	if (!nominal_wave(in, pulse, &difference))
		return;
	ratio_reading(pulse, hypot(difference.rms, pulse->fit_residual_rel), wave_u(pulse), reading);
	budget_add(&reading->budget, SOURCE_BASELINE, pulse->noise_a / fabs(pulse->peak1_a) / 8, 1, pulse_dof(pulse));
}

COMPUTE(pulse_waveform_match, read_match, HAVE_RESONANT)

static void read_match_worst(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	struct wave_difference difference;
	reading->value = NAN;
	if (!nominal_wave(in, pulse, &difference))
		return;
	ratio_reading(pulse, difference.worst + (double)pulse->fit_worst_rel, wave_u(pulse), reading);
	budget_add(&reading->budget, SOURCE_BASELINE, pulse->noise_a / fabs(pulse->peak1_a), 1, pulse_dof(pulse));
}

COMPUTE(pulse_waveform_match_worst, read_match_worst, HAVE_RESONANT)

static void read_waveform(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	bool known = in->device && in->device->waveform != WAVEFORM_UNKNOWN && pulse->waveform != WAVEFORM_UNKNOWN;
	reading->value = known ? pulse->waveform == in->device->waveform : NAN;
	reading->planned = 1;
	reading->shape = true;
}

COMPUTE(pulse_waveform, read_waveform, HAVE_ALL)
