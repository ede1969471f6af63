/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Inside of driver "sigrok-frame": an oscilloscope through libsigrok, which records one frame a trigger. adc_sigrok_frames.c takes what its child
 * process tells, adc_sigrok.c is the port.
 */
#include <pthread.h>

#include "bench.h"
#include "companion.h"
#include "sigrok_wire.h"

struct adc_sigrok {
	const struct bench_setup *setup;
	struct recording_format format;
	int trigger_at;  /* of the channels; -1: frames are placed by the time of a remote command */
	double origin_s; /* host time of sample 0 */
	struct companion child;
	pthread_t reader;
	bool reader_started;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* Under the lock. */
	struct error error; /* kind ERROR_NONE: none */
	bool started, stopping;
	double frame_s;                            /* duration of a frame */
	double division_v[RECORDING_MAX_CHANNELS]; /* as the instrument tells it */
	double armed_s, heard_s, complete_s;       /* armed_s: NAN while it is not; complete_s: NAN without a frame that waits */
	struct host_time shot;                     /* time_s NAN: no trigger whose frame is due */
	double stop_s;
	size_t frames, count[RECORDING_MAX_CHANNELS]; /* frames: of the frame that waits */
	size_t capacity;
	int16_t *samples; /* the frame, interleaved */
	char words[SIGROK_TEXT];
	/* The port's own. */
	uint64_t next, first; /* next: frame of the stream to come; first: of the frame that was placed */
	size_t given;         /* of the frame that was placed */
	bool placed;
};

/* CLOCK_MONOTONIC, s. */
double adc_sigrok_now_s(void);
/* Under the lock. Only the first cause counts. */
void adc_sigrok_fail(struct adc_sigrok *adc, const char *format, ...) printf_like(2, 3);
/* The thread that takes the child's records, to its end; argument: the driver. */
void *adc_sigrok_read_records(void *argument);
