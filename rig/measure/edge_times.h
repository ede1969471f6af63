/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The edges of a recording on its time base: those of the logic analyser through the alignment of its clock, and of the trigger line, where both
 * instruments saw it, whichever is known better.
 */
#include "findings.h"
#include "results.h"

/* A line that switches more often than so many times is out of order: what comes after is counted, not kept. */
enum { EDGE_TIMES_MAX = 1 << 20 };

/*
 * Moves edges and logic of findings into edges, time_base, trigger_edges_s and trigger_u of results. has_channel: the ADC has a trigger channel, so its
 * edges are the ones that count, refined by the analyser's; else the analyser's are taken. Fails (ERROR_BENCH) when out of memory.
 */
bool edge_times_take(struct findings *findings, const struct recording_format *format, bool has_channel, struct results *results,
		     struct error *error) must_check;
