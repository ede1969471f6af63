/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Lines as the guardian drives them: the kernel's own interface (linux/gpio.h), no library. */
#include "guardian_wire.h"

struct held_line {
	const struct guardian_line *line;
	int fd; /* -1: not held */
};

/* Takes the line: an output at its safe level, else an input. 0, or errno. EBUSY: somebody else has it. */
int held_line_take(struct held_line *held, const struct guardian_line *line, bool output);
/* Drives an output. 0, or errno. */
int held_line_set(const struct held_line *held, bool level);
/* Reads a line. 0, or errno. */
int held_line_get(const struct held_line *held, bool *level);
