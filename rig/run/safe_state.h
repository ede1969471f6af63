/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The safe state of a bench: trigger low, enable and emergency stop at their safe levels, disarmed.
 */
#include "ports.h"

/* Sets an output line; a line that the bench does not have, or that is an input, is left alone, with success. */
bool safe_state_line(const struct ports *ports, const struct bench_setup *setup, enum gpio_line line, bool level,
		     struct error *error) must_check;
/* Enters the safe state. Every step is tried even when an earlier one failed; *error is the first failure. */
bool safe_state_enter(const struct ports *ports, const struct bench_setup *setup, struct error *error) must_check;
