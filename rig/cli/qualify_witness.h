/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A driver that is the simulator with a witness beside it: it keeps what the program did to the outputs and what the virtual device really did, in
 * files of its own, and can lose a block of samples. One bench a process.
 */
#include "ports.h"

/* truth: a CSV of the device's pulses, written on closing. lines: a CSV of every change asked of an output. lose_s: NAN for never. Paths outlive it. */
void qualify_witness_prepare(const char *truth, const char *lines, double lose_s);
/* NULL-terminated, for session_setup. */
extern const struct driver *const QUALIFY_DRIVERS[];
