/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Published dose tables (fixtures/safety/NAME.yaml): what the literature has tested on people. They are for the linter only; on a bench nobody is
 * stimulated.
 */
#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

struct dose_cell {
	double frequency_hz;
	double intensity_pct_mt;
	bool longest_tested; /* ">" in the paper: the longest tested, not a limit found */
	double max_train_s;
	double max_train_pulses; /* NAN: the table has none */
};

struct dose_iti {
	double iti_s;
	double intensity_pct_mt;
	const char *verdict; /* "safe", "unsafe_observed", "unsafe_inferred", "insufficient_data" */
};

struct dose_exposure {
	const char *id;
	double max_pulses; /* of theta burst in one session */
	const char *max_intensity;
	const char *source;
};

struct dose_tables {
	struct arena *arena;
	const char *file;
	const char *status; /* how far the numbers were checked against the papers */
	const char *single_train_source, *train_in_series_source, *iti_source, *theta_burst_source;
	struct dose_cell *single_train;
	size_t single_train_count;
	struct dose_cell *train_in_series;
	size_t train_in_series_count;
	struct dose_iti *iti;
	size_t iti_count;
	struct dose_exposure *theta_burst;
	size_t theta_burst_count;
};

/* Releases the tables; NULL is accepted. */
void dose_tables_destroy(struct dose_tables *tables);

define_cleanup(struct dose_tables *, cleanup_dose_tables, dose_tables_destroy);
#define auto_dose_tables cleanup_with(cleanup_dose_tables)
