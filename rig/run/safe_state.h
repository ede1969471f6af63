/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The safe state of a bench: trigger low, emergency stop and enable at their safe levels, disarmed; and the proof that it is there.
 */
#include "monitors.h"
#include "ports.h"
#include "safety.h"

/* Sets an output line; a line that the bench does not have, or that is an input, is left alone, with success. */
bool safe_state_line(const struct ports *ports, const struct bench_setup *setup, enum gpio_line line, bool level,
		     struct error *error) must_check;
/* Enters the safe state. Every step is tried, twice if need be, even when an earlier one failed; *error is the first failure. */
bool safe_state_enter(const struct ports *ports, const struct bench_setup *setup, struct error *error) must_check;

struct safe_state_watch {
	const struct ports *ports;
	const struct bench_setup *setup;
	struct monitors *monitors; /* of the stream; NULL: there is none any more */
	double settle_s;           /* as the monitors have it */
	bool commanded;            /* safe_state_enter() succeeded */
	bool began;                /* the run began to record; else its channels are no part of the proof, and it armed nothing */
};

/*
 * Looks, after safe_state_enter(), until all that can show the safe state shows it, or the bench's deadline has passed: ready low, the device says
 * that it is disarmed, the capacitor is at or below its limit, no current, lines read back. Fills in proof, by and text; never fails.
 */
void safe_state_prove(const struct safe_state_watch *watch, struct safety *safety);
/* True when the bench's clock is not the machine's: the stream then comes as fast as it can, and may be waited for. */
bool safe_state_virtual(const struct ports *ports);
/* True when the ADC records a frame a trigger and nothing between. */
bool safe_state_one_shot(const struct ports *ports);
/* The frame that the ADC takes at a host time; NAN when it does not know. */
double safe_state_frame(const struct ports *ports, double host_s);
/* How far the stream may be behind the virtual clock, frames: what is older has been seen. */
double safe_state_lag(const struct ports *ports);
