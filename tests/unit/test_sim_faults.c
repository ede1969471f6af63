/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every fault that can be set on purpose really is one, and nothing else changes. */
#include "sim_bench.h"

enum { PULSES = 6 };
static const double interval_s = 0.1;

static void run_with(struct sim_bench *bench, enum sim_fault_kind kind, uint32_t pulse, double value)
{
	bench_init(bench);
	bench->device.trigger_jitter_s = NOT_GIVEN;
	bench->faults[0] = (struct sim_fault){kind, pulse, value};
	bench->setup.sim.fault_count = kind == SIM_FAULT_KIND_COUNT ? 0 : 1;
	bench_open_sim(bench);
	bench_arm(bench, 80);
	bench_sleep(bench, 0.1);
	for (int n = 0; n < PULSES; n++) {
		bench_trigger(bench);
		bench_sleep(bench, interval_s);
	}
	bench_disarm(bench);
	bench_sleep(bench, 10);
}

/* Every pulse of the truth but number `but` comes in time, from its trigger and with the right amplitude. */
static void expect_healthy(const struct sim_bench *bench, size_t count, size_t but)
{
	struct sim_truth truth = sim_truth(bench->state);
	cr_assert_eq(truth.count, count, "%zu pulses", truth.count);
	for (size_t i = 0; i < count; i++) {
		if (i == but)
			continue;
		cr_expect_float_eq(truth.pulses[i].onset_s - truth.pulses[i].trigger_s, 20e-6, 1e-9);
		cr_expect_float_eq(truth.pulses[i].peak1_a, 0.8 * 6527, 0.01 * 0.8 * 6527);
	}
}

Test(sim_faults, none)
{
	struct sim_bench bench;
	run_with(&bench, SIM_FAULT_KIND_COUNT, 0, 0);
	expect_healthy(&bench, PULSES, SIZE_MAX);
	cr_expect_float_eq(sim_truth(bench.state).discharge_60v_s, 0.5 * log(0.8 * bench_v0 / 60), 5e-3);
	bench_finish(&bench);
}

Test(sim_faults, drop_pulse)
{
	struct sim_bench bench;
	run_with(&bench, SIM_FAULT_DROP_PULSE, 2, 0);
	expect_healthy(&bench, PULSES - 1, SIZE_MAX);
	const struct sim_truth_pulse *pulses = sim_truth(bench.state).pulses;
	cr_expect_float_eq(pulses[2].onset_s - pulses[1].onset_s, 2 * interval_s, 1e-9);
	bench_finish(&bench);
}

Test(sim_faults, double_pulse)
{
	struct sim_bench bench;
	run_with(&bench, SIM_FAULT_DOUBLE_PULSE, 2, 5e-3);
	expect_healthy(&bench, PULSES + 1, 3);
	const struct sim_truth_pulse *pulses = sim_truth(bench.state).pulses;
	cr_expect_float_eq(pulses[3].onset_s - pulses[2].onset_s, 5e-3, 1e-9);
	bench_finish(&bench);
}

Test(sim_faults, amplitude)
{
	struct sim_bench healthy, bench;
	run_with(&healthy, SIM_FAULT_KIND_COUNT, 0, 0);
	run_with(&bench, SIM_FAULT_AMPLITUDE, 0, 0.97);
	struct sim_truth good = sim_truth(healthy.state), low = sim_truth(bench.state);
	cr_assert_eq(low.count, PULSES);
	for (size_t i = 0; i < low.count; i++)
		cr_expect_float_eq(low.pulses[i].peak1_a / good.pulses[i].peak1_a, 0.97, 1e-6);
	bench_finish(&healthy);
	bench_finish(&bench);
}

Test(sim_faults, late_pulse)
{
	struct sim_bench bench;
	run_with(&bench, SIM_FAULT_LATE_PULSE, 4, 2e-3);
	expect_healthy(&bench, PULSES, 4);
	const struct sim_truth_pulse *pulses = sim_truth(bench.state).pulses;
	cr_expect_float_eq(pulses[4].onset_s - pulses[4].trigger_s, 2.02e-3, 1e-9);
	bench_finish(&bench);
}

Test(sim_faults, inverted)
{
	struct sim_bench bench;
	run_with(&bench, SIM_FAULT_INVERTED, 1, 0);
	expect_healthy(&bench, PULSES, 1);
	struct sim_truth_pulse pulse = sim_truth(bench.state).pulses[1];
	cr_expect_float_eq(pulse.peak1_a, -0.8 * 6527, 0.01 * 0.8 * 6527);
	bench_record(&bench, 65536);
	cr_expect_float_eq(bench_sample(&bench, BENCH_CURRENT, (size_t)(pulse.peak1_s * 1e6)), pulse.peak1_a, 3);
	bench_finish(&bench);
}

Test(sim_faults, half_wave)
{
	struct sim_bench bench;
	run_with(&bench, SIM_FAULT_HALF_WAVE, 1, 0);
	expect_healthy(&bench, PULSES, SIZE_MAX);
	struct sim_truth_pulse pulse = sim_truth(bench.state).pulses[1], whole = sim_truth(bench.state).pulses[2];
	cr_expect(isnan(pulse.peak2_a));
	cr_expect_lt(whole.peak2_a, -0.5 * whole.peak1_a);
	bench_record(&bench, 65536);
	cr_expect_float_eq(bench_sample(&bench, BENCH_CURRENT, (size_t)(pulse.peak1_s * 1e6)), pulse.peak1_a, 3);
	cr_expect_float_eq(bench_sample(&bench, BENCH_CURRENT, (size_t)(pulse.onset_s * 1e6) + 216), 0, 10);
	cr_expect_lt(bench_sample(&bench, BENCH_CURRENT, (size_t)(whole.peak2_s * 1e6)), -0.5 * whole.peak1_a);
	bench_finish(&bench);
}

Test(sim_faults, no_discharge)
{
	struct sim_bench bench;
	run_with(&bench, SIM_FAULT_NO_DISCHARGE, 0, 0);
	expect_healthy(&bench, PULSES, SIZE_MAX);
	cr_expect(isnan(sim_truth(bench.state).discharge_60v_s));
	bench_record(&bench, 65536);
	cr_expect_gt(bench_sample(&bench, BENCH_VOLTAGE, bench.count - 1), 1000);
	bench_finish(&bench);
}

Test(sim_faults, spontaneous)
{
	struct sim_bench bench;
	run_with(&bench, SIM_FAULT_SPONTANEOUS, 3, 50e-3);
	expect_healthy(&bench, PULSES + 1, 4);
	struct sim_truth_pulse pulse = sim_truth(bench.state).pulses[4];
	cr_expect(isnan(pulse.trigger_s));
	cr_expect_float_eq(pulse.onset_s - sim_truth(bench.state).pulses[3].onset_s, 50e-3, 1e-9);
	bench_finish(&bench);
}
