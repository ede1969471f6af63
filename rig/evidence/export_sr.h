/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A stored recording as a sigrok session (.sr), for sigrok-cli and PulseView. Format: sigrok wiki, "File format: sigrok/v2": a ZIP of "version",
 * "metadata" (ini), logic lines as bits in logic-1-CHUNK, analog channels as float32 in analog-1-NUMBER-CHUNK.
 *
 * Windows are written as recorded; between them the mean of the envelope's cell is held, in a gap the value before it. The logic line RECORDED
 * is high where samples are as recorded. Analog channels are named NAME_UNIT ("coil_current_A"): the format has no place for units.
 */
#include "store.h"

/* More frames than this are refused; PulseView keeps them all in memory. */
enum { EXPORT_SR_MAX_FRAMES = 50000000 };

struct export_sr_request {
	double from_s, to_s;         /* of the recording's time; 0 and INFINITY: all of it */
	const char *const *channels; /* of the recording, by name */
	size_t channel_count;        /* 0: all */
	const struct edge *edges;    /* logic lines, on the recording's time, in order of time; a line without edges is left out */
	size_t edge_count;
};

struct export_sr_facts {
	uint64_t first_frame, frames;
	uint64_t rate_hz; /* as written: a whole number */
	unsigned analog, logic;
};

/*
 * Writes the session; `out` must not exist, and does not when this fails. ERROR_CONFIG for what cannot be asked for (an unknown channel, nothing in
 * the range, too much in it) and a damaged recording, ERROR_BENCH for what cannot be written. The same recording gives the same bytes.
 */
bool export_sr_write(struct store_reader *store, const char *out, const struct export_sr_request *request, struct export_sr_facts *facts,
		     struct error *error) must_check;
