/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What a probe found, for people, for programs, and as the beginning of a bench file.
 */
#include "probe.h"

void probe_print_text(FILE *out, const struct probe *probe);
/* One object; false when out of memory. */
bool probe_print_json(FILE *out, const struct probe *probe) must_check;
/* Fails (ERROR_CONFIG) when the file exists. */
bool probe_may_write(const char *path, struct error *error) must_check;
/*
 * Writes a new bench file with what was found, and comments on what to fill in. What could move something - outputs, a stimulator - is only written
 * as comments, and no scale is made up: until the file has sensors, no amount can be stated from it. Fails (ERROR_CONFIG) when the file exists.
 */
bool probe_write_bench(const char *path, const struct probe *probe, struct error *error) must_check;
