/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The analog outputs of a bench's section `emulation` as one more IIO device beside the ADC: 16 bits, 0 V to 6.5535 V.
 */
#include <stdatomic.h>

#include "iiod_command.h"
#include "text.h"
#include "wires.h"

struct iiod_dac {
	struct plant *plant;
	struct wires *wires; /* NULL: the bench has no outputs */
	atomic_uint raw[SIGNAL_COUNT];
};

/* wires: NULL where the bench has no emulation; it outlives the outputs. */
void iiod_dac_make(struct iiod_dac *dac, struct plant *plant, struct wires *wires);
/* Its device in the context, as PRINT answers it; nothing when there is no output. */
void iiod_dac_xml(const struct iiod_dac *dac, struct text *xml);
/* True for the id or the name of the device, when there is one. */
bool iiod_dac_is(const struct iiod_dac *dac, const char *name);
/* As READ: the value into text, 0; else a negative errno. */
int iiod_dac_read(struct iiod_dac *dac, const struct iiod_command *command, struct text *text);
/* As WRITE: 0 or a negative errno. A failure of the device ends the simulation. */
int iiod_dac_write(struct iiod_dac *dac, const struct iiod_command *command, const char *value);
