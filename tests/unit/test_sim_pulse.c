/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The discharge as recorded and as it truly was, against the device table and the circuit's bookkeeping. */
#include "sim_bench.h"

/* Fires once at 100 % and records until 5 ms after. */
static struct sim_truth_pulse fire_once(struct sim_bench *bench)
{
	bench_open_sim(bench);
	bench_arm(bench, 100);
	bench_sleep(bench, 0.1);
	bench_trigger(bench);
	bench_sleep(bench, 5e-3);
	struct sim_truth truth = sim_truth(bench->state);
	cr_assert_eq(truth.count, 1);
	bench_record(bench, 100000);
	return truth.pulses[0];
}

Test(sim_pulse, biphasic_has_the_numbers_of_the_device_table)
{
	struct sim_bench bench;
	bench_init(&bench);
	bench.device.amplitude_cv = NOT_GIVEN;
	struct sim_truth_pulse pulse = fire_once(&bench);
	cr_expect_float_eq(2 * M_PI / pulse.omega_per_s, 290.0e-6, 1e-9);
	cr_expect_float_eq(pulse.peak1_s - pulse.onset_s, 70.86e-6, 0.1e-6);
	cr_expect_float_eq(pulse.peak1_a, 6527, 0.005 * 6527);
	cr_expect_float_eq(-pulse.peak2_a / pulse.peak1_a, 0.894, 0.001);
	cr_expect_float_eq(pulse.didt0_a_per_s, 149.77e6, 1e-6 * 149.77e6);
	double omega = 2 * M_PI / bench_period_s;
	for (size_t n = 0; n < bench.count; n++) {
		double t = (double)n * 1e-6 - pulse.onset_s, i = 0;
		if (t > 0 && t < bench_period_s)
			i = bench_didt0 / omega * exp(-bench_alpha * t) * sin(omega * t);
		cr_assert_float_eq(bench_sample(&bench, BENCH_CURRENT, n), i, 0.2, "frame %zu: %g, %g A expected", n,
				   bench_sample(&bench, BENCH_CURRENT, n), i);
	}
	bench_finish(&bench);
}

Test(sim_pulse, what_the_capacitor_loses_the_resistance_takes)
{
	struct sim_bench bench;
	bench_init(&bench);
	struct sim_truth_pulse pulse = fire_once(&bench);
	double action = 0, rho = exp(-bench_alpha * bench_period_s / 2);
	for (size_t n = 0; n < bench.count; n++)
		action += pow(bench_sample(&bench, BENCH_CURRENT, n), 2) * 1e-6;
	size_t onset = (size_t)(pulse.onset_s * 1e6);
	double before = bench_sample(&bench, BENCH_VOLTAGE, onset - 5), after = bench_sample(&bench, BENCH_VOLTAGE, onset + 290);
	double lost = bench.device.capacitance_f.value / 2 * (before * before - after * after);
	cr_expect_float_eq(bench.device.resistance_ohm.value * action, lost, 0.002 * lost);
	cr_expect_float_eq(after / before, rho * rho, 0.001);
	bench_finish(&bench);
}
