/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "adc_sigrok.h"

/* Of the instrument's scales and of the file's. */
static const double SCALE_REL = 0.01, RATE_REL = 1e-3;
/* The screen is so many divisions high above the middle (Rigol, all series of DS and MSO). */
static const double HALF_DIVISIONS = 4;
enum { MAX_FRAMES = SIGROK_MAX_SAMPLES };

double adc_sigrok_now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void adc_sigrok_fail(struct adc_sigrok *adc, const char *format, ...)
{
	if (adc->error.kind != ERROR_NONE)
		return;
	char text[512];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	error_bench(&adc->error, "%s: %s", adc->setup->adc.connection, text);
}

/* Under the lock. An input at another range than the file says would make every current wrong. */
static void check_scales(struct adc_sigrok *adc)
{
	for (unsigned c = 0; c < adc->format.channel_count; c++) {
		const struct adc_channel_setup *channel = &adc->setup->adc.channels[c];
		double full = HALF_DIVISIONS * adc->division_v[c] * fabs(channel->per_volt);
		if (!(fabs(full / channel->adc_range - 1) <= SCALE_REL))
			adc_sigrok_fail(adc, "%s stands at %g V a division, so that the screen ends at %g %s; 'range' of '%s' is %g %s",
					channel->source, adc->division_v[c], full, channel->channel.unit, channel->channel.name,
					channel->adc_range, channel->channel.unit);
	}
}

static bool room_for(struct adc_sigrok *adc, size_t frames)
{
	if (frames <= adc->capacity)
		return true;
	int16_t *grown = frames <= MAX_FRAMES ? realloc(adc->samples, frames * adc->format.channel_count * sizeof *grown) : NULL;
	if (!grown)
		return false;
	adc->samples = grown;
	adc->capacity = frames;
	return true;
}

/* Volts at the input into counts of the channel, as its scale before the sensor's correction says. */
static void take_samples(struct adc_sigrok *adc, unsigned c, const float *volts, size_t count)
{
	const struct adc_channel_setup *channel = &adc->setup->adc.channels[c];
	double counts_per_volt = channel->per_volt * channel->channel.count_max / channel->adc_range;
	size_t width = adc->format.channel_count, from = adc->count[c];
	if (!room_for(adc, from + count)) {
		adc_sigrok_fail(adc, "out of memory for a frame");
		return;
	}
	for (size_t k = 0; k < count; k++) {
		double counts = isfinite(volts[k]) ? fmax(INT16_MIN, fmin(INT16_MAX, counts_per_volt * (double)volts[k])) : INT16_MAX;
		adc->samples[(from + k) * width + c] = (int16_t)lrint(counts);
	}
	adc->count[c] = from + count;
}

/* What the instrument tells: a memory of so many samples spans the screen. That it is at the file's rate follows from nothing else. */
static void take_frame(struct adc_sigrok *adc, const struct sigrok_record *record)
{
	double rate_hz = (double)record->sample / adc->frame_s;
	for (unsigned c = 0; c < adc->format.channel_count; c++)
		if (adc->count[c] != record->sample)
			adc_sigrok_fail(adc, "of a frame of %llu samples %zu came", (unsigned long long)record->sample, adc->count[c]);
	if (fabs(rate_hz / adc->setup->adc.sample_rate_hz - 1) > RATE_REL)
		adc_sigrok_fail(adc,
				"a frame has %llu samples in %g s, that is %g Hz; 'sample_rate' is %g Hz; set the memory depth to sample "
				"rate times "
				"the screen's duration",
				(unsigned long long)record->sample, adc->frame_s, rate_hz, adc->setup->adc.sample_rate_hz);
	adc->frames = record->sample;
	adc->complete_s = adc_sigrok_now_s();
}

/* Under the lock. volts: of SIGROK_SAMPLES. */
static void on_record(struct adc_sigrok *adc, const struct sigrok_record *record, const float *volts)
{
	adc->heard_s = adc_sigrok_now_s();
	switch ((enum sigrok_kind)record->kind) {
	case SIGROK_SCALE:
		if (record->channel < RECORDING_MAX_CHANNELS)
			adc->division_v[record->channel] = record->value;
		break;
	case SIGROK_STARTED:
		adc->frame_s = record->value;
		snprintf(adc->words, sizeof adc->words, "%s", record->text);
		check_scales(adc);
		break;
	case SIGROK_ARMED:
		adc->armed_s = record->time_s;
		adc->started = true;
		break;
	case SIGROK_SAMPLES:
		adc->armed_s = NAN;
		if (isfinite(adc->complete_s))
			adc_sigrok_fail(adc, "another frame came before the last one was taken; pulses have to be further apart");
		else if (record->channel < adc->format.channel_count)
			take_samples(adc, record->channel, volts, record->sample);
		break;
	case SIGROK_FRAME: take_frame(adc, record); break;
	case SIGROK_ERROR: adc_sigrok_fail(adc, "%s", record->text); break;
	case SIGROK_PROGRESS:
	case SIGROK_EDGE:
	case SIGROK_END:
	case SIGROK_FOUND: break;
	}
}

void *adc_sigrok_read_records(void *argument)
{
	struct adc_sigrok *adc = argument;
	struct sigrok_record record;
	float *volts = NULL;
	while (companion_read(&adc->child, &record, sizeof record) && record.magic == SIGROK_MAGIC) {
		record.text[sizeof record.text - 1] = '\0';
		if (record.kind == SIGROK_SAMPLES) {
			float *grown = record.sample <= MAX_FRAMES ? realloc(volts, (record.sample + 1) * sizeof *volts) : NULL;
			volts = grown ? grown : volts;
			if (!grown || !companion_read(&adc->child, volts, record.sample * sizeof *volts))
				break;
		}
		pthread_mutex_lock(&adc->lock);
		on_record(adc, &record, volts);
		pthread_cond_broadcast(&adc->changed);
		pthread_mutex_unlock(&adc->lock);
	}
	free(volts);
	pthread_mutex_lock(&adc->lock);
	adc_sigrok_fail(adc, "its program has ended");
	pthread_cond_broadcast(&adc->changed);
	pthread_mutex_unlock(&adc->lock);
	return NULL;
}
