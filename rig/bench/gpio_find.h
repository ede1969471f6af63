/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Which chip and which line a bench file means.
 */
#include "error.h"
#include "gpio_line.h"

enum { GPIO_PATH_MAX = 300 };

/* A line as found. */
struct gpio_place {
	char path[GPIO_PATH_MAX]; /* of the chip */
	char chip[GPIO_NAME_SIZE];
	unsigned offset;
	char name[GPIO_NAME_SIZE]; /* of the line; "" when it has none */
};

/*
 * chip: path of a device (with a '/'), name (gpiochip0) or label of one chip; line: offset (digits only) or name of one line of the chip. False
 * with the chips or the nearest line names that there are, with who uses the line, or with the group that may use the chip.
 */
bool gpio_find(const char *chip, const char *line, struct gpio_place *place, struct error *error) must_check;
