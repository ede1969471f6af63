/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What an oscilloscope of Rigol's DS4000 series does with a line of SCPI, as far as libsigrok's driver rigol-ds speaks to it (src/hardware/rigol-ds of
 * libsigrok 0.5.2; DS4000E programming guide). No I/O, and no samples: those are scope.c's.
 */
#include <stdbool.h>
#include <stddef.h>

enum { SCOPE_CHANNELS = 4, SCOPE_LINE_BYTES = 128, SCOPE_REPLY_BYTES = 96, SCOPE_DIVISIONS = 14, SCOPE_COUNTS = 25, SCOPE_MIDDLE = 128 };

struct scope_device {
	double rate_hz;
	double timebase_s; /* a division */
	double offset_s;   /* from the trigger to the middle of the screen */
	double level_v;    /* of the trigger */
	bool falling;
	unsigned trigger;              /* channel, from 0 */
	bool shown[SCOPE_CHANNELS];    /* the screen has it */
	unsigned source;               /* channel that is read */
	size_t read_from, read_before; /* samples of it, from 0 */
};

enum scope_action {
	SCOPE_NOTHING,
	SCOPE_SAY,     /* the reply */
	SCOPE_ARM,     /* for a single shot */
	SCOPE_STATUS,  /* "WAIT", "TD" or "STOP" is to be said */
	SCOPE_SAMPLES, /* read_from to read_before of source are to be sent */
};

/* Samples of a channel in its memory: the screen's width at its rate, at least 1. */
size_t scope_device_points(const struct scope_device *device);
/* Those of them before the trigger. */
size_t scope_device_before(const struct scope_device *device);
/* What a line asks for; SCOPE_SAY with the text, without its line feed, in reply. What it does not know it passes over, as instruments do. */
enum scope_action scope_device_obey(struct scope_device *device, const char *line, char reply[SCOPE_REPLY_BYTES]);
