/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The measurands that occur in results, and what their measurements look like together.
 */
#include "results.h"

struct measurand_statistics {
	const struct measurand *measurand;
	size_t count; /* measurements, voided ones included */
	size_t voided;
	const char *void_reason;                           /* of the first void one that says why; NULL for none */
	size_t valued;                                     /* not voided and with a value: what the following are taken over */
	double mean, standard_deviation, minimum, maximum; /* NAN when there are too few */
};

/* In order of first occurrence; *count of them. The caller frees the array. NULL when out of memory. */
struct measurand_statistics *statistics_of(const struct results *results, size_t *count) must_check;
