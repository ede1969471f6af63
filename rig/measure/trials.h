/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What measurands of interlock trials have in common. */
#include "population.h"
#include "watch.h"

/* The watch of event k of the results; false when that opens none. */
bool trial_watch(const struct population *in, size_t k, struct watch *watch);
/* Whether a pulse begins in the watch. */
bool watch_has(const struct watch *watch, const struct pulse *pulse);
/* A measurement of one trial with nothing planned; voided by any gap in its watch, and by a channel that stood still. */
struct measurement trial_measurement(const struct population *in, const struct measurand *measurand, const struct watch *watch,
				     double value);
/* Why it proves nothing that no pulse came: no trigger was there to be refused. NULL: it does. Static string. */
const char *trial_unprovoked(const struct population *in, double from_s, double to_s);
