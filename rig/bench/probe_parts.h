/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The parts of a probe, one a kind of instrument. Each fills its lists in the arena; false only when out of memory.
 */
#include "arena.h"
#include "probe.h"

enum { PROBE_MAX = 64 }; /* of one kind */

bool probe_gpio(struct probe *probe) must_check;
bool probe_iio(struct probe *probe, const struct probe_options *options) must_check;
bool probe_sigrok(struct probe *probe, const struct probe_options *options) must_check;
bool probe_serial(struct probe *probe, const struct probe_options *options) must_check;
