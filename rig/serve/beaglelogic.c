/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "beaglelogic.h"

#include <math.h>
#include <string.h>

enum {
	CHUNK_SAMPLES = 65536,
	RATE_LEAST_HZ = 10,
	RATE_MOST_HZ = 100000000,
	MEMORY_BYTES = 1 << 30, /* as told: a one-shot capture ends there */
	UNIT_BYTES = 1 << 20,   /* as told: a buffer of the device */
	COMMAND_BYTES = 64,
};
static const double pace_s = 5e-3, buffered_s = 2;
static const char *const CHANNELS[] = {"P8_45", "P8_46", "P8_43", "P8_44", "P8_41", "P8_42", "P8_39", "P8_40"};
enum { CHANNEL_COUNT = sizeof CHANNELS / sizeof *CHANNELS };

struct beaglelogic {
	struct plant *plant;
	struct logic_track *track;
	struct listener *listener;
};

/* What a client has set, and its capture. */
struct capture {
	unsigned rate_hz, unit_bytes;
	bool continuous;
	bool running;
	double start_s;
	uint64_t sent; /* samples, the lost ones included */
	uint64_t bytes;
	unsigned char *samples, *wide;
};

bool beaglelogic_bits(const struct bench_setup *setup, unsigned bits[LOGIC_LINE_COUNT], struct error *error)
{
	for (unsigned line = 0; line < LOGIC_LINE_COUNT; line++) {
		unsigned bit = 0;
		char plain[8] = "";
		bits[line] = 0;
		if (!setup->logic.present[line])
			continue;
		for (; bit < CHANNEL_COUNT; bit++) {
			snprintf(plain, sizeof plain, "D%u", bit);
			if (strcmp(setup->logic.channel[line], plain) == 0 || strcmp(setup->logic.channel[line], CHANNELS[bit]) == 0)
				break;
		}
		if (bit == CHANNEL_COUNT)
			return error_config(error, "%s: a BeagleLogic has the channels D0 to D7, or P8_45 to P8_40, but not '%s'",
					    setup->file, setup->logic.channel[line]);
		bits[line] = bit;
	}
	return true;
}

static bool say(struct beaglelogic *beaglelogic, struct connection *connection, const char *line)
{
	double delay_s;
	if (serve_faults_active(beaglelogic->plant->faults, SERVE_BEAGLELOGIC, SERVE_FAULT_SLOW, plant_monotonic_s(), &delay_s) &&
	    !connection_pause(connection, delay_s))
		return false;
	return connection_send(connection, line, strlen(line));
}

static bool say_number(struct beaglelogic *beaglelogic, struct connection *connection, unsigned number)
{
	char line[24];
	snprintf(line, sizeof line, "%u\n", number);
	return say(beaglelogic, connection, line);
}

static bool begin(struct beaglelogic *beaglelogic, struct capture *capture)
{
	logic_track_follow(beaglelogic->track);
	capture->start_s = logic_track_now_s(beaglelogic->track);
	capture->sent = capture->bytes = 0;
	capture->running = true;
	serve_faults_begin(beaglelogic->plant->faults, SERVE_BEAGLELOGIC, plant_monotonic_s());
	return true;
}

/* "NAME" asks, "NAME N" sets. *handled: it was one of them. */
static bool setting(struct beaglelogic *beaglelogic, struct connection *connection, struct capture *capture, const char *command,
		    bool *handled)
{
	char name[24] = "";
	unsigned value = 0;
	int words = sscanf(command, "%23s %9u", name, &value);
	*handled = true;
	if (strcmp(name, "samplerate") == 0) {
		if (words == 1)
			return say_number(beaglelogic, connection, capture->rate_hz);
		if (value < RATE_LEAST_HZ || value > RATE_MOST_HZ)
			return say(beaglelogic, connection, "error: samplerate is 10 to 100000000\n");
		capture->rate_hz = value;
	} else if (strcmp(name, "sampleunit") == 0) {
		if (words == 1)
			return say_number(beaglelogic, connection, capture->unit_bytes == 1);
		capture->unit_bytes = value ? 1 : 2;
	} else if (strcmp(name, "triggerflags") == 0) {
		if (words == 1)
			return say_number(beaglelogic, connection, capture->continuous);
		capture->continuous = value;
	} else if (strcmp(name, "memalloc") == 0 && words == 1) {
		return say_number(beaglelogic, connection, MEMORY_BYTES);
	} else if (strcmp(name, "bufunitsize") == 0 && words == 1) {
		return say_number(beaglelogic, connection, UNIT_BYTES);
	} else {
		*handled = false;
		return true;
	}
	return say(beaglelogic, connection, "ok\n");
}

/* False when the connection is over. */
static bool obey(struct beaglelogic *beaglelogic, struct connection *connection, struct capture *capture, const char *command)
{
	bool handled;
	if (!*command)
		return true;
	if (strcmp(command, "version") == 0)
		return say(beaglelogic, connection, "BeagleLogic 1.0 (simulated by tmsrig)\n");
	if (strcmp(command, "get") == 0)
		return begin(beaglelogic, capture);
	if (strcmp(command, "close") == 0) {
		capture->running = false;
		serve_faults_end(beaglelogic->plant->faults, SERVE_BEAGLELOGIC);
		return true;
	}
	if (!setting(beaglelogic, connection, capture, command, &handled))
		return false;
	return handled || say(beaglelogic, connection, "error: unknown command\n");
}

/* Samples that are due, at most a chunk. */
static size_t due(struct beaglelogic *beaglelogic, struct capture *capture)
{
	struct serve_faults *faults = beaglelogic->plant->faults;
	struct serve_fault lost;
	if (serve_faults_active(faults, SERVE_BEAGLELOGIC, SERVE_FAULT_STALL, plant_monotonic_s(), NULL))
		return 0;
	if (capture->bytes > 0 && serve_faults_take(faults, SERVE_BEAGLELOGIC, SERVE_FAULT_LOSE, plant_monotonic_s(), &lost))
		capture->sent += lost.amount;
	logic_track_follow(beaglelogic->track);
	double until = floor((logic_track_now_s(beaglelogic->track) - capture->start_s) * capture->rate_hz);
	double behind = until - (double)capture->sent;
	/* The device has so much memory and no way to tell that it was not enough. */
	if (behind > buffered_s * capture->rate_hz) {
		capture->sent = (uint64_t)until;
		behind = 0;
	}
	return behind >= CHUNK_SAMPLES ? CHUNK_SAMPLES : behind > 0 ? (size_t)behind : 0;
}

/* Sends `count` samples, and stops at once when a command comes. False when the connection is over. */
static bool send_samples(struct beaglelogic *beaglelogic, struct connection *connection, struct capture *capture, size_t count)
{
	const unsigned char *bytes = capture->samples;
	logic_track_samples(beaglelogic->track, capture->start_s, capture->rate_hz, capture->sent, count, capture->samples);
	for (size_t k = 0; capture->unit_bytes == 2 && k < count; k++)
		capture->wide[2 * k] = capture->samples[k];
	if (capture->unit_bytes == 2)
		bytes = capture->wide;
	size_t size = count * capture->unit_bytes;
	for (size_t done = 0, sent; done < size; done += sent) {
		if (!connection_send_some(connection, bytes + done, size - done, pace_s, &sent))
			return false;
		if ((done + sent) % capture->unit_bytes == 0 && connection_readable(connection, 0)) {
			capture->sent += (done + sent) / capture->unit_bytes;
			capture->bytes += done + sent;
			return true;
		}
	}
	capture->sent += count;
	capture->bytes += size;
	return true;
}

static bool stream(struct beaglelogic *beaglelogic, struct connection *connection, struct capture *capture)
{
	size_t count = due(beaglelogic, capture);
	if (!capture->continuous && capture->bytes + count * capture->unit_bytes > MEMORY_BYTES)
		count = (size_t)(MEMORY_BYTES - capture->bytes) / capture->unit_bytes;
	if (!capture->continuous && capture->bytes + capture->unit_bytes > MEMORY_BYTES)
		capture->running = false;
	if (count > 0 && !send_samples(beaglelogic, connection, capture, count))
		return false;
	return count == CHUNK_SAMPLES || connection_readable(connection, pace_s) || connection_open(connection);
}

static void serve_connection(void *self, struct connection *connection)
{
	struct beaglelogic *beaglelogic = self;
	struct capture capture = {.rate_hz = 1000000, .unit_bytes = 1, .continuous = true};
	auto_free unsigned char *samples = malloc(CHUNK_SAMPLES), *wide = calloc(CHUNK_SAMPLES, 2);
	char command[COMMAND_BYTES];
	capture.samples = samples;
	capture.wide = wide;
	for (bool going = samples && wide; going;) {
		if (capture.running && !connection_readable(connection, 0)) {
			going = stream(beaglelogic, connection, &capture);
			continue;
		}
		going = connection_line(connection, command, sizeof command);
		if (going &&
		    !serve_faults_active(beaglelogic->plant->faults, SERVE_BEAGLELOGIC, SERVE_FAULT_MUTE, plant_monotonic_s(), NULL))
			going = obey(beaglelogic, connection, &capture, command);
	}
	if (capture.running)
		serve_faults_end(beaglelogic->plant->faults, SERVE_BEAGLELOGIC);
}

struct beaglelogic *beaglelogic_start(struct plant *plant, struct logic_track *track, struct error *error)
{
	struct beaglelogic *beaglelogic = calloc(1, sizeof *beaglelogic);
	if (!beaglelogic) {
		error_bench(error, "beaglelogic: out of memory");
		return NULL;
	}
	*beaglelogic = (struct beaglelogic){.plant = plant, .track = track};
	beaglelogic->listener = listener_start(plant->setup->serve->beaglelogic_port, serve_connection, beaglelogic, error);
	if (beaglelogic->listener)
		return beaglelogic;
	error_prefix(error, "beaglelogic");
	beaglelogic_stop(beaglelogic);
	return NULL;
}

void beaglelogic_stop(struct beaglelogic *beaglelogic)
{
	if (!beaglelogic)
		return;
	listener_stop(beaglelogic->listener);
	free(beaglelogic);
}

struct listener *beaglelogic_listener(struct beaglelogic *beaglelogic)
{
	return beaglelogic->listener;
}
