/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim_sensor.h"

#include <math.h>

#include "sim_noise.h"

static const double noise_default_rel = 2e-4; /* of full scale */
static const double logic_high_v = 5;
static const double settling_poles = 14; /* exp(-14) is below 1e-6 */

/* A draw of the error of a calibrated value, from the distribution it states. */
static double draw(const struct calibrated *calibrated, uint64_t seed, uint64_t stream, uint64_t index)
{
	double normal = sim_gaussian(seed, stream, index);
	if (isfinite(calibrated->expanded_uncertainty) && calibrated->k > 0)
		return calibrated->expanded_uncertainty / calibrated->k * normal;
	if (!isfinite(calibrated->limit))
		return 0;
	double u1 = sim_uniform(seed, stream, index + 16), u2 = sim_uniform(seed, stream, index + 32);
	switch (calibrated->distribution) {
	case DISTRIBUTION_RECTANGULAR: return calibrated->limit * (2 * u1 - 1);
	case DISTRIBUTION_TRIANGULAR: return calibrated->limit * (u1 + u2 - 1);
	case DISTRIBUTION_NORMAL: return calibrated->limit / 2 * normal;
	}
	return 0;
}

static double finite_or_0(double value)
{
	return isfinite(value) ? value : 0;
}

/* What the sensor's calibration leaves of a channel's uncertainty is the ADC's; its limits are rectangular. */
static double draw_rest(double u_channel, double u_sensor, uint64_t seed, uint64_t stream, uint64_t index)
{
	double rest2 = finite_or_0(u_channel) * finite_or_0(u_channel) - u_sensor * u_sensor;
	return rest2 > 0 ? sqrt(3 * rest2) * (2 * sim_uniform(seed, stream, index) - 1) : 0;
}

struct sim_sensor sim_sensor_make(const struct adc_channel_setup *setup, unsigned channel, uint64_t seed)
{
	enum { DRAW_GAIN, DRAW_POSITION, DRAW_OFFSET, DRAW_DROOP, DRAW_DELAY, DRAW_ADC_GAIN, DRAW_ADC_OFFSET, DRAW_ADC_DELAY };
	const struct channel *ch = &setup->channel;
	const struct sensor *cal = setup->sensor;
	uint64_t stream = SIM_STREAM_SENSOR + channel;
	double gain = 1, offset = 0, delay_s = finite_or_0(ch->delay_s), tau_s = ch->droop_time_constant_s;
	double u_gain = 0, u_offset = 0, u_delay_s = 0;
	if (cal) {
		double correction = isfinite(cal->gain.value) && cal->gain.value > 0 ? cal->gain.value : 1;
		gain += draw(&cal->gain, seed, stream, DRAW_GAIN) / correction + draw(&cal->position, seed, stream, DRAW_POSITION);
		offset = correction * draw(&cal->offset, seed, stream, DRAW_OFFSET);
		delay_s += draw(&cal->delay, seed, stream, DRAW_DELAY);
		tau_s += draw(&cal->droop_time_constant, seed, stream, DRAW_DROOP);
		u_gain = hypot(calibrated_u(&cal->gain) / correction, calibrated_u(&cal->position));
		u_offset = correction * calibrated_u(&cal->offset);
		u_delay_s = calibrated_u(&cal->delay);
	}
	gain += draw_rest(channel_u_gain_rel(ch), u_gain, seed, stream, DRAW_ADC_GAIN);
	offset += draw_rest(ch->u_offset, u_offset, seed, stream, DRAW_ADC_OFFSET);
	delay_s += draw_rest(ch->u_delay_s, u_delay_s, seed, stream, DRAW_ADC_DELAY);
	double noise = isfinite(setup->noise_rms) ? setup->noise_rms : noise_default_rel * finite_or_0(setup->adc_range);
	double range = isfinite(setup->adc_range) ? setup->adc_range : 2 * logic_high_v;
	return (struct sim_sensor){
		.role = ch->role,
		.delay_s = fmax(0, delay_s),
		.pole_per_s = ch->bandwidth_hz > 0 ? 2 * M_PI * ch->bandwidth_hz : INFINITY,
		.droop_per_s = tau_s > 0 ? 1 / tau_s : 0,
		.counts_per_unit = gain / ch->scale,
		.count_offset = (offset - finite_or_0(ch->offset)) / ch->scale,
		.noise_counts = fabs(noise / ch->scale),
		.count_min = (float)(ch->count_min < ch->count_max ? ch->count_min : INT16_MIN),
		.count_max = (float)(ch->count_min < ch->count_max ? ch->count_max : INT16_MAX),
		.high_v = range > 1.1 * logic_high_v ? logic_high_v : 0.8 * range,
	};
}

/* One step of y' = pole (x - y) with x linear over the step: y1 = keep y0 + from x0 + to x1. */
struct lag {
	double keep, from, to;
};

static struct lag make_lag(double pole_per_s, double step_s)
{
	if (isinf(pole_per_s))
		return (struct lag){.to = 1};
	double e = pole_per_s * step_s;
	if (!(e > 0))
		return (struct lag){.keep = 1};
	double mean = -expm1(-e) / e;
	return (struct lag){.keep = exp(-e), .from = mean - exp(-e), .to = 1 - mean};
}

static double lag_step(const struct lag *lag, double y, double x0, double x1)
{
	return lag->keep * y + lag->from * x0 + lag->to * x1;
}

double sim_sensor_settling_s(const struct sim_sensor *sensor)
{
	return isinf(sensor->pole_per_s) ? 0 : settling_poles / sensor->pole_per_s;
}

double sim_sensor_respond(const struct sim_sensor *sensor, const struct sim_grid *grid, double lead_s, double frame_s, float *out,
			  size_t frames)
{
	double h = grid->step_s;
	struct lag bandwidth = make_lag(sensor->pole_per_s, h);
	bool droops = sensor->role == CHANNEL_COIL_CURRENT;
	struct lag droop = make_lag(droops ? sensor->droop_per_s : 0, h);
	double x = grid->samples[0], y = x, z = 0; /* input, after the pole, what the high-pass has lost */
	size_t n = 0, frame = 0;
	for (; frame < frames && (double)frame * frame_s < lead_s; frame++)
		out[frame] = (float)x;
	double last = x, t = lead_s, settled_s = lead_s + (double)(grid->count - 1) * h + sim_sensor_settling_s(sensor);
	while (frame < frames && t <= settled_s) {
		double x1 = ++n < grid->count ? grid->samples[n] : grid->samples[grid->count - 1];
		double y1 = lag_step(&bandwidth, y, x, x1);
		z = lag_step(&droop, z, y, y1);
		double value = y1 - z, t1 = lead_s + (double)n * h;
		for (; frame < frames && (double)frame * frame_s <= t1; frame++)
			out[frame] = (float)(last + (value - last) * ((double)frame * frame_s - t) / h);
		x = x1;
		y = y1;
		last = value;
		t = t1;
	}
	/* The input is at rest now: only the high-pass still moves. */
	double rate = droops ? sensor->droop_per_s : 0, keep = exp(-rate * frame_s), away = z - x;
	away *= exp(-rate * ((double)frame * frame_s - t));
	for (; frame < frames; frame++, away *= keep)
		out[frame] = (float)-away;
	return x + away;
}
