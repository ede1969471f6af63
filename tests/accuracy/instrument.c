/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "instrument.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "measure.h"
#include "scan.h"

#define PI 3.14159265358979323846
#define FULL_SCALE_A 12000.0
#define PULSE_EVERY_S 6e-3
#define FIRST_S 2e-3
/* Stated of the instrument; every run draws its own errors from them, normally distributed. */
#define U_GAIN_REL 0.003
#define U_OFFSET_A 3.0
#define DELAY_S 200e-9
#define U_DELAY_S 50e-9
#define U_CLOCK_REL 20e-6
#define TRIGGER_HIGH_S 50e-6
/* The tail of a monophasic pulse in periods: 186 us of 290 us (domain/tms-physics.md, 2.3). */
#define TAIL_PERIODS 0.64

enum { CHANNELS = 2, CURRENT = 0, TRIGGER = 1, TRIGGER_COUNTS = 16384 };

/* Uniform in (0, 1): splitmix64. */
static double draw_uniform(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return ((double)((z ^ z >> 31) >> 11) + 0.5) / 9007199254740992.0;
}

static double draw_normal(uint64_t *state)
{
	double u = draw_uniform(state), v = draw_uniform(state);
	return sqrt(-2 * log(u)) * cos(2 * PI * v);
}

static struct recording_format describe(const struct conditions *conditions)
{
	struct recording_format format = {
		.sample_rate_hz = 1 / conditions->interval_s, .u_clock_rel = U_CLOCK_REL, .channel_count = CHANNELS};
	int32_t counts = (int32_t)1 << (conditions->bits - 1);
	for (unsigned c = 0; c < CHANNELS; c++)
		format.channels[c] = (struct channel){.count_min = -counts,
						      .count_max = counts - 1,
						      .threshold = NAN,
						      .droop_time_constant_s = INFINITY,
						      .bandwidth_hz = INFINITY,
						      .calibrated = true};
	struct channel *current = &format.channels[CURRENT], *trigger = &format.channels[TRIGGER];
	current->role = CHANNEL_COIL_CURRENT;
	current->scale = FULL_SCALE_A / counts;
	current->delay_s = DELAY_S;
	current->u_sensor_gain_rel = U_GAIN_REL;
	current->u_offset = U_OFFSET_A;
	current->u_delay_s = U_DELAY_S;
	trigger->role = CHANNEL_TRIGGER;
	trigger->count_min = INT16_MIN;
	trigger->count_max = INT16_MAX;
	trigger->scale = 10.0 / 32768;
	trigger->threshold = 1.5;
	return format;
}

/* The channel's true properties. */
struct errors {
	double gain, offset_a, delay_s, clock;
	int sign;
};

static struct errors draw_errors(const struct conditions *conditions, double peak_a, uint64_t *state)
{
	double offset_sign = draw_uniform(state) < 0.5 ? -1 : 1;
	return (struct errors){.gain = 1 + U_GAIN_REL * draw_normal(state),
			       .offset_a = offset_sign * conditions->offset_rel * peak_a + U_OFFSET_A * draw_normal(state),
			       .delay_s = DELAY_S + U_DELAY_S * draw_normal(state),
			       .clock = 1 + U_CLOCK_REL * draw_normal(state),
			       .sign = draw_uniform(state) < 0.5 ? -1 : 1};
}

static void draw_pulses(const struct conditions *conditions, struct run *run, uint64_t *state)
{
	double omega = 2 * PI / conditions->period_s, size = 5000 + 3000 * draw_uniform(state);
	for (unsigned k = 0; k < PULSES_A_RUN; k++) {
		run->truth[k] = (struct wave){.shape = conditions->shape,
					      .amplitude_a = size,
					      .alpha_per_s = -2 * log(conditions->decay_ratio) / conditions->period_s,
					      .omega_per_s = omega,
					      .tail_s = TAIL_PERIODS * conditions->period_s,
					      .onset_s = FIRST_S + (k + 0.01 * draw_uniform(state)) * PULSE_EVERY_S};
		run->trigger_s[k] = run->truth[k].onset_s - (20e-6 + 40e-6 * draw_uniform(state));
	}
}

/* What a perfect measurement of the recording would find, which knows nothing of the instrument's errors. */
static void distort(struct run *run, const struct errors *errors)
{
	for (unsigned k = 0; k < PULSES_A_RUN; k++) {
		struct wave *seen = &run->seen[k];
		*seen = run->truth[k];
		seen->amplitude_a *= errors->gain;
		seen->alpha_per_s /= errors->clock;
		seen->omega_per_s /= errors->clock;
		seen->tail_s *= errors->clock;
		seen->onset_s = (seen->onset_s + errors->delay_s) * errors->clock - DELAY_S;
	}
}

static int16_t to_count(double x, const struct channel *channel)
{
	double count = rint(x / channel->scale);
	return (int16_t)fmax(channel->count_min, fmin(channel->count_max, count));
}

static void record(const struct run *run, const struct errors *errors, const struct recording_format *format, double noise_a,
		   int16_t *samples, size_t frames, uint64_t *state)
{
	double interval_s = 1 / (format->sample_rate_hz * errors->clock);
	unsigned k = 0;
	for (size_t i = 0; i < frames; i++) {
		double t = (double)i * interval_s;
		while (k + 1 < PULSES_A_RUN && t > run->truth[k + 1].onset_s - PULSE_EVERY_S / 4)
			k++;
		double current = errors->sign * errors->gain * wave_at(&run->truth[k], t - errors->delay_s);
		samples[CHANNELS * i + CURRENT] =
			to_count(current + errors->offset_a + noise_a * draw_normal(state), &format->channels[CURRENT]);
		bool high = t >= run->trigger_s[k] && t < run->trigger_s[k] + TRIGGER_HIGH_S;
		samples[CHANNELS * i + TRIGGER] = high ? TRIGGER_COUNTS : 0;
	}
}

static void end_with(const struct error *error)
{
	fprintf(stderr, "accuracy: %s\n", error->text);
	exit(2);
}

static struct results *measure_samples(const struct recording_format *format, const int16_t *samples, size_t frames)
{
	struct error error = {0};
	auto_measure struct measure *measure = measure_create(NULL, NULL, &error);
	if (!measure)
		end_with(&error);
	struct reduced_sink reduced = measure_sink(measure);
	auto_scan struct scan *scan = scan_create(&reduced, &error);
	if (!scan)
		end_with(&error);
	struct recording_sink sink = scan_sink(scan);
	struct block block = {.frames = frames, .samples = samples};
	if (!sink.format(sink.self, format, &error) || !sink.block(sink.self, &block, &error) || !sink.finish(sink.self, &error))
		end_with(&error);
	struct results *results = measure_finish(measure, &error);
	if (!results)
		end_with(&error);
	return results;
}

struct run instrument_run(const struct conditions *conditions, uint64_t *state)
{
	struct run run = {.u_delay_s = U_DELAY_S};
	struct recording_format format = describe(conditions);
	draw_pulses(conditions, &run, state);
	double features[WAVE_FEATURES];
	wave_features(&run.truth[0], features);
	struct errors errors = draw_errors(conditions, features[WAVE_PEAK1], state);
	distort(&run, &errors);
	double noise_a = conditions->noise_rel * features[WAVE_PEAK1];
	run.noise_a = hypot(noise_a, format.channels[CURRENT].scale / sqrt(12));
	size_t frames = (size_t)llrint((FIRST_S + PULSES_A_RUN * PULSE_EVERY_S) * format.sample_rate_hz);
	auto_free int16_t *samples = calloc(frames * CHANNELS, sizeof *samples);
	if (!samples) {
		fprintf(stderr, "accuracy: out of memory for %zu samples\n", frames);
		exit(2);
	}
	record(&run, &errors, &format, noise_a, samples, frames, state);
	run.results = measure_samples(&format, samples, frames);
	return run;
}
