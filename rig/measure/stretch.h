/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Windows in, pulses out: joins windows that follow each other without a hole, corrects the current, detects and measures. Holds one window and
 * the tail of the one before.
 */
#include "clip.h"
#include "findings.h"
#include "reduced.h"

struct stretch;

/* NULL without a coil current channel or out of memory (*error set in the latter case only). The format must outlive it. */
struct stretch *stretch_create(const struct recording_format *format, struct error *error);
void stretch_destroy(struct stretch *stretch);
/*
 * Takes a whole cell of the envelope; the quiet ones show the hum, which is taken out of the windows around them. Of the cells those count that end before
 * the window does, so that they must come before it, as scan.h has them.
 */
void stretch_envelope(struct stretch *stretch, const struct envelope_cell *cell);
/* The ends of the range that flat tops have shown so far. */
struct clip_range stretch_range(const struct stretch *stretch);
/* Takes the next window; pulses and idle excursions go to *findings. */
bool stretch_window(struct stretch *stretch, const struct window *window, struct findings *findings, struct error *error) must_check;
/* Measures what was held back in case more would follow. */
bool stretch_finish(struct stretch *stretch, struct findings *findings, struct error *error) must_check;
