/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The virtual device and the lines to it: state machine, limits, faults and virtual time. What happens is appended to an event list, which
 * the instruments read. Not locked: the caller (sim.c) holds the lock.
 */
#include "bench_setup.h"
#include "ports.h"
#include "sim.h"
#include "sim_charger.h"
#include "sim_circuit.h"
#include "sim_interlock.h"

enum sim_event_kind {
	SIM_EVENT_PULSE,   /* a discharge begins: bank, voltage_v (signed by its direction) */
	SIM_EVENT_TRIGGER, /* the trigger line changes: level */
	SIM_EVENT_LAW,     /* the first bank's voltage follows another law */
};

struct sim_event {
	enum sim_event_kind kind;
	unsigned bank;
	double time_s;
	bool half_wave; /* of a pulse: it ends with its first half wave */
	union {
		double voltage_v;
		bool level;
		struct sim_law law;
	};
};

struct sim_events {
	struct sim_event *items;
	size_t count, capacity;
};

struct sim_edges {
	struct edge *items;
	size_t count, capacity;
};

enum sim_due_kind {
	SIM_DUE_TRIGGER_FALL,
	SIM_DUE_TRIGGER_OUT_FALL,
	SIM_DUE_FIRE,
	SIM_DUE_SECOND, /* the second unit's turn in a pair */
	SIM_DUE_SPONTANEOUS,
	SIM_DUE_TRIP, /* interlock, trigger_s: when its cause came */
	SIM_DUE_FOOT,
	SIM_DUE_FOOT_RELEASED,
	SIM_DUE_POWER_UP,
	SIM_DUE_SELF_FIRE,
	SIM_DUE_QUEUED, /* a refused trigger that a wrong device did not forget */
	SIM_DUE_DUMP,   /* discharging begins, late */
};
enum { SIM_DUE_MAX = 64 };

/* Something that will happen. */
struct sim_due {
	double time_s;
	enum sim_due_kind kind;
	double trigger_s; /* the edge that caused the discharge; NAN: none */
	int direction;
	bool half_wave;
	unsigned bank;
	enum interlock interlock;
};

struct sim_limiter {
	double last_s;  /* the last accepted trigger; NAN: none */
	unsigned burst; /* pulses in the burst it belongs to */
	double spent_j; /* leaky bucket of the average power rating */
	double spent_at_s;
};

struct sim_world {
	const struct bench_setup *setup;
	const struct device *device;
	struct circuit circuit, half_wave; /* half_wave: of a pulse with that fault */
	struct sim_charger charger;
	double now_s;

	bool level[GPIO_LINE_COUNT];
	bool logic_level[LOGIC_LINE_COUNT];
	bool armed;
	bool settling; /* charging or dumping to a new setting: triggers are ignored */
	bool faulted;
	char fault[64];
	double intensity_pct, second_pct;
	unsigned next_bank;
	bool reversed;     /* the current direction commanded */
	uint32_t accepted; /* triggers */
	uint32_t shots;    /* discharges */
	double firing_until_s;
	struct sim_limiter limiter;
	struct sim_interlocks interlocks;
	double coil_warm_k, coil_at_s; /* above ambient, at a time */

	struct sim_due due[SIM_DUE_MAX];
	size_t due_count;

	bool record_events, record_edges;
	struct sim_events events;
	struct sim_edges edges;
	double law_recorded_s;       /* since_s of the first bank's law as last recorded; NAN: none */
	struct sim_law law_recorded; /* that law: two may begin at one time */
	bool out_of_memory;

	struct sim_truth_pulse *truth; /* times are true times here */
	size_t truth_count, truth_capacity;
	double disarm_s, discharged_s; /* NAN: not yet, never */
};

/* ERROR_CONFIG when the device lacks a number the simulation needs. */
bool sim_world_make(const struct bench_setup *setup, struct sim_world *world, struct error *error) must_check;
void sim_world_finish(struct sim_world *world);
/* Moves time on; everything due until then happens. An earlier time is ignored. */
void sim_world_advance(struct sim_world *world, double time_s);
/* Begins to record for the ADC: the events list starts with the state as it is. */
void sim_world_record(struct sim_world *world);

void sim_world_set_line(struct sim_world *world, enum gpio_line line, bool level);
/* A rising edge on the trigger line now, falling after pulse_s. */
void sim_world_trigger(struct sim_world *world, double pulse_s);
/* A discharge by remote command, now: as a trigger, without an edge on the line. */
void sim_world_fire(struct sim_world *world);
/* Direction of the current in the pulses triggered from now on. */
void sim_world_set_direction(struct sim_world *world, bool reversed);
bool sim_world_set_intensity(struct sim_world *world, double intensity_pct, double second_pct, struct error *error) must_check;
void sim_world_arm(struct sim_world *world);
void sim_world_disarm(struct sim_world *world);
struct stimulator_status sim_world_status(const struct sim_world *world);
bool sim_world_ready(const struct sim_world *world);

/* After any change: the banks' laws, and the lines that show the state. */
void sim_world_refresh(struct sim_world *world);
/* Into the fault state, for a reason. */
void sim_world_fail(struct sim_world *world, const char *why);

/* sim_record.c: what the instruments will read, and what is to come. */
void sim_record_event(struct sim_world *world, struct sim_event event);
void sim_record_level(struct sim_world *world, enum logic_line line, bool level);
void sim_record_trip(struct sim_world *world, const struct sim_truth_trip *trip);
void sim_record_truth(struct sim_world *world, const struct sim_truth_pulse *pulse);
void sim_due_add(struct sim_world *world, struct sim_due due);
void sim_due_drop(struct sim_world *world, enum sim_due_kind kind);

/* sim_shot.c: from an accepted trigger to the discharge, and the coil that it heats. */
/* The voltage that a bank is regulated to for its next pulse: the setting, as well as this device repeats it. */
void sim_shot_target(struct sim_world *world, unsigned bank);
/* What a trigger that was accepted at trigger_s leads to, with the faults of this pulse. */
void sim_shot_schedule(struct sim_world *world, double trigger_s);
/* Discharges now. */
void sim_shot_fire(struct sim_world *world, const struct sim_due *due);
/* Temperature of the coil; NAN when the device does not give its heat capacity. */
double sim_coil_degc(const struct sim_world *world, double time_s);

/* sim_pair.c: two units that give a pair on one trigger, as long as the link between them holds. */
/* Whether a trigger gives a pair now. */
bool sim_pair_on(const struct sim_world *world);
/* Whether the first unit keeps its pulse back, and lets the other go on alone. */
bool sim_pair_first_inhibits(const struct sim_world *world);
/* The second unit's turn: its pulse comes, comes at a time of its own, or does not. */
void sim_pair_second(struct sim_world *world, const struct sim_due *due);

/* sim_faults.c: what the setup makes wrong on purpose. */
/* The first fault of that kind for a pulse number, NULL: none. */
const struct sim_fault *sim_fault_find(const struct sim_setup *sim, enum sim_fault_kind kind, uint32_t pulse);
/* The factor on every amplitude. */
double sim_fault_amplitude(const struct sim_setup *sim);
/* When, in the recording, the capacitor's probe comes off; INFINITY: never. */
double sim_fault_probe_lost_s(const struct sim_setup *sim);
/* True when the capacitor is not discharged after disarm. */
bool sim_fault_no_discharge(const struct sim_setup *sim);
/* Whether some pulse is to end with its first half wave. */
bool sim_fault_half_wave(const struct sim_setup *sim);

/* sim_limiter.c: the device's own limits. NULL: the trigger at time_s may fire; else why not (static string). */
const char *sim_limiter_refuses(const struct sim_world *world, double time_s);
/* Books an accepted trigger. */
void sim_limiter_book(struct sim_world *world, double time_s);
