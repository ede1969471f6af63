/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The straight line through the pairs of two edge lists: recorded minus analyser's time against the analyser's time, by least squares without the
 * pairs that lie far off (five times the scatter, from the median of the deviations).
 */
#include "time_base_match.h"

struct line_robust {
	double pivot_s;         /* mean of the analyser's times */
	double offset_s, rate;  /* at the pivot */
	double scatter_s;       /* standard deviation about the line; 0 with fewer than three pairs */
	double sum_squares;     /* of times from the pivot, s^2 */
	double first_s, last_s; /* of the pairs used, analyser's time */
	size_t count;           /* of pairs used */
};

/* False when out of memory. With no pair at all everything is 0. */
bool line_robust_fit(const struct edge_lists *lists, const int32_t *pair, struct line_robust *line) must_check;
