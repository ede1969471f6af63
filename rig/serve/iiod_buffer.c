/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "iiod_buffer.h"

#include <math.h>
#include <string.h>

/* Sent at once, at most; and how long the wait for samples may go before it is looked whether the client is still there. */
enum { CHUNK_FRAMES = 16384 };
static const double tick_s = 0.02;

static void lay_out(struct iiod_buffer *buffer)
{
	unsigned at = 0, largest = 1;
	for (unsigned c = 0; c <= buffer->device->channel_count; c++) {
		unsigned bytes = c == buffer->device->channel_count ? 8 : 2;
		if (!(buffer->mask & 1u << c))
			continue;
		at = (at + bytes - 1) / bytes * bytes;
		buffer->offset[c] = at;
		at += bytes;
		largest = bytes > largest ? bytes : largest;
	}
	buffer->frame_bytes = (at + largest - 1) / largest * largest;
}

int iiod_buffer_open(struct iiod_buffer *buffer, struct iiod_device *device, uint32_t mask)
{
	if (buffer->open)
		return -EBUSY;
	if (mask == 0 || mask >> (device->channel_count + 1) != 0)
		return -EINVAL;
	*buffer = (struct iiod_buffer){.device = device, .mask = mask};
	lay_out(buffer);
	if (buffer->frame_bytes == 0)
		return -EINVAL;
	buffer->frames = malloc((size_t)CHUNK_FRAMES * device->channel_count * sizeof *buffer->frames);
	buffer->bytes = calloc(CHUNK_FRAMES, buffer->frame_bytes);
	buffer->open = buffer->frames && buffer->bytes && iiod_device_take_buffer(device, &buffer->step);
	if (!buffer->open) {
		int status = buffer->frames && buffer->bytes ? -EBUSY : -ENOMEM;
		free(buffer->frames);
		free(buffer->bytes);
		return status;
	}
	buffer->next = adc_pump_next_frame(device->pump);
	serve_faults_begin(device->plant->faults, SERVE_IIOD, plant_monotonic_s());
	return 0;
}

void iiod_buffer_close(struct iiod_buffer *buffer)
{
	if (!buffer->open)
		return;
	serve_faults_end(buffer->device->plant->faults, SERVE_IIOD);
	iiod_device_give_buffer(buffer->device);
	free(buffer->frames);
	free(buffer->bytes);
	*buffer = (struct iiod_buffer){0};
}

static void pack(const struct iiod_buffer *buffer, size_t count)
{
	unsigned channels = buffer->device->channel_count;
	double ns_per_frame = 1e9 / buffer->device->plant->setup->adc.sample_rate_hz;
	for (unsigned c = 0; c < channels; c++) {
		if (!(buffer->mask & 1u << c))
			continue;
		unsigned char *to = buffer->bytes + buffer->offset[c];
		const int16_t *from = buffer->frames + c;
		for (size_t k = 0; k < count; k++, to += buffer->frame_bytes, from += channels) {
			to[0] = (unsigned char)*from;
			to[1] = (unsigned char)((uint16_t)*from >> 8);
		}
	}
	if (!(buffer->mask & 1u << channels))
		return;
	unsigned char *to = buffer->bytes + buffer->offset[channels];
	for (size_t k = 0; k < count; k++, to += buffer->frame_bytes) {
		uint64_t time_ns = (uint64_t)llround((double)(buffer->next + k * buffer->step) * ns_per_frame);
		for (unsigned b = 0; b < 8; b++)
			to[b] = (unsigned char)(time_ns >> (8 * b));
	}
}

/* Waits for the next `count` samples and packs them. False when the connection is over. */
static bool fetch(struct iiod_buffer *buffer, struct connection *connection, size_t count)
{
	struct plant *plant = buffer->device->plant;
	for (;;) {
		uint64_t lost;
		if (!connection_open(connection))
			return false;
		if (serve_faults_active(plant->faults, SERVE_IIOD, SERVE_FAULT_STALL, plant_monotonic_s(), NULL)) {
			if (!connection_pause(connection, tick_s))
				return false;
			continue;
		}
		/* What is lost before the first sample is no gap. */
		if (buffer->begun && serve_faults_take(plant->faults, SERVE_IIOD, SERVE_FAULT_LOSE, plant_monotonic_s(), &lost)) {
			buffer->next += lost * buffer->step;
			iiod_device_overflow(buffer->device);
		}
		if (!adc_pump_wait(buffer->device->pump, buffer->next + (count - 1) * buffer->step + 1, tick_s))
			continue;
		if (adc_pump_copy(buffer->device->pump, &buffer->next, buffer->step, count, buffer->frames))
			break;
		iiod_device_overflow(buffer->device);
	}
	pack(buffer, count);
	buffer->next += count * buffer->step;
	buffer->begun = true;
	return true;
}

static bool send_number(struct connection *connection, long long number)
{
	char line[32];
	int length = snprintf(line, sizeof line, "%lld\n", number);
	return connection_send(connection, line, (size_t)length);
}

/* Small enough that samples come about every 10 ms. */
static size_t chunk_of(const struct iiod_buffer *buffer, size_t left)
{
	double rate_hz = buffer->device->plant->setup->adc.sample_rate_hz / buffer->step;
	size_t chunk = (size_t)fmax(1, fmin(CHUNK_FRAMES, rate_hz * 10e-3));
	return chunk < left ? chunk : left;
}

bool iiod_buffer_read(struct iiod_buffer *buffer, struct connection *connection, size_t bytes)
{
	if (!buffer->open)
		return send_number(connection, -EBADF);
	size_t left = bytes / buffer->frame_bytes;
	struct serve_faults *faults = buffer->device->plant->faults;
	if (left == 0)
		return send_number(connection, -EINVAL);
	if (serve_faults_take(faults, SERVE_IIOD, SERVE_FAULT_ERROR, plant_monotonic_s(), NULL))
		return send_number(connection, -EIO);
	bool shortened = serve_faults_take(faults, SERVE_IIOD, SERVE_FAULT_SHORT, plant_monotonic_s(), NULL);
	left = shortened ? left / 2 : left;
	for (bool first = true; left > 0; first = false) {
		size_t count = chunk_of(buffer, left), size = count * buffer->frame_bytes;
		char mask[16] = "";
		if (!fetch(buffer, connection, count))
			return false;
		if (first)
			snprintf(mask, sizeof mask, "%08x\n", buffer->mask);
		if (!send_number(connection, (long long)size) || !connection_send(connection, mask, strlen(mask)) ||
		    !connection_send(connection, buffer->bytes, size))
			return false;
		left -= count;
	}
	bool whole = !shortened && bytes % buffer->frame_bytes == 0;
	return whole || send_number(connection, 0);
}
