/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The registry of measurands: the one place where a measurand is added.
 */
#include <stddef.h>

#include "device.h"
#include "error.h"
#include "measurement.h"
#include "results.h"

/* All measurands in registry order; *count of them. Static. */
const struct measurand *const *measurands_all(size_t *count);
/* The measurand of that id, or NULL. */
const struct measurand *measurand_find(const char *id);
