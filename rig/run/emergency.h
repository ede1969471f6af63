/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The way out at once, for an operator who will not wait: while a bench is watched over, emergency_exit() in a signal handler makes a thread of its own
 * enter the safe state, whatever the rest of the program is stuck in, and ends the program. There is at most one such bench at a time.
 */
#include "ports.h"

/* The signal handler's patience with a bench that does not answer, s. */
extern const double emergency_patience_s;

/* Watches over a bench, whose ports must stay until emergency_end(). False with *error when there is no thread for it. */
bool emergency_begin(const struct ports *ports, const struct bench_setup *setup, struct error *error) must_check;
/* The bench is in its safe state, or gone. Accepted when none is watched over. */
void emergency_end(void);
/* True while a bench is watched over. Async-signal-safe. */
bool emergency_watches(void);
/* Ends the program with this status: at once where no bench is watched over, else after its safe state. Async-signal-safe; may return. */
void emergency_exit(int status);
