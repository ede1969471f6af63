/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Laying a planned sequence of times over an observed one.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Nearest neighbours are looked for within this share of the interval to the next planned time, and never further than the limit. */
#define MATCH_SHARE 0.4
#define MATCH_LIMIT_S 5e-3

struct sequence {
	const double *planned_s; /* ascending */
	size_t planned_count;
	const double *observed_s; /* ascending */
	size_t observed_count;
	const double *known_s; /* for each planned time where it must be observed, or NAN; NULL: nothing is known */
	double u_known_s;      /* their standard uncertainty; three times it is looked around them, if that is more than the limit */
};

/* Half the width of the window around planned time k. */
double match_window_s(const double *planned_s, size_t count, size_t k);
/*
 * Matches with planned time k expected at planned + offset_s (or where it is known to be), following drift. found[k] becomes the index of the
 * observed time or -1 (found may be NULL). Returns how many matched; *misfit_s (may be NULL) the sum of the distances.
 */
size_t match_sequence(const struct sequence *sequence, double offset_s, int32_t *found, double *misfit_s);
/* The offset at which most of the sequence matches; ties go to the smaller misfit. False when nothing is planned or observed. */
bool align_sequence(const struct sequence *sequence, double *offset_s, size_t *matched);
