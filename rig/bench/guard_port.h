/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The guardian of a bench as a port, and the one of a bench that has no lines of its own to guard. */
#include "guard.h"
#include "ports.h"

/* The port of a guardian; it does not own it. */
struct guardian_port guard_port(struct guard *guard);
/* Starts the program tmsrig-guardian with this setup. Its log goes nowhere until there is evidence. NULL on failure. */
struct guard *guard_port_start(const struct guardian_setup *setup, struct error *error) must_check;
/*
 * Tells the guardian of the bench what the drivers know of disarming the device and reading its capacitor. A bench without a guardian whose device can
 * be disarmed by command gets one, which holds no lines: *own, the caller's. Success when there is nothing to tell.
 */
bool guard_port_complete(const struct bench_setup *setup, struct ports *ports, struct guard **own, struct error *error) must_check;
