/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A buffer that a client opened: frames of the ADC, those channels that the mask has, packed as IIO packs them.
 */
#include "connection.h"
#include "iiod_device.h"

struct iiod_buffer {
	struct iiod_device *device;
	bool open, begun; /* begun: samples have been sent */
	uint32_t mask;
	unsigned step;
	size_t frame_bytes;
	unsigned offset[RECORDING_MAX_CHANNELS + 1]; /* of an element in its frame */
	uint64_t next;                               /* frame of the ADC */
	bool losing;                                 /* a loss is due */
	struct serve_fault loss;
	uint64_t lose_at; /* frame of the ADC at which; UINT64_MAX: not known yet */
	int16_t *frames;
	unsigned char *bytes;
};

/* 0 or a negative errno. */
int iiod_buffer_open(struct iiod_buffer *buffer, struct iiod_device *device, uint32_t mask);
/* Does nothing when it is not open. */
void iiod_buffer_close(struct iiod_buffer *buffer);
/* Answers READBUF; false when the connection is over. */
bool iiod_buffer_read(struct iiod_buffer *buffer, struct connection *connection, size_t bytes);
