/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Amplitude and shape of single pulses. */
#include <math.h>

#include "contributions.h"
#include "readings.h"
#include "registry.h"

#define PI 3.14159265358979323846

#define COMPUTE(name, read, having)                                                                                                        \
	void measurand_##name(const struct population *in, const struct measurand *measurand, struct measurement_list *out)                \
	{                                                                                                                                  \
		readings_of_pulses(in, measurand, out, read, having);                                                                      \
	}

static void read_peak1(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	*reading = (struct pulse_reading){.value = fabs(pulse->peak1_a),
					  .planned = at_intensity(in, pulse, in->device ? in->device->peak1_a.value : NAN),
					  .shape = true};
	contribute_peak(&reading->budget, in, pulse, reading->value, pulse->u_peak1_a);
}

COMPUTE(pulse_peak1, read_peak1, HAVE_ALL)

static void read_peak1_error(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	read_peak1(in, pulse, reading);
	if (!(reading->planned > 0)) {
		*reading = (struct pulse_reading){.value = NAN, .planned = NAN};
		return;
	}
	budget_scale(&reading->budget, 1 / reading->planned);
	reading->value = reading->value / reading->planned - 1;
	reading->planned = 0;
}

COMPUTE(pulse_peak1_error, read_peak1_error, HAVE_WHERE_DEFINED)

static void read_polarity(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	const struct expected_pulse *expected = expected_of(in, pulse);
	reading->value = NAN;
	if (!expected)
		return;
	double direction = expected->reversed ? -1 : 1;
	*reading = (struct pulse_reading){.value = pulse->peak1_a * direction > 0 ? 1 : -1, .planned = 1};
}

COMPUTE(pulse_polarity, read_polarity, HAVE_WHERE_DEFINED)

static void read_peak2(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	double at_full = in->device ? in->device->peak1_a.value * in->device->decay_ratio.value : NAN;
	*reading = (struct pulse_reading){.value = fabs(pulse->peak2_a), .planned = at_intensity(in, pulse, at_full), .shape = true};
	contribute_peak(&reading->budget, in, pulse, reading->value, pulse->u_peak2_a);
}

COMPUTE(pulse_peak2, read_peak2, HAVE_BIPHASIC)

/* Gain cancels. The baseline moves the peaks, of opposite sign, against each other. */
static void read_peak_ratio(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	double first = fabs(pulse->peak1_a), ratio = fabs(pulse->peak2_a) / first;
	*reading = (struct pulse_reading){.value = ratio, .planned = in->device ? in->device->decay_ratio.value : NAN, .shape = true};
	double baseline = pulse->u_baseline_a * (1 + ratio) / first;
	if (isfinite(pulse->u_peak_ratio)) {
		/* Both peaks are of one fit, whose covariance the ratio's u has. */
		double u = pulse->u_peak_ratio, noise = sqrt(fmax(0, u * u - baseline * baseline));
		contribute_noise(&reading->budget, in, pulse, noise > 0 ? noise : u, 1);
		if (noise > 0)
			contribute_baseline(&reading->budget, pulse, -(1 + ratio) / first);
	} else {
		contribute_noise(&reading->budget, in, pulse, peak_noise_a(pulse, pulse->u_peak1_a), -ratio / first);
		contribute_noise(&reading->budget, in, pulse, peak_noise_a(pulse, pulse->u_peak2_a), 1 / first);
		contribute_baseline(&reading->budget, pulse, -(1 + ratio) / first);
	}
	contribute_gain(&reading->budget, in->current, ratio);
	contribute_gain(&reading->budget, in->current, -ratio);
	contribute_droop(&reading->budget, in, pulse, 1);
}

COMPUTE(pulse_peak_ratio, read_peak_ratio, HAVE_BIPHASIC)

/* A duration within one pulse: noise and the clock; what delays all of the signal cancels. */
static void duration(const struct population *in, const struct pulse *pulse, double value, double u, double planned,
		     struct pulse_reading *reading)
{
	*reading = (struct pulse_reading){.value = value, .planned = planned, .shape = true};
	contribute_noise(&reading->budget, in, pulse, u, 1);
	contribute_clock(&reading->budget, in, value);
}

static void read_rise_10_90(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	duration(in, pulse, pulse->rise_10_90_s, pulse->u_rise_10_90_s, NAN, reading);
}

COMPUTE(pulse_rise_time_10_90, read_rise_10_90, HAVE_ALL)

static void read_rise(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	double planned = in->device ? in->device->rise_time_s.value : NAN;
	duration(in, pulse, pulse->peak1_s - pulse->onset_s, pulse->u_rise_s, planned, reading);
}

COMPUTE(pulse_rise_time, read_rise, HAVE_ALL)

static void read_half_width(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	duration(in, pulse, pulse->half_width_s, pulse->u_half_width_s, NAN, reading);
}

COMPUTE(pulse_half_width, read_half_width, HAVE_ALL)

static void read_period(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	double period = 2 * PI / pulse->fit_omega_per_s, u = period * pulse->u_fit_omega_per_s / pulse->fit_omega_per_s;
	duration(in, pulse, period, u, in->device ? in->device->period_s.value : NAN, reading);
}

COMPUTE(pulse_period, read_period, HAVE_RESONANT)

static void read_alpha(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	double planned = in->device ? -2 * log(in->device->decay_ratio.value) / in->device->period_s.value : NAN;
	*reading = (struct pulse_reading){.value = pulse->fit_alpha_per_s, .planned = planned, .shape = true};
	contribute_noise(&reading->budget, in, pulse, pulse->u_fit_alpha_per_s, 1);
	contribute_clock(&reading->budget, in, -reading->value);
}

COMPUTE(pulse_decay_alpha, read_alpha, HAVE_RESONANT)

static void read_slope(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	*reading = (struct pulse_reading){.value = fabs(pulse->didt0_a_per_s),
					  .planned = at_intensity(in, pulse, in->device ? in->device->didt0_a_per_s.value : NAN),
					  .shape = true};
	contribute_noise(&reading->budget, in, pulse, pulse->u_didt0_a_per_s, 1);
	contribute_gain(&reading->budget, in->current, reading->value);
	contribute_clock(&reading->budget, in, -reading->value);
}

COMPUTE(pulse_initial_slope, read_slope, HAVE_ALL)

static void read_residual(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	*reading = (struct pulse_reading){.value = pulse->fit_residual_rel, .planned = NAN, .shape = true};
	/* Of an rms over some n samples, n being those of a wave: sigma / sqrt(2 n); n of at least 32. */
	contribute_noise(&reading->budget, in, pulse, pulse->noise_a, 1 / (8 * fabs(pulse->peak1_a)));
	contribute_gain(&reading->budget, in->current, reading->value);
	contribute_gain(&reading->budget, in->current, -reading->value);
}

COMPUTE(pulse_fit_residual, read_residual, HAVE_RESONANT)

static void read_after(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	*reading = (struct pulse_reading){.value = pulse->after_current_rel, .planned = NAN, .shape = true};
	/* That the noise is not known well is part of this u already. */
	budget_add(&reading->budget, SOURCE_NOISE, (double)pulse->u_after_current_rel, 1, INFINITY);
	contribute_gain(&reading->budget, in->current, reading->value);
	contribute_gain(&reading->budget, in->current, -reading->value);
	contribute_droop(&reading->budget, in, pulse, 1);
}

COMPUTE(pulse_after_current, read_after, HAVE_RESONANT)

static void read_charge(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading)
{
	*reading = (struct pulse_reading){.value = pulse->net_charge_as, .planned = NAN, .shape = true};
	contribute_noise(&reading->budget, in, pulse, pulse->u_net_charge_as, 1);
	contribute_baseline(&reading->budget, pulse, pulse->charge_s);
	contribute_gain(&reading->budget, in->current, reading->value);
}

COMPUTE(pulse_net_charge, read_charge, HAVE_ALL)
