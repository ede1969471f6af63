/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A virtual bench made by hand for the tests of rig/sim: MagPro X100 with Cool-B65 (device table, section 1), a Rogowski coil and a divider.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "sim.h"

#define GIVEN(x) ((struct sourced){.value = (x), .source = "test"})
#define NOT_GIVEN ((struct sourced){.value = NAN})
#define EXACT(x) ((struct calibrated){.value = (x), .expanded_uncertainty = NAN, .k = NAN, .limit = NAN})

enum { BENCH_CURRENT, BENCH_TRIGGER, BENCH_VOLTAGE };

struct sim_bench {
	struct device device;
	struct bench_setup setup;
	struct sensor rogowski;
	struct rate_limit rates[4];
	struct sim_fault faults[4];
	struct ports ports;
	void *state;
	int16_t *frames; /* what was recorded */
	size_t count;
};

static const double bench_v0 = 1800, bench_didt0 = 149.77e6, bench_period_s = 290e-6, bench_alpha = 770;

static inline struct device bench_device(void)
{
	double l = bench_v0 / bench_didt0, omega = 2 * M_PI / bench_period_s;
	return (struct device){
		.id = "magpro-x100-cool-b65",
		.waveform = WAVEFORM_BIPHASIC,
		.voltage_v = GIVEN(bench_v0),
		.inductance_h = GIVEN(l),
		.capacitance_f = GIVEN(1 / (l * (omega * omega + bench_alpha * bench_alpha))),
		.resistance_ohm = GIVEN(2 * l * bench_alpha),
		.diode_resistance_ohm = NOT_GIVEN,
		.stray_inductance_h = NOT_GIVEN,
		.diode_drop_v = NOT_GIVEN,
		.pulse_width_s = NOT_GIVEN,
		.intensity_step_pct = GIVEN(1),
		.minimum_interval_s = GIVEN(0.01),
		.average_power_w = NOT_GIVEN,
		.burst_pulses = GIVEN(5),
		.burst_interval_s = GIVEN(0.5e-3),
		.train_pulses = NOT_GIVEN,
		.pair_interval_s = GIVEN(1e-3),
		.charge_power_w = GIVEN(3000),
		.burst_energy_j = GIVEN(500),
		.discharge_time_constant_s = GIVEN(0.5),
		.trigger_latency_s = GIVEN(20e-6),
		.trigger_jitter_s = GIVEN(0.2e-6),
		.amplitude_cv = GIVEN(0.001),
		.coil_resistance_ohm = GIVEN(0.012),
		.coil_heat_capacity_j_per_k = GIVEN(400),
		.coil_thermal_resistance_k_per_w = GIVEN(1.0),
		.coil_trip_degc = NOT_GIVEN,
	};
}

static inline void bench_channel(struct sim_bench *bench, unsigned c, enum channel_role role, double range, double noise_rms)
{
	bench->setup.adc.channels[c] = (struct adc_channel_setup){
		.channel =
			{
				.role = role,
				.scale = range / 32768,
				.count_min = INT16_MIN,
				.count_max = INT16_MAX,
				.threshold = role == CHANNEL_TRIGGER ? 1.5 : (double)NAN,
				.droop_time_constant_s = INFINITY,
				.bandwidth_hz = INFINITY,
				.calibrated = true,
			},
		.adc_range = range,
		.bits = 16,
		.noise_rms = noise_rms,
	};
}

/* Ideal instruments, an ideal clock and no noise; tests add what they are about before bench_open_sim(). */
static inline void bench_init(struct sim_bench *bench)
{
	*bench = (struct sim_bench){.device = bench_device()};
	struct bench_setup *setup = &bench->setup;
	setup->clock_driver = "virtual";
	setup->gpio_driver = setup->adc.driver = setup->logic.driver = setup->stimulator_driver = "sim";
	setup->device = &bench->device;
	for (int line = 0; line < GPIO_LINE_COUNT; line++)
		setup->gpio[line] = (struct gpio_line_setup){
			.present = true, .output = line != GPIO_READY && line != GPIO_FAULT, .pulse_s = (double)NAN};
	setup->gpio[GPIO_TRIGGER].pulse_s = 50e-6;
	setup->gpio[GPIO_EMERGENCY_STOP].safe_level = true;
	setup->adc.sample_rate_hz = 1e6;
	setup->adc.channel_count = 3;
	bench_channel(bench, BENCH_CURRENT, CHANNEL_COIL_CURRENT, 12000, 0);
	bench_channel(bench, BENCH_TRIGGER, CHANNEL_TRIGGER, 10, 0);
	bench_channel(bench, BENCH_VOLTAGE, CHANNEL_CAPACITOR_VOLTAGE, 2500, 0);
	setup->logic.sample_rate_hz = 10e6;
	for (int line = 0; line < LOGIC_LINE_COUNT; line++)
		setup->logic.present[line] = true;
	setup->sim = (struct sim_setup){.seed = 1, .faults = bench->faults};
}

static inline void bench_open_sim(struct sim_bench *bench)
{
	struct error error = {0};
	cr_assert(driver_sim.open(&bench->setup, NULL, &bench->ports, &bench->state, &error), "%s", error.text);
	cr_assert(bench->ports.adc.ops->start(bench->ports.adc.self, &error), "%s", error.text);
	cr_assert(bench->ports.logic.ops->start(bench->ports.logic.self, &error), "%s", error.text);
}

static inline double bench_now(struct sim_bench *bench)
{
	return bench->ports.clock.ops->now_s(bench->ports.clock.self);
}

static inline void bench_sleep(struct sim_bench *bench, double seconds)
{
	struct error error = {0};
	double until_s = bench_now(bench) + seconds;
	cr_assert(bench->ports.clock.ops->sleep_until(bench->ports.clock.self, until_s, &error), "%s", error.text);
}

static inline void bench_set(struct sim_bench *bench, enum gpio_line line, bool level)
{
	struct error error = {0};
	cr_assert(bench->ports.gpio.ops->set(bench->ports.gpio.self, line, level, &error), "%s", error.text);
}

static inline bool bench_get(struct sim_bench *bench, enum gpio_line line)
{
	struct error error = {0};
	bool level = false;
	cr_assert(bench->ports.gpio.ops->get(bench->ports.gpio.self, line, &level, &error), "%s", error.text);
	return level;
}

static inline double bench_trigger(struct sim_bench *bench)
{
	struct error error = {0};
	double time_s = NAN;
	cr_assert(bench->ports.gpio.ops->pulse(bench->ports.gpio.self, GPIO_TRIGGER, &time_s, &error), "%s", error.text);
	return time_s;
}

static inline void bench_intensity(struct sim_bench *bench, double pct, double second_pct)
{
	struct error error = {0};
	struct stimulator_port *port = &bench->ports.stimulator;
	cr_assert(port->ops->set_intensity(port->self, pct, second_pct, &error), "%s", error.text);
}

static inline struct stimulator_status bench_status(struct sim_bench *bench)
{
	struct error error = {0};
	struct stimulator_status status = {0};
	cr_assert(bench->ports.stimulator.ops->status(bench->ports.stimulator.self, &status, &error), "%s", error.text);
	return status;
}

/* Seconds until READY, which must come within ten. */
static inline double bench_await_ready(struct sim_bench *bench)
{
	double begin_s = bench_now(bench);
	while (!bench_get(bench, GPIO_READY)) {
		bench_sleep(bench, 1e-3);
		cr_assert_lt(bench_now(bench) - begin_s, 10.0, "never ready: %s", bench_status(bench).fault);
	}
	return bench_now(bench) - begin_s;
}

static inline void bench_arm(struct sim_bench *bench, double pct)
{
	struct error error = {0};
	bench_set(bench, GPIO_EMERGENCY_STOP, false);
	bench_set(bench, GPIO_ENABLE, true);
	bench_intensity(bench, pct, (double)NAN);
	cr_assert(bench->ports.stimulator.ops->arm(bench->ports.stimulator.self, &error), "%s", error.text);
	bench_await_ready(bench);
}

static inline void bench_disarm(struct sim_bench *bench)
{
	struct error error = {0};
	cr_assert(bench->ports.stimulator.ops->disarm(bench->ports.stimulator.self, &error), "%s", error.text);
}

/* Stops the ADC and reads everything, in blocks of at most max_frames. */
static inline void bench_record(struct sim_bench *bench, size_t max_frames)
{
	struct error error = {0};
	struct adc_port *adc = &bench->ports.adc;
	size_t channels = adc->format.channel_count, capacity = 0;
	struct adc_read read;
	cr_assert(adc->ops->stop(adc->self, &error), "%s", error.text);
	for (;;) {
		cr_assert(adc->ops->read(adc->self, max_frames, &read, &error), "%s", error.text);
		if (read.state == ADC_END)
			return;
		cr_assert_eq(read.state, ADC_BLOCK);
		cr_assert_eq(read.block.first_frame, bench->count);
		cr_assert_leq(read.block.frames, max_frames);
		if (bench->count + read.block.frames > capacity) {
			capacity = 2 * (bench->count + read.block.frames);
			bench->frames = reallocarray(bench->frames, capacity, channels * sizeof *bench->frames);
			cr_assert_not_null(bench->frames);
		}
		memcpy(bench->frames + bench->count * channels, read.block.samples, read.block.frames * channels * sizeof *bench->frames);
		bench->count += read.block.frames;
	}
}

/* A recorded sample in the channel's unit. */
static inline double bench_sample(const struct sim_bench *bench, unsigned c, size_t frame)
{
	const struct channel *channel = &bench->ports.adc.format.channels[c];
	return channel->scale * bench->frames[frame * bench->ports.adc.format.channel_count + c] + channel->offset;
}

static inline void bench_finish(struct sim_bench *bench)
{
	driver_sim.close(bench->state);
	free(bench->frames);
	bench->state = NULL;
	bench->frames = NULL;
}
