/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Whole chunks in, blocks of any size out: how a reader divides the stream never reaches the rendering.
 */
#include "sim_signal.h"

enum { SIM_BATCH_CHUNKS = 32 }; /* rendered at once, at most */

struct sim_stream {
	struct sim_signal *signal; /* borrowed */
	unsigned channel_count;
	int16_t *frames;
	uint64_t rendered, delivered; /* frames */
	size_t batch_frames, batch_taken;
};

/* False when out of memory. */
bool sim_stream_make(struct sim_stream *stream, struct sim_signal *signal, unsigned channel_count) must_check;
void sim_stream_finish(struct sim_stream *stream);
/* True when everything rendered has been delivered. */
bool sim_stream_empty(const struct sim_stream *stream);
/* Renders up to `chunks` chunks of a stream that ends after `total` frames; empty afterwards: the end. False when it cannot. */
bool sim_stream_render(struct sim_stream *stream, size_t chunks, uint64_t total) must_check;
/* The next block, of at most max_frames; the stream is not empty. */
struct block sim_stream_next(struct sim_stream *stream, size_t max_frames);
