/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * An IIOD server, text protocol version 0, as libiio 0.x speaks it: the ADC of the virtual bench over TCP.
 */
#include "connection.h"
#include "wires.h"

struct iiod;

/* wires: what its analog outputs set, NULL for none. NULL with *error. Plant and wires outlive it. */
struct iiod *iiod_start(struct plant *plant, struct wires *wires, struct error *error) must_check;
/* NULL is accepted. */
void iiod_stop(struct iiod *iiod);
struct listener *iiod_listener(struct iiod *iiod);
/* What became of the samples of the last buffer, as iiod_account_print() has it. */
void iiod_print_account(struct iiod *iiod, char *out, size_t size);
