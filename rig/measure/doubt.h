/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Whether what was counted can be relied on: a count that may be wrong is void, with the reason.
 */
#include "population.h"

/* What the recording lacks, or NULL. Static string. */
const char *doubt_gaps(const struct population *in);
/* Why nothing of the coil current can be relied on, or NULL. Static string. */
const char *doubt_channel(const struct population *in);
/* Why pulses may be there that were not counted, or counted that were not there; NULL. Static string. */
const char *doubt_counts(const struct population *in);
