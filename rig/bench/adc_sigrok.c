/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Driver "sigrok-frame": an oscilloscope through libsigrok, which runs in a child process (rig/sigrok). It records one frame a trigger. A frame is
 * placed by the time at which the rig gave the trigger; between the frames there are gaps.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adc_sigrok.h"

/* To be opened and armed; one that is silent is noticed sooner. */
static const double OPEN_S = 5;
/* The library looks 50 ms after arming for the first time whether the instrument waits; a trigger before that it never sees. */
static const double SETTLE_S = 0.2;
/* The rig tells of a trigger soon after it gave it; gaps are told so late that a frame cannot reach into one. */
static const double TELL_S = 0.5;
/* Between frames the stream goes on in such steps. */
static const double STEP_S = 2;
static const double LOOK_S = 0.02;

/* Waits for news, at most so long; under the lock. */
static void await_news(struct adc_sigrok *adc, double until_s)
{
	struct timespec until = {.tv_sec = (time_t)until_s, .tv_nsec = (long)(1e9 * (until_s - floor(until_s)))};
	pthread_cond_timedwait(&adc->changed, &adc->lock, &until);
}

static bool start_child(struct adc_sigrok *adc, struct error *error)
{
	char path[4096];
	const char *arguments[4 + RECORDING_MAX_CHANNELS] = {"tmsrig-sigrok", "shots", adc->setup->adc.connection};
	for (unsigned c = 0; c < adc->format.channel_count; c++)
		arguments[3 + c] = adc->setup->adc.channels[c].source;
	if (!companion_path("tmsrig-sigrok", "sigrok", path, sizeof path, error) || !companion_start(&adc->child, path, arguments, error))
		return false;
	adc->reader_started = pthread_create(&adc->reader, NULL, adc_sigrok_read_records, adc) == 0;
	return adc->reader_started || error_bench(error, "cannot start a thread");
}

static bool adc_start(void *self, struct error *error)
{
	struct adc_sigrok *adc = self;
	if (!start_child(adc, error))
		return error_prefix(error, "%s", adc->setup->adc.connection);
	pthread_mutex_lock(&adc->lock);
	double until_s = adc_sigrok_now_s() + OPEN_S;
	while (!adc->started && adc->error.kind == ERROR_NONE && adc_sigrok_now_s() < until_s)
		await_news(adc, until_s);
	if (!adc->started)
		adc_sigrok_fail(adc, "it was not armed within %.1f s", OPEN_S);
	adc->origin_s = adc_sigrok_now_s();
	bool up = adc->error.kind == ERROR_NONE;
	if (!up)
		*error = adc->error;
	pthread_mutex_unlock(&adc->lock);
	return up;
}

static double frame_of(const struct adc_sigrok *adc, double host_s)
{
	return (host_s - adc->origin_s) * adc->format.sample_rate_hz;
}

/* Where the trigger line rises in the frame that waits, in samples; NAN when it does not. */
static double find_trigger(const struct adc_sigrok *adc)
{
	const struct channel *channel = &adc->format.channels[adc->trigger_at];
	const size_t width = adc->format.channel_count;
	double before = NAN;
	for (size_t k = 0; k < adc->frames; k++) {
		double volts = channel->scale * adc->samples[k * width + (size_t)adc->trigger_at] + channel->offset;
		if (before < channel->threshold && volts >= channel->threshold)
			return (double)k - (volts - channel->threshold) / (volts - before);
		before = volts;
	}
	return NAN;
}

/* Puts the frame that waits where its trigger was given. Under the lock. */
static void place(struct adc_sigrok *adc)
{
	double at = adc->trigger_at >= 0 ? find_trigger(adc) : 0.5 * (double)adc->frames;
	double first = round(frame_of(adc, adc->shot.time_s) - at);
	if (isnan(at))
		adc_sigrok_fail(
			adc,
			"the frame does not show the trigger line rise through its threshold; it is of another trigger, or the line "
			"is not wired to channel %s",
			adc->setup->adc.channels[adc->trigger_at].source);
	else if (!(first >= (double)adc->next))
		adc_sigrok_fail(adc, "a frame reaches into the one before; pulses have to be further apart");
	else
		adc->first = (uint64_t)first;
	adc->placed = adc->error.kind == ERROR_NONE;
	adc->given = 0;
	adc->shot.time_s = NAN;
	memset(adc->count, 0, sizeof adc->count);
}

/* Under the lock. */
static void watch(struct adc_sigrok *adc)
{
	double now = adc_sigrok_now_s(), timeout_s = adc->setup->adc.timeout_s;
	bool due = isfinite(adc->shot.time_s), waits = isfinite(adc->complete_s) && !adc->placed;
	if (waits && due)
		place(adc);
	else if (waits && now > adc->complete_s + TELL_S)
		adc_sigrok_fail(adc, "a frame came though the rig gave no trigger: the device fired by itself, or its trigger input sees "
				     "something else");
	else if (due && now > fmax(adc->shot.time_s + adc->frame_s, adc->heard_s) + timeout_s)
		adc_sigrok_fail(adc, "no samples for %.1f s after a trigger", timeout_s);
}

static void give_gap(struct adc_sigrok *adc, uint64_t until, struct adc_read *read)
{
	read->state = ADC_GAP;
	read->gap = (struct gap){adc->next, until - adc->next, GAP_NOT_RECORDED};
	adc->next = until;
}

static void give_frame(struct adc_sigrok *adc, size_t max_frames, struct adc_read *read)
{
	size_t left = adc->frames - adc->given, count = left < max_frames ? left : max_frames;
	read->state = ADC_BLOCK;
	read->block = (struct block){adc->next, count, adc->samples + adc->given * adc->format.channel_count};
	adc->next += count;
	adc->given += count;
}

/* True when there is something to give: the gap before a frame, a part of it, the time that passed without one, or the end. Under the lock. */
static bool give(struct adc_sigrok *adc, size_t max_frames, struct adc_read *read)
{
	/* The block that was given last has been used by now. */
	if (adc->placed && adc->given == adc->frames) {
		adc->placed = false;
		adc->complete_s = NAN;
	}
	watch(adc);
	if (adc->error.kind != ERROR_NONE)
		return true;
	if (adc->placed && adc->next < adc->first) {
		give_gap(adc, adc->first, read);
		return true;
	}
	if (adc->placed) {
		give_frame(adc, max_frames, read);
		return true;
	}
	bool due = isfinite(adc->shot.time_s), over = adc->stopping && !due && isnan(adc->complete_s);
	double known_s = over ? adc->stop_s : fmin(adc_sigrok_now_s() - TELL_S, due ? adc->shot.time_s : INFINITY) - adc->frame_s;
	double known = floor(frame_of(adc, known_s));
	if (known > (double)adc->next && (over || known >= (double)adc->next + STEP_S * adc->format.sample_rate_hz)) {
		give_gap(adc, (uint64_t)known, read);
		return true;
	}
	read->state = ADC_END;
	return over;
}

static bool adc_read(void *self, size_t max_frames, struct adc_read *read, struct error *error)
{
	struct adc_sigrok *adc = self;
	pthread_mutex_lock(&adc->lock);
	while (!give(adc, max_frames, read))
		await_news(adc, adc_sigrok_now_s() + LOOK_S);
	bool good = adc->error.kind == ERROR_NONE;
	if (!good)
		*error = adc->error;
	pthread_mutex_unlock(&adc->lock);
	return good;
}

static bool adc_stop(void *self, struct error *error)
{
	struct adc_sigrok *adc = self;
	(void)error;
	pthread_mutex_lock(&adc->lock);
	adc->stopping = true;
	adc->stop_s = adc_sigrok_now_s();
	pthread_cond_broadcast(&adc->changed);
	pthread_mutex_unlock(&adc->lock);
	return true;
}

/* A frame is put at a whole sample, by an edge between two: each anywhere within one. Without the edge: anywhere in the frame. */
static double adc_frame_of_host_time(void *self, double host_s, double *u_frames)
{
	struct adc_sigrok *adc = self;
	pthread_mutex_lock(&adc->lock);
	*u_frames = adc->trigger_at >= 0 ? sqrt(2.0 / 12) : adc->frame_s * adc->format.sample_rate_hz / sqrt(12);
	double frame = frame_of(adc, host_s);
	pthread_mutex_unlock(&adc->lock);
	return frame;
}

static bool adc_expect_shot(void *self, struct error *error)
{
	struct adc_sigrok *adc = self;
	pthread_mutex_lock(&adc->lock);
	double ready_s = adc->armed_s + adc->frame_s + SETTLE_S;
	bool ready = adc->error.kind == ERROR_NONE && isnan(adc->shot.time_s) && adc_sigrok_now_s() >= ready_s;
	if (adc->error.kind != ERROR_NONE)
		*error = adc->error;
	else if (!ready)
		error_bench(error, "%s: it does not wait for a trigger yet, since it %s; pulses have to be further apart",
			    adc->setup->adc.connection,
			    isfinite(ready_s) ? "was armed just now" : "has not delivered the frame of the last one");
	pthread_mutex_unlock(&adc->lock);
	return ready;
}

static void adc_shot(void *self, const struct host_time *when)
{
	struct adc_sigrok *adc = self;
	pthread_mutex_lock(&adc->lock);
	adc->shot = *when;
	pthread_cond_broadcast(&adc->changed);
	pthread_mutex_unlock(&adc->lock);
}

static void adc_gaps_found_by(void *self, char *out, size_t size)
{
	const struct adc_sigrok *adc = self;
	snprintf(out, size, "one frame of %g ms is recorded for each trigger; what happens between the frames is not known",
		 1e3 * adc->frame_s);
}

static const struct adc_ops ADC_OPS = {
	.start = adc_start,
	.read = adc_read,
	.stop = adc_stop,
	.frame_of_host_time = adc_frame_of_host_time,
	.expect_shot = adc_expect_shot,
	.shot = adc_shot,
	.gaps_found_by = adc_gaps_found_by,
};

static void sigrok_close(void *state)
{
	struct adc_sigrok *adc = state;
	if (!adc)
		return;
	/* The reader ends when the child's output does. */
	companion_signal_kill(&adc->child);
	if (adc->reader_started)
		pthread_join(adc->reader, NULL);
	companion_kill(&adc->child);
	pthread_cond_destroy(&adc->changed);
	pthread_mutex_destroy(&adc->lock);
	free(adc->samples);
	free(adc);
}

static bool sigrok_open(const struct bench_setup *setup, const char *recording, struct ports *ports, void **state, struct error *error)
{
	(void)recording;
	char path[4096];
	if (!companion_path("tmsrig-sigrok", "sigrok", path, sizeof path, error))
		return false;
	struct adc_sigrok *adc = calloc(1, sizeof *adc);
	if (!adc)
		return error_bench(error, "out of memory");
	adc->setup = setup;
	adc->format = bench_setup_format(setup);
	adc->trigger_at = setup->gpio_driver && setup->gpio[GPIO_TRIGGER].present ? recording_find(&adc->format, CHANNEL_TRIGGER) : -1;
	adc->child = (struct companion){.pid = -1, .in = -1, .out = -1};
	adc->armed_s = adc->complete_s = adc->shot.time_s = NAN;
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&adc->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&adc->lock, NULL);
	ports->adc = (struct adc_port){&ADC_OPS, adc, adc->format};
	*state = adc;
	return true;
}

const struct driver driver_sigrok_frame = {"sigrok-frame", sigrok_open, sigrok_close};
