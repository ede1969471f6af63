/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The scan: reduces a stream of blocks to windows around activity and an envelope of everything, at the speed of memory. Activity is a cell
 * in which the coil current leaves its baseline in either direction, or the trigger line switches. Bit-identical for any division of the
 * stream into blocks; memory does not grow with the length of the stream.
 */
#include "recording.h"
#include "reduced.h"

struct scan;

/* A scan that writes to `out`, which must outlive it. NULL on failure. */
struct scan *scan_create(const struct reduced_sink *out, struct error *error) must_check;
/* Releases the scan; NULL is accepted. */
void scan_destroy(struct scan *scan);
/* The sink to push a recording into; valid until scan_destroy(). */
struct recording_sink scan_sink(struct scan *scan);
/* The layout for a recording format: cells of 256 frames, windows from 300 us before to 1.6 ms after activity, envelope of about 4 ms. */
struct reduced_layout scan_layout(const struct recording_format *format);

define_cleanup(struct scan *, cleanup_scan, scan_destroy);
#define auto_scan cleanup_with(cleanup_scan)
