/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Whether a recording was made with the bench it is said to be of: its format, which all numbers are made with, stands in the recording, and where it
 * comes from in the files of bench and sensors.
 */
#include "bench_setup.h"

/*
 * ERROR_CONFIG with the first member of the format that is not what this setup makes (relative 1e-9): channels, roles, units, sensors, thresholds,
 * delays, bandwidths, uncertainties, clocks; scales, offsets and ranges as well where the bench file states them. An IIO instrument tells its own scale:
 * where the bench file has its range, the two must agree to 1 %, as when the bench was opened. Of a table that was recorded elsewhere scale and rate are
 * not known. name: of the file, for the message.
 */
bool recording_bench_check(const struct recording_format *format, const struct bench_setup *setup, const char *name,
			   struct error *error) must_check;
