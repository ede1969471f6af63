/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The values in measurements.csv, put beside the statistics that result.json states.
 */
#include "run_record.h"

enum { RUN_TABLE_MAX_VALUES = 20000000 };

/* Fills values, value_count and u_mean of the record's statistics. path stands for the table in messages. ERROR_CONFIG with its line. */
bool run_table_read(struct run_record *record, const char *path, const char *bytes, size_t size, struct error *error) must_check;
