/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * One line of the IIOD text protocol (version 0), taken apart. It touches nothing but its arguments, and the line may be any bytes.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum iiod_verb {
	IIOD_NOTHING, /* an empty line: no answer */
	IIOD_PRINT,
	IIOD_VERSION,
	IIOD_TIMEOUT,
	IIOD_SET,
	IIOD_GETTRIG,
	IIOD_SETTRIG,
	IIOD_READ,
	IIOD_WRITE,
	IIOD_OPEN,
	IIOD_READBUF,
	IIOD_CLOSE,
	IIOD_EXIT,
};

enum iiod_place { IIOD_DEVICE, IIOD_DEBUG, IIOD_BUFFER, IIOD_INPUT, IIOD_OUTPUT };

struct iiod_command {
	enum iiod_verb verb;
	const char *device; /* this and the others point into the line */
	enum iiod_place place;
	const char *channel;
	const char *attribute; /* "": all */
	const char *trigger;   /* NULL: none */
	size_t bytes;          /* of WRITE and READBUF */
	uint64_t number;       /* of TIMEOUT (ms), SET, OPEN (samples) */
	uint32_t mask;         /* of OPEN */
	bool cyclic;
};

enum { IIOD_LINE_BYTES = 1024, IIOD_VALUE_BYTES = 4096, IIOD_BUFFER_BYTES = 1 << 28 };

/* 0, or the negative errno to answer. The line is cut into words. */
int iiod_command_parse(char *line, struct iiod_command *command);
