/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The guardian of a bench with real lines. */
#include "gpio_find.h"
#include "guard.h"

/* Starts it on the lines as found; it has enable and emergency stop from then on, at their safe levels. NULL on failure. */
struct guard *gpio_guardian_start(const struct bench_setup *setup, const struct gpio_place places[GPIO_LINE_COUNT],
				  struct error *error) must_check;
