/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The device under test, as in fixtures/devices/NAME.yaml: every number with its source.
 */
#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "pulse.h"

/* A number and where it was taken from. value is NAN when the file does not give it. SI units. */
struct sourced {
	double value;
	const char *source;
};

struct rate_limit {
	double intensity_pct; /* at this intensity and below it down to the previous entry */
	double rate_hz;       /* the highest rate allowed */
};

struct device {
	struct arena *arena;
	const char *id, *title, *manufacturer, *model, *coil, *file;
	enum waveform waveform;

	/* Circuit at 100 % of maximum stimulator output (domain/tms-physics.md, section 2). */
	struct sourced voltage_v; /* V0 */
	struct sourced capacitance_f, inductance_h, resistance_ohm;
	struct sourced diode_resistance_ohm, stray_inductance_h, diode_drop_v; /* monophasic: Rd, Ls, Vd */
	struct sourced pulse_width_s;                                          /* rectangular: commanded width of the first phase */

	/* Nominal output at 100 %, what the specification's "planned" refers to. */
	struct sourced peak1_a, didt0_a_per_s, period_s, rise_time_s, decay_ratio;
	struct sourced intensity_step_pct; /* resolution of the setting */

	/* Ratings. */
	struct rate_limit *rate_table;
	size_t rate_count;
	const char *rate_source;
	struct sourced minimum_interval_s;
	struct sourced average_power_w;                /* of stored energy times rate, continuous */
	struct sourced burst_pulses, burst_interval_s; /* a burst of at most so many pulses may come this close; NAN: none */
	struct sourced train_pulses;                   /* most pulses in a train */
	struct sourced pair_interval_s;                /* smallest inter-stimulus interval in paired mode; NAN: not offered */

	/* Behaviour. */
	struct sourced charge_power_w;                      /* of the charger */
	struct sourced burst_energy_j;                      /* stored behind the charger and delivered at once; NAN: none */
	struct sourced discharge_time_constant_s;           /* of the capacitor through its dump resistor once disarmed */
	struct sourced trigger_latency_s, trigger_jitter_s; /* jitter: standard deviation */
	struct sourced amplitude_cv;                        /* repeatability, relative standard deviation */
	struct sourced coil_resistance_ohm, coil_heat_capacity_j_per_k, coil_thermal_resistance_k_per_w, coil_trip_degc;

	/* Tolerances the device's own data sheet claims; relative. */
	struct sourced amplitude_tolerance, interval_tolerance;

	const char *remote; /* "magstim", "magventure", "none" */
};

/* The highest rate the table allows at an intensity, Hz; INFINITY without a table, 0 beyond its last entry. */
double device_rate_limit_hz(const struct device *device, double intensity_pct);
/* Energy in the capacitor at an intensity, J (scales with its square); NAN when V0 or C are not given. */
double device_stored_energy_j(const struct device *device, double intensity_pct);
/* Releases the device; NULL is accepted. */
void device_destroy(struct device *device);

define_cleanup(struct device *, cleanup_device, device_destroy);
#define auto_device cleanup_with(cleanup_device)
