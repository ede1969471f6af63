/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sessions.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "instrument.h"
#include "tally.h"

#define PI 3.14159265358979323846

enum { SESSIONS = 400, LEVELS = 4, TRAINS = 2, PULSES = 8, BLOCK = TRAINS * PULSES, ALL = LEVELS * BLOCK };

#define INTERVAL_S 4e-3
#define TRAIN_PERIOD_S 40e-3
#define BLOCK_PERIOD_S 85e-3
#define START_S 5e-3
#define JITTER_S 3e-6
#define AMPLITUDE_CV 0.002
#define FULL_A 8000.0
#define NOISE_A 4.0
/* Deviations of chance, of the share of as many cases that should be 95 %. */
#define DEVIATIONS 3.5

static const double level_pct[LEVELS] = {40, 60, 80, 100};

/* What happened, and what was planned. */
struct session {
	struct expected_pulse expected[ALL];
	struct plan_block blocks[LEVELS];
	struct plan plan;
	struct wave truth[ALL];
	double peak_a[ALL];
};

static void plan_session(struct session *s)
{
	for (unsigned k = 0; k < ALL; k++) {
		unsigned block = k / BLOCK, train = k / PULSES % TRAINS, index = k % PULSES;
		s->expected[k] = (struct expected_pulse){.time_s = block * BLOCK_PERIOD_S + train * TRAIN_PERIOD_S + index * INTERVAL_S,
							 .intensity_pct = level_pct[block],
							 .block = block,
							 .train = train,
							 .burst = index};
	}
	for (unsigned b = 0; b < LEVELS; b++)
		s->blocks[b] = (struct plan_block){.kind = "train",
						   .first_pulse = b * BLOCK,
						   .pulses = BLOCK,
						   .pulses_per_burst = 1,
						   .bursts_per_train = PULSES,
						   .trains = TRAINS,
						   .intra_burst_interval_s = NAN,
						   .burst_period_s = INTERVAL_S,
						   .train_period_s = TRAIN_PERIOD_S,
						   .iti_s = TRAIN_PERIOD_S,
						   .iti_reference = ITI_TRAIN_ONSET,
						   .intensity_pct = level_pct[b]};
	s->plan = (struct plan){.pulses = s->expected, .pulse_count = ALL, .blocks = s->blocks, .block_count = LEVELS, .section_count = 1};
}

static void draw_session(struct session *s, uint64_t *state)
{
	plan_session(s);
	for (unsigned k = 0; k < ALL; k++) {
		struct wave *wave = &s->truth[k];
		*wave = (struct wave){.shape = WAVE_BIPHASIC,
				      .alpha_per_s = 2 * 0.16 / 290e-6,
				      .omega_per_s = 2 * PI / 290e-6,
				      .onset_s = START_S + s->expected[k].time_s + JITTER_S * draw_normal(state)};
		wave->amplitude_a = FULL_A * s->expected[k].intensity_pct / 100 * (1 + AMPLITUDE_CV * draw_normal(state));
		double feature[WAVE_FEATURES];
		wave_features(wave, feature);
		s->peak_a[k] = feature[WAVE_PEAK1];
	}
}

static double rate(const struct session *s, unsigned first)
{
	return (PULSES - 1) / (s->truth[first + PULSES - 1].onset_s - s->truth[first].onset_s);
}

static double duration(const struct session *s, unsigned first)
{
	return s->truth[first + PULSES - 1].onset_s - s->truth[first].onset_s;
}

static double train_interval(const struct session *s, unsigned first)
{
	return first / PULSES % TRAINS ? s->truth[first].onset_s - s->truth[first - PULSES].onset_s : NAN;
}

static double droop(const struct session *s, unsigned first)
{
	return s->peak_a[first + PULSES - 1] / s->peak_a[first];
}

static double session_duration(const struct session *s, unsigned first)
{
	return s->truth[ALL - 1].onset_s - s->truth[first].onset_s;
}

static double jitter(const struct session *s, unsigned first)
{
	(void)s;
	(void)first;
	return sqrt(2) * JITTER_S;
}

static double cycle_jitter(const struct session *s, unsigned first)
{
	(void)s;
	(void)first;
	return sqrt(6) * JITTER_S;
}

static double cv(const struct session *s, unsigned first)
{
	(void)s;
	(void)first;
	return AMPLITUDE_CV;
}

static double nothing(const struct session *s, unsigned first)
{
	(void)s;
	(void)first;
	return 0;
}

static double gain(const struct session *s, unsigned first)
{
	return s->peak_a[first] * FULL_A / s->truth[first].amplitude_a;
}

static const struct statistic {
	const char *id;
	double (*truth)(const struct session *s, unsigned first);
	bool of_train;
} statistics[] = {
	{"train.rate", rate, true},
	{"train.duration", duration, true},
	{"train.interval", train_interval, true},
	{"train.droop", droop, true},
	{"train.period_jitter", jitter, true},
	{"train.clock_error", nothing, true},
	{"session.duration", session_duration, false},
	{"session.period_jitter", jitter, false},
	{"session.cycle_jitter", cycle_jitter, false},
	{"session.amplitude_cv", cv, false},
	{"session.linearity_offset", nothing, false},
	{"session.linearity_inl", nothing, false},
	{"session.linearity_gain", gain, false},
	{"session.amplitude_exactness", nothing, false},
	{"session.drift", nothing, false},
};

enum { STATISTICS = sizeof statistics / sizeof *statistics };

static void judge(const struct session *s, const struct results *results, unsigned number, struct tally tallies[STATISTICS])
{
	for (size_t i = 0; i < results->measurement_count; i++) {
		const struct measurement *m = &results->measurements[i];
		for (unsigned k = 0; k < STATISTICS; k++) {
			if (strcmp(m->measurand->id, statistics[k].id) != 0)
				continue;
			double truth = statistics[k].truth(s, statistics[k].of_train ? m->subject * PULSES : 0);
			struct trial trial = {.run = number,
					      .error = (m->voided ? NAN : m->value) - truth,
					      .u = measurement_u(m),
					      .expanded = measurement_expanded(m),
					      .bound = NAN,
					      .honest_bound = NAN};
			if (!isnan(truth))
				tally_add(&tallies[k], &trial);
		}
	}
}

static void one_session(uint64_t *state, unsigned number, struct tally tallies[STATISTICS])
{
	const struct conditions conditions = {.interval_s = 2e-6, .bits = 16, .noise_rel = NOISE_A / FULL_A};
	struct session s;
	draw_session(&s, state);
	struct recording_format format = instrument_format(&conditions);
	struct errors errors = draw_errors(&conditions, FULL_A, state);
	double interval_s = 1 / (format.sample_rate_hz * errors.clock), end_s = s.truth[ALL - 1].onset_s + 4e-3;
	size_t frames = (size_t)(end_s / interval_s);
	unsigned k = 0;
	auto_free int16_t *samples = calloc(frames * INSTRUMENT_CHANNELS, sizeof *samples);
	if (!samples) {
		fprintf(stderr, "accuracy: out of memory for %zu samples\n", frames);
		exit(2);
	}
	for (size_t i = 0; i < frames; i++) {
		double t = (double)i * interval_s - errors.delay_s, edge = (double)i * interval_s + 40e-6;
		while (k + 1 < ALL && t > s.truth[k + 1].onset_s - INTERVAL_S / 4)
			k++;
		double current = errors.sign * errors.gain * wave_at(&s.truth[k], t) + errors.offset_a + NOISE_A * draw_normal(state);
		bool high = edge >= s.truth[k].onset_s && edge < s.truth[k].onset_s + 50e-6;
		instrument_frame(&format, current, high, &samples[i * INSTRUMENT_CHANNELS]);
	}
	struct results *results = instrument_measure(&format, &s.plan, samples, frames);
	judge(&s, results, number, tallies);
	results_destroy(results);
}

bool sessions_hold(uint64_t *state)
{
	struct tally tallies[STATISTICS] = {0};
	bool all = true;
	for (unsigned k = 0; k < SESSIONS; k++)
		one_session(state, k + 1, tallies);
	printf("\nstatistics of %d sessions of %d pulses, jitter %g us, amplitudes scattering by %g %%\n", SESSIONS, ALL, 1e6 * JITTER_S,
	       100 * AMPLITUDE_CV);
	printf("%-28s %6s %7s %7s %9s %8s\n", "measurand", "cases", "lacking", "bias/u", "u/scatter", "within U");
	for (unsigned k = 0; k < STATISTICS; k++) {
		const struct tally *t = &tallies[k];
		double coverage = tally_coverage_pct(t), least = 95 - fmax(1, DEVIATIONS * sqrt(95.0 * 5 / t->cases));
		bool holds = t->cases > 0 && !(t->lacking > 0) && coverage >= least;
		printf("%-28s %6.0f %7.0f %7.2f %9.2f %8.1f  %s\n", statistics[k].id, t->cases, t->lacking, tally_bias(t),
		       tally_inflation(t), coverage, holds ? "ok" : "WRONG");
		all &= holds;
	}
	return all;
}
