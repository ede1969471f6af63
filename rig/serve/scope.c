/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scope.h"

#include <math.h>
#include <string.h>

#include "adc_pump.h"
#include "scope_device.h"

enum { CHUNK_FRAMES = 16384 };
/* So long it takes for an answer about its state: clients ask as fast as they are answered. */
static const double STATUS_S = 5e-3;
/* The trigger is so many divisions left of the middle. */
static const double TRIGGER_DIVISIONS = 5;
/* The range of a channel is so many divisions, of 1 V each. */
enum { RANGE_DIVISIONS = 4 };

struct scope {
	struct plant *plant;
	struct adc_pump *pump;
	struct listener *listener;
	unsigned channels, trigger;
};

/* One client's: what it set, and the shot it armed. */
struct shot {
	struct scope *scope;
	struct scope_device device;
	bool armed, triggered;
	uint64_t next;  /* frame of the ADC to be looked at */
	double before;  /* V, of the frame before it; NAN: unknown */
	uint64_t first; /* of the memory, once it is triggered */
	int16_t *chunk, *memory;
	size_t points, capacity; /* in memory */
};

static double volts_of(const struct shot *shot, unsigned channel, int16_t count)
{
	const struct adc_channel_setup *setup = &shot->scope->plant->setup->adc.channels[channel];
	return (double)RANGE_DIVISIONS * count / (double)(1u << (setup->bits - 1));
}

static void arm(struct shot *shot)
{
	size_t points = scope_device_points(&shot->device);
	if (points > shot->capacity) {
		int16_t *grown = realloc(shot->memory, points * shot->scope->channels * sizeof *grown);
		if (!grown)
			return;
		shot->memory = grown;
		shot->capacity = points;
	}
	shot->armed = true;
	shot->triggered = false;
	shot->points = points;
	/* It waits once what is left of the trigger is full. */
	shot->next = adc_pump_next_frame(shot->scope->pump) + scope_device_before(&shot->device);
	shot->before = NAN;
	serve_faults_begin(shot->scope->plant->faults, SERVE_SCOPE, plant_monotonic_s());
}

/* Looks for the edge in what has come since. */
static void seek(struct shot *shot)
{
	const struct scope_device *device = &shot->device;
	const double sign = device->falling ? -1 : 1;
	while (shot->armed && !shot->triggered && adc_pump_available(shot->scope->pump, shot->next) > 0) {
		uint64_t count = adc_pump_available(shot->scope->pump, shot->next);
		count = count < CHUNK_FRAMES ? count : CHUNK_FRAMES;
		if (!adc_pump_copy(shot->scope->pump, &shot->next, 1, count, shot->chunk)) {
			shot->before = NAN;
			continue;
		}
		for (uint64_t k = 0; k < count && !shot->triggered && device->trigger < shot->scope->channels; k++) {
			double volts = volts_of(shot, device->trigger, shot->chunk[k * shot->scope->channels + device->trigger]);
			shot->triggered = sign * shot->before < sign * device->level_v && sign * volts >= sign * device->level_v;
			shot->first = shot->next + k - scope_device_before(device);
			shot->before = volts;
		}
		shot->next += count;
	}
}

/* The shot is over when its memory is full. */
static void fill(struct shot *shot)
{
	uint64_t first = shot->first;
	if (!shot->armed || !shot->triggered || adc_pump_available(shot->scope->pump, first) < shot->points)
		return;
	shot->armed = false;
	/* One that nobody asked for in time shows nothing. */
	if (!adc_pump_copy(shot->scope->pump, &first, 1, shot->points, shot->memory))
		memset(shot->memory, 0, shot->points * shot->scope->channels * sizeof *shot->memory);
}

static bool stalled(const struct shot *shot)
{
	return serve_faults_active(shot->scope->plant->faults, SERVE_SCOPE, SERVE_FAULT_STALL, plant_monotonic_s(), NULL);
}

static bool send_line(struct connection *connection, const char *words)
{
	char line[SCOPE_REPLY_BYTES + 2];
	int length = snprintf(line, sizeof line, "%s\n", words);
	return connection_send(connection, line, (size_t)length);
}

static bool send_status(struct shot *shot, struct connection *connection)
{
	if (!connection_pause(connection, STATUS_S))
		return false;
	plant_advance(shot->scope->plant);
	if (!stalled(shot)) {
		seek(shot);
		fill(shot);
	}
	return send_line(connection, !shot->armed ? "STOP" : shot->triggered ? "TD" : "WAIT");
}

/* 25 counts a division, 8 bits. */
static unsigned char code_of(const struct shot *shot, unsigned channel, int16_t count)
{
	double code = SCOPE_MIDDLE + round(SCOPE_COUNTS * volts_of(shot, channel, count));
	return (unsigned char)fmax(0, fmin(255, code));
}

/* A definite-length block (IEEE 488.2) with a line feed behind it. */
static bool send_samples(struct shot *shot, struct connection *connection)
{
	const struct scope_device *device = &shot->device;
	struct serve_faults *faults = shot->scope->plant->faults;
	size_t from = device->read_from > 0 ? device->read_from - 1 : 0;
	size_t before = device->read_before < shot->points ? device->read_before : shot->points, count = before > from ? before - from : 0;
	auto_free unsigned char *bytes = malloc(count + 16);
	if (!bytes)
		return false;
	size_t length = (size_t)snprintf((char *)bytes, 16, "#9%09zu", count);
	for (size_t k = 0; k < count; k++) {
		bool there = device->source < shot->scope->channels && !shot->armed;
		int16_t sample = there ? shot->memory[(from + k) * shot->scope->channels + device->source] : 0;
		bytes[length++] = there ? code_of(shot, device->source, sample) : SCOPE_MIDDLE;
	}
	bytes[length++] = '\n';
	if (!serve_faults_take(faults, SERVE_SCOPE, SERVE_FAULT_SHORT, plant_monotonic_s(), NULL))
		return connection_send(connection, bytes, length);
	/* Half of it, and then the end. */
	(void)!connection_send(connection, bytes, length / 2);
	return false;
}

static bool obey(struct shot *shot, struct connection *connection, const char *line)
{
	struct serve_faults *faults = shot->scope->plant->faults;
	char reply[SCOPE_REPLY_BYTES];
	double delay_s, now_s = plant_monotonic_s();
	if (serve_faults_active(faults, SERVE_SCOPE, SERVE_FAULT_MUTE, now_s, NULL))
		return true;
	bool asks = strchr(line, '?') != NULL;
	if (asks && serve_faults_active(faults, SERVE_SCOPE, SERVE_FAULT_SLOW, now_s, &delay_s) && !connection_pause(connection, delay_s))
		return false;
	switch (scope_device_obey(&shot->device, line, reply)) {
	case SCOPE_NOTHING: return true;
	case SCOPE_SAY: return send_line(connection, reply);
	case SCOPE_ARM: arm(shot); return true;
	case SCOPE_STATUS: return send_status(shot, connection);
	case SCOPE_SAMPLES: return send_samples(shot, connection);
	}
	return false;
}

static void serve_connection(void *self, struct connection *connection)
{
	struct scope *scope = self;
	const struct serve_setup *setup = scope->plant->setup->serve;
	auto_free int16_t *chunk = malloc((size_t)CHUNK_FRAMES * scope->channels * sizeof *chunk);
	struct shot shot = {.scope = scope, .chunk = chunk};
	char line[SCOPE_LINE_BYTES];
	shot.device = (struct scope_device){.rate_hz = scope->plant->setup->adc.sample_rate_hz,
					    .timebase_s = setup->scope_timebase_s,
					    .offset_s = TRIGGER_DIVISIONS * setup->scope_timebase_s,
					    .level_v = setup->scope_level_v,
					    .trigger = scope->trigger};
	for (unsigned c = 0; c < scope->channels; c++)
		shot.device.shown[c] = true;
	while (chunk && connection_line(connection, line, sizeof line) && obey(&shot, connection, line))
		continue;
	serve_faults_end(scope->plant->faults, SERVE_SCOPE);
	free(shot.memory);
}

struct scope *scope_start(struct plant *plant, struct error *error)
{
	const struct serve_setup *setup = plant->setup->serve;
	struct scope *scope = calloc(1, sizeof *scope);
	if (!scope) {
		error_bench(error, "scope: out of memory");
		return NULL;
	}
	scope->plant = plant;
	scope->channels = plant->setup->adc.channel_count;
	while (scope->trigger < scope->channels &&
	       strcmp(plant->setup->adc.channels[scope->trigger].channel.name, setup->scope_trigger) != 0)
		scope->trigger++;
	scope->pump = adc_pump_start(plant, error);
	if (scope->pump)
		scope->listener = listener_start(setup->scope_port, serve_connection, scope, error);
	if (scope->listener)
		return scope;
	error_prefix(error, "scope");
	scope_stop(scope);
	return NULL;
}

void scope_stop(struct scope *scope)
{
	if (!scope)
		return;
	listener_stop(scope->listener);
	adc_pump_stop(scope->pump);
	free(scope);
}

struct listener *scope_listener(struct scope *scope)
{
	return scope->listener;
}
