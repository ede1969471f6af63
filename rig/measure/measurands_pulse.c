/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Amplitude and shape of single pulses. */
#include <math.h>

#include "contributions.h"
#include "readings.h"
#include "registry.h"

#define PI 3.14159265358979323846

/* The measurement of one pulse; not added when its value is NAN: the pulse has no such feature. */
struct reading {
	double value, planned;
	struct budget budget;
	bool shape; /* depends on the amplitude, so that clipping voids it */
};

typedef struct reading pulse_reader(const struct population *in, const struct pulse *pulse);

/* The waveforms whose pulses have a feature, a bit each. */
enum waveforms {
	ONLY_WHERE_DEFINED = 0,
	OF_BIPHASIC = 1 << WAVEFORM_BIPHASIC,
	OF_RESONANT = OF_BIPHASIC | 1 << WAVEFORM_HALF_SINE,
	OF_ALL = OF_RESONANT | 1 << WAVEFORM_MONOPHASIC | 1 << WAVEFORM_RECTANGULAR,
};

/* Whether some pulse of the recording has the feature. */
static bool any_has(const struct population *in, pulse_reader *read)
{
	for (size_t k = 0; k < in->results->pulse_count; k++)
		if (!isnan(read(in, &in->results->pulses[k]).value))
			return true;
	return false;
}

/*
 * Where the feature could not be measured on a pulse that ought to have it (as the device's data say, without these as the other pulses show),
 * a void measurement stands in its place: the pulse that is too distorted to be measured must not be the one that is left out.
 */
static void each_pulse(const struct population *in, const struct measurand *measurand, struct measurement_list *out, pulse_reader *read,
		       enum waveforms waveforms)
{
	bool known = in->device && in->device->waveform != WAVEFORM_UNKNOWN;
	bool due = known ? ((unsigned)waveforms >> in->device->waveform & 1) != 0 : waveforms != ONLY_WHERE_DEFINED && any_has(in, read);
	for (size_t k = 0; k < in->results->pulse_count; k++) {
		const struct pulse *pulse = &in->results->pulses[k];
		struct reading reading = read(in, pulse);
		bool lacking = isnan(reading.value);
		if (lacking && !(due && (!in->plan || pulse->expected >= 0)))
			continue;
		struct measurement measurement = {
			.measurand = measurand,
			.value = reading.value,
			.planned = reading.planned,
			.subject = (uint32_t)k,
			.expected = pulse->expected,
			.start_s = (double)pulse->first_frame / in->format->sample_rate_hz,
			.end_s = (double)(pulse->first_frame + pulse->frames) / in->format->sample_rate_hz,
			.voided = lacking || pulse->voided || (reading.shape && pulse->clipped),
		};
		measurement_add_budget(out, &measurement, &reading.budget);
	}
}

static struct reading read_peak1(const struct population *in, const struct pulse *pulse)
{
	struct reading peak = {.value = fabs(pulse->peak1_a),
			       .planned = at_intensity(in, pulse, in->device ? in->device->peak1_a.value : NAN),
			       .shape = true};
	contribute_peak(&peak.budget, in, pulse, peak.value, pulse->u_peak1_a);
	return peak;
}

void measurand_pulse_peak1(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_pulse(in, measurand, out, read_peak1, OF_ALL);
}

static struct reading read_peak1_error(const struct population *in, const struct pulse *pulse)
{
	struct reading peak = read_peak1(in, pulse);
	if (!(peak.planned > 0))
		return (struct reading){.value = NAN};
	budget_scale(&peak.budget, 1 / peak.planned);
	peak.value = peak.value / peak.planned - 1;
	peak.planned = 0;
	return peak;
}

void measurand_pulse_peak1_error(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_pulse(in, measurand, out, read_peak1_error, ONLY_WHERE_DEFINED);
}

static struct reading read_polarity(const struct population *in, const struct pulse *pulse)
{
	const struct expected_pulse *expected = expected_of(in, pulse);
	if (!expected)
		return (struct reading){.value = NAN};
	double direction = expected->reversed ? -1 : 1;
	return (struct reading){.value = pulse->peak1_a * direction > 0 ? 1 : -1, .planned = 1};
}

void measurand_pulse_polarity(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_pulse(in, measurand, out, read_polarity, ONLY_WHERE_DEFINED);
}

static struct reading read_peak2(const struct population *in, const struct pulse *pulse)
{
	double at_full = in->device ? in->device->peak1_a.value * in->device->decay_ratio.value : NAN;
	struct reading peak = {.value = fabs(pulse->peak2_a), .planned = at_intensity(in, pulse, at_full), .shape = true};
	contribute_peak(&peak.budget, in, pulse, peak.value, pulse->u_peak2_a);
	return peak;
}

void measurand_pulse_peak2(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_pulse(in, measurand, out, read_peak2, OF_BIPHASIC);
}

/* Gain cancels. The baseline moves the peaks, of opposite sign, against each other. */
static struct reading read_peak_ratio(const struct population *in, const struct pulse *pulse)
{
	double first = fabs(pulse->peak1_a), ratio = fabs(pulse->peak2_a) / first;
	struct reading reading = {.value = ratio, .planned = in->device ? in->device->decay_ratio.value : NAN, .shape = true};
	double baseline = pulse->u_baseline_a * (1 + ratio) / first;
	if (isfinite(pulse->u_peak_ratio)) {
		/* Both peaks are of one fit, whose covariance the ratio's u has. */
		double u = pulse->u_peak_ratio, noise = sqrt(fmax(0, u * u - baseline * baseline));
		contribute_noise(&reading.budget, in, pulse, noise > 0 ? noise : u, 1);
		if (noise > 0)
			contribute_baseline(&reading.budget, pulse, -(1 + ratio) / first);
	} else {
		contribute_noise(&reading.budget, in, pulse, peak_noise_a(pulse, pulse->u_peak1_a), -ratio / first);
		contribute_noise(&reading.budget, in, pulse, peak_noise_a(pulse, pulse->u_peak2_a), 1 / first);
		contribute_baseline(&reading.budget, pulse, -(1 + ratio) / first);
	}
	contribute_gain(&reading.budget, in->current, ratio);
	contribute_gain(&reading.budget, in->current, -ratio);
	contribute_droop(&reading.budget, in, pulse, 1);
	return reading;
}

void measurand_pulse_peak_ratio(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_pulse(in, measurand, out, read_peak_ratio, OF_BIPHASIC);
}

/* A duration within one pulse: noise and the clock; what delays all of the signal cancels. */
static struct reading duration(const struct population *in, const struct pulse *pulse, double value, double u, double planned)
{
	struct reading reading = {.value = value, .planned = planned, .shape = true};
	contribute_noise(&reading.budget, in, pulse, u, 1);
	contribute_clock(&reading.budget, in, value);
	return reading;
}

static struct reading read_rise_10_90(const struct population *in, const struct pulse *pulse)
{
	return duration(in, pulse, pulse->rise_10_90_s, pulse->u_rise_10_90_s, NAN);
}

void measurand_pulse_rise_time_10_90(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_pulse(in, measurand, out, read_rise_10_90, OF_ALL);
}

static struct reading read_rise(const struct population *in, const struct pulse *pulse)
{
	double planned = in->device ? in->device->rise_time_s.value : NAN;
	return duration(in, pulse, pulse->peak1_s - pulse->onset_s, pulse->u_rise_s, planned);
}

void measurand_pulse_rise_time(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_pulse(in, measurand, out, read_rise, OF_ALL);
}

static struct reading read_half_width(const struct population *in, const struct pulse *pulse)
{
	return duration(in, pulse, pulse->half_width_s, pulse->u_half_width_s, NAN);
}

void measurand_pulse_half_width(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_pulse(in, measurand, out, read_half_width, OF_ALL);
}

static struct reading read_period(const struct population *in, const struct pulse *pulse)
{
	double period = 2 * PI / pulse->fit_omega_per_s, u = period * pulse->u_fit_omega_per_s / pulse->fit_omega_per_s;
	return duration(in, pulse, period, u, in->device ? in->device->period_s.value : NAN);
}

void measurand_pulse_period(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_pulse(in, measurand, out, read_period, OF_RESONANT);
}

static struct reading read_alpha(const struct population *in, const struct pulse *pulse)
{
	double planned = in->device ? -2 * log(in->device->decay_ratio.value) / in->device->period_s.value : NAN;
	struct reading reading = {.value = pulse->fit_alpha_per_s, .planned = planned, .shape = true};
	contribute_noise(&reading.budget, in, pulse, pulse->u_fit_alpha_per_s, 1);
	contribute_clock(&reading.budget, in, -reading.value);
	return reading;
}

void measurand_pulse_decay_alpha(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_pulse(in, measurand, out, read_alpha, OF_RESONANT);
}

static struct reading read_slope(const struct population *in, const struct pulse *pulse)
{
	struct reading reading = {.value = fabs(pulse->didt0_a_per_s),
				  .planned = at_intensity(in, pulse, in->device ? in->device->didt0_a_per_s.value : NAN),
				  .shape = true};
	contribute_noise(&reading.budget, in, pulse, pulse->u_didt0_a_per_s, 1);
	contribute_gain(&reading.budget, in->current, reading.value);
	contribute_clock(&reading.budget, in, -reading.value);
	return reading;
}

void measurand_pulse_initial_slope(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_pulse(in, measurand, out, read_slope, OF_ALL);
}

static struct reading read_residual(const struct population *in, const struct pulse *pulse)
{
	struct reading reading = {.value = pulse->fit_residual_rel, .planned = NAN, .shape = true};
	/* Of an rms over some n samples, n being those of a wave: sigma / sqrt(2 n); n of at least 32. */
	contribute_noise(&reading.budget, in, pulse, pulse->noise_a, 1 / (8 * fabs(pulse->peak1_a)));
	contribute_gain(&reading.budget, in->current, reading.value);
	contribute_gain(&reading.budget, in->current, -reading.value);
	return reading;
}

void measurand_pulse_fit_residual(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_pulse(in, measurand, out, read_residual, OF_RESONANT);
}

static struct reading read_after(const struct population *in, const struct pulse *pulse)
{
	struct reading reading = {.value = pulse->after_current_rel, .planned = NAN, .shape = true};
	/* That the noise is not known well is part of this u already. */
	budget_add(&reading.budget, SOURCE_NOISE, (double)pulse->u_after_current_rel, 1, INFINITY);
	contribute_gain(&reading.budget, in->current, reading.value);
	contribute_gain(&reading.budget, in->current, -reading.value);
	contribute_droop(&reading.budget, in, pulse, 1);
	return reading;
}

void measurand_pulse_after_current(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_pulse(in, measurand, out, read_after, OF_RESONANT);
}

static struct reading read_charge(const struct population *in, const struct pulse *pulse)
{
	struct reading reading = {.value = pulse->net_charge_as, .planned = NAN, .shape = true};
	contribute_noise(&reading.budget, in, pulse, pulse->u_net_charge_as, 1);
	contribute_baseline(&reading.budget, pulse, pulse->charge_s);
	contribute_gain(&reading.budget, in->current, reading.value);
	return reading;
}

void measurand_pulse_net_charge(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_pulse(in, measurand, out, read_charge, OF_ALL);
}
