/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Statistics of trains and sessions: planned sessions whose onsets and amplitudes scatter by drawn amounts, on instruments whose errors are drawn. What a
 * value is a statistic of has a truth of its own (the rate that was), what it estimates has that of the population (a standard deviation).
 */
#include <stdbool.h>
#include <stdint.h>

/* Runs 400 sessions a round and prints a line for every measurand; false where one is outside its limits. */
bool sessions_hold(uint64_t *state, unsigned rounds);
