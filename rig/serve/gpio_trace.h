/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The kernel's own record (tracefs, event gpio:gpio_value) of the levels that are given to the lines of one GPIO chip, each with its time. Nothing
 * that is short is missed, and nobody has to look often. In an instance of its own: the trace of the machine stays as it is.
 */
#include "error.h"

struct gpio_trace;

struct gpio_trace_level {
	unsigned offset; /* of the line on its chip */
	bool high;
	double time_s; /* CLOCK_MONOTONIC: the middle of the microsecond that the kernel prints */
};

/*
 * `root` is put before /sys and /dev ("": none), `chip` is its name ("gpiochip0"). The line `offset` must be nobody's: it is taken as an input for a
 * moment, which tells how the kernel numbers the chip's lines. NULL with *error where the kernel has no such record, or does not give it.
 */
struct gpio_trace *gpio_trace_open(const char *root, const char *chip, unsigned offset, struct error *error) must_check;
/* Removes the instance; NULL is accepted. */
void gpio_trace_close(struct gpio_trace *trace);
/* The next level of the chip's lines. 1: there is one, 0: none waits, -1: failed with *error set, also when the kernel lost some. */
int gpio_trace_next(struct gpio_trace *trace, struct gpio_trace_level *level, struct error *error) must_check;
