/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Units as digital certificates write them (D-SI, BIPM names after siunitx): "\milli\volt\per\ampere", "\second\tothe{-1}". Only what a sensor of
 * current or voltage can be calibrated in: products of powers of ampere, volt and second.
 */
#include <stdbool.h>

struct dsi_unit {
	int ampere, volt, second; /* exponents */
	double factor;            /* SI value of one of the unit */
};

/* False for what is none, or has another unit in it. */
bool dsi_unit_parse(const char *text, struct dsi_unit *unit);
