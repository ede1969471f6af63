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
/* Every other session is of a device whose levels are off, by normally distributed shares of themselves. */
#define BENT_REL 0.005
#define NOISE_A 4.0

static const double level_pct[LEVELS] = {40, 60, 80, 100};

/* What happened, and what was planned. */
struct session {
	struct expected_pulse expected[ALL];
	struct plan_block blocks[LEVELS];
	struct plan plan;
	struct wave truth[ALL];
	double peak_a[ALL];
	double level_a[LEVELS]; /* first peak that a level has without scatter */
	bool bent;
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

static void draw_session(struct session *s, bool bent, uint64_t *state)
{
	plan_session(s);
	s->bent = bent;
	double error[LEVELS];
	for (unsigned b = 0; b < LEVELS; b++)
		error[b] = bent ? BENT_REL * draw_normal(state) : 0;
	for (unsigned k = 0; k < ALL; k++) {
		struct wave *wave = &s->truth[k];
		*wave = (struct wave){.shape = WAVE_BIPHASIC,
				      .alpha_per_s = 2 * 0.16 / 290e-6,
				      .omega_per_s = 2 * PI / 290e-6,
				      .onset_s = START_S + s->expected[k].time_s + JITTER_S * draw_normal(state)};
		double level_a = FULL_A * s->expected[k].intensity_pct / 100 * (1 + error[k / BLOCK]), feature[WAVE_FEATURES];
		wave->amplitude_a = level_a * (1 + AMPLITUDE_CV * draw_normal(state));
		wave_features(wave, feature);
		s->peak_a[k] = feature[WAVE_PEAK1];
		s->level_a[k / BLOCK] = feature[WAVE_PEAK1] * level_a / wave->amplitude_a;
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

/* The least-squares line through the levels without scatter, all of as many pulses; intensity in units of 100 %. */
struct level_line {
	double at_zero_a, gain_a;
};

static struct level_line line(const struct session *s)
{
	double x = 0, y = 0, xx = 0, xy = 0;
	for (unsigned b = 0; b < LEVELS; b++) {
		double at = level_pct[b] / 100;
		x += at / LEVELS;
		y += s->level_a[b] / LEVELS;
		xx += at * at / LEVELS;
		xy += at * s->level_a[b] / LEVELS;
	}
	double gain_a = (xy - x * y) / (xx - x * x);
	return (struct level_line){.at_zero_a = y - gain_a * x, .gain_a = gain_a};
}

static double gain(const struct session *s, unsigned first)
{
	(void)first;
	return line(s).gain_a;
}

static double zero_offset(const struct session *s, unsigned first)
{
	(void)first;
	return line(s).at_zero_a / (line(s).at_zero_a + line(s).gain_a);
}

static double inl(const struct session *s, unsigned first)
{
	double worst_a = 0;
	(void)first;
	for (unsigned b = 0; b < LEVELS; b++)
		worst_a = fmax(worst_a, fabs(s->level_a[b] - line(s).at_zero_a - line(s).gain_a * level_pct[b] / 100));
	return worst_a / (line(s).at_zero_a + line(s).gain_a);
}

static double exactness(const struct session *s, unsigned first)
{
	double worst = 0;
	(void)first;
	for (unsigned b = 0; b + 1 < LEVELS; b++) {
		double error = s->level_a[b] / s->level_a[LEVELS - 1] * level_pct[LEVELS - 1] / level_pct[b] - 1;
		worst = fabs(error) > fabs(worst) ? error : worst;
	}
	return worst;
}

/* What the issue asks of every measurand; there are no cells. */
#define LIMITS(most)                                                                                                                       \
	.coverage_low = 94, .coverage_high = (most), .lacking_share = 0, .inflation = 1.3, .one_scale = true, .efficiency = INFINITY
#define HELD                                                                                                                               \
	{                                                                                                                                  \
		LIMITS(96), .bias = 1.0 / 3                                                                                                \
	}
/*
 * The furthest of several levels. Which of them it is chance decides where a device is straight (its largest distance from a line is too large, by
 * up to one u and a half; never too small), and not where it is bent (U, which holds for all levels at once, is then larger than one level needs).
 */
#define FURTHEST                                                                                                                           \
	{                                                                                                                                  \
		LIMITS(100), .bias = 1.5                                                                                                   \
	}

enum devices { ALL_DEVICES, STRAIGHT, BENT };

static const struct statistic {
	const char *id;
	double (*truth)(const struct session *s, unsigned first);
	bool of_train;
	enum devices devices;
	struct limits limits;
} statistics[] = {
	{"train.rate", rate, true, ALL_DEVICES, HELD},
	{"train.duration", duration, true, ALL_DEVICES, HELD},
	{"train.interval", train_interval, true, ALL_DEVICES, HELD},
	{"train.droop", droop, true, ALL_DEVICES, HELD},
	{"train.period_jitter", jitter, true, ALL_DEVICES, HELD},
	{"train.clock_error", nothing, true, ALL_DEVICES, HELD},
	{"session.duration", session_duration, false, ALL_DEVICES, HELD},
	{"session.period_jitter", jitter, false, ALL_DEVICES, HELD},
	{"session.cycle_jitter", cycle_jitter, false, ALL_DEVICES, HELD},
	{"session.amplitude_cv", cv, false, ALL_DEVICES, HELD},
	{"session.linearity_offset", zero_offset, false, ALL_DEVICES, HELD},
	{"session.linearity_gain", gain, false, ALL_DEVICES, HELD},
	{"session.linearity_inl", inl, false, BENT, HELD},
	{"session.linearity_inl", inl, false, STRAIGHT, FURTHEST},
	{"session.amplitude_exactness", exactness, false, STRAIGHT, HELD},
	{"session.amplitude_exactness", exactness, false, BENT, FURTHEST},
	{"session.drift", nothing, false, ALL_DEVICES, HELD},
};

enum { STATISTICS = sizeof statistics / sizeof *statistics };

static void judge(const struct session *s, const struct results *results, unsigned number, struct tally tallies[STATISTICS])
{
	for (size_t i = 0; i < results->measurement_count; i++) {
		const struct measurement *m = &results->measurements[i];
		for (unsigned k = 0; k < STATISTICS; k++) {
			enum devices devices = statistics[k].devices;
			if (strcmp(m->measurand->id, statistics[k].id) != 0 || (devices != ALL_DEVICES && s->bent != (devices == BENT)))
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
	draw_session(&s, number % 2 == 0, state);
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

bool sessions_hold(uint64_t *state, unsigned rounds)
{
	static struct tally tallies[STATISTICS];
	bool all = true;
	for (unsigned k = 0; k < rounds * SESSIONS; k++)
		one_session(state, k + 1, tallies);
	printf("\nstatistics of %u sessions of %d pulses, jitter %g us, amplitudes scattering by %g %%, every other device bent\n",
	       rounds * SESSIONS, ALL, 1e6 * JITTER_S, 100 * AMPLITUDE_CV);
	printf("%-36s %6s %7s %7s %9s %7s %8s %4s\n", "measurand", "cases", "lacking", "bias/u", "u/scatter", "U/need", "within U", "+-");
	for (unsigned k = 0; k < STATISTICS; k++) {
		const struct tally *t = &tallies[k];
		const char *why = "";
		bool holds = tally_holds(t, &statistics[k].limits, &why);
		static const char *const names[] = {[ALL_DEVICES] = "", [STRAIGHT] = ", straight", [BENT] = ", bent"};
		char name[64];
		snprintf(name, sizeof name, "%s%s", statistics[k].id, names[statistics[k].devices]);
		printf("%-36s %6.0f %7.0f %7.2f %9.2f %7.2f %8.1f %4.1f  %s%s\n", name, t->cases, t->lacking, tally_bias_of_means(t),
		       tally_inflation(t), tally_excess(t), tally_coverage_pct(t), tally_chance_pct(t),
		       holds ? "ok" : "WRONG: ", holds ? "" : why);
		all &= holds;
	}
	return all;
}
