/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The guardian's log: one line a fact, written at once to the descriptor that the harness handed over. */
#include <stdio.h>

/* Monotonic time, s. */
double guardian_now_s(void);
/* Sets time 0 of the log. */
void guardian_log_start(void);
/* "seconds.micros fact"; a line too long for its buffer is cut. */
void guardian_log(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Waits until what was written is on the disk. */
void guardian_log_sync(void);
