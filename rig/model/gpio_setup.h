/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A GPIO line, as a bench file describes it.
 */
#include <stdbool.h>

enum gpio_line {
	GPIO_TRIGGER,
	GPIO_ENABLE,
	GPIO_EMERGENCY_STOP,
	GPIO_COIL_PRESENT,
	GPIO_READY,
	GPIO_FAULT,
	GPIO_LINE_COUNT,
};

enum gpio_bias { GPIO_BIAS_AS_IS, GPIO_BIAS_DISABLED, GPIO_BIAS_PULL_UP, GPIO_BIAS_PULL_DOWN };
enum gpio_drive { GPIO_PUSH_PULL, GPIO_OPEN_DRAIN, GPIO_OPEN_SOURCE };

/* Levels are those of the line's meaning: true is active, whatever the voltage is. */
struct gpio_line_setup {
	bool present;
	bool output;
	bool safe_level;  /* level of the safe state */
	bool active_low;  /* driver gpiod: active is the low voltage */
	const char *line; /* name or offset on the chip */
	const char *chip; /* driver gpiod: name, label or path; NULL: the chip of the whole section */
	enum gpio_bias bias;
	enum gpio_drive drive;
	double pulse_s; /* length of a trigger pulse; NAN for other lines */
};

/* "trigger", "enable", … Static string. */
const char *gpio_line_name(enum gpio_line line);
