/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The test of a bench: everything that can be checked without firing, from the certificates to the samples. It enters the safe state first and
 * last, never arms and never triggers.
 */
#include <stdatomic.h>

#include "bench.h"

enum check_status {
	CHECK_OK,
	CHECK_FAILED,
	CHECK_NOT_TESTED, /* it could not be checked, or there is nothing to check; the text says why */
};

struct check_line {
	const char *name; /* "adc.rate", "coil_current.noise": a part of the bench and what was looked at */
	enum check_status status;
	const char *text; /* what was found, or why not */
};

struct bench_check_options {
	const struct driver *const *drivers; /* NULL-terminated */
	const char *date;                    /* of today, YYYY-MM-DD: the calibrations must be in force on it */
	/* Told of each check as it is done; the strings are valid during the call. */
	void (*line)(void *self, const struct check_line *line);
	void *self;
	const atomic_bool *abort; /* NULL: never */
};

struct bench_check_count {
	unsigned ok, failed, not_tested;
};

/* Samples are taken for so long, s, or for four buffers where that is longer. */
extern const double bench_check_sampling_s;
/* The limits of what a channel at rest may show, as a part of its full scale: mean, rms of the noise, and the farthest sample from the mean. */
extern const double bench_check_offset_rel, bench_check_noise_rel, bench_check_excursion_rel;

/*
 * Runs all checks; a failed one is no error, it is counted. False with *error when the test itself could not be done or was aborted; the safe state
 * has then been entered as far as it could be.
 */
bool bench_check(const struct bench_setup *setup, const struct bench_check_options *options, struct bench_check_count *count,
		 struct error *error) must_check;
/* "OK", "FAILED", "NOT TESTED". Static string. */
const char *check_status_name(enum check_status status);
