/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "iiod_buffer.h"

#include <math.h>
#include <string.h>

/* Sent at once, at most; and how long the wait for samples may go before it is looked whether the client is still there. */
enum { CHUNK_FRAMES = 16384 };
/* A current of more than a tenth of full scale is a pulse. */
enum { PULSE_COUNTS = 3277 };
/* Multiplied with a frame's number it gives a place that looks drawn (Knuth's multiplicative hash, 2^64 / golden ratio). */
static const uint64_t SCATTER = 0x9e3779b97f4a7c15;
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
	iiod_account_begin(&device->account);
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

/* The first `count` of the frames that were copied, behind `done` that are packed already. */
static void pack(const struct iiod_buffer *buffer, size_t done, size_t count)
{
	unsigned channels = buffer->device->channel_count;
	double ns_per_frame = 1e9 / buffer->device->plant->setup->adc.sample_rate_hz;
	unsigned char *bytes = buffer->bytes + done * buffer->frame_bytes;
	for (unsigned c = 0; c < channels; c++) {
		if (!(buffer->mask & 1u << c))
			continue;
		unsigned char *to = bytes + buffer->offset[c];
		const int16_t *from = buffer->frames + c;
		for (size_t k = 0; k < count; k++, to += buffer->frame_bytes, from += channels) {
			to[0] = (unsigned char)*from;
			to[1] = (unsigned char)((uint16_t)*from >> 8);
		}
	}
	if (!(buffer->mask & 1u << channels))
		return;
	unsigned char *to = bytes + buffer->offset[channels];
	for (size_t k = 0; k < count; k++, to += buffer->frame_bytes) {
		uint64_t time_ns = (uint64_t)((double)(buffer->next + k * buffer->step) * ns_per_frame + 0.5);
		for (unsigned b = 0; b < 8; b++)
			to[b] = (unsigned char)(time_ns >> (8 * b));
	}
}

/* The first of the copied frames that belongs to a pulse, `count` when none does. */
static size_t find_pulse(const struct iiod_buffer *buffer, size_t count)
{
	const struct adc_setup *adc = &buffer->device->plant->setup->adc;
	unsigned channels = buffer->device->channel_count, current = 0;
	while (current < channels && adc->channels[current].channel.role != CHANNEL_COIL_CURRENT)
		current++;
	for (size_t k = 0; k < count && current < channels; k++)
		if (abs(buffer->frames[k * channels + current]) > PULSE_COUNTS)
			return k;
	return count;
}

/* Where a loss that is due happens: in a pulse, or anywhere among the frames that were copied. */
static void place_loss(struct iiod_buffer *buffer, size_t count)
{
	struct plant *plant = buffer->device->plant;
	/* What is lost before the first sample is no gap. */
	if (buffer->begun && !buffer->losing) {
		buffer->losing = serve_faults_take(plant->faults, SERVE_IIOD, SERVE_FAULT_LOSE, plant_monotonic_s(), &buffer->loss);
		buffer->lose_at = UINT64_MAX;
	}
	if (!buffer->losing || buffer->lose_at != UINT64_MAX)
		return;
	size_t place = (size_t)((buffer->next * SCATTER >> 32) % count), delay = 0;
	if (!isnan(buffer->loss.into_pulse_s)) {
		place = find_pulse(buffer, count);
		delay = (size_t)(buffer->loss.into_pulse_s * plant->setup->adc.sample_rate_hz / buffer->step);
		if (place == count)
			return;
	}
	buffer->lose_at = buffer->next + (place + delay) * buffer->step;
}

static void lose(struct iiod_buffer *buffer, uint64_t count)
{
	iiod_account_lost(&buffer->device->account, count);
	iiod_device_overflow(buffer->device);
}

/* Waits for the next `count` samples and copies them. False when the connection is over. */
static bool await_frames(struct iiod_buffer *buffer, struct connection *connection, size_t count)
{
	struct plant *plant = buffer->device->plant;
	for (;;) {
		if (!connection_open(connection))
			return false;
		if (serve_faults_active(plant->faults, SERVE_IIOD, SERVE_FAULT_STALL, plant_monotonic_s(), NULL)) {
			if (!connection_pause(connection, tick_s))
				return false;
			continue;
		}
		if (!adc_pump_wait(buffer->device->pump, buffer->next + (count - 1) * buffer->step + 1, tick_s))
			continue;
		uint64_t wanted = buffer->next;
		if (adc_pump_copy(buffer->device->pump, &buffer->next, buffer->step, count, buffer->frames))
			return true;
		lose(buffer, (buffer->next - wanted) / buffer->step);
	}
}

/* The next `count` samples, packed. False when the connection is over. */
static bool fetch(struct iiod_buffer *buffer, struct connection *connection, size_t count)
{
	for (size_t done = 0; done < count;) {
		size_t part = count - done;
		if (!await_frames(buffer, connection, part))
			return false;
		place_loss(buffer, part);
		bool here = buffer->losing && buffer->lose_at < buffer->next + part * buffer->step;
		if (here)
			part = buffer->lose_at > buffer->next ? (size_t)((buffer->lose_at - buffer->next) / buffer->step) : 0;
		pack(buffer, done, part);
		buffer->next += part * buffer->step;
		buffer->begun = true;
		done += part;
		iiod_account_sent(&buffer->device->account, part);
		if (!here)
			continue;
		lose(buffer, buffer->loss.amount);
		buffer->next += buffer->loss.amount * buffer->step;
		buffer->losing = false;
	}
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
