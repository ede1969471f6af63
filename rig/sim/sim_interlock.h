/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The interlocks of the virtual device: which signals are how, what that makes the device do, and when. A trip is latched: the fault line is high and
 * nothing arms until the cause has gone and the device is told to disarm.
 */
#include "interlock.h"
#include "sim.h"

struct sim_world;
struct sim_setup;

struct sim_interlocks {
	enum signal_state state[SIGNAL_COUNT];
	double value[SIGNAL_COUNT];
	bool cause[INTERLOCK_COUNT];   /* there is something to react to */
	bool tripped[INTERLOCK_COUNT]; /* it has reacted, and nobody has reset it */
	bool unpowered;                /* the mains were away for too long, or the device has not started again */
	bool self_test_failed;
	bool queued;                  /* IL10 wrong: a refused trigger waits */
	bool foot_done, foot_blocked; /* this press has had its pulse; the switch was closed at power-on */
	unsigned train;               /* pulses of the train under way */
	double train_last_s;          /* its last one; NAN: none */
	struct sim_truth_trip *trips;
	size_t trip_count, trip_capacity;
};

/* Whether an interlock is wrong in that way; *value: of the fault, may be NULL. */
bool sim_interlock_wrong(const struct sim_setup *sim, enum interlock interlock, enum interlock_fault_kind wrong, double *value);
/* A signal changes now. */
void sim_interlock_set(struct sim_world *world, enum interlock_signal signal, enum signal_state state, double value);
/* Why the device does not arm; NULL: it does. Static string. */
const char *sim_interlock_refuses_arming(const struct sim_world *world);
/* Why a trigger that the rate limiter would let pass is refused; NULL: it is not. Static string. */
const char *sim_interlock_refuses_trigger(const struct sim_world *world);
/* A trigger was accepted now. */
void sim_interlock_book(struct sim_world *world);
/* The device is told to disarm: what has lost its cause is reset. True when nothing holds the fault any more. */
bool sim_interlock_reset(struct sim_world *world);
/* What was due now: the reaction of an interlock, the end of a debouncing time, the end of starting up. */
void sim_interlock_trip(struct sim_world *world, enum interlock interlock, double cause_s);
void sim_interlock_foot(struct sim_world *world, bool released);
void sim_interlock_power_up(struct sim_world *world);
/* The switch closes by itself, if there is charge enough; and will again. */
void sim_interlock_self_fire(struct sim_world *world);
/* The reaction of an interlock whose cause came now. */
void sim_interlock_react(struct sim_world *world, enum interlock interlock);
