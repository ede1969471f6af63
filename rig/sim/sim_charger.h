/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Charger, dump resistor and the one or two capacitor banks. Between changes every bank follows one closed law, so the voltage at any
 * time is exact however far it is advanced at once.
 */
#include <stdbool.h>
#include <stddef.h>

#include "device.h"
#include "error.h"

enum { SIM_BANKS = 2 };

enum sim_law_kind {
	SIM_LAW_HOLD,   /* v = start */
	SIM_LAW_CHARGE, /* v^2 = start^2 + parameter t, parameter V^2/s (constant power) */
	SIM_LAW_DECAY,  /* v = start exp(-t / parameter), parameter s (dump resistor) */
	SIM_LAW_PULSE,  /* the discharge circuit has it; start: where it will be when that is over */
};

struct sim_law {
	enum sim_law_kind kind;
	double start_v, parameter;
};

struct sim_bank {
	double voltage_v;
	double target_v;
	double busy_until_s; /* a discharge is under way until then */
	bool boosted;        /* recharging after a pulse, from the reservoir too */
	struct sim_law law;
	double since_s; /* the law holds from here */
};

struct sim_charger {
	double capacitance_f, power_w, dump_s;
	double reservoir_j, reservoir_full_j, reservoir_w;
	double full_power_w;   /* with nothing wrong; power_w is a share of it */
	double tolerance_v;    /* a bank counts as ready this close to a target of 0 */
	bool on;               /* charging towards the targets; off: banks are dumped */
	bool dump_broken;      /* the dump resistor does not work once off */
	unsigned banks, first; /* in use; the one that fires next is served first */
	double now_s;
	struct sim_bank bank[SIM_BANKS];
};

/* ERROR_CONFIG when the device does not give its charger or its dump resistor. */
bool sim_charger_make(const struct device *device, struct sim_charger *charger, struct error *error) must_check;
/* Only so much of the charger's power is there; below all of it the reservoir is empty, too. */
void sim_charger_limit(struct sim_charger *charger, double share);
/* The value of a law after t seconds. */
double sim_law_at(const struct sim_law *law, double t_s);
/* The same from t_s on, count times step_s apart; a decay in straight pieces of 32, for steps far below its time constant. */
void sim_law_fill(const struct sim_law *law, double t_s, double step_s, float *volts, size_t count);
/* Carries voltages and reservoir on to time_s, at most sim_charger_next(). */
void sim_charger_advance(struct sim_charger *charger, double time_s);
/* Chooses every bank's law anew; call after any change and whenever sim_charger_next() is reached. */
void sim_charger_replan(struct sim_charger *charger);
/* When something changes by itself: a target or the band of "ready" reached, a reservoir empty, a discharge over; INFINITY: never. */
double sim_charger_next(const struct sim_charger *charger);
/* True when every bank in use is within 0.5 % of its target. */
bool sim_charger_settled(const struct sim_charger *charger);
