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
#include "sim_circuit.h"

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

/* The pulse that a voltage was regulated for has a peak in proportion to it. */
static double true_voltage_v(const struct device *device)
{
	double sum_a = 0;
	struct error error = {0};
	struct circuit circuit;
	cr_assert(circuit_make(device, &circuit, &error), "%s", error.text);
	for (size_t i = 0; i < truth_count; i++)
		sum_a += fabs(truth[i].peak1_a);
	return sum_a / (double)truth_count / circuit_shot(&circuit, device->voltage_v.value).peak1_a * device->voltage_v.value;
}

static void check_bench(const char *bench_name, bool oscillates)
{
	struct coverage peak = {.name = "pulse.peak1"}, onset = {.name = "pulse.latency"}, period = {.name = "pulse.period"},
			alpha = {.name = "pulse.decay_alpha"}, slope = {.name = "pulse.initial_slope"},
			voltage = {.name = "storage.voltage"};
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
			else if (strcmp(m->measurand->id, voltage.name) == 0)
				compare(&voltage, m->value, true_voltage_v(setup->device), u);
		}
	}
	const struct coverage *all[] = {&peak, &onset, &period, &alpha, &slope, &voltage};
	for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
		const struct coverage *c = all[k];
		if (c->count == 0 && !oscillates)
			continue;
		cr_assert_geq(c->count, c == &voltage ? SEEDS : 100, "%s on %s: %zu values", c->name, bench_name, c->count);
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

/* Ringing at the onset, spikes at the zeros, an after-current, hum, drift, and an analyser's clock 30 ppm fast: the stated u must hold all of it. */
Test(chain_truth, rough)
{
	check_bench("virtual-rough", true);
}

/* With a trigger channel both clocks are compared: what the analyser's is fast by, less the ADC's own error of at most 2 ppm. */
Test(chain_truth, the_rate_of_the_analysers_clock_is_found)
{
	struct error error = {0};
	struct plan_parameters parameters = {.motor_threshold_pct = NAN};
	auto_plan struct plan *plan = plan_build_text("truth.lua", SCENARIO, sizeof SCENARIO - 1, &parameters, &error);
	cr_assert_not_null(plan, "%s", error.text);
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		auto_bench_setup struct bench_setup *setup = config_load_bench("virtual", FIXTURES, &error);
		cr_assert_not_null(setup, "%s", error.text);
		setup->sim.seed = seed;
		setup->logic.clock_error_rel = 30e-6;
		auto_results struct results *results = run_chain(setup, plan);
		const struct time_base *base = &results->time_base;
		cr_assert_eq(base->source, TIME_BASE_SHARED);
		cr_assert_eq(base->shared, plan->pulse_count);
		cr_expect_lt(fabs(base->rate_rel + 30e-6), 2e-6 + 2.5 * base->u_rate_rel, "seed %u: %g ppm", (unsigned)seed,
			     1e6 * base->rate_rel);
		cr_expect_lt(base->u_rate_rel, 3e-6);
	}
}

/*
 * Without a trigger channel only the host knows when the analyser began: what it is wrong by is the same for all edges, and must be within U of every
 * latency, of the first pulse's as well. Rectangular limits: nothing is beyond sqrt(3) u of them.
 */
Test(chain_truth, latency_by_the_hosts_times_alone)
{
	struct error error = {0};
	double smallest_s = INFINITY, largest_s = 0;
	struct plan_parameters parameters = {.motor_threshold_pct = NAN};
	auto_plan struct plan *plan = plan_build_text("truth.lua", SCENARIO, sizeof SCENARIO - 1, &parameters, &error);
	cr_assert_not_null(plan, "%s", error.text);
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		auto_bench_setup struct bench_setup *setup = config_load_bench("virtual", FIXTURES, &error);
		cr_assert_not_null(setup, "%s", error.text);
		setup->sim.seed = seed;
		for (unsigned c = 0; c < setup->adc.channel_count; c++)
			if (setup->adc.channels[c].channel.role == CHANNEL_TRIGGER)
				setup->adc.channels[c].channel.role = CHANNEL_OTHER;
		auto_results struct results *results = run_chain(setup, plan);
		cr_assert_eq(results->time_base.source, TIME_BASE_HOST);
		size_t latencies = 0;
		for (size_t i = 0; i < results->measurement_count; i++) {
			const struct measurement *m = &results->measurements[i];
			if (strcmp(m->measurand->id, "pulse.latency") != 0)
				continue;
			const struct sim_truth_pulse *t = &truth[m->subject];
			double error_s = m->value - (t->onset_s - t->trigger_s), u = measurement_u(m);
			cr_expect_lt(fabs(error_s), 2 * u, "seed %u, pulse %u: off by %g s, u %g s", (unsigned)seed, m->subject, error_s,
				     u);
			smallest_s = fmin(smallest_s, error_s);
			largest_s = fmax(largest_s, error_s);
			latencies++;
		}
		cr_assert_eq(latencies, plan->pulse_count);
	}
	/* There was something to be covered: starts are off by up to 100 us either way. */
	cr_expect(smallest_s < -40e-6 && largest_s > 40e-6, "%g to %g s", smallest_s, largest_s);
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
