/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What each step of a plan does to the bench.
 */
#include "sequencer.h"

/* Tells the stimulator's driver when the next trigger is due, host time. */
bool step_announce(struct sequencer *seq, double host_s, struct error *error) must_check;
/* Does the step of this index, now. */
bool step_do(struct sequencer *seq, uint32_t index, struct error *error) must_check;
