/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs on the virtual bench, healthy and wrong: what they say of their safe state, and which monitor stops them. */
#include <math.h>
#include <string.h>

#include <criterion/criterion.h>

#include "config.h"
#include "idle_sink.h"
#include "plan_builder.h"
#include "run.h"
#include "sim.h"

static const struct driver *const DRIVERS[] = {&driver_sim, NULL};

struct seen {
	unsigned monitor_events;
	uint32_t monitor;
	bool aborted;
};

static bool take_event(void *self, const struct run_event *event, struct error *error)
{
	(void)error;
	struct seen *seen = self;
	seen->monitor_events += event->kind == EVENT_MONITOR;
	if (event->kind == EVENT_MONITOR)
		seen->monitor = event->index;
	seen->aborted |= event->kind == EVENT_ABORTED;
	return true;
}

static struct bench_setup *load(void)
{
	struct error error = {0};
	struct bench_setup *setup = config_load_bench(SOURCE_ROOT "/tests/torture/bench.yaml", SOURCE_ROOT "/fixtures", &error);
	cr_assert(setup, "%s", error.text);
	return setup;
}

/* Runs smoke; returns what run_plan() did. */
static bool run_smoke(struct bench_setup *setup, atomic_bool *abort, struct safety *safety, struct seen *seen, struct error *error)
{
	const struct plan_parameters parameters = {.motor_threshold_pct = NAN, .shipped_dir = SOURCE_ROOT "/scenarios/lib"};
	auto_plan struct plan *plan = plan_build(SOURCE_ROOT "/scenarios/smoke.lua", &parameters, error);
	cr_assert(plan, "%s", error->text);
	auto_bench struct bench *bench = bench_open(setup, DRIVERS, NULL, error);
	cr_assert(bench, "%s", error->text);
	struct recording_sink sink = idle_sink(seen);
	sink.event = take_event;
	const struct run_options options = {.abort = abort, .safety = safety};
	bool finished;
	*seen = (struct seen){0};
	return run_plan(bench, plan, &sink, &options, &finished, error);
}

static void add_fault(struct bench_setup *setup, const char *fault)
{
	struct error error = {0};
	cr_assert(config_add_fault(setup, fault, &error), "%s", error.text);
}

Test(safety, a_healthy_run_proves_its_safe_state)
{
	auto_bench_setup struct bench_setup *setup = load();
	struct safety safety;
	struct seen seen;
	struct error error = {0};
	cr_assert(run_smoke(setup, NULL, &safety, &seen, &error), "%s", error.text);
	cr_expect_eq(safety.proof, SAFE_PROVEN, "%s", safety.text);
	cr_expect_eq(safety.by_count, 5);
	cr_expect_not(safety.tripped);
	cr_expect_eq(seen.monitor_events, 0);
	cr_expect_eq(safety_verdict(VERDICT_PASS, &safety), VERDICT_PASS);
}

Test(safety, a_capacitor_that_stays_charged_is_no_proof_and_no_pass)
{
	auto_bench_setup struct bench_setup *setup = load();
	add_fault(setup, "no_discharge");
	struct safety safety;
	struct seen seen;
	struct error error = {0};
	cr_assert(run_smoke(setup, NULL, &safety, &seen, &error), "%s", error.text);
	cr_expect_eq(safety.proof, SAFE_NOT_PROVEN, "%s", safety.text);
	cr_expect(strstr(safety.text, "capacitor is still at"), "%s", safety.text);
	cr_expect_eq(safety_verdict(VERDICT_PASS, &safety), VERDICT_VOID);
	cr_expect_eq(safety_verdict(VERDICT_FAIL, &safety), VERDICT_FAIL);
}

Test(safety, without_anything_to_see_it_by_it_is_not_provable)
{
	auto_bench_setup struct bench_setup *setup = load();
	setup->gpio[GPIO_READY].present = false;
	setup->stimulator_driver = "sim";
	/* No capacitor channel, no ready line, and a device that is not asked. */
	setup->adc.channels[2].channel.role = CHANNEL_OTHER;
	struct safety safety = {.proof = SAFE_NOT_PROVABLE};
	cr_expect_eq(safety_verdict(VERDICT_PASS, &safety), VERDICT_PASS);
	struct seen seen;
	struct error error = {0};
	cr_assert(run_smoke(setup, NULL, &safety, &seen, &error), "%s", error.text);
	cr_expect_eq(safety.proof, SAFE_PROVEN, "the device itself still tells: %s", safety.text);
	cr_expect_eq(safety.by_count, 3);
}

/* The probe is off: what stays at 0 V all the time is no witness of a discharge. */
Test(safety, a_capacitor_that_was_never_seen_charged_is_no_witness)
{
	auto_bench_setup struct bench_setup *setup = load();
	setup->safety.discharge_v = 1e6;
	struct safety safety;
	struct seen seen;
	struct error error = {0};
	cr_assert(run_smoke(setup, NULL, &safety, &seen, &error), "%s", error.text);
	cr_expect_eq(safety.by_count, 4);
	for (unsigned w = 0; w < safety.by_count; w++)
		cr_expect_str_neq(safety.by[w], "capacitor voltage");
}

Test(safety, a_discharge_of_its_own_stops_the_run_and_fails)
{
	auto_bench_setup struct bench_setup *setup = load();
	add_fault(setup, "spontaneous=1:0.3 s");
	struct safety safety;
	struct seen seen;
	struct error error = {0};
	cr_assert_not(run_smoke(setup, NULL, &safety, &seen, &error));
	cr_assert(safety.tripped, "%s", error.text);
	cr_expect_eq(safety.monitor, MONITOR_UNTRIGGERED, "%s", safety.trip_text);
	cr_expect(strstr(error.text, "without a trigger"), "%s", error.text);
	cr_expect(seen.aborted, "the plan was not carried on");
	cr_expect_eq(seen.monitor_events, 1);
	cr_expect_eq(seen.monitor, MONITOR_UNTRIGGERED);
	cr_expect_eq(safety_verdict(VERDICT_PASS, &safety), VERDICT_FAIL);
	cr_expect_eq(safety.proof, SAFE_PROVEN, "%s", safety.text);
}

Test(safety, the_same_run_stops_at_the_same_place)
{
	double first_s = NAN;
	for (int i = 0; i < 3; i++) {
		auto_bench_setup struct bench_setup *setup = load();
		add_fault(setup, "spontaneous=1:0.3 s");
		struct safety safety;
		struct seen seen;
		struct error error = {0};
		cr_assert_not(run_smoke(setup, NULL, &safety, &seen, &error));
		if (i == 0)
			first_s = safety.trip_s;
		cr_expect_float_eq(safety.trip_s, first_s, 0);
	}
}

Test(safety, an_over_voltage_stops_the_run)
{
	auto_bench_setup struct bench_setup *setup = load();
	setup->safety.capacitor_max_v = 500;
	struct safety safety;
	struct seen seen;
	struct error error = {0};
	cr_assert_not(run_smoke(setup, NULL, &safety, &seen, &error));
	cr_expect(safety.tripped && safety.monitor == MONITOR_OVERVOLTAGE, "%s", error.text);
}

Test(safety, a_hot_coil_stops_the_run)
{
	auto_bench_setup struct bench_setup *setup = load();
	setup->safety.coil_max_degc = 1;
	struct safety safety;
	struct seen seen;
	struct error error = {0};
	cr_assert_not(run_smoke(setup, NULL, &safety, &seen, &error));
	cr_expect(safety.tripped && safety.monitor == MONITOR_COIL_HOT, "%s", error.text);
}

Test(safety, a_dead_current_channel_refuses_to_arm)
{
	auto_bench_setup struct bench_setup *setup = load();
	setup->adc.channels[0].noise_rms = 0;
	struct safety safety;
	struct seen seen;
	struct error error = {0};
	cr_assert_not(run_smoke(setup, NULL, &safety, &seen, &error));
	cr_expect(safety.tripped && safety.monitor == MONITOR_CURRENT_DEAD, "%s", error.text);
	cr_expect(strstr(error.text, "nothing was armed"), "%s", error.text);
	cr_expect_eq(error.kind, ERROR_BENCH);
	cr_expect_eq(safety_verdict(VERDICT_FAIL, &safety), VERDICT_VOID, "nothing is said of the device");
}

Test(safety, an_operators_stop_ends_in_a_proven_safe_state)
{
	auto_bench_setup struct bench_setup *setup = load();
	atomic_bool abort = true;
	struct safety safety;
	struct seen seen;
	struct error error = {0};
	cr_assert_not(run_smoke(setup, &abort, &safety, &seen, &error));
	cr_expect_eq(error.kind, ERROR_ABORTED, "%s", error.text);
	cr_expect_eq(safety.proof, SAFE_PROVEN, "%s", safety.text);
	cr_expect(seen.aborted);
}

Test(safety, the_limits_come_from_the_file_or_from_the_device)
{
	auto_bench_setup struct bench_setup *setup = load();
	struct safety_setup limits = bench_setup_safety(setup);
	cr_expect_float_eq(limits.discharge_v, 60, 0);
	cr_expect_float_eq(limits.discharge_s, 5, 0);
	cr_expect_float_eq(limits.capacitor_max_v, 1.1 * setup->device->voltage_v.value, 1e-9);
	cr_expect_float_eq(limits.coil_max_degc, setup->device->coil_trip_degc.value + 3, 1e-9);
	setup->safety = (struct safety_setup){30, 2, 1500, 40};
	limits = bench_setup_safety(setup);
	cr_expect_float_eq(limits.discharge_v, 30, 0);
	cr_expect_float_eq(limits.capacitor_max_v, 1500, 0);
	cr_expect_float_eq(limits.coil_max_degc, 40, 0);
}
