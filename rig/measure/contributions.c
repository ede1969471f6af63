/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "contributions.h"

#include <math.h>

/* Of the correction of the sensor's droop. */
#define U_DROOP_REL 0.1

double pulse_noise_dof(const struct population *in, const struct pulse *pulse)
{
	const struct pulse *source = pulse;
	while (source > in->results->pulses && !(source->noise_dof > 0))
		source--;
	return source->noise_dof > 0 ? source->noise_dof : 1;
}

void contribute_noise(struct budget *budget, const struct population *in, const struct pulse *pulse, double u, double c)
{
	bool in_amperes = !budget->of[SOURCE_NOISE].present && fabs(c) != 1;
	double rounding = fabs(in->current->scale) / sqrt(12.0), share = fmin(1, rounding / pulse->noise_a);
	budget_add_independent(budget, SOURCE_NOISE, u * sqrt(1 - share * share), c, pulse_noise_dof(in, pulse));
	budget_add_independent(budget, SOURCE_QUANTISATION, u * share, c, INFINITY);
	if (in_amperes)
		budget->of[SOURCE_NOISE].unit = budget->of[SOURCE_QUANTISATION].unit = "A";
}

void contribute_baseline(struct budget *budget, const struct pulse *pulse, double c)
{
	bool first = !budget->of[SOURCE_BASELINE].present;
	budget_add_independent(budget, SOURCE_BASELINE, pulse->u_baseline_a, c, pulse->noise_dof > 0 ? pulse->noise_dof : INFINITY);
	if (first)
		budget->of[SOURCE_BASELINE].unit = "A";
}

void contribute_gain(struct budget *budget, const struct channel *channel, double c)
{
	budget_add(budget, SOURCE_SENSOR_GAIN, channel->u_sensor_gain_rel, c, INFINITY);
	budget_add(budget, SOURCE_POSITION, channel->u_position_rel, c, INFINITY);
	budget_add(budget, SOURCE_ADC_GAIN, channel->u_adc_gain_rel, c, INFINITY);
}

void contribute_droop(struct budget *budget, const struct population *in, const struct pulse *pulse, double c)
{
	double droop = in->current->droop_time_constant_s;
	if (isfinite(droop) && droop > 0)
		budget_add(budget, SOURCE_DROOP, U_DROOP_REL, c * fabs(pulse->net_charge_as) / (droop * fabs(pulse->peak1_a)), INFINITY);
}

void contribute_clock(struct budget *budget, const struct population *in, double c)
{
	budget_add(budget, SOURCE_CLOCK, in->format->u_clock_rel, c, INFINITY);
}

void contribute_onset(struct budget *budget, const struct population *in, const struct pulse *pulse, double c)
{
	contribute_noise(budget, in, pulse, pulse->u_onset_s, c);
	budget_add(budget, SOURCE_DELAY, in->current->u_delay_s, c, INFINITY);
	budget_add(budget, SOURCE_BANDWIDTH, channel_u_pole_lag_s(in->current), c, INFINITY);
	budget->of[SOURCE_BANDWIDTH].unit = "s";
	contribute_clock(budget, in, c * pulse->onset_s);
}

double peak_noise_a(const struct pulse *pulse, double u_a)
{
	return sqrt(fmax(0, u_a * u_a - pulse->u_baseline_a * pulse->u_baseline_a));
}

/* A single pole lowers the peak by (f / f_B)^2 / 2, f being the frequency whose quarter wave is the rise. */
static double bandwidth_error(const struct population *in, const struct pulse *pulse)
{
	double rise = pulse->peak1_s - pulse->onset_s, frequency = rise > 0 ? 1 / (4 * rise) : 0,
	       share = frequency / in->current->bandwidth_hz;
	return isfinite(share) ? 0.5 * share * share : 0;
}

void contribute_peak(struct budget *budget, const struct population *in, const struct pulse *pulse, double peak_a, double u_a)
{
	/* Of a wave fitted together with its baseline u_a may be the smaller of the two. */
	double baseline = fmin(u_a, pulse->u_baseline_a);
	contribute_noise(budget, in, pulse, peak_noise_a(pulse, u_a), 1);
	contribute_baseline(budget, pulse, pulse->u_baseline_a > 0 ? baseline / pulse->u_baseline_a : 1);
	/* A constant offset goes with the baseline. */
	contribute_gain(budget, in->current, peak_a);
	/* Between nothing and twice what a pole takes. */
	budget_add(budget, SOURCE_BANDWIDTH, 1 / sqrt(3.0), -bandwidth_error(in, pulse) * peak_a, INFINITY);
	budget_name_unit(budget, "A");
}

void contribute_edge(struct budget *budget, const struct population *in, double time_s, double c)
{
	budget_add(budget, SOURCE_TRIGGER_EDGE, in->results->u_logic_s, c, INFINITY);
	budget_add(budget, SOURCE_TIME_BASE, time_base_u_at_s(&in->results->time_base, time_s), c, INFINITY);
}
