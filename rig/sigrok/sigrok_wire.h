/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What tmsrig-sigrok writes to its standard output: records of fixed size, from a child to its parent of the same build. It stops when its
 * standard input ends.
 */
#include <stdint.h>

enum {
	SIGROK_MAGIC = 0x53494752,
	SIGROK_TEXT = 200,
	SIGROK_MAX_CHANNELS = 32,
	SIGROK_MAX_SAMPLES = 50000000, /* import: of one channel */
};

enum sigrok_kind {
	SIGROK_STARTED, /* time_s: host time (CLOCK_MONOTONIC) of just before the start; value: sample rate, Hz (0: not told; shots: duration of a frame, s); text: the device */
	SIGROK_PROGRESS, /* sample: samples seen until now; time_s: host time of their arrival */
	SIGROK_EDGE,     /* sample: the first with the new level; channel: which of those asked for; value: 1 or 0 */
	SIGROK_END,      /* sample: all of them */
	SIGROK_ERROR,    /* text */
	SIGROK_FOUND,    /* scan: text, a device with its channels */
	SIGROK_SAMPLES,  /* import, shots: `sample` float32 of one channel follow */
	SIGROK_SCALE,    /* shots: V a division of `channel` */
	SIGROK_ARMED,    /* shots: time_s: host time at which it had confirmed that it waits for its trigger */
	SIGROK_FRAME,    /* shots: all samples of a frame have been told; `sample` of each channel */
};

struct sigrok_record {
	uint32_t magic, kind; /* enum sigrok_kind */
	uint64_t sample;
	uint32_t channel;
	double value, time_s;
	char text[SIGROK_TEXT];
};
