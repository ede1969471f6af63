/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The device's status lines (ready, fault) as the host's GPIO saw them change: evidence of a bench that has no logic analyser. Where there is an
 * analyser its edges are the better ones, on its own clock, and nothing is taken here.
 */
#include "pending.h"

/* Forgets what changed before the recording. */
bool status_lines_begin(struct ports *ports, struct error *error) must_check;
/* Adds the changes since the last call to what is pending. Changes that were lost are a failure: a fault that nobody saw must not pass. */
bool status_lines_collect(struct ports *ports, struct pending *pending, struct error *error) must_check;
