/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "adc_pump.h"

#include <math.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

static const double kept_s = 2;
enum { BLOCK_FRAMES = 1 << 16 };

struct adc_pump {
	struct plant *plant;
	unsigned channels;
	pthread_t thread;
	bool running;
	pthread_mutex_t lock;
	pthread_cond_t grown;
	int16_t *frames; /* the ring */
	uint64_t capacity, written;
	bool ended;
};

static void append(struct adc_pump *pump, const int16_t *samples, size_t frames)
{
	while (frames > 0) {
		uint64_t at = pump->written % pump->capacity;
		size_t count = frames < pump->capacity - at ? frames : (size_t)(pump->capacity - at);
		memcpy(pump->frames + at * pump->channels, samples, count * pump->channels * sizeof *samples);
		samples += count * pump->channels;
		frames -= count;
		pump->written += count;
	}
}

static void *pump_thread(void *self)
{
	struct adc_pump *pump = self;
	const struct adc_port *adc = &pump->plant->ports->adc;
	struct error error = {0};
	for (;;) {
		struct adc_read read;
		bool good = adc->ops->read(adc->self, BLOCK_FRAMES, &read, &error);
		if (!good)
			plant_fail(pump->plant, &error);
		pthread_mutex_lock(&pump->lock);
		if (good && read.state == ADC_BLOCK)
			append(pump, read.block.samples, read.block.frames);
		pump->ended = !good || read.state == ADC_END;
		bool ended = pump->ended;
		pthread_cond_broadcast(&pump->grown);
		pthread_mutex_unlock(&pump->lock);
		if (ended)
			return NULL;
	}
}

struct adc_pump *adc_pump_start(struct plant *plant, struct error *error)
{
	struct adc_pump *pump = calloc(1, sizeof *pump);
	if (!pump) {
		error_bench(error, "out of memory");
		return NULL;
	}
	pump->plant = plant;
	pump->channels = plant->ports->adc.format.channel_count;
	pump->capacity = (uint64_t)ceil(plant->ports->adc.format.sample_rate_hz * kept_s);
	pthread_condattr_t attributes;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_mutex_init(&pump->lock, NULL);
	pthread_cond_init(&pump->grown, &attributes);
	pthread_condattr_destroy(&attributes);
	pump->frames = calloc(pump->capacity, pump->channels * sizeof *pump->frames);
	const struct adc_port *adc = &plant->ports->adc;
	if (!pump->frames)
		error_bench(error, "no memory for two seconds of samples");
	else if (adc->ops->start(adc->self, error)) {
		pump->running = pthread_create(&pump->thread, NULL, pump_thread, pump) == 0;
		if (pump->running)
			return pump;
		error_bench(error, "cannot start a thread");
	}
	adc_pump_stop(pump);
	return NULL;
}

void adc_pump_stop(struct adc_pump *pump)
{
	if (!pump)
		return;
	if (pump->running) {
		struct error error = {0};
		const struct adc_port *adc = &pump->plant->ports->adc;
		if (!adc->ops->stop(adc->self, &error))
			plant_fail(pump->plant, &error);
		pthread_join(pump->thread, NULL);
	}
	pthread_cond_destroy(&pump->grown);
	pthread_mutex_destroy(&pump->lock);
	free(pump->frames);
	free(pump);
}

uint64_t adc_pump_next_frame(struct adc_pump *pump)
{
	const struct adc_port *adc = &pump->plant->ports->adc;
	double u_frames, now = adc->ops->frame_of_host_time(adc->self, plant_advance(pump->plant), &u_frames);
	pthread_mutex_lock(&pump->lock);
	uint64_t written = pump->written;
	pthread_mutex_unlock(&pump->lock);
	return now > (double)written ? (uint64_t)ceil(now) : written;
}

bool adc_pump_wait(struct adc_pump *pump, uint64_t end, double timeout_s)
{
	double until_s = plant_monotonic_s() + timeout_s;
	struct timespec until = {.tv_sec = (time_t)until_s, .tv_nsec = (long)((until_s - floor(until_s)) * 1e9)};
	pthread_mutex_lock(&pump->lock);
	int status = 0;
	while (pump->written < end && !pump->ended && status == 0)
		status = pthread_cond_timedwait(&pump->grown, &pump->lock, &until);
	bool there = pump->written >= end;
	pthread_mutex_unlock(&pump->lock);
	return there;
}

bool adc_pump_copy(struct adc_pump *pump, uint64_t *first, unsigned step, size_t count, int16_t *frames)
{
	unsigned channels = pump->channels;
	pthread_mutex_lock(&pump->lock);
	uint64_t oldest = pump->written > pump->capacity ? pump->written - pump->capacity : 0;
	bool there = *first >= oldest;
	if (!there)
		*first = oldest + pump->capacity / 2;
	for (size_t k = 0; there && step > 1 && k < count; k++)
		memcpy(frames + k * channels, pump->frames + (*first + k * step) % pump->capacity * channels, channels * sizeof *frames);
	uint64_t at = *first % pump->capacity;
	size_t head = count < pump->capacity - at ? count : (size_t)(pump->capacity - at);
	if (there && step == 1) {
		memcpy(frames, pump->frames + at * channels, head * channels * sizeof *frames);
		memcpy(frames + head * channels, pump->frames, (count - head) * channels * sizeof *frames);
	}
	pthread_mutex_unlock(&pump->lock);
	return there;
}

bool adc_pump_last(struct adc_pump *pump, unsigned channel, int16_t *count)
{
	pthread_mutex_lock(&pump->lock);
	bool there = pump->written > 0;
	if (there)
		*count = pump->frames[(pump->written - 1) % pump->capacity * pump->channels + channel];
	pthread_mutex_unlock(&pump->lock);
	return there;
}

uint64_t adc_pump_available(struct adc_pump *pump, uint64_t first)
{
	pthread_mutex_lock(&pump->lock);
	uint64_t available = pump->written > first ? pump->written - first : 0;
	pthread_mutex_unlock(&pump->lock);
	return available;
}
