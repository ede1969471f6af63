/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * An oscilloscope over TCP, as libsigrok's driver rigol-ds speaks to one of the series DS4000: single shots of the ADC of the virtual bench. The bench's
 * channels are CH1 to CH4 in their order; the range of each is four divisions of 1 V.
 */
#include "connection.h"
#include "plant.h"

struct scope;

/* NULL with *error. The plant outlives it. */
struct scope *scope_start(struct plant *plant, struct error *error) must_check;
/* NULL is accepted. */
void scope_stop(struct scope *scope);
struct listener *scope_listener(struct scope *scope);
