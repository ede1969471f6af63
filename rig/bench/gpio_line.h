/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * One GPIO line and one GPIO chip, as the driver needs them: the seam between the driver and the two interfaces of libgpiod, which have no call
 * in common. gpio_gpiod_v1.c is for libgpiod 1.6, gpio_gpiod_v2.c for libgpiod 2; meson builds one of them. Functions that fail leave errno as the
 * kernel set it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench_setup.h"
#include "cleanup.h"

/* A chip that is looked at. */
struct gpio_chip;
enum { GPIO_NAME_SIZE = 33 }; /* the kernel's 32 and the end */

struct gpio_line_state {
	char name[GPIO_NAME_SIZE];     /* "": the line has none */
	char consumer[GPIO_NAME_SIZE]; /* who holds it; "" when the kernel does not tell */
	bool used;
};

/* NULL when it cannot be opened or is no GPIO chip. */
struct gpio_chip *gpio_chip_open(const char *path) must_check;
/* NULL is accepted. */
void gpio_chip_close(struct gpio_chip *chip);
/* "gpiochip0"; valid while the chip is open. */
const char *gpio_chip_name(struct gpio_chip *chip);
/* What its driver calls it; valid while the chip is open. */
const char *gpio_chip_label(struct gpio_chip *chip);
unsigned gpio_chip_lines(struct gpio_chip *chip);
bool gpio_chip_state(struct gpio_chip *chip, unsigned offset, struct gpio_line_state *state) must_check;

define_cleanup(struct gpio_chip *, cleanup_gpio_chip, gpio_chip_close);
#define auto_gpio_chip cleanup_with(cleanup_gpio_chip)

/* A line that is held. */
struct gpio_line_request;

/* A change of the line, as the kernel queued it. */
struct gpio_line_change {
	bool active;
	uint64_t time_ns;  /* CLOCK_MONOTONIC */
	uint64_t sequence; /* of this line, from 1 without gaps; 0: the interface has no numbers */
};

/* Changes that the kernel keeps of one line when nobody reads. */
extern const size_t gpio_line_queue_length;

/*
 * Takes the line at offset of the chip at path. An output has its safe level from the first moment on. changes: an input is to queue its
 * changes. NULL on failure.
 */
struct gpio_line_request *gpio_line_take(const char *path, unsigned offset, const struct gpio_line_setup *setup, const char *consumer,
					 bool changes) must_check;
/* Gives the line back as it is; NULL is accepted. */
void gpio_line_release(struct gpio_line_request *request);
bool gpio_line_set(struct gpio_line_request *request, bool active) must_check;
bool gpio_line_get(struct gpio_line_request *request, bool *active) must_check;
/* Readable when changes wait; only of a line that queues them. */
int gpio_line_fd(struct gpio_line_request *request);
/* Takes at most max waiting changes; waits when there are none. The number taken, or -1. */
int gpio_line_read(struct gpio_line_request *request, struct gpio_line_change *changes, size_t max) must_check;
