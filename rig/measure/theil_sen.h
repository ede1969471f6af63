/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The Theil-Sen slope: the median of the slopes between pairs of points. Up to 128 points all pairs; of more, those pairs whose indices are a
 * multiple of a 32nd of the number of points apart, about 16 a point, so that the cost is linear. Deterministic.
 */
#include <stdbool.h>
#include <stddef.h>

#include "error.h"

/* t increasing. Fails (ERROR_BENCH) when out of memory; *slope is NAN without two distinct t. */
bool theil_sen(const double *t, const double *y, size_t n, double *slope, struct error *error) must_check;
