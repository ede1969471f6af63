/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What recordings have and the equation has not: each artefact alone is the difference from the smooth recording, by its closed formula. */
#include <stdio.h>

#include "config.h"
#include "sim_bench.h"
#include "sim_circuit.h"

/* One pulse at 100 %, at 5 MHz, until 3 ms after it. */
static struct sim_truth_pulse fire(struct sim_bench *bench, enum waveform waveform, const struct sim_artefacts *artefacts)
{
	bench_init(bench);
	bench->device.waveform = waveform;
	bench->device.amplitude_cv = NOT_GIVEN;
	bench->device.trigger_jitter_s = NOT_GIVEN;
	bench->setup.adc.sample_rate_hz = 5e6;
	bench->setup.sim.artefacts = *artefacts;
	bench_open_sim(bench);
	bench_arm(bench, 100);
	bench_trigger(bench);
	bench_sleep(bench, 3e-3);
	struct sim_truth truth = sim_truth(bench->state);
	cr_assert_eq(truth.count, 1);
	struct sim_truth_pulse pulse = truth.pulses[0];
	bench_record(bench, 100000);
	return pulse;
}

/* The difference that artefacts make, sample by sample; *onset is the truth of both. Released by the caller. */
static double *difference(enum waveform waveform, const struct sim_artefacts *artefacts, size_t *count, struct sim_truth_pulse *truth)
{
	struct sim_bench smooth, rough;
	struct sim_truth_pulse unchanged = fire(&smooth, waveform, &(struct sim_artefacts){0});
	*truth = fire(&rough, waveform, artefacts);
	cr_assert_eq(smooth.count, rough.count);
	cr_expect_eq(unchanged.peak1_a, truth->peak1_a);
	cr_expect_eq(unchanged.onset_s, truth->onset_s);
	double *d = calloc(rough.count, sizeof *d);
	cr_assert_not_null(d);
	for (size_t n = 0; n < rough.count; n++)
		d[n] = bench_sample(&rough, BENCH_CURRENT, n) - bench_sample(&smooth, BENCH_CURRENT, n);
	*count = rough.count;
	bench_finish(&smooth);
	bench_finish(&rough);
	return d;
}

static double ring(double t, double slope_a_per_s, double frequency_hz, double decay_s)
{
	double w = 2 * M_PI * frequency_hz;
	return t <= 0 ? 0 : slope_a_per_s / w * exp(-t / decay_s) * sin(w * t);
}

/* One count of each recording, and what a grid of 0.1 us does to the steepest of it. */
#define CLOSE_A 1.5

Test(sim_artefact, the_onset_rings_about_its_course)
{
	const struct sim_artefacts artefacts = {.ringing_rel = 0.27, .ringing_hz = 300e3, .ringing_s = 2e-6};
	struct sim_truth_pulse pulse;
	size_t count;
	double largest = 0, *d = difference(WAVEFORM_BIPHASIC, &artefacts, &count, &pulse);
	for (size_t n = 0; n < count; n++) {
		double expected = ring((double)n * 0.2e-6 - pulse.onset_s, 0.27 * bench_didt0, 300e3, 2e-6);
		cr_assert_float_eq(d[n], expected, CLOSE_A, "frame %zu: %g, %g A expected", n, d[n], expected);
		largest = fmax(largest, fabs(d[n]));
	}
	cr_expect_gt(largest, 10);
	free(d);
}

Test(sim_artefact, spikes_at_the_zeros_go_the_way_of_the_current)
{
	const struct sim_artefacts artefacts = {.spike_rel = 0.24, .spike_hz = 300e3, .spike_s = 2e-6};
	static const enum waveform waveforms[] = {WAVEFORM_BIPHASIC, WAVEFORM_HALF_SINE};
	for (size_t w = 0; w < 2; w++) {
		struct sim_truth_pulse pulse;
		size_t count;
		double largest = 0, *d = difference(waveforms[w], &artefacts, &count, &pulse);
		for (size_t n = 0; n < count; n++) {
			double t = (double)n * 0.2e-6 - pulse.onset_s, slope = 0.24 * bench_didt0;
			double expected = -ring(t - bench_period_s / 2, slope, 300e3, 2e-6);
			if (waveforms[w] == WAVEFORM_BIPHASIC)
				expected += ring(t - bench_period_s, slope, 300e3, 2e-6);
			cr_assert_float_eq(d[n], expected, CLOSE_A, "frame %zu: %g, %g A expected", n, d[n], expected);
			largest = fmax(largest, fabs(d[n]));
		}
		cr_expect_gt(largest, 9);
		free(d);
	}
}

Test(sim_artefact, an_after_current_decays_from_the_end_of_conduction)
{
	const struct sim_artefacts artefacts = {.after_rel = 0.005, .after_s = 80e-6};
	struct sim_truth_pulse pulse;
	size_t count;
	double *d = difference(WAVEFORM_BIPHASIC, &artefacts, &count, &pulse);
	for (size_t n = 0; n < count; n++) {
		double t = (double)n * 0.2e-6 - pulse.onset_s - bench_period_s;
		/* The step itself may fall between two points of the grid. */
		if (fabs(t) < 0.3e-6)
			continue;
		double expected = t < 0 ? 0 : 0.005 * pulse.peak1_a * exp(-t / 80e-6);
		cr_assert_float_eq(d[n], expected, 0.5, "frame %zu: %g, %g A expected", n, d[n], expected);
	}
	free(d);
}

/* The amplitude of a sine of known frequency in the recording of an idle second, by its Fourier coefficient. */
Test(sim_artefact, hum_and_drift_are_of_the_size_that_was_asked)
{
	struct sim_bench bench;
	bench_init(&bench);
	bench.setup.adc.sample_rate_hz = 100e3;
	bench.setup.sim.artefacts = (struct sim_artefacts){.hum_a = 6, .hum_hz = 50};
	bench_open_sim(&bench);
	bench_sleep(&bench, 1.01);
	bench_record(&bench, 4096);
	cr_assert_geq(bench.count, 100000);
	double in_phase = 0, quadrature = 0, squares = 0;
	for (size_t n = 0; n < 100000; n++) {
		double y = bench_sample(&bench, BENCH_CURRENT, n), angle = 2 * M_PI * 50 * (double)n * 1e-5;
		in_phase += y * cos(angle) / 50000;
		quadrature += y * sin(angle) / 50000;
		squares += y * y / 100000;
	}
	/* A sixth of a count, without noise that would smooth the steps. */
	cr_expect_float_eq(hypot(in_phase, quadrature), 6, 0.06, "%g", hypot(in_phase, quadrature));
	cr_expect_float_eq(squares, 18, 0.15, "%g: there is more than the hum", squares);
	bench_finish(&bench);

	double least = INFINITY, most = -INFINITY, steepest = 0;
	bench_init(&bench);
	bench.setup.adc.sample_rate_hz = 10e3;
	bench.setup.sim.artefacts = (struct sim_artefacts){.drift_a = 20, .drift_s = 2};
	bench_open_sim(&bench);
	bench_sleep(&bench, 20);
	bench_record(&bench, 4096);
	for (size_t n = 100; n < bench.count; n++) {
		double y = bench_sample(&bench, BENCH_CURRENT, n);
		least = fmin(least, y);
		most = fmax(most, y);
		steepest = fmax(steepest, fabs(y - bench_sample(&bench, BENCH_CURRENT, n - 100)) / 0.01);
	}
	cr_expect(most > 16 && most < 20.4 && least < -16 && least > -20.4, "%g to %g A", least, most);
	/* Both waves at once: 10 A (2 pi / 2 s) (1 + 1.618), and a count on 10 ms. */
	cr_expect_lt(steepest, 82.3 + 40);
	bench_finish(&bench);
}

/*
 * A pulse as a commercial stimulator made it. The recording is the integral of a search coil's voltage: its zero is not known better than some 0.1 % of
 * the first value, which is a slope in the current and is fitted together with the scale and the onset.
 */
Test(sim_artefact, the_monophasic_circuit_follows_a_recorded_pulse)
{
	const char *folder = getenv("TMSRIG_WAVEFORMS");
	if (!folder)
		cr_skip("TMSRIG_WAVEFORMS does not name the folder of recorded pulses");
	enum { MOST = 20000 };
	static double model[MOST], t_us[MOST], recorded[MOST];
	char path[1024], line[128];
	snprintf(path, sizeof path, "%s/magprox100_monophasic.csv", folder);
	FILE *file = fopen(path, "r");
	cr_assert_not_null(file, "%s", path);
	size_t rows = 0, steps = 0;
	double field;
	while (rows < MOST && fgets(line, sizeof line, file))
		rows += sscanf(line, "%lf,%lf,%lf", &t_us[rows], &field, &recorded[rows]) == 3;
	fclose(file);
	cr_assert_gt(rows, 3000);

	struct error error = {0};
	struct circuit circuit;
	auto_device struct device *device = config_load_device("magpro-x100-monophasic", SOURCE_ROOT "/fixtures", &error);
	cr_assert_not_null(device, "%s", error.text);
	cr_assert(circuit_make(device, &circuit, &error), "%s", error.text);
	double peak_a = circuit_shot(&circuit, device->voltage_v.value).peak1_a;
	struct circuit_state state = circuit_begin(&circuit, device->voltage_v.value);
	for (; steps < MOST && !circuit_over(&circuit, &state); steps++, circuit_step(&circuit, &state))
		model[steps] = state.current_a / peak_a;

	double best_square = INFINITY, best_largest = NAN;
	for (double onset_us = 1; onset_us < 2; onset_us += 0.02) {
		double mm = 0, mt = 0, tt = 0, my = 0, ty = 0, squares = 0, largest = 0, n = 0;
		for (int pass = 0; pass < 2; pass++) {
			double det = mm * tt - mt * mt, scale = (my * tt - ty * mt) / det, slope = (ty * mm - my * mt) / det;
			for (size_t r = 0; r < rows; r++) {
				double t = t_us[r] - onset_us, at = t * 1e-6 / circuit.step_s;
				if (t < 3 || t > 700 || (size_t)at + 1 >= steps)
					continue;
				double m = model[(size_t)at] + (at - floor(at)) * (model[(size_t)at + 1] - model[(size_t)at]);
				if (pass == 0) {
					mm += m * m, mt += m * t, tt += t * t, my += m * recorded[r], ty += t * recorded[r];
					continue;
				}
				double rest = recorded[r] - scale * m - slope * t;
				squares += rest * rest;
				largest = fmax(largest, fabs(rest));
				n += 1;
			}
		}
		if (squares / n < best_square) {
			best_square = squares / n;
			best_largest = largest;
		}
	}
	double best_rms = sqrt(best_square);
	cr_expect_lt(best_rms, 0.005, "rms %g of the peak", best_rms);
	cr_expect_lt(best_largest, 0.015, "at most %g of the peak", best_largest);
}
