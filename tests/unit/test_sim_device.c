/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The device as the rig meets it: states, lines, limits, charger. */
#include "sim_bench.h"

static void open_armed(struct sim_bench *bench, double pct)
{
	bench_open_sim(bench);
	bench_arm(bench, pct);
}

static size_t fired(const struct sim_bench *bench)
{
	return sim_truth(bench->state).count;
}

Test(sim_device, walks_through_its_states)
{
	struct sim_bench bench;
	struct error error = {0};
	bench_init(&bench);
	bench_open_sim(&bench);
	cr_expect_eq(bench_status(&bench).state, STIMULATOR_OFF);
	bench_set(&bench, GPIO_EMERGENCY_STOP, false);
	cr_expect_eq(bench_status(&bench).state, STIMULATOR_STANDBY);
	bench_set(&bench, GPIO_ENABLE, true);
	bench_intensity(&bench, 100, (double)NAN);
	cr_assert(bench.ports.stimulator.ops->arm(bench.ports.stimulator.self, &error));
	cr_expect_eq(bench_status(&bench).state, STIMULATOR_CHARGING);
	cr_expect_not(bench_get(&bench, GPIO_READY));
	double charged_s = bench_await_ready(&bench);
	/* Half C V^2 at 3 kW, until 0.5 % below the voltage. */
	cr_expect_float_eq(charged_s, 0.99 * device_stored_energy_j(&bench.device, 100) / 3000, 2e-3);
	cr_expect_eq(bench_status(&bench).state, STIMULATOR_READY);
	bench_trigger(&bench);
	bench_sleep(&bench, 100e-6);
	cr_expect_eq(bench_status(&bench).state, STIMULATOR_FIRING);
	cr_expect_not(bench_get(&bench, GPIO_READY));
	bench_sleep(&bench, 0.1);
	cr_expect_eq(bench_status(&bench).state, STIMULATOR_READY);
	bench_disarm(&bench);
	cr_expect_eq(bench_status(&bench).state, STIMULATOR_STANDBY);
	cr_expect_not(bench_get(&bench, GPIO_READY));
	cr_expect_eq(fired(&bench), 1);
	bench_finish(&bench);
}

Test(sim_device, discharges_through_the_dump_resistor)
{
	struct sim_bench bench;
	bench_init(&bench);
	bench.device.amplitude_cv = NOT_GIVEN;
	open_armed(&bench, 100);
	bench_sleep(&bench, 0.5);
	double disarmed_s = bench_now(&bench);
	bench_disarm(&bench);
	bench_sleep(&bench, 1);
	cr_expect(isnan(sim_truth(bench.state).discharge_60v_s));
	bench_sleep(&bench, 2);
	double expected_s = 0.5 * log(bench_v0 / 60);
	cr_expect_float_eq(sim_truth(bench.state).discharge_60v_s, expected_s, 1e-4);
	bench_record(&bench, 65536);
	size_t n = (size_t)(disarmed_s * 1e6);
	while (n < bench.count && bench_sample(&bench, BENCH_VOLTAGE, n) > 60)
		n++;
	cr_expect_float_eq((double)n * 1e-6 - disarmed_s, expected_s, 1e-3);
	bench_finish(&bench);
}

Test(sim_device, steps_down_more_slowly_than_up)
{
	struct sim_bench bench;
	bench_init(&bench);
	bench.device.amplitude_cv = NOT_GIVEN;
	open_armed(&bench, 60);
	bench_sleep(&bench, 0.1);
	bench_intensity(&bench, 80, (double)NAN);
	cr_expect_not(bench_get(&bench, GPIO_READY));
	double up_s = bench_await_ready(&bench);
	bench_sleep(&bench, 0.1);
	bench_intensity(&bench, 60, (double)NAN);
	cr_expect_not(bench_get(&bench, GPIO_READY));
	bench_trigger(&bench);
	double down_s = bench_await_ready(&bench);
	cr_expect_eq(fired(&bench), 0, "fired at the old intensity");
	cr_expect_gt(down_s, 2 * up_s);
	cr_expect_float_eq(down_s, 0.5 * log(80 / (60 * 1.005)), 2e-3);
	bench_trigger(&bench);
	bench_sleep(&bench, 1e-3);
	cr_assert_eq(fired(&bench), 1);
	cr_expect_float_eq(sim_truth(bench.state).pulses[0].peak1_a, 0.6 * 6527, 0.011 * 0.6 * 6527);
	bench_finish(&bench);
}

Test(sim_device, interlocks_block_and_discharge)
{
	static const struct {
		enum gpio_line line;
		bool level;
		enum stimulator_state state;
	} cases[] = {
		{GPIO_ENABLE, false, STIMULATOR_STANDBY},
		{GPIO_EMERGENCY_STOP, true, STIMULATOR_OFF},
		{GPIO_COIL_PRESENT, false, STIMULATOR_FAULT},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sim_bench bench;
		struct error error = {0};
		bench_init(&bench);
		open_armed(&bench, 80);
		bench_set(&bench, cases[i].line, cases[i].level);
		cr_expect_not(bench_get(&bench, GPIO_READY));
		cr_expect_eq(bench_status(&bench).state, cases[i].state);
		cr_expect_eq(bench_get(&bench, GPIO_FAULT), cases[i].line == GPIO_COIL_PRESENT);
		bench_trigger(&bench);
		bench_sleep(&bench, 3);
		cr_assert(bench.ports.stimulator.ops->arm(bench.ports.stimulator.self, &error));
		bench_sleep(&bench, 1);
		bench_trigger(&bench);
		bench_sleep(&bench, 1);
		cr_expect_eq(fired(&bench), 0);
		cr_expect_lt(sim_truth(bench.state).discharge_60v_s, 2);
		bench_set(&bench, cases[i].line, !cases[i].level);
		bench_disarm(&bench);
		bench_arm(&bench, 80);
		bench_trigger(&bench);
		bench_sleep(&bench, 1e-3);
		cr_expect_eq(fired(&bench), 1, "does not recover from %s", gpio_line_name(cases[i].line));
		bench_finish(&bench);
	}
}

/* Triggers `count` times every interval_s and says how many fired. */
static size_t fire_at(struct sim_bench *bench, int count, double interval_s)
{
	size_t before = fired(bench);
	for (int n = 0; n < count; n++) {
		bench_trigger(bench);
		bench_sleep(bench, interval_s);
	}
	bench_sleep(bench, 1);
	return fired(bench) - before;
}

Test(sim_device, its_limiter_ignores_what_is_too_fast)
{
	struct sim_bench bench;
	bench_init(&bench);
	bench.rates[0] = (struct rate_limit){50, 50};
	bench.rates[1] = (struct rate_limit){100, 20};
	bench.device.rate_table = bench.rates;
	bench.device.rate_count = 2;
	bench.device.burst_pulses = GIVEN(3);
	bench.device.burst_interval_s = GIVEN(5e-3);
	open_armed(&bench, 80);
	cr_expect_eq(fire_at(&bench, 10, 0.05), 10, "20 Hz is allowed");
	cr_expect_eq(bench_status(&bench).fault[0], '\0');
	cr_expect_eq(fire_at(&bench, 3, 0.02), 3, "a burst of three is allowed");
	cr_expect_eq(fire_at(&bench, 4, 0.01), 3, "the fourth is not");
	cr_expect_neq(bench_status(&bench).fault[0], '\0');
	cr_expect_eq(fire_at(&bench, 2, 4e-3), 1, "nor is a burst this tight");
	bench_intensity(&bench, 40, (double)NAN);
	bench_await_ready(&bench);
	cr_expect_eq(fire_at(&bench, 10, 0.02), 10, "50 Hz is allowed at 40 %%");
	bench_finish(&bench);
}

Test(sim_device, its_average_power_is_limited)
{
	struct sim_bench bench;
	bench_init(&bench);
	bench.device.average_power_w = GIVEN(500);
	open_armed(&bench, 100);
	double pulse_j = device_stored_energy_j(&bench.device, 100);
	/* 10 Hz spend about 2900 W; the minute's 30 kJ last until (pulse_j 10 Hz - 500 W) t = 30 kJ. */
	double lasts_s = 30000 / (pulse_j * 10 - 500);
	size_t count = fire_at(&bench, (int)(20 * lasts_s), 0.1);
	cr_expect_gt(count, 10 * lasts_s);
	cr_expect_lt(count, 15 * lasts_s);
	bench_finish(&bench);
}

Test(sim_device, amplitude_falls_when_the_charger_cannot_follow)
{
	struct sim_bench bench;
	bench_init(&bench);
	bench.device.charge_power_w = GIVEN(500);
	bench.device.burst_energy_j = NOT_GIVEN;
	bench.device.amplitude_cv = NOT_GIVEN;
	open_armed(&bench, 100);
	bench_sleep(&bench, 1);
	cr_expect_eq(fire_at(&bench, 60, 0.05), 60);
	struct sim_truth truth = sim_truth(bench.state);
	double rho = exp(-bench_alpha * bench_period_s / 2);
	/* tms-physics, section 4: V_ss = sqrt(2 P / (C f (1 - rho^4))). */
	double steady_v = sqrt(2 * 500 / (bench.device.capacitance_f.value * 20 * (1 - pow(rho, 4))));
	cr_expect_lt(steady_v, bench_v0);
	cr_expect_float_eq(truth.pulses[59].peak1_a / truth.pulses[0].peak1_a, steady_v / bench_v0, 0.01);
	bench_finish(&bench);
}

Test(sim_device, bursts_keep_their_amplitude)
{
	struct sim_bench bench;
	bench_init(&bench);
	bench.device.amplitude_cv = NOT_GIVEN;
	open_armed(&bench, 80);
	bench_sleep(&bench, 0.1);
	cr_expect_eq(fire_at(&bench, 4, 1.5e-3), 4);
	struct sim_truth truth = sim_truth(bench.state);
	for (size_t i = 1; i < truth.count; i++)
		cr_expect_float_eq(truth.pulses[i].peak1_a, truth.pulses[0].peak1_a, 1e-3 * truth.pulses[0].peak1_a);
	bench_finish(&bench);
}

Test(sim_device, pairs_alternate_between_two_banks)
{
	struct sim_bench bench;
	bench_init(&bench);
	open_armed(&bench, 40);
	bench_intensity(&bench, 40, 60);
	bench_await_ready(&bench);
	for (int n = 0; n < 3; n++) {
		bench_trigger(&bench);
		bench_sleep(&bench, 1e-3);
		bench_trigger(&bench);
		bench_sleep(&bench, 5);
	}
	struct sim_truth truth = sim_truth(bench.state);
	cr_assert_eq(truth.count, 6);
	for (size_t i = 0; i < truth.count; i++) {
		double pct = i % 2 ? 60 : 40;
		cr_expect_float_eq(truth.pulses[i].intensity_pct, pct, 1e-9);
		cr_expect_float_eq(truth.pulses[i].peak1_a, pct / 100 * 6527, 0.01 * pct / 100 * 6527);
	}
	bench_finish(&bench);
}

Test(sim_device, latency_and_repeatability_are_as_stated)
{
	struct sim_bench bench;
	bench_init(&bench);
	open_armed(&bench, 50);
	cr_assert_eq(fire_at(&bench, 400, 0.1), 400);
	struct sim_truth truth = sim_truth(bench.state);
	double latency = 0, latency2 = 0, peak = 0, peak2 = 0;
	for (size_t i = 0; i < truth.count; i++) {
		double l = truth.pulses[i].onset_s - truth.pulses[i].trigger_s;
		latency += l / 400;
		latency2 += l * l / 400;
		peak += truth.pulses[i].peak1_a / 400;
		peak2 += pow(truth.pulses[i].peak1_a, 2) / 400;
	}
	/* Four standard errors of 400 draws. */
	cr_expect_float_eq(latency, 20e-6, 4 * 0.2e-6 / 20);
	cr_expect_float_eq(sqrt(latency2 - latency * latency), 0.2e-6, 4 * 0.2e-6 / sqrt(800));
	cr_expect_float_eq(sqrt(peak2 - peak * peak) / peak, 0.001, 4 * 0.001 / sqrt(800));
	bench_finish(&bench);
}

Test(sim_device, coil_heats_and_trips)
{
	struct sim_bench bench;
	bench_init(&bench);
	bench.device.coil_trip_degc = GIVEN(25);
	open_armed(&bench, 100);
	cr_expect_eq(fire_at(&bench, 1, 0.1), 1);
	/* 5697 A2s of the device table, in 12 mOhm and 400 J/K. */
	cr_expect_float_eq(bench_status(&bench).coil_temperature_degc - 22, 0.012 * 5697 / 400, 0.01);
	size_t more = fire_at(&bench, 40, 0.1);
	cr_expect_gt(more, 10);
	cr_expect_lt(more, 25);
	cr_expect_eq(bench_status(&bench).state, STIMULATOR_FAULT);
	cr_expect(bench_get(&bench, GPIO_FAULT));
	bench_finish(&bench);
}

Test(sim_device, logic_analyser_sees_the_edges)
{
	struct sim_bench bench;
	struct error error = {0};
	struct edge edges[32];
	size_t count = 0;
	bool end = false;
	bench_init(&bench);
	open_armed(&bench, 50);
	bench_sleep(&bench, 0.1);
	double time_s = bench_trigger(&bench);
	bench_sleep(&bench, 0.5);
	struct logic_port *logic = &bench.ports.logic;
	cr_assert(logic->ops->stop(logic->self, &error));
	cr_assert(logic->ops->read(logic->self, edges, 32, &count, &end, &error));
	static const struct {
		enum logic_line line;
		bool rising;
	} expected[] = {{LOGIC_READY, true},    {LOGIC_TRIGGER, true},      {LOGIC_TRIGGER_OUT, true}, {LOGIC_READY, false},
			{LOGIC_TRIGGER, false}, {LOGIC_TRIGGER_OUT, false}, {LOGIC_READY, true}};
	cr_assert_eq(count, 7, "%zu edges", count);
	cr_expect_not(end);
	for (size_t i = 0; i < count; i++) {
		bool swapped = i >= 4 && i < 6;
		cr_expect(swapped || (edges[i].line == expected[i].line && edges[i].rising == expected[i].rising), "edge %zu: %s", i,
			  logic_line_name(edges[i].line));
		cr_expect_float_eq(edges[i].time_s * 10e6, round(edges[i].time_s * 10e6), 1e-5);
	}
	cr_expect_float_eq(edges[1].time_s, time_s, 0.11e-6);
	cr_expect_float_eq(edges[2].time_s, sim_truth(bench.state).pulses[0].onset_s, 0.11e-6);
	cr_assert(logic->ops->read(logic->self, edges, 32, &count, &end, &error));
	cr_expect(count == 0 && end);
	bench_finish(&bench);
}

Test(sim_device, a_woken_sleep_is_aborted_once)
{
	struct sim_bench bench;
	struct error error = {0};
	bench_init(&bench);
	bench_open_sim(&bench);
	struct clock_port *clock_ = &bench.ports.clock;
	clock_->ops->wake(clock_->self);
	cr_expect_not(clock_->ops->sleep_until(clock_->self, 1, &error));
	cr_expect_eq(error.kind, ERROR_ABORTED);
	cr_expect_float_eq(clock_->ops->now_s(clock_->self), 0, 1e-12);
	cr_expect(clock_->ops->sleep_until(clock_->self, 1, &error));
	cr_expect_float_eq(clock_->ops->now_s(clock_->self), 1, 1e-12);
	bench_finish(&bench);
}

Test(sim_device, a_device_without_the_numbers_is_refused)
{
	struct sim_bench bench;
	struct error error = {0};
	bench_init(&bench);
	bench.device.inductance_h = NOT_GIVEN;
	cr_expect_not(driver_sim.open(&bench.setup, NULL, &bench.ports, &bench.state, &error));
	cr_expect_eq(error.kind, ERROR_CONFIG);
	cr_expect_not_null(strstr(error.text, "inductance"));
	bench_init(&bench);
	bench.setup.clock_driver = "monotonic";
	cr_expect_not(driver_sim.open(&bench.setup, NULL, &bench.ports, &bench.state, &error));
	cr_expect_not_null(strstr(error.text, "virtual"));
}
