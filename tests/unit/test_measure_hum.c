/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hum by the means of envelope cells, against its closed form: what is left of it, and how that compares with what is stated. */
#include "synthetic.h"

#include "hum.h"

enum { CELL = 4096, SPAN = 1500, TRIALS = 300 };
#define INTERVAL_S 1e-6

struct mains {
	double amplitude, harmonic, omega, phase, harmonic_phase, drift_per_s;
};

static double mains_at(const struct mains *mains, double t_s)
{
	return mains->drift_per_s * t_s + mains->amplitude * (sin(mains->omega * t_s + mains->phase) +
							      mains->harmonic * sin(3 * mains->omega * t_s + mains->harmonic_phase));
}

/* Its mean over a cell, by Simpson's rule of many parts. */
static double mains_mean(const struct mains *mains, double first_s)
{
	enum { PARTS = 64 };
	double step_s = (CELL - 1) * INTERVAL_S / PARTS, sum = 0;
	for (unsigned i = 0; i <= PARTS; i++)
		sum += (i == 0 || i == PARTS ? 1 : i % 2 == 1 ? 4 : 2) * mains_at(mains, first_s + i * step_s);
	return sum / (3 * PARTS);
}

/* Cells one after the other; of those with a pulse the mean and the range are its. */
static void add_cells(struct hum *hum, const struct mains *mains, unsigned cells, double noise, double pulse, uint64_t *random)
{
	for (unsigned c = 0; c < cells; c++) {
		struct envelope_cell cell = {.first_frame = (uint64_t)c * CELL, .frames = CELL};
		bool pulsed = pulse > 0 && c % 5 == 3;
		double size = mains->amplitude + 4 * noise;
		cell.mean[0] = (float)(mains_mean(mains, c * CELL * INTERVAL_S) + noise / sqrt(CELL) * syn_normal(random) +
				       (pulsed ? 0.02 * pulse : 0));
		cell.maximum[0] = (int16_t)(pulsed ? pulse : size);
		cell.minimum[0] = (int16_t)-size;
		hum_cell_add(hum, &cell, 0);
	}
}

static struct mains draw_mains(double amplitude, double harmonic, double off_hz, uint64_t *random)
{
	double hz = (syn_uniform(random) < 0.5 ? 50 : 60) + off_hz * (2 * syn_uniform(random) - 1);
	return (struct mains){.amplitude = amplitude,
			      .harmonic = harmonic,
			      .omega = 2 * SYN_PI * hz,
			      .phase = 2 * SYN_PI * syn_uniform(random),
			      .harmonic_phase = 2 * SYN_PI * syn_uniform(random)};
}

/* How many times hum was found, and the rms of what its slope is wrong by, in the stated u; the rms of what is left over SPAN, in amplitudes. */
struct outcome {
	double found, by_u, left;
};

static struct outcome run(double amplitude, double harmonic, double off_hz, double noise, double pulse)
{
	struct outcome outcome = {0};
	uint64_t random = 17;
	for (unsigned trial = 0; trial < TRIALS; trial++) {
		struct hum hum = {0};
		struct mains mains = draw_mains(amplitude, harmonic, off_hz, &random);
		unsigned cells = 20 + (unsigned)(40 * syn_uniform(&random));
		add_cells(&hum, &mains, cells, noise, pulse, &random);
		uint64_t first = (uint64_t)cells * CELL + 1000;
		struct hum_wave wave;
		double rest[SPAN], level = 0, squares = 0;
		if (!hum_find(&hum, (double)first + 0.5 * SPAN, first + SPAN, CELL, INTERVAL_S, &wave))
			continue;
		for (unsigned i = 0; i < SPAN; i++)
			rest[i] = mains_at(&mains, (double)(first + i) * INTERVAL_S);
		hum_remove(&wave, first, 1, rest, SPAN);
		for (unsigned i = 0; i < SPAN; i++)
			level += rest[i] / SPAN;
		for (unsigned i = 0; i < SPAN; i++)
			squares += (rest[i] - level) * (rest[i] - level) / SPAN;
		double slope = (rest[SPAN / 2 + 10] - rest[SPAN / 2 - 10]) / (20 * INTERVAL_S);
		outcome.found += 1;
		outcome.by_u += slope * slope / (wave.u_slope_per_s * wave.u_slope_per_s);
		outcome.left += squares / (amplitude * amplitude);
	}
	outcome.by_u = sqrt(outcome.by_u / outcome.found);
	outcome.left = sqrt(outcome.left / outcome.found);
	return outcome;
}

Test(measure_hum, what_is_left_is_what_is_stated)
{
	const struct {
		double amplitude, harmonic, off_hz, noise, pulse;
	} cases[] = {{60, 0, 0, 3, 0}, {60, 0.2, 0, 3, 0}, {60, 0.2, 0.1, 3, 0}, {6, 0.2, 0.1, 3, 0}, {60, 0.2, 0.2, 3, 6000}};
	for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
		struct outcome outcome = run(cases[k].amplitude, cases[k].harmonic, cases[k].off_hz, cases[k].noise, cases[k].pulse);
		cr_expect_geq(outcome.found, 0.99 * TRIALS, "%zu: found %g times", k, outcome.found);
		cr_expect(outcome.by_u > 0.8 && outcome.by_u < 1.3, "%zu: %g of the stated u", k, outcome.by_u);
		cr_expect_lt(outcome.left, 0.01, "%zu: %g of the hum are left", k, outcome.left);
	}
}

Test(measure_hum, noise_and_drift_are_no_hum)
{
	uint64_t random = 5;
	unsigned found = 0;
	for (unsigned trial = 0; trial < TRIALS; trial++) {
		struct hum hum = {0};
		struct mains mains = {.drift_per_s = trial % 2 == 0 ? 0 : 1000, .omega = 1};
		struct hum_wave wave;
		add_cells(&hum, &mains, 30, 20, 0, &random);
		found += hum_find(&hum, 31.0 * CELL, (uint64_t)32 * CELL, CELL, INTERVAL_S, &wave);
	}
	cr_expect_leq(found, TRIALS / 100, "%u of %d", found, TRIALS);
}

Test(measure_hum, too_few_cells_and_long_cells_show_none)
{
	uint64_t random = 6;
	struct hum hum = {0};
	struct mains mains = draw_mains(60, 0, 0, &random);
	struct hum_wave wave;
	add_cells(&hum, &mains, 7, 3, 0, &random);
	cr_expect_not(hum_find(&hum, 8.0 * CELL, (uint64_t)9 * CELL, CELL, INTERVAL_S, &wave));
	hum = (struct hum){0};
	add_cells(&hum, &mains, 30, 3, 0, &random);
	cr_expect(hum_find(&hum, 31.0 * CELL, (uint64_t)32 * CELL, CELL, INTERVAL_S, &wave));
	cr_expect_not(hum_find(&hum, 31.0 * CELL, (uint64_t)32 * CELL, CELL, 10 * INTERVAL_S, &wave), "cells of 41 ms");
	cr_expect_not(hum_find(&hum, 131.0 * CELL, (uint64_t)132 * CELL, CELL, INTERVAL_S, &wave), "0.4 s later");
}
