/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench_setup.h"

#include <math.h>
#include <string.h>

static bool is_sim(const char *driver)
{
	return driver && strcmp(driver, "sim") == 0;
}

bool bench_setup_date(struct bench_setup *setup, const char *date)
{
	struct reference_clock *reference = &setup->adc.reference;
	reference->in_force = reference->present && (is_sim(setup->adc.driver) || strcmp(date, reference->due) <= 0);
	return !reference->present || reference->in_force;
}

struct recording_format bench_setup_format(const struct bench_setup *setup)
{
	struct recording_format format = {
		.sample_rate_hz = setup->adc.sample_rate_hz,
		.u_clock_rel = setup->adc.clock_accuracy_rel / sqrt(3),
		.logic_rate_hz = setup->logic.driver ? setup->logic.sample_rate_hz : 0,
		.u_logic_clock_rel = setup->logic.driver ? setup->logic.clock_accuracy_rel / sqrt(3) : 0,
		.channel_count = setup->adc.channel_count,
	};
	const struct reference_clock *reference = &setup->adc.reference;
	if (reference->in_force && isfinite(reference->measured_rate_hz)) {
		format.sample_rate_hz = reference->measured_rate_hz;
		format.u_clock_rel = reference->u_rate_rel;
	} else if (reference->in_force) {
		format.u_clock_rel = reference->accuracy_rel / sqrt(3);
	}
	for (unsigned c = 0; c < setup->adc.channel_count; c++)
		format.channels[c] = setup->adc.channels[c].channel;
	return format;
}

bool bench_setup_simulated(const struct bench_setup *setup)
{
	return is_sim(setup->adc.driver) || is_sim(setup->gpio_driver) || is_sim(setup->logic.driver) || is_sim(setup->stimulator_driver) ||
	       is_sim(setup->emulation.driver) || (setup->clock_driver && strcmp(setup->clock_driver, "virtual") == 0);
}

static double given(double value, double otherwise)
{
	return value > 0 ? value : otherwise;
}

struct safety_setup bench_setup_safety(const struct bench_setup *setup)
{
	static const double DISCHARGE_V = 60, DISCHARGE_S = 5, OVERVOLTAGE = 1.1, OVERSHOOT_K = 3;
	const struct device *device = setup->device;
	double capacitor_v = device ? OVERVOLTAGE * given(device->voltage_v.value, INFINITY) : INFINITY;
	double coil_degc = device ? given(device->coil_trip_degc.value, INFINITY) + OVERSHOOT_K : INFINITY;
	return (struct safety_setup){
		.discharge_v = given(setup->safety.discharge_v, DISCHARGE_V),
		.discharge_s = given(setup->safety.discharge_s, DISCHARGE_S),
		.capacitor_max_v = given(setup->safety.capacitor_max_v, capacitor_v),
		.coil_max_degc = given(setup->safety.coil_max_degc, coil_degc),
	};
}

static bool is_instrument(const char *driver)
{
	return driver && !is_sim(driver) && strcmp(driver, "none") != 0 && strcmp(driver, "file") != 0;
}

bool bench_setup_has_instruments(const struct bench_setup *setup)
{
	return is_instrument(setup->adc.driver) || is_instrument(setup->gpio_driver) || is_instrument(setup->logic.driver) ||
	       is_instrument(setup->stimulator_driver) || is_instrument(setup->emulation.driver) ||
	       (setup->serve && setup->serve->present[SERVE_GPIO_SIM]);
}

const char *gpio_line_name(enum gpio_line line)
{
	switch (line) {
	case GPIO_TRIGGER: return "trigger";
	case GPIO_ENABLE: return "enable";
	case GPIO_EMERGENCY_STOP: return "emergency_stop";
	case GPIO_COIL_PRESENT: return "coil_present";
	case GPIO_READY: return "ready";
	case GPIO_FAULT: return "fault";
	case GPIO_LINE_COUNT: break;
	}
	return "?";
}

const char *sim_fault_name(enum sim_fault_kind kind)
{
	switch (kind) {
	case SIM_FAULT_DROP_PULSE: return "drop_pulse";
	case SIM_FAULT_DOUBLE_PULSE: return "double_pulse";
	case SIM_FAULT_AMPLITUDE: return "amplitude";
	case SIM_FAULT_LATE_PULSE: return "late_pulse";
	case SIM_FAULT_INVERTED: return "inverted";
	case SIM_FAULT_HALF_WAVE: return "half_wave";
	case SIM_FAULT_NO_DISCHARGE: return "no_discharge";
	case SIM_FAULT_SPONTANEOUS: return "spontaneous";
	case SIM_FAULT_PROBE_LOST: return "probe_lost_at";
	case SIM_FAULT_INTERLOCK: return "interlock";
	case SIM_FAULT_KIND_COUNT: break;
	}
	return "?";
}

void bench_setup_destroy(struct bench_setup *setup)
{
	if (!setup)
		return;
	device_destroy(setup->device);
	for (unsigned c = 0; c < setup->adc.channel_count; c++)
		sensor_destroy(setup->adc.channels[c].sensor);
	arena_destroy(setup->arena);
}

const char *bench_setup_stimulator_note(const struct bench_setup *setup)
{
	const char *driver = setup->stimulator_driver;
	if (driver && (strcmp(driver, "magstim") == 0 || strcmp(driver, "magventure") == 0))
		return "the stimulator is driven by a driver from public sources, not vendor-verified";
	return NULL;
}
