/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Shipped scenarios of interlocks through the whole chain, against what the simulator did: reaction and last pulse within 0.1 ms, and within what
 * is stated of their uncertainty.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "measure.h"
#include "plan_builder.h"
#include "run.h"
#include "scan.h"
#include "sim.h"

#define FIXTURES SOURCE_ROOT "/fixtures"
#define SCENARIOS SOURCE_ROOT "/scenarios/interlocks/"

enum { MAX_PULSES = 2000, MAX_TRIPS = 100 };

static struct sim_truth_pulse pulses[MAX_PULSES];
static struct sim_truth_trip trips[MAX_TRIPS];
static size_t pulse_count, trip_count;

static bool open_sim(const struct bench_setup *setup, const char *recording, struct ports *ports, void **state, struct error *error)
{
	return driver_sim.open(setup, recording, ports, state, error);
}

static void close_sim(void *state)
{
	if (state) {
		struct sim_truth all = sim_truth(state);
		cr_assert_leq(all.count, MAX_PULSES);
		cr_assert_leq(all.trip_count, MAX_TRIPS);
		pulse_count = all.count;
		trip_count = all.trip_count;
		for (size_t i = 0; i < pulse_count; i++)
			pulses[i] = all.pulses[i];
		for (size_t i = 0; i < trip_count; i++)
			trips[i] = all.trips[i];
	}
	driver_sim.close(state);
}

static const struct driver SPY = {.name = "sim", .open = open_sim, .close = close_sim};

static struct plan *plan_of_wire(const char *scenario, double trials, double shorts)
{
	struct error error = {0};
	const struct plan_value values[] = {{"trials", trials}, {"seed", 7}, {"shorts", shorts}};
	struct plan_parameters parameters = {.motor_threshold_pct = NAN, .values = values, .value_count = 3};
	char path[512];
	snprintf(path, sizeof path, SCENARIOS "%s.lua", scenario);
	struct plan *plan = plan_build(path, &parameters, &error);
	cr_assert_not_null(plan, "%s", error.text);
	return plan;
}

static struct plan *plan_of(const char *scenario, double trials)
{
	return plan_of_wire(scenario, trials, 1);
}

static struct bench_setup *bench_of(void)
{
	struct error error = {0};
	struct bench_setup *setup = config_load_bench("virtual-interlocks", FIXTURES, &error);
	cr_assert_not_null(setup, "%s", error.text);
	return setup;
}

/* The probe of the capacitor is off: what the ADC gives of it is 0 V. */
static int no_probe_at = -1;
static size_t probe_channels;
static struct recording_sink probed;

static bool without_probe(void *self, const struct block *block, struct error *error)
{
	(void)self;
	int16_t *samples = malloc(block->frames * probe_channels * sizeof *samples);
	cr_assert_not_null(samples);
	memcpy(samples, block->samples, block->frames * probe_channels * sizeof *samples);
	for (size_t k = 0; k < block->frames; k++)
		samples[k * probe_channels + (size_t)no_probe_at] = 0;
	bool taken = probed.block(probed.self, &(struct block){block->first_frame, block->frames, samples}, error);
	free(samples);
	return taken;
}

static struct results *run_chain_by(const struct bench_setup *setup, const struct plan *plan, bool emulator)
{
	const struct driver *const drivers[] = {&SPY, NULL};
	struct error error = {0};
	bool finished;
	struct bench *bench = bench_open(setup, drivers, NULL, &error);
	cr_assert_not_null(bench, "%s", error.text);
	if (!emulator)
		bench_ports(bench)->emulator = (struct emulator_port){0};
	auto_measure struct measure *measure = measure_create(plan, setup->device, &error);
	cr_assert_not_null(measure, "%s", error.text);
	struct reduced_sink reduced = measure_sink(measure);
	auto_scan struct scan *scan = scan_create(&reduced, &error);
	cr_assert_not_null(scan, "%s", error.text);
	struct recording_sink sink = probed = scan_sink(scan);
	if (no_probe_at >= 0) {
		sink.block = without_probe;
		probe_channels = bench_ports(bench)->adc.format.channel_count;
	}
	struct run_options options = {0};
	cr_assert(run_plan(bench, plan, &sink, &options, &finished, &error), "%s", error.text);
	bench_close(bench);
	struct results *results = measure_finish(measure, &error);
	cr_assert_not_null(results, "%s", error.text);
	return results;
}

static struct results *run_chain(const struct bench_setup *setup, const struct plan *plan)
{
	return run_chain_by(setup, plan, true);
}

/* The onset of the last true pulse between a cause and so much later, less the cause; 0: none. */
static double true_last_pulse_s(double cause_s, double within_s)
{
	double last_s = 0;
	for (size_t i = 0; i < pulse_count; i++)
		if (pulses[i].onset_s > cause_s && pulses[i].onset_s < cause_s + within_s)
			last_s = pulses[i].onset_s - cause_s;
	return last_s;
}

static void check_scenario(const char *scenario, double trials)
{
	auto_plan struct plan *plan = plan_of(scenario, trials);
	auto_bench_setup struct bench_setup *setup = bench_of();
	auto_results struct results *results = run_chain(setup, plan);
	size_t trip = 0, last = 0, within = 0;
	cr_assert_geq(trip_count, (size_t)trials);
	for (size_t i = 0; i < results->measurement_count; i++) {
		const struct measurement *m = &results->measurements[i];
		bool fault = strcmp(m->measurand->id, "interlock.fault") == 0,
		     pulse = strcmp(m->measurand->id, "interlock.last_pulse") == 0;
		if (!fault && !pulse)
			continue;
		size_t n = fault ? trip++ : last++;
		cr_assert_lt(n, trip_count);
		double true_s = fault ? trips[n].trip_s - trips[n].cause_s : true_last_pulse_s(trips[n].cause_s, 2);
		cr_expect_float_eq(m->value, true_s, 1e-4, "%s: %s %zu is %g, truth %g", scenario, m->measurand->id, n, m->value, true_s);
		cr_expect_float_eq(m->start_s, trips[n].cause_s, 5e-6, "%s: the event is placed %g s off", scenario,
				   m->start_s - trips[n].cause_s);
		within += fabs(m->value - true_s) <= measurement_expanded(m) + 1e-12;
		cr_expect_not(m->voided);
	}
	cr_expect_eq(trip, trip_count);
	cr_expect_eq(last, trip_count);
	cr_expect_geq((double)within, 0.88 * (double)(trip + last), "%s: only %zu of %zu lie within U", scenario, within, trip + last);
	cr_expect_eq(results->extra_count, 0);
	cr_expect_eq(results->missing_count, 0);
	cr_expect_eq(results->matched_count + results->provoked_count, results->pulse_count);
}

Test(chain_interlock, coil_present)
{
	check_scenario("il01-coil-present", 6);
}

Test(chain_interlock, emergency_stop)
{
	check_scenario("il04-emergency-stop", 9);
}

Test(chain_interlock, watchdog)
{
	check_scenario("il13-watchdog", 3);
}

Test(chain_interlock, mains)
{
	check_scenario("il17-mains", 4);
}

Test(chain_interlock, sync)
{
	check_scenario("il21-sync", 1);
}

/* Pulses that must not be, at times drawn by the scenario: the last of them is found where it truly was. */
Test(chain_interlock, a_late_stop_lets_pulses_pass)
{
	auto_plan struct plan *plan = plan_of("il04-emergency-stop", 5);
	auto_bench_setup struct bench_setup *setup = bench_of();
	struct error error = {0};
	cr_assert(config_add_fault(setup, "interlock=IL04:late:300 ms", &error), "%s", error.text);
	auto_results struct results *results = run_chain(setup, plan);
	size_t n = 0, passed = 0;
	for (size_t i = 0; i < results->measurement_count; i++) {
		const struct measurement *m = &results->measurements[i];
		if (strcmp(m->measurand->id, "interlock.last_pulse") != 0)
			continue;
		cr_assert_lt(n, trip_count);
		double true_s = true_last_pulse_s(trips[n++].cause_s, 1.5);
		passed += true_s > 0.15;
		cr_expect_float_eq(m->value, true_s, 1e-4, "%g, truth %g", m->value, true_s);
	}
	cr_expect_eq(n, trip_count);
	cr_expect_geq(passed, 5);
}

static double largest(const struct results *results, const char *measurand)
{
	double value = -INFINITY;
	for (size_t i = 0; i < results->measurement_count; i++)
		if (strcmp(results->measurements[i].measurand->id, measurand) == 0)
			value = fmax(value, results->measurements[i].value);
	return value;
}

/* How far the true second pulse of a pair under way at an event is from its place; NAN: none came after the event. */
static double true_pair_error_s(double event_s, double interval_s)
{
	for (size_t i = 1; i < pulse_count; i++)
		if (pulses[i].onset_s > event_s && pulses[i - 1].onset_s <= event_s &&
		    pulses[i].onset_s - pulses[i - 1].onset_s < 2 * interval_s)
			return pulses[i].onset_s - pulses[i - 1].onset_s - interval_s;
	return NAN;
}

/* Two units that do not notice go on, each by itself: the pair under way is wrong already, and its error is what it truly was. */
Test(chain_interlock, a_test_stimulus_at_a_wrong_interval_is_measured)
{
	auto_plan struct plan *plan = plan_of_wire("il21-sync", 4, 0);
	auto_bench_setup struct bench_setup *setup = bench_of();
	struct error error = {0};
	cr_assert(config_add_fault(setup, "interlock=IL21:ignored", &error), "%s", error.text);
	auto_results struct results *results = run_chain(setup, plan);
	size_t under_way = 0, wrong = 0;
	for (size_t i = 0; i < results->measurement_count; i++) {
		const struct measurement *m = &results->measurements[i];
		if (strcmp(m->measurand->id, "interlock.pair_error") != 0)
			continue;
		double true_s = true_pair_error_s(m->start_s, setup->sim.dual_s);
		cr_expect_not(m->voided);
		cr_expect_float_eq(m->value, 0.5 * setup->sim.dual_s, 1e-6, "%g", m->value);
		wrong++;
		if (isnan(true_s))
			continue;
		under_way++;
		cr_expect_float_eq(m->value, true_s, 1e-6, "%g, truth %g", m->value, true_s);
	}
	cr_expect_eq(wrong, 5, "%zu", wrong);
	cr_expect_geq(under_way, 2, "%zu", under_way);
	cr_expect_eq(results->extra_count, 0);
	cr_expect_eq(results->untriggered_count, 0);
}

/* The same on one side only: a pulse of the second unit alone has no place, one of the first unit alone is no wrong pair. */
Test(chain_interlock, one_unit_that_goes_on_alone)
{
	auto_plan struct plan *plan = plan_of_wire("il21-sync", 1, 0);
	for (int unit = 1; unit <= 2; unit++) {
		auto_bench_setup struct bench_setup *setup = bench_of();
		struct error error = {0};
		cr_assert(config_add_fault(setup, unit == 1 ? "interlock=IL21:one_channel:1" : "interlock=IL21:one_channel:2", &error),
			  "%s", error.text);
		auto_results struct results *results = run_chain(setup, plan);
		double worst_s = largest(results, "interlock.pair_error");
		cr_expect(unit == 1 ? worst_s < 1e-6 : isinf(worst_s), "unit %d: %g", unit, worst_s);
		cr_expect_gt(largest(results, "interlock.last_pulse"), 1);
		cr_expect(isinf(largest(results, "interlock.fault")));
	}
}

/* Without a reservoir the recharge after each pulse takes long enough to be seen until the watchdog ends it, or for ever. */
Test(chain_interlock, the_charger_is_seen_to_work_until_it_is_off)
{
	auto_plan struct plan *plan = plan_of("il13-watchdog", 2);
	auto_bench_setup struct bench_setup *setup = bench_of();
	struct error error = {0};
	setup->device->burst_energy_j.value = NAN;
	setup->device->charge_power_w.value = 1000;
	auto_results struct results *healthy = run_chain(setup, plan);
	double off_s = largest(healthy, "interlock.charger_off");
	cr_expect(off_s > 1 && off_s < 1.21, "%g", off_s);
	cr_assert(config_add_fault(setup, "interlock=IL13:ignored", &error), "%s", error.text);
	auto_results struct results *ignored = run_chain(setup, plan);
	cr_expect_gt(largest(ignored, "interlock.charger_off"), 2.5);
	cr_expect(isinf(largest(ignored, "interlock.fault")));
}

Test(chain_interlock, a_capacitor_without_a_probe_proves_nothing)
{
	auto_plan struct plan *plan = plan_of("il04-emergency-stop", 2);
	auto_bench_setup struct bench_setup *setup = bench_of();
	for (unsigned c = 0; c < setup->adc.channel_count; c++)
		if (setup->adc.channels[c].channel.role == CHANNEL_CAPACITOR_VOLTAGE)
			no_probe_at = (int)c;
	cr_assert_geq(no_probe_at, 0);
	auto_results struct results *results = run_chain(setup, plan);
	size_t n = 0;
	for (size_t i = 0; i < results->measurement_count; i++) {
		const struct measurement *m = &results->measurements[i];
		if (strcmp(m->measurand->id, "interlock.charger_off") != 0 && strcmp(m->measurand->id, "interlock.rise") != 0)
			continue;
		n++;
		cr_expect(m->voided, "%s", m->measurand->id);
		cr_expect(m->why && strstr(m->why, "no charge"), "%s", m->measurand->id);
	}
	cr_expect_geq(n, 4);
}

/* Without an emulator the line coil_present stands for its signal; on the virtual bench that one acts at once. */
Test(chain_interlock, a_line_stands_for_its_signal)
{
	auto_plan struct plan *plan = plan_of_wire("il01-coil-present", 3, 0);
	auto_bench_setup struct bench_setup *setup = bench_of();
	auto_results struct results *results = run_chain_by(setup, plan, false);
	cr_expect_eq(largest(results, "interlock.trials"), 4);
	cr_expect_lt(largest(results, "interlock.fault"), 1e-5);
	cr_expect_leq(largest(results, "interlock.last_pulse"), 0);
	cr_expect_eq(largest(results, "discharge.reached"), 1);
	cr_expect_leq(largest(results, "interlock.pulses"), 0, "it does not arm without a coil");
	cr_expect_eq(results->missing_count, 0);
}

/* The bench that cannot bring a signal into a state says so before anything is armed. */
Test(chain_interlock, a_bench_without_the_means_is_refused_first)
{
	auto_plan struct plan *plan = plan_of("il06-door", 1);
	auto_bench_setup struct bench_setup *setup = bench_of();
	const struct driver *const drivers[] = {&SPY, NULL};
	struct error error = {0};
	bool finished;
	struct bench *bench = bench_open(setup, drivers, NULL, &error);
	cr_assert_not_null(bench, "%s", error.text);
	bench_ports(bench)->emulator = (struct emulator_port){0};
	struct recording_sink sink = {0};
	struct run_options options = {0};
	cr_expect_not(run_plan(bench, plan, &sink, &options, &finished, &error));
	cr_expect_eq(error.kind, ERROR_CONFIG);
	cr_expect(strstr(error.text, "il06-door.lua") && strstr(error.text, "'door'"), "%s", error.text);
	bench_close(bench);
}
