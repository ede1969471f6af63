/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Recordings with a known truth for the tests of measuring: closed-form damped sines (domain/tms-physics.md, 2.1) on two channels, coil current
 * and trigger, with noise. Independent of the room under test.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "measure.h"
#include "scan.h"

#define SYN_PI 3.14159265358979323846
#define SYN_SCALE (12000.0 / 32768)

enum syn_shape { SYN_BIPHASIC, SYN_HALF_SINE, SYN_MONOPHASIC, SYN_RAMP };

struct syn_pulse {
	enum syn_shape shape;
	double onset_s, didt0, alpha, omega; /* A/s, 1/s, 1/s; the sign of didt0 is that of the pulse */
	double spike_a;                      /* at the first zero, 2 us long */
};

struct syn {
	double rate_hz;
	size_t frames;
	int16_t *samples; /* current, trigger, capacitor voltage */
	struct recording_format format;
	uint64_t random;
};

enum { SYN_CHANNELS = 3 };

/* Uniform in (0, 1): splitmix64. */
static inline double syn_uniform(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return ((double)((z ^ z >> 31) >> 11) + 0.5) / 9007199254740992.0;
}

static inline double syn_normal(uint64_t *state)
{
	double u = syn_uniform(state), v = syn_uniform(state);
	return sqrt(-2 * log(u)) * cos(2 * SYN_PI * v);
}

static inline double syn_current(const struct syn_pulse *p, double t)
{
	t -= p->onset_s;
	if (t <= 0)
		return 0;
	double wave = p->didt0 / p->omega * exp(-p->alpha * t) * sin(p->omega * t), half = SYN_PI / p->omega;
	double peak_s = atan2(p->omega, p->alpha) / p->omega;
	switch (p->shape) {
	case SYN_BIPHASIC: return t < 2 * half ? wave + (fabs(t - half) < 1e-6 ? p->spike_a : 0) : 0;
	case SYN_HALF_SINE: return t < half ? wave : 0;
	case SYN_MONOPHASIC:
		if (t < peak_s)
			return wave;
		return p->didt0 / p->omega * exp(-p->alpha * peak_s) * sin(p->omega * peak_s) * exp(-(t - peak_s) / 186e-6);
	case SYN_RAMP: return t < 60e-6 ? p->didt0 * t : t < 120e-6 ? p->didt0 * (120e-6 - t) : 0;
	}
	return 0;
}

static inline struct syn syn_make(double rate_hz, double duration_s, uint64_t seed)
{
	struct syn syn = {.rate_hz = rate_hz, .frames = (size_t)llrint(rate_hz * duration_s), .random = seed};
	syn.samples = calloc(syn.frames * SYN_CHANNELS, sizeof *syn.samples);
	cr_assert(syn.samples != NULL);
	syn.format = (struct recording_format){.sample_rate_hz = rate_hz, .u_clock_rel = 2e-6, .channel_count = SYN_CHANNELS};
	for (unsigned c = 0; c < SYN_CHANNELS; c++)
		syn.format.channels[c] = (struct channel){.count_min = -32768,
							  .count_max = 32767,
							  .threshold = NAN,
							  .droop_time_constant_s = INFINITY,
							  .bandwidth_hz = INFINITY};
	syn.format.channels[0].role = CHANNEL_COIL_CURRENT;
	syn.format.channels[0].scale = SYN_SCALE;
	syn.format.channels[1].role = CHANNEL_TRIGGER;
	syn.format.channels[1].scale = 10.0 / 32768;
	syn.format.channels[1].threshold = 1.5;
	syn.format.channels[2].role = CHANNEL_CAPACITOR_VOLTAGE;
	syn.format.channels[2].scale = 2500.0 / 32768;
	return syn;
}

static inline void syn_free(struct syn *syn)
{
	free(syn->samples);
}

static inline int16_t syn_clip(double count)
{
	return (int16_t)lrint(fmax(-32768, fmin(32767, count)));
}

/* Draws current = pulses + noise + offset + hum; the trigger rises at each time of triggers for 50 us. */
static inline void syn_draw(struct syn *syn, const struct syn_pulse *pulses, size_t n, const double *triggers, size_t trigger_count,
			    double noise_a, double offset_a, double hum_a)
{
	for (size_t i = 0; i < syn->frames; i++) {
		double t = (double)i / syn->rate_hz, current = offset_a + hum_a * sin(2 * SYN_PI * 50 * t);
		if (noise_a > 0)
			current += noise_a * syn_normal(&syn->random);
		syn->samples[SYN_CHANNELS * i] = syn_clip(current / SYN_SCALE);
		syn->samples[SYN_CHANNELS * i + 1] = 0;
	}
	for (size_t k = 0; k < n; k++) {
		size_t from = (size_t)fmax(0, floor(pulses[k].onset_s * syn->rate_hz)), to = from + (size_t)(5e-3 * syn->rate_hz);
		for (size_t i = from; i < to && i < syn->frames; i++) {
			/* Added before rounding would be exact; a count of noise makes up for it. */
			double count = syn->samples[SYN_CHANNELS * i] + syn_current(&pulses[k], (double)i / syn->rate_hz) / SYN_SCALE;
			syn->samples[SYN_CHANNELS * i] = syn_clip(count);
		}
	}
	for (size_t k = 0; k < trigger_count; k++)
		for (size_t i = (size_t)ceil(triggers[k] * syn->rate_hz);
		     i < syn->frames && (double)i < (triggers[k] + 50e-6) * syn->rate_hz; i++)
			syn->samples[SYN_CHANNELS * i + 1] = 16384;
}

/* Pushes frames [from, to) in one block. */
static inline void syn_push(const struct syn *syn, const struct recording_sink *sink, size_t from, size_t to)
{
	struct error error = {0};
	struct block block = {.first_frame = from, .frames = to - from, .samples = syn->samples + from * SYN_CHANNELS};
	cr_assert(sink->block(sink->self, &block, &error), "%s", error.text);
}

/* Scans and measures the whole; events may be NULL; gap may be NULL. The caller destroys the results. */
static inline struct results *syn_measure(const struct syn *syn, const struct plan *plan, const struct device *device,
					  const struct run_event *events, size_t event_count, const struct gap *gap)
{
	struct error error = {0};
	auto_measure struct measure *measure = measure_create(plan, device, &error);
	cr_assert(measure != NULL);
	struct reduced_sink reduced = measure_sink(measure);
	auto_scan struct scan *scan = scan_create(&reduced, &error);
	cr_assert(scan != NULL);
	struct recording_sink sink = scan_sink(scan);
	cr_assert(sink.format(sink.self, &syn->format, &error), "%s", error.text);
	for (size_t k = 0; k < event_count; k++)
		cr_assert(sink.event(sink.self, &events[k], &error));
	size_t from = 0;
	if (gap) {
		syn_push(syn, &sink, 0, gap->first_frame);
		cr_assert(sink.gap(sink.self, gap, &error));
		from = gap->first_frame + gap->frames;
	}
	syn_push(syn, &sink, from, syn->frames);
	cr_assert(sink.finish(sink.self, &error), "%s", error.text);
	struct results *results = measure_finish(measure, &error);
	cr_assert(results != NULL, "%s", error.text);
	return results;
}

/* The k-th measurement of that measurand, or NULL. */
static inline const struct measurement *syn_find(const struct results *results, const char *id, size_t k)
{
	for (size_t i = 0; i < results->measurement_count; i++)
		if (strcmp(results->measurements[i].measurand->id, id) == 0 && k-- == 0)
			return &results->measurements[i];
	return NULL;
}

static inline double syn_value(const struct results *results, const char *id)
{
	const struct measurement *measurement = syn_find(results, id, 0);
	return measurement ? measurement->value : NAN;
}

/* The biphasic pulse of MagPro X100 + Cool-B65 (domain/device-table.md, 5). */
static inline struct syn_pulse syn_magpro(double onset_s)
{
	return (struct syn_pulse){SYN_BIPHASIC, onset_s, 149.77e6, 770, 2 * SYN_PI * 3448, 0};
}
