/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A reduced recording: what the evidence keeps of a stream, and all that measuring needs of it. Windows hold every sample around activity at
 * full rate; envelope cells hold minimum, maximum and mean of every channel over a fixed number of frames for all of the time, the proof that
 * nothing else happened. Both are cut at fixed multiples of the sample counter, so they do not depend on how the stream was divided.
 */
#include "recording.h"

struct reduced_layout {
	uint32_t cell_frames;     /* activity is decided for each cell of this many frames; windows consist of whole cells */
	uint32_t envelope_frames; /* frames of an envelope cell, a multiple of cell_frames */
	uint32_t pre_cells;       /* cells kept before and after activity */
	uint32_t post_cells;
};

/* Samples at full rate: interleaved, `frames` frames beginning at sample number first_frame. */
struct window {
	uint64_t first_frame;
	size_t frames;
	const int16_t *samples; /* valid during the call */
};

/* One envelope cell: entry c of each array belongs to channel c. A cell that a gap touches has gap set; its values cover what was there. */
struct envelope_cell {
	uint64_t first_frame;
	uint32_t frames; /* envelope_frames, fewer in the last cell or where a gap cut it */
	bool gap;
	int16_t minimum[RECORDING_MAX_CHANNELS];
	int16_t maximum[RECORDING_MAX_CHANNELS];
	float mean[RECORDING_MAX_CHANNELS]; /* counts */
};

/* Where a reduced recording goes; same rules as recording_sink. Gaps, edges and events are passed through. */
struct reduced_sink {
	void *self;
	bool (*format)(void *self, const struct recording_format *format, const struct reduced_layout *layout, struct error *error);
	bool (*window)(void *self, const struct window *window, struct error *error);
	bool (*envelope)(void *self, const struct envelope_cell *cell, struct error *error);
	bool (*gap)(void *self, const struct gap *gap, struct error *error);
	bool (*edge)(void *self, const struct edge *edge, struct error *error);
	bool (*event)(void *self, const struct run_event *event, struct error *error);
	bool (*finish)(void *self, uint64_t total_frames, struct error *error);
};
