/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim_stream.h"

#include "sim_sensor.h"

bool sim_stream_make(struct sim_stream *stream, struct sim_signal *signal, unsigned channel_count)
{
	size_t samples = (size_t)SIM_BATCH_CHUNKS * SIM_CHUNK * channel_count;
	*stream = (struct sim_stream){.signal = signal, .channel_count = channel_count, .frames = malloc(samples * sizeof(int16_t))};
	return stream->frames;
}

void sim_stream_finish(struct sim_stream *stream)
{
	free(stream->frames);
	*stream = (struct sim_stream){0};
}

bool sim_stream_empty(const struct sim_stream *stream)
{
	return stream->batch_taken == stream->batch_frames;
}

bool sim_stream_render(struct sim_stream *stream, size_t chunks, uint64_t total)
{
	stream->batch_frames = stream->batch_taken = 0;
	for (size_t n = 0; n < chunks && n < SIM_BATCH_CHUNKS; n++) {
		if (!sim_signal_chunk(stream->signal, stream->frames + stream->batch_frames * stream->channel_count))
			return false;
		stream->batch_frames += SIM_CHUNK;
		stream->rendered += SIM_CHUNK;
	}
	if (stream->batch_frames > 0 && stream->rendered > total)
		stream->batch_frames -= (size_t)(stream->rendered - total);
	return true;
}

struct block sim_stream_next(struct sim_stream *stream, size_t max_frames)
{
	size_t left = stream->batch_frames - stream->batch_taken;
	struct block block = {
		.first_frame = stream->delivered,
		.frames = left < max_frames ? left : max_frames,
		.samples = stream->frames + stream->batch_taken * stream->channel_count,
	};
	stream->batch_taken += block.frames;
	stream->delivered += block.frames;
	return block;
}
