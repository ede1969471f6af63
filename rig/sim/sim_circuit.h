/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The discharge circuit: capacitor, switch, coil (domain knowledge: tms-physics, section 2). Linear pieces are stepped with their exact
 * matrix exponential, so the only approximation is the instant at which a diode begins or ceases to conduct (one step).
 */
#include <stdbool.h>
#include <stddef.h>

#include "device.h"
#include "error.h"

struct circuit {
	enum waveform waveform;
	double capacitance_f, inductance_h, resistance_ohm;
	double diode_resistance_ohm, stray_inductance_h, diode_drop_v;
	double alpha_per_s, omega_per_s;
	double conduction_s;  /* the switch conducts so long; INFINITY: monophasic, until the current has died away */
	double reinversion_s; /* half-sine: the device then swings the capacitor back to positive in this time */
	double step_s;
	double open[2][2];      /* one step of (i, v) with the diode branch blocking */
	double clamped[3][4];   /* one step of (i, v, j, 1) with the diode branch conducting j */
	double freewheel_decay; /* rectangular: one step of the free-wheeling current */
};

/* Where a discharge is; begin with circuit_begin(). */
struct circuit_state {
	size_t step; /* time since onset is step * step_s */
	double current_a, voltage_v, diode_a;
	double start_v, floor_a; /* charge at onset; below floor_a the current counts as gone */
	double cut_v;            /* capacitor voltage when the switch opened */
};

/* A whole discharge from voltage_v, for a positive direction. */
struct circuit_shot {
	double peak1_a, peak1_s;
	double peak2_a, peak2_s; /* NAN: no second lobe */
	double didt0_a_per_s;
	double end_voltage_v; /* of the capacitor, where recharging starts */
	double recharge_s;    /* after the onset: recharging can start */
	double duration_s;    /* current flows so long */
	double action_a2s;    /* integral of the squared current */
};

/* The device's circuit. ERROR_CONFIG when a number it needs is missing or the circuit does not oscillate. */
bool circuit_make(const struct device *device, struct circuit *circuit, struct error *error) must_check;
/* A biphasic circuit whose current ends at its first zero, as when the diode beside the switch does not conduct. */
struct circuit circuit_half_wave(const struct circuit *circuit);
/* A discharge from voltage_v at its onset. */
struct circuit_state circuit_begin(const struct circuit *circuit, double voltage_v);
/* One step on; current_a and voltage_v are then those at step * step_s. */
void circuit_step(const struct circuit *circuit, struct circuit_state *state);
/* True when no current flows any more and the capacitor voltage has come to rest. */
bool circuit_over(const struct circuit *circuit, const struct circuit_state *state);
struct circuit_shot circuit_shot(const struct circuit *circuit, double voltage_v);
