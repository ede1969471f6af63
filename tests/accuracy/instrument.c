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
#define DROOP_S 0.2
/* Mains of 50 or 60 Hz, off by up to so much, with a third harmonic. Before the first pulse and between pulses there is room to see it. */
#define HUM_OFF_HZ 0.1
#define HUM_HARMONIC 0.2
#define HUM_FIRST_S 80e-3
#define HUM_EVERY_S 20e-3
#define COMMUTATION_REL 0.05
#define COMMUTATION_S 1e-6
#define AFTER_REL 0.01
#define AFTER_S 100e-6
#define AFTER_FROM_S 5e-6
#define AFTER_TO_S 25e-6
/* The filters are stepped so much finer than the samples, their input a straight line in between. */
enum { STEPS_A_SAMPLE = 8 };

#define LEAST_INTERVAL_S 1e-3

enum { CHANNELS = INSTRUMENT_CHANNELS, CURRENT = 0, TRIGGER = 1, TRIGGER_COUNTS = 16384 };

/* Uniform in (0, 1): splitmix64. */
static double draw_uniform(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return ((double)((z ^ z >> 31) >> 11) + 0.5) / 9007199254740992.0;
}

/* Box and Muller make two of two; the other one is kept for the next call. */
double draw_normal(uint64_t *state)
{
	static double kept;
	static bool there;
	if (there) {
		there = false;
		return kept;
	}
	double size = sqrt(-2 * log(draw_uniform(state))), angle = 2 * PI * draw_uniform(state);
	kept = size * sin(angle);
	there = true;
	return size * cos(angle);
}

static double bandwidth_hz(const struct conditions *conditions)
{
	bool low = conditions->imperfection == BANDWIDTH_200_KHZ, high = conditions->imperfection == BANDWIDTH_1_MHZ;
	return low ? 200e3 : high ? 1e6 : INFINITY;
}

struct recording_format instrument_format(const struct conditions *conditions)
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
	current->bandwidth_hz = bandwidth_hz(conditions);
	current->droop_time_constant_s = conditions->imperfection == DROOP ? DROOP_S : INFINITY;
	trigger->role = CHANNEL_TRIGGER;
	trigger->count_min = INT16_MIN;
	trigger->count_max = INT16_MAX;
	trigger->scale = 10.0 / 32768;
	trigger->threshold = 1.5;
	return format;
}

struct errors draw_errors(const struct conditions *conditions, double peak_a, uint64_t *state)
{
	double offset_sign = draw_uniform(state) < 0.5 ? -1 : 1;
	return (struct errors){.gain = 1 + U_GAIN_REL * draw_normal(state),
			       .offset_a = offset_sign * conditions->offset_rel * peak_a + U_OFFSET_A * draw_normal(state),
			       .delay_s = DELAY_S + U_DELAY_S * draw_normal(state),
			       .clock = 1 + U_CLOCK_REL * draw_normal(state),
			       .sign = draw_uniform(state) < 0.5 ? -1 : 1};
}

static double hum_rel(const struct conditions *conditions)
{
	bool large = conditions->imperfection == HUM_LARGE || conditions->imperfection == HUM_CROWDED;
	return conditions->imperfection == HUM_SMALL ? 1e-3 : large ? 1e-2 : 0;
}

static void draw_pulses(const struct conditions *conditions, struct run *run, uint64_t *state)
{
	double omega = 2 * PI / conditions->period_s, size = 5000 + 3000 * draw_uniform(state), last_s = 0;
	for (unsigned k = 0; k < PULSES_A_RUN; k++) {
		double interval_s = k == 0 ? FIRST_S : 1e-3 * pow(20, draw_uniform(state));
		run->truth[k] = (struct wave){.shape = conditions->shape,
					      .amplitude_a = size,
					      .alpha_per_s = -2 * log(conditions->decay_ratio) / conditions->period_s,
					      .omega_per_s = omega,
					      .tail_s = TAIL_PERIODS * conditions->period_s,
					      .onset_s = FIRST_S + (k + 0.01 * draw_uniform(state)) * PULSE_EVERY_S};
		if (conditions->imperfection == PAIRED)
			run->truth[k].onset_s = last_s + interval_s;
		if (hum_rel(conditions) > 0 && conditions->imperfection != HUM_CROWDED)
			run->truth[k].onset_s = k == 0 ? HUM_FIRST_S : last_s + HUM_EVERY_S * (0.5 + draw_uniform(state));
		last_s = run->truth[k].onset_s;
		wave_set_tail(&run->truth[k]);
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
		wave_set_tail(seen);
	}
}

static int16_t to_count(double x, const struct channel *channel)
{
	double count = rint(x / channel->scale);
	return (int16_t)fmax(channel->count_min, fmin(channel->count_max, count));
}

static double after_sign(const struct wave *wave)
{
	return wave->shape == WAVE_BIPHASIC ? 1 : -1;
}

double after_largest(const struct wave *wave)
{
	(void)wave;
	return AFTER_REL * exp(-AFTER_FROM_S / AFTER_S);
}

double after_balance(const struct wave *wave)
{
	double from = exp(-AFTER_FROM_S / AFTER_S), to = exp(-AFTER_TO_S / AFTER_S);
	return after_sign(wave) * AFTER_REL * AFTER_S * (from - to) / (AFTER_TO_S - AFTER_FROM_S);
}

double commutation_charge_as(const struct wave *wave)
{
	double feature[WAVE_FEATURES];
	wave_features(wave, feature);
	return wave->shape == WAVE_BIPHASIC ? -COMMUTATION_REL * COMMUTATION_S * feature[WAVE_PEAK1] : 0;
}

void instrument_frame(const struct recording_format *format, double current_a, bool trigger, int16_t *frame)
{
	frame[CURRENT] = to_count(current_a, &format->channels[CURRENT]);
	frame[TRIGGER] = trigger ? TRIGGER_COUNTS : 0;
}

/* The pulses' current at a time, with what the device adds to them. */
static double device_current(const struct run *run, enum imperfection imperfection, double peak_a, double t)
{
	double sum = 0;
	for (unsigned k = 0; k < PULSES_A_RUN; k++) {
		const struct wave *wave = &run->truth[k];
		double after = t - wave->onset_s, end_s = wave_end_s(wave), since = after - PI / wave->omega_per_s;
		sum += wave_at(wave, t);
		if (imperfection == ONSET_SPIKE && after >= 0 && after < 0.5e-6)
			sum += 0.05 * peak_a;
		if (imperfection == COMMUTATION_SPIKE && wave->shape == WAVE_BIPHASIC && since >= 0)
			sum -= COMMUTATION_REL * peak_a * exp(-since / COMMUTATION_S);
		if (imperfection == AFTER_CURRENT && after >= end_s)
			sum += after_sign(wave) * AFTER_REL * peak_a * exp(-(after - end_s) / AFTER_S);
	}
	return sum;
}

/* The response of a pole of time constant tau, y so far, to a straight line from `from` to `to` in a step of length dt. */
static double follow_pole(double y, double from, double to, double dt, double tau)
{
	double slope = (to - from) / dt, lag = slope * tau;
	return to - lag + (y - from + lag) * exp(-dt / tau);
}

struct channel_state {
	double input, low_pass, high_pass; /* high_pass: the low-pass part that a high-pass takes away */
};

static double channel_current(const struct run *run, const struct conditions *conditions, double peak_a, double t, double interval_s,
			      struct channel_state *state)
{
	bool pole = isfinite(bandwidth_hz(conditions)), droop = conditions->imperfection == DROOP;
	if (!pole && !droop)
		return device_current(run, conditions->imperfection, peak_a, t);
	double dt = interval_s / STEPS_A_SAMPLE;
	for (unsigned i = 1; i <= STEPS_A_SAMPLE; i++) {
		double input = device_current(run, conditions->imperfection, peak_a, t - interval_s + i * dt);
		double tau = pole ? 1 / (2 * PI * bandwidth_hz(conditions)) : DROOP_S;
		state->low_pass = follow_pole(state->low_pass, state->input, input, dt, tau);
		state->input = input;
	}
	return pole ? state->low_pass : state->input - state->low_pass;
}

static void record(const struct run *run, const struct conditions *conditions, const struct errors *errors,
		   const struct recording_format *format, double peak_a, double noise_a, int16_t *samples, size_t frames, uint64_t *state)
{
	double interval_s = 1 / (format->sample_rate_hz * errors->clock), hum_phase = 2 * PI * draw_uniform(state),
	       hum_a = hum_rel(conditions) * peak_a;
	double hum_hz = (draw_uniform(state) < 0.5 ? 50 : 60) + HUM_OFF_HZ * (2 * draw_uniform(state) - 1),
	       harmonic_phase = 2 * PI * draw_uniform(state);
	double drift_a_per_s = conditions->imperfection == DRIFT ? 0.2 * peak_a : 0;
	struct channel_state channel = {0};
	unsigned k = 0;
	for (size_t i = 0; i < frames; i++) {
		double t = (double)i * interval_s;
		while (k + 1 < PULSES_A_RUN && t > run->truth[k + 1].onset_s - LEAST_INTERVAL_S / 4)
			k++;
		double current =
			errors->sign * errors->gain * channel_current(run, conditions, peak_a, t - errors->delay_s, interval_s, &channel);
		current += drift_a_per_s * t;
		if (hum_a > 0)
			current +=
				hum_a * (sin(2 * PI * hum_hz * t + hum_phase) + HUM_HARMONIC * sin(6 * PI * hum_hz * t + harmonic_phase));
		bool high = t >= run->trigger_s[k] && t < run->trigger_s[k] + TRIGGER_HIGH_S;
		instrument_frame(format, current + errors->offset_a + noise_a * draw_normal(state), high, &samples[CHANNELS * i]);
	}
}

static void end_with(const struct error *error)
{
	fprintf(stderr, "accuracy: %s\n", error->text);
	exit(2);
}

struct results *instrument_measure(const struct recording_format *format, const struct plan *plan, const int16_t *samples, size_t frames)
{
	struct error error = {0};
	auto_measure struct measure *measure = measure_create(plan, NULL, &error);
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
	struct recording_format format = instrument_format(conditions);
	draw_pulses(conditions, &run, state);
	double features[WAVE_FEATURES];
	wave_features(&run.truth[0], features);
	struct errors errors = draw_errors(conditions, features[WAVE_PEAK1], state);
	distort(&run, &errors);
	double noise_a = conditions->noise_rel * features[WAVE_PEAK1];
	run.noise_a = hypot(noise_a, format.channels[CURRENT].scale / sqrt(12));
	size_t frames = (size_t)llrint((run.truth[PULSES_A_RUN - 1].onset_s + PULSE_EVERY_S) * format.sample_rate_hz);
	auto_free int16_t *samples = calloc(frames * CHANNELS, sizeof *samples);
	if (!samples) {
		fprintf(stderr, "accuracy: out of memory for %zu samples\n", frames);
		exit(2);
	}
	record(&run, conditions, &errors, &format, features[WAVE_PEAK1], noise_a, samples, frames, state);
	run.results = instrument_measure(&format, NULL, samples, frames);
	return run;
}
