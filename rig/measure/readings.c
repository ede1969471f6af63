/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "readings.h"

#include <math.h>

#include "contributions.h"

static void read_one(const struct population *in, const struct pulse *pulse, pulse_read *read, struct pulse_reading *reading)
{
	*reading = (struct pulse_reading){.planned = NAN};
	read(in, pulse, reading);
}

/* Whether some pulse of the recording has the feature. */
static bool any_has(const struct population *in, pulse_read *read)
{
	struct pulse_reading reading;
	for (size_t k = 0; k < in->results->pulse_count; k++) {
		read_one(in, &in->results->pulses[k], read, &reading);
		if (!isnan(reading.value))
			return true;
	}
	return false;
}

void readings_of_pulses(const struct population *in, const struct measurand *measurand, struct measurement_list *out, pulse_read *read,
			enum having having)
{
	bool known = in->device && in->device->waveform != WAVEFORM_UNKNOWN;
	bool due = known ? ((unsigned)having >> in->device->waveform & 1) != 0 : having != HAVE_WHERE_DEFINED && any_has(in, read);
	struct pulse_reading reading;
	for (size_t k = 0; k < in->results->pulse_count; k++) {
		const struct pulse *pulse = &in->results->pulses[k];
		read_one(in, pulse, read, &reading);
		/* What only some waveforms have is none of a pulse that is, or may be, of another. */
		bool foreign = having != HAVE_WHERE_DEFINED && having != HAVE_ALL && !((unsigned)having >> pulse->waveform & 1);
		bool lacking = isnan(reading.value) || (foreign && !pulse->clipped);
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

void budget_gain(struct budget *budget, const struct population *in, double value, double exponent)
{
	contribute_gain(budget, in->current, exponent * value);
}

void budget_clock(struct budget *budget, const struct population *in, double value, double exponent)
{
	contribute_clock(budget, in, exponent * value);
}

double droop_rest(const struct population *in, const struct pulse *pulse)
{
	double droop_s = in->current->droop_time_constant_s;
	return isfinite(droop_s) && droop_s > 0 ? 0.1 * fabs(pulse->net_charge_as / (droop_s * pulse->peak1_a)) : 0;
}

const struct expected_pulse *expected_of(const struct population *in, const struct pulse *pulse)
{
	return in->plan && pulse->expected >= 0 ? &in->plan->pulses[pulse->expected] : NULL;
}

double at_intensity(const struct population *in, const struct pulse *pulse, double at_full)
{
	const struct expected_pulse *expected = expected_of(in, pulse);
	return expected ? at_full * expected->intensity_pct / 100 : NAN;
}

bool amplitude_usable(const struct pulse *pulse)
{
	return pulse && !pulse->voided && !pulse->clipped && isfinite(pulse->peak1_a);
}
