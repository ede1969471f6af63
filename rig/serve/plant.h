/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The virtual bench that the servers stand in front of: its ports, and its clock, which follows CLOCK_MONOTONIC. Calls of one port come from
 * one thread at a time, as ports.h asks.
 */
#include "ports.h"
#include "serve_fault.h"

struct plant {
	const struct bench_setup *setup;
	struct ports *ports;
	struct serve_faults *faults;
	struct plant_state *state;
};

/* CLOCK_MONOTONIC, s. */
double plant_monotonic_s(void);
/* Everything is borrowed. The virtual clock is taken to be now. */
bool plant_make(struct plant *plant, const struct bench_setup *setup, struct ports *ports, struct serve_faults *faults,
		struct error *error) must_check;
void plant_finish(struct plant *plant);
/*
 * Lines whose changes come with times of their own: `follow` is called instead of moving the virtual clock on to `monotonic_s`, in any thread but one at
 * a time. It does what has happened since the last call, each at its time, and moves the clock, both by plant_move_to. With NULL it is called no more.
 * A failure of it ends the simulation.
 */
void plant_follow(struct plant *plant, bool (*follow)(void *self, double monotonic_s, struct error *error), void *self);
/* From `follow` only: moves the virtual clock on to a time of CLOCK_MONOTONIC. A time that has passed leaves it where it is. */
bool plant_move_to(struct plant *plant, double monotonic_s, struct error *error) must_check;
/* Moves the virtual clock on to now, so that what is done next is done at its true time. Returns the virtual time. */
double plant_advance(struct plant *plant);
/* The stimulator port, for one thread at a time; the clock has been moved on. Give it back soon. */
const struct stimulator_port *plant_take_stimulator(struct plant *plant);
void plant_give_stimulator(struct plant *plant);
/* The first failure of a port, once; false when there was none. */
bool plant_failed(struct plant *plant, struct error *error);
/* Notes a failure that ends the simulation. */
void plant_fail(struct plant *plant, const struct error *error);
