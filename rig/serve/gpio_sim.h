/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The lines of the virtual device on a chip of the kernel's gpio-sim: what the rig drives is read from a line's value, what the device drives
 * is written to its pull. Levels of the rig's lines come with their times from the kernel's trace where it gives one; else the value is polled. A chip of that label which is live already is used; else it is made through configfs, one line for each of the
 * bench's, with its name.
 */
#include "wires.h"

struct gpio_sim;

/* wires: whose relays are lines of the chip, too; NULL for none. NULL with *error. Plant and wires outlive it. */
struct gpio_sim *gpio_sim_start(struct plant *plant, struct wires *wires, struct error *error) must_check;
/* Removes the chip if it was made here; NULL is accepted. */
void gpio_sim_stop(struct gpio_sim *gpio);
/* The chip's name in the kernel, "gpiochip0". */
const char *gpio_sim_chip(const struct gpio_sim *gpio);
/* NULL when levels come from the kernel's trace; else why they are polled. */
const char *gpio_sim_polled(const struct gpio_sim *gpio);
