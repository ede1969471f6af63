/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clipping without a declared range: never seen where there is none, and seen where it takes more from the peak than noise and counts do. */
#include "synthetic.h"

enum { PULSES = 4, SHAPES = 4, NOISES = 7, RESOLUTIONS = 3, INTERVALS = 3 };

static const enum syn_shape shapes[SHAPES] = {SYN_BIPHASIC, SYN_HALF_SINE, SYN_MONOPHASIC, SYN_RAMP};
static const double noise_rel[NOISES] = {0, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2};
static const unsigned step_counts[RESOLUTIONS] = {256, 16, 1}; /* 8, 12 and 16 bits */
static const double intervals_s[INTERVALS] = {0.5e-6, 1e-6, 5e-6};

struct condition {
	enum syn_shape shape;
	double noise_rel, interval_s, level; /* level: of the peak, where the range ends; INFINITY: nowhere */
	unsigned step;
};

struct outcome {
	unsigned found, clipped;
};

static double top_a(const struct syn_pulse *pulse, double interval_s)
{
	double top = 0;
	for (double t = 0; t < 400e-6; t += 0.05 * interval_s)
		top = fmax(top, fabs(syn_current(pulse, pulse->onset_s + t)));
	return top;
}

/* Pulses of slightly different sizes, so that noise does not have to make them different. */
static struct outcome run(const struct condition *in, uint64_t seed)
{
	struct syn syn = syn_make(1 / in->interval_s, 4e-3 + PULSES * 5e-3, seed);
	double peak_a = 0, scale = SYN_SCALE * in->step;
	struct syn_pulse pulses[PULSES];
	for (unsigned k = 0; k < PULSES; k++) {
		pulses[k] = syn_magpro(4e-3 + k * 5e-3 + 10e-6 * syn_uniform(&syn.random));
		pulses[k].shape = in->shape;
		pulses[k].didt0 *= (in->shape == SYN_RAMP ? 0.7 : 1) * (1 + 0.01 * k);
		peak_a = fmax(peak_a, top_a(&pulses[k], in->interval_s));
	}
	/* Every pulse passes the end of the range, the smallest by 5 % of the peak less. */
	double most_a = in->level * top_a(&pulses[0], in->interval_s);
	for (size_t i = 0; i < syn.frames; i++) {
		double current_a = in->noise_rel * peak_a * syn_normal(&syn.random);
		for (unsigned k = 0; k < PULSES; k++)
			if (fabs((double)i * in->interval_s - pulses[k].onset_s) < 4e-3)
				current_a += syn_current(&pulses[k], (double)i * in->interval_s);
		current_a = fmax(-most_a, fmin(most_a, current_a));
		syn.samples[SYN_CHANNELS * i] = syn_clip(rint(current_a / scale) * in->step);
	}
	auto_results struct results *results = syn_measure(&syn, NULL, NULL, NULL, 0, NULL);
	struct outcome outcome = {.found = (unsigned)results->pulse_count};
	for (size_t k = 0; k < results->pulse_count; k++)
		outcome.clipped += results->pulses[k].clipped;
	syn_free(&syn);
	return outcome;
}

/*
 * Every combination with this level; those where a pulse of full size is cut by less than `least` noise and counts are passed over, and so are samples so
 * sparse that a ramp, or eight bits, show too little of the wave beside the flat.
 */
static struct outcome run_all(double level, double least, unsigned *pulses)
{
	struct outcome sum = {0};
	uint64_t seed = 100;
	for (unsigned at = 0; at < SHAPES * NOISES * RESOLUTIONS * INTERVALS; at++) {
		struct condition in = {.shape = shapes[at % SHAPES],
				       .noise_rel = noise_rel[at / SHAPES % NOISES],
				       .step = step_counts[at / SHAPES / NOISES % RESOLUTIONS],
				       .interval_s = intervals_s[at / SHAPES / NOISES / RESOLUTIONS],
				       .level = level};
		double blur = in.noise_rel + SYN_SCALE * in.step / 6540;
		bool sparse = (in.shape == SYN_RAMP || in.step == step_counts[0]) && in.interval_s > 2e-6;
		if (isfinite(level) && (1 - level < least * blur || sparse))
			continue;
		struct outcome outcome = run(&in, ++seed);
		if (outcome.clipped != (isfinite(level) ? outcome.found : 0) || outcome.found != PULSES)
			cr_log_info("level %g: shape %u, noise %g, step %u, %g us: %u of %u", level, in.shape, in.noise_rel, in.step,
				    1e6 * in.interval_s, outcome.clipped, outcome.found);
		sum.found += outcome.found;
		sum.clipped += outcome.clipped;
		*pulses += PULSES;
	}
	return sum;
}

Test(measure_clip, nothing_is_clipped_that_is_not)
{
	unsigned pulses = 0;
	struct outcome outcome = run_all(INFINITY, 0, &pulses);
	cr_expect_eq(outcome.found, pulses);
	cr_expect_eq(outcome.clipped, 0, "%u of %u", outcome.clipped, pulses);
}

Test(measure_clip, what_is_clipped_is_seen)
{
	const double levels[] = {0.95, 0.9, 0.7, 0.5};
	for (unsigned k = 0; k < sizeof levels / sizeof *levels; k++) {
		unsigned pulses = 0;
		struct outcome outcome = run_all(levels[k], 5, &pulses);
		cr_expect_eq(outcome.found, pulses, "level %g: %u found of %u", levels[k], outcome.found, pulses);
		cr_expect_eq(outcome.clipped, pulses, "level %g: %u of %u", levels[k], outcome.clipped, pulses);
	}
}
