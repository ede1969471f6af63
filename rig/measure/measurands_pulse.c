/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Amplitude and shape of single pulses. */
#include <math.h>

#include "registry.h"

#define PI 3.14159265358979323846

/* The measurement of one pulse; not added when its value is NAN: the pulse has no such feature. */
struct reading {
	double value, u_random, u_systematic, planned;
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
			.u_random = reading.u_random,
			.u_systematic = reading.u_systematic,
			.dof = pulse->noise_dof > 0 ? pulse->noise_dof : 1,
			.planned = reading.planned,
			.subject = (uint32_t)k,
			.expected = pulse->expected,
			.start_s = (double)pulse->first_frame / in->format->sample_rate_hz,
			.end_s = (double)(pulse->first_frame + pulse->frames) / in->format->sample_rate_hz,
			.voided = lacking || pulse->voided || (reading.shape && pulse->clipped),
		};
		measurement_add(out, &measurement);
	}
}

static const struct expected_pulse *expected_of(const struct population *in, const struct pulse *pulse)
{
	return in->plan && pulse->expected >= 0 ? &in->plan->pulses[pulse->expected] : NULL;
}

/* A quantity of the device's data at 100 %, at the commanded intensity; NAN when either is not known. */
static double planned_at_intensity(const struct population *in, const struct pulse *pulse, double at_full)
{
	const struct expected_pulse *expected = expected_of(in, pulse);
	return expected ? at_full * expected->intensity_pct / 100 : NAN;
}

static double bandwidth_error(const struct population *in, const struct pulse *pulse)
{
	/* A single pole lowers the peak by (f / f_B)^2 / 2 (domain/tms-physics.md, 8). */
	double rise = pulse->peak1_s - pulse->onset_s, frequency = rise > 0 ? 1 / (4 * rise) : 0,
	       share = frequency / in->current->bandwidth_hz;
	return isfinite(share) ? 0.5 * share * share : 0;
}

static double amplitude_systematic(const struct population *in, const struct pulse *pulse, double value)
{
	/* A constant offset goes with the baseline, whose own uncertainty is among the random ones. */
	double gain = in->current->u_gain_rel * value, bandwidth = bandwidth_error(in, pulse) * value / sqrt(3.0);
	return hypot(gain, bandwidth);
}

static struct reading read_peak1(const struct population *in, const struct pulse *pulse)
{
	double value = fabs(pulse->peak1_a);
	return (struct reading){.value = value,
				.u_random = pulse->u_peak1_a,
				.u_systematic = amplitude_systematic(in, pulse, value),
				.planned = planned_at_intensity(in, pulse, in->device ? in->device->peak1_a.value : NAN),
				.shape = true};
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
	return (struct reading){.value = peak.value / peak.planned - 1,
				.u_random = peak.u_random / peak.planned,
				.u_systematic = peak.u_systematic / peak.planned,
				.planned = 0,
				.shape = true};
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
	double value = fabs(pulse->peak2_a);
	double at_full = in->device ? in->device->peak1_a.value * in->device->decay_ratio.value : NAN;
	return (struct reading){.value = value,
				.u_random = pulse->u_peak2_a,
				.u_systematic = amplitude_systematic(in, pulse, value),
				.planned = planned_at_intensity(in, pulse, at_full),
				.shape = true};
}

void measurand_pulse_peak2(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_pulse(in, measurand, out, read_peak2, OF_BIPHASIC);
}

static struct reading read_peak_ratio(const struct population *in, const struct pulse *pulse)
{
	double first = fabs(pulse->peak1_a), ratio = fabs(pulse->peak2_a) / first;
	double droop = in->current->droop_time_constant_s, charge = fabs(pulse->net_charge_as);
	/* Gain cancels. The baseline moves the peaks against each other; the droop that was corrected is trusted to a tenth. */
	double tail = isfinite(droop) && droop > 0 ? 0.1 * charge / (droop * first) : 0, common = pulse->u_baseline_a;
	double peak1 = sqrt(fmax(0, pulse->u_peak1_a * pulse->u_peak1_a - common * common)) * ratio,
	       peak2 = sqrt(fmax(0, pulse->u_peak2_a * pulse->u_peak2_a - common * common)), baseline = common * (1 + ratio);
	return (struct reading){.value = ratio,
				.u_random = isfinite(pulse->u_peak_ratio)
						    ? pulse->u_peak_ratio
						    : sqrt(peak1 * peak1 + peak2 * peak2 + baseline * baseline) / first,
				.u_systematic = tail,
				.planned = in->device ? in->device->decay_ratio.value : NAN,
				.shape = true};
}

void measurand_pulse_peak_ratio(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_pulse(in, measurand, out, read_peak_ratio, OF_BIPHASIC);
}

static double clock_share(const struct population *in, double seconds)
{
	return in->format->u_clock_rel * fabs(seconds);
}

static struct reading read_rise_10_90(const struct population *in, const struct pulse *pulse)
{
	return (struct reading){.value = pulse->rise_10_90_s,
				.u_random = pulse->u_rise_10_90_s,
				.u_systematic = clock_share(in, pulse->rise_10_90_s),
				.planned = NAN,
				.shape = true};
}

void measurand_pulse_rise_time_10_90(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_pulse(in, measurand, out, read_rise_10_90, OF_ALL);
}

static struct reading read_rise(const struct population *in, const struct pulse *pulse)
{
	double value = pulse->peak1_s - pulse->onset_s;
	return (struct reading){.value = value,
				.u_random = pulse->u_rise_s,
				.u_systematic = clock_share(in, value),
				.planned = in->device ? in->device->rise_time_s.value : NAN,
				.shape = true};
}

void measurand_pulse_rise_time(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_pulse(in, measurand, out, read_rise, OF_ALL);
}

static struct reading read_half_width(const struct population *in, const struct pulse *pulse)
{
	return (struct reading){.value = pulse->half_width_s,
				.u_random = pulse->u_half_width_s,
				.u_systematic = clock_share(in, pulse->half_width_s),
				.planned = NAN,
				.shape = true};
}

void measurand_pulse_half_width(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_pulse(in, measurand, out, read_half_width, OF_ALL);
}

static struct reading read_period(const struct population *in, const struct pulse *pulse)
{
	double period = 2 * PI / pulse->fit_omega_per_s;
	return (struct reading){.value = period,
				.u_random = period * pulse->u_fit_omega_per_s / pulse->fit_omega_per_s,
				.u_systematic = clock_share(in, period),
				.planned = in->device ? in->device->period_s.value : NAN,
				.shape = true};
}

void measurand_pulse_period(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_pulse(in, measurand, out, read_period, OF_RESONANT);
}

static struct reading read_alpha(const struct population *in, const struct pulse *pulse)
{
	double planned = in->device ? -2 * log(in->device->decay_ratio.value) / in->device->period_s.value : NAN;
	return (struct reading){.value = pulse->fit_alpha_per_s,
				.u_random = pulse->u_fit_alpha_per_s,
				.u_systematic = clock_share(in, pulse->fit_alpha_per_s),
				.planned = planned,
				.shape = true};
}

void measurand_pulse_decay_alpha(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_pulse(in, measurand, out, read_alpha, OF_RESONANT);
}

static struct reading read_slope(const struct population *in, const struct pulse *pulse)
{
	double value = fabs(pulse->didt0_a_per_s);
	return (struct reading){.value = value,
				.u_random = pulse->u_didt0_a_per_s,
				.u_systematic = hypot(in->current->u_gain_rel, in->format->u_clock_rel) * value,
				.planned = planned_at_intensity(in, pulse, in->device ? in->device->didt0_a_per_s.value : NAN),
				.shape = true};
}

void measurand_pulse_initial_slope(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_pulse(in, measurand, out, read_slope, OF_ALL);
}

static struct reading read_residual(const struct population *in, const struct pulse *pulse)
{
	(void)in;
	double relative_noise = pulse->noise_a / fabs(pulse->peak1_a);
	/* Of an rms over some n samples, n being those of a wave: sigma / sqrt(2 n); n of at least 32. */
	return (struct reading){.value = pulse->fit_residual_rel, .u_random = relative_noise / 8, .planned = NAN, .shape = true};
}

void measurand_pulse_fit_residual(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_pulse(in, measurand, out, read_residual, OF_RESONANT);
}

static struct reading read_after(const struct population *in, const struct pulse *pulse)
{
	double peak = fabs(pulse->peak1_a), droop = in->current->droop_time_constant_s;
	double tail = isfinite(droop) && droop > 0 ? 0.1 * fabs(pulse->net_charge_as) / (droop * peak) : 0;
	return (struct reading){
		.value = pulse->after_current_rel, .u_random = pulse->noise_a / peak, .u_systematic = tail, .planned = NAN, .shape = true};
}

void measurand_pulse_after_current(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_pulse(in, measurand, out, read_after, OF_RESONANT);
}

static struct reading read_charge(const struct population *in, const struct pulse *pulse)
{
	return (struct reading){.value = pulse->net_charge_as,
				.u_random = pulse->u_net_charge_as,
				.u_systematic = in->current->u_gain_rel * fabs(pulse->net_charge_as),
				.planned = NAN,
				.shape = true};
}

void measurand_pulse_net_charge(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_pulse(in, measurand, out, read_charge, OF_ALL);
}
