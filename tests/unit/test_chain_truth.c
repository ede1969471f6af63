/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The whole chain against the simulator's ground truth: plan, run, capture, scan, measure on shipped benches, each seed with new systematic errors.
 * The stated expanded uncertainty must cover the truth as often as it says.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "config.h"
#include "measure.h"
#include "plan_builder.h"
#include "run.h"
#include "scan.h"
#include "sim.h"

#define FIXTURES SOURCE_ROOT "/fixtures"

static const char SCENARIO[] = "scenario { id = 'truth', title = 'Pulses to be held against the truth' }\n"
			       "intensity(60) arm() await('ready', seconds(5))\n"
			       "train { pulses = 20, rate = 5 }\n"
			       "disarm()\n";

enum { SEEDS = 24, MAX_PULSES = 200 };

static struct sim_truth_pulse truth[MAX_PULSES];
static size_t truth_count;

static bool open_sim(const struct bench_setup *setup, const char *recording, struct ports *ports, void **state, struct error *error)
{
	return driver_sim.open(setup, recording, ports, state, error);
}

/* Keeps the truth before the simulator goes. */
static void close_sim(void *state)
{
	if (state) {
		struct sim_truth all = sim_truth(state);
		truth_count = all.count < MAX_PULSES ? all.count : MAX_PULSES;
		for (size_t i = 0; i < truth_count; i++)
			truth[i] = all.pulses[i];
	}
	driver_sim.close(state);
}

static const struct driver SPY = {.name = "sim", .open = open_sim, .close = close_sim};

static struct results *run_chain(const struct bench_setup *setup, const struct plan *plan)
{
	const struct driver *const drivers[] = {&SPY, NULL};
	struct error error = {0};
	bool finished;
	struct bench *bench = bench_open(setup, drivers, NULL, &error);
	cr_assert_not_null(bench, "%s", error.text);
	auto_measure struct measure *measure = measure_create(plan, setup->device, &error);
	cr_assert_not_null(measure, "%s", error.text);
	struct reduced_sink reduced = measure_sink(measure);
	auto_scan struct scan *scan = scan_create(&reduced, &error);
	cr_assert_not_null(scan, "%s", error.text);
	struct recording_sink sink = scan_sink(scan);
	struct run_options options = {0};
	cr_assert(run_plan(bench, plan, &sink, &options, &finished, &error), "%s", error.text);
	bench_close(bench);
	struct results *results = measure_finish(measure, &error);
	cr_assert_not_null(results, "%s", error.text);
	return results;
}

struct coverage {
	const char *name;
	size_t count, covered;
	double sum_square, sum_error;
};

static void compare(struct coverage *coverage, double value, double true_value, double u)
{
	if (isnan(value) || isnan(true_value) || !(u > 0))
		return;
	double z = (value - true_value) / u;
	coverage->count++;
	coverage->covered += fabs(z) <= 2;
	coverage->sum_square += z * z;
	coverage->sum_error += value - true_value;
}

static void check_bench(const char *bench_name, bool oscillates)
{
	struct coverage peak = {.name = "pulse.peak1"}, onset = {.name = "pulse.latency"}, period = {.name = "pulse.period"},
			alpha = {.name = "pulse.decay_alpha"}, slope = {.name = "pulse.initial_slope"};
	struct error error = {0};
	struct plan_parameters parameters = {.motor_threshold_pct = NAN};
	auto_plan struct plan *plan = plan_build_text("truth.lua", SCENARIO, sizeof SCENARIO - 1, &parameters, &error);
	cr_assert_not_null(plan, "%s", error.text);
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		auto_bench_setup struct bench_setup *setup = config_load_bench(bench_name, FIXTURES, &error);
		cr_assert_not_null(setup, "%s", error.text);
		setup->sim.seed = seed;
		auto_results struct results *results = run_chain(setup, plan);
		cr_assert_eq(results->pulse_count, plan->pulse_count);
		cr_assert_eq(truth_count, plan->pulse_count);
		for (size_t i = 0; i < results->measurement_count; i++) {
			const struct measurement *m = &results->measurements[i];
			const struct sim_truth_pulse *t = m->measurand->subject == SUBJECT_PULSE ? &truth[m->subject] : NULL;
			double u = measurement_u(m);
			if (t && strcmp(m->measurand->id, peak.name) == 0)
				compare(&peak, m->value, fabs(t->peak1_a), u);
			else if (t && strcmp(m->measurand->id, onset.name) == 0)
				compare(&onset, m->value, t->onset_s - t->trigger_s, u);
			else if (t && oscillates && strcmp(m->measurand->id, period.name) == 0)
				compare(&period, m->value, 2 * M_PI / t->omega_per_s, u);
			else if (t && oscillates && strcmp(m->measurand->id, alpha.name) == 0)
				compare(&alpha, m->value, t->alpha_per_s, u);
			else if (t && strcmp(m->measurand->id, slope.name) == 0)
				compare(&slope, m->value, fabs(t->didt0_a_per_s), u);
		}
	}
	const struct coverage *all[] = {&peak, &onset, &period, &alpha, &slope};
	for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
		const struct coverage *c = all[k];
		if (c->count == 0 && !oscillates)
			continue;
		cr_assert_gt(c->count, 100, "%s on %s: %zu values", c->name, bench_name, c->count);
		double share = (double)c->covered / (double)c->count;
		fprintf(stderr, "# %s: %s: %.1f %% of %zu within U, rms z %.2f, mean error %.3g\n", bench_name, c->name, 100 * share,
			c->count, sqrt(c->sum_square / (double)c->count), c->sum_error / (double)c->count);
		cr_expect_geq(share, 0.88, "%s on %s: only %.1f %% of %zu lie within U", c->name, bench_name, 100 * share, c->count);
	}
}

Test(chain_truth, biphasic)
{
	check_bench("virtual", true);
}

Test(chain_truth, other_biphasic_devices)
{
	check_bench("virtual-magstim-rapid", true);
	check_bench("virtual-powermag", true);
}

Test(chain_truth, monophasic)
{
	check_bench("virtual-monophasic", false);
}
