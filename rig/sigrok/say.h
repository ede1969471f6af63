/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What the program tells the one that started it: records of sigrok_wire.h on standard output. */
#include <stddef.h>

#include "sigrok_wire.h"

/* Host time, CLOCK_MONOTONIC, s. */
double now_s(void);
/* Buffered; told at once where it matters. A parent that is gone reads nothing: the program then ends. */
void say(struct sigrok_record record);
/* SIGROK_ERROR; returns 1, the exit status. */
int fail(const char *words);
/* SIGROK_SAMPLES and the samples themselves. */
void say_samples(unsigned channel, const float *samples, size_t count);
