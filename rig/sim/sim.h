/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The virtual bench: a virtual stimulator behind simulated instruments on a virtual clock. It fills the ports like any other driver
 * (driver names "sim" and, for the clock, "virtual"), is seeded and deterministic: the recording is a pure function of the setup and of the
 * sequence of port calls with their virtual times.
 */
#include <stddef.h>
#include <stdint.h>

#include "interlock.h"
#include "ports.h"

extern const struct driver driver_sim;

/*
 * The ground truth, for tests only: what the virtual device really did. Times in s on the ADC's own time base (true time corrected
 * for the ADC's clock error), i.e. what a perfect measurement would report.
 */
struct sim_truth_pulse {
	double trigger_s; /* NAN: spontaneous */
	double onset_s;
	double peak1_a, peak1_s; /* signed */
	double peak2_a, peak2_s; /* NAN: none */
	double alpha_per_s, omega_per_s;
	double didt0_a_per_s;
	double intensity_pct;
};
/* What an interlock did, on the same time base. */
struct sim_truth_trip {
	enum interlock interlock;
	double cause_s, trip_s;
};
struct sim_truth {
	const struct sim_truth_pulse *pulses;
	size_t count;
	const struct sim_truth_trip *trips;
	size_t trip_count;
	double discharge_60v_s; /* from the last disarm until the capacitor was at 60 V; NAN: never */
};
/* The truth of an opened bench whose state driver_sim.open returned; valid until it is closed. */
struct sim_truth sim_truth(const void *state);
