/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The lines of the logic analyser, from the edges of the logic port: the levels at any time until now, as samples of a byte, one bit a line.
 * Thread-safe.
 */
#include "plant.h"

struct logic_track;

/* bits: of each line that the bench has, in the sample. Starts the logic port. NULL with *error. */
struct logic_track *logic_track_start(struct plant *plant, const unsigned bits[LOGIC_LINE_COUNT], struct error *error) must_check;
/* NULL is accepted. */
void logic_track_stop(struct logic_track *track);
/* Takes what happened until now. To be called often, for what is not asked for again is forgotten after five seconds. */
void logic_track_follow(struct logic_track *track);
/* Discharges that the device told by its trigger output, until now. */
unsigned long logic_track_discharges(struct logic_track *track);
/* Time of the logic port, s; everything before it is known. */
double logic_track_now_s(struct logic_track *track);
/* Writes samples first … first + count - 1 of a capture that began at start_s; all of them lie before logic_track_now_s(). */
void logic_track_samples(struct logic_track *track, double start_s, double rate_hz, uint64_t first, size_t count, unsigned char *samples);
