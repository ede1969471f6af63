/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The emulated wires at the virtual device's end: which relays a client has driven and which voltages it has set, and what signals that makes for the
 * device's interlocks, by the section `emulation` of the bench. Thread-safe.
 */
#include "plant.h"

struct wires;

/* With no relay driven and every output at rest. NULL with *error. The plant outlives it. */
struct wires *wires_create(struct plant *plant, struct error *error) must_check;
/* NULL is accepted. */
void wires_destroy(struct wires *wires);
/* The line of a signal's state was seen active or not; what it means comes with wires_follow(). */
void wires_line(struct wires *wires, enum interlock_signal signal, enum signal_state state, bool active);
/* The output that stands for a signal was set. */
void wires_volts(struct wires *wires, enum interlock_signal signal, double volts);
/* Tells the device of every signal that has changed, now: the caller has moved the plant's clock. */
bool wires_follow(struct wires *wires, struct error *error) must_check;
