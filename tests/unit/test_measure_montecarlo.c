/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stated uncertainties against the scatter of values when every input is drawn anew from what is known of it (JCGM 101:2008): the closed form of the
 * budgets must agree within 10 %. And what must cancel, cancels.
 */
#include "budget.h"
#include "synthetic.h"

enum { TRIALS = 1500 };

#define INTERVAL_S 5e-3
#define U_GAIN 0.003
#define HALF_POSITION 0.005
#define HALF_ADC 0.001
#define U_DELAY_S 20e-9
#define HALF_CLOCK 5e-6
#define NOISE_A 20.0

static double rectangular(uint64_t *seed, double half)
{
	return half * (2 * syn_uniform(seed) - 1);
}

static void describe(struct syn *syn)
{
	struct channel *current = &syn->format.channels[0];
	current->u_sensor_gain_rel = U_GAIN;
	current->u_position_rel = HALF_POSITION / sqrt(3);
	current->u_adc_gain_rel = HALF_ADC / sqrt(3);
	current->u_delay_s = U_DELAY_S;
	syn->format.u_clock_rel = HALF_CLOCK / sqrt(3);
}

/* Two pulses and their triggers, seen by an instrument whose errors are drawn. */
static struct syn draw(uint64_t *seed)
{
	struct syn syn = syn_make(1e6, 9e-3, *seed);
	describe(&syn);
	double gain = (1 + U_GAIN * syn_normal(seed)) * (1 + rectangular(seed, HALF_POSITION)) * (1 + rectangular(seed, HALF_ADC));
	double delay_s = U_DELAY_S * syn_normal(seed), rate = 1 + rectangular(seed, HALF_CLOCK);
	double trigger_s = 1.5e-3 + 1e-6 * syn_uniform(seed), onset_s = trigger_s + 40e-6 + delay_s;
	struct syn_pulse pulses[2] = {syn_magpro(onset_s * rate), syn_magpro((onset_s + INTERVAL_S) * rate)};
	const double triggers[2] = {trigger_s * rate, (trigger_s + INTERVAL_S) * rate};
	for (unsigned k = 0; k < 2; k++)
		pulses[k].didt0 *= gain;
	syn_draw(&syn, pulses, 2, triggers, 2, NOISE_A, 0, 0);
	return syn;
}

static const char *const IDS[] = {"pulse.peak1", "pulse.peak_ratio", "pulse.interval", "pulse.latency"};
enum { COUNT = sizeof IDS / sizeof *IDS };

Test(montecarlo, the_scatter_is_what_the_budgets_state, .timeout = 120)
{
	uint64_t seed = 20261121;
	double sum[COUNT] = {0}, squares[COUNT] = {0}, stated[COUNT] = {0}, first[COUNT] = {0};
	for (unsigned trial = 0; trial < TRIALS; trial++) {
		struct syn syn = draw(&seed);
		auto_results struct results *results = syn_measure(&syn, NULL, NULL, NULL, 0, NULL);
		syn_free(&syn);
		for (unsigned i = 0; i < COUNT; i++) {
			const struct measurement *m = syn_find(results, IDS[i], 0);
			cr_assert(m && isfinite(m->value), "%s", IDS[i]);
			first[i] = trial == 0 ? m->value : first[i];
			sum[i] += m->value - first[i];
			squares[i] += pow(m->value - first[i], 2);
			stated[i] += pow(measurement_u(m), 2);
		}
	}
	for (unsigned i = 0; i < COUNT; i++) {
		double mean = sum[i] / TRIALS, s = sqrt((squares[i] - TRIALS * mean * mean) / (TRIALS - 1)), u = sqrt(stated[i] / TRIALS);
		cr_expect_float_eq(u / s, 1, 0.1, "%s: u = %g, scatter %g, %.3f", IDS[i], u, s, u / s);
	}
}

/* The capacitor through its divider: where v (1 + g) + o passes the level, seen by cells of the envelope. */
Test(montecarlo, discharge_time)
{
	enum { DRAWS = 200000 };
	const double tau_s = 0.2, start_s = 0.05, level_v = 60, full_v = 1600, half_offset_v = 0.5, u_event_s = 1e-4, rate_hz = 50e3;
	struct syn syn = syn_make(rate_hz, 1.2, 7);
	struct channel *capacitor = &syn.format.channels[2];
	capacitor->u_sensor_gain_rel = 0.0025;
	capacitor->u_adc_gain_rel = HALF_ADC / sqrt(3);
	capacitor->u_offset = half_offset_v / sqrt(3);
	for (size_t i = 0; i < syn.frames; i++) {
		double t = (double)i / rate_hz - start_s, v = full_v * (t > 0 ? exp(-t / tau_s) : 1);
		syn.samples[SYN_CHANNELS * i + 2] = (int16_t)lrint(v / capacitor->scale);
	}
	struct step step = {.kind = STEP_EXPECT_DISCHARGE, .discharge = {.level_v = level_v, .timeout_s = 5}};
	struct plan plan = {.steps = &step, .step_count = 1};
	const struct run_event event = {EVENT_DISCHARGE, 0, start_s, u_event_s};
	auto_results struct results *results = syn_measure(&syn, &plan, NULL, &event, 1, NULL);
	const struct measurement *m = syn_find(results, "discharge.time", 0);
	cr_assert_not_null(m);
	cr_expect_float_eq(m->value, tau_s * log(full_v / level_v), 5e-3);
	syn_free(&syn);
	uint64_t seed = 5;
	double sum = 0, squares = 0, cell_s = m->u_random * m->u_random - u_event_s * u_event_s;
	cell_s = sqrt(12 * cell_s);
	cr_expect(cell_s > 0.5e-3 && cell_s < 0.1, "the envelope's cell: %g", cell_s);
	for (unsigned k = 0; k < DRAWS; k++) {
		double gain = (1 + 0.0025 * syn_normal(&seed)) * (1 + rectangular(&seed, HALF_ADC)),
		       offset = rectangular(&seed, half_offset_v);
		double t = tau_s * log(gain * full_v / (level_v - offset)) + rectangular(&seed, cell_s / 2) - u_event_s * syn_normal(&seed);
		sum += t;
		squares += t * t;
	}
	double s = sqrt(squares / DRAWS - pow(sum / DRAWS, 2)), u = measurement_u(m);
	cr_expect_float_eq(u / s, 1, 0.1, "u = %g, scatter %g", u, s);
}

/* Of an instrument that nobody has calibrated no amount can be stated, but a ratio, an interval and a shape can. */
Test(montecarlo, what_is_common_cancels)
{
	uint64_t seed = 3;
	struct syn syn = draw(&seed);
	syn.format.channels[0].u_sensor_gain_rel = INFINITY;
	syn.format.channels[0].u_delay_s = 1;
	auto_results struct results *results = syn_measure(&syn, NULL, NULL, NULL, 0, NULL);
	cr_expect(isinf(measurement_u(syn_find(results, "pulse.peak1", 0))));
	cr_expect_lt(measurement_u(syn_find(results, "pulse.peak_ratio", 0)), 0.01);
	cr_expect_lt(measurement_u(syn_find(results, "pulse.after_current", 0)), 0.01);
	cr_expect_lt(measurement_u(syn_find(results, "pulse.interval", 0)), 1e-6);
	cr_expect_gt(measurement_u(syn_find(results, "pulse.latency", 0)), 0.9);
	syn_free(&syn);
}
