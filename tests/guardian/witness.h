/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What stands outside and looks: a control socket whose lines the guardian drives, a TCP server that shows a capacitor's voltage, a
 * pseudo-terminal that a stimulator would listen on. All with times of the monotonic clock, none asks the programs under test.
 */
#include "guardian_wire.h"

struct witness;

/* dir: where the socket goes. Exits the program on failure: there is nothing to test then. */
struct witness *witness_start(const char *dir);
void witness_stop(struct witness *witness);
/* The setup that points the guardian at this witness. */
void witness_setup(const struct witness *witness, struct guardian_setup *setup);
/* Forgets what was seen: lines at their safe levels, capacitor empty, nothing on the serial line. */
void witness_reset(struct witness *witness);
/* When the line last came to this level, s; NAN while it is at the other. */
double witness_line_since(struct witness *witness, const char *name, bool level);
/* When the disarm frame was seen; NAN: not. */
double witness_disarmed(struct witness *witness);
/* Volts now: charged while enable is high and the emergency stop is not active, else decaying. */
double witness_volts(struct witness *witness);
double witness_now(void);
