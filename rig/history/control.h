/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The individuals and moving range chart (I-MR) of a series, and what on it is out of control.
 *
 * sigma = MRbar / d2 with d2 = 1.128 for ranges of two; limits mean +- 3 sigma = mean +- 2.66 MRbar; upper limit of the ranges 3.267 MRbar
 * (NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2; Shewhart 1931; ISO 7870-2). Rules: the first four are those of Western Electric
 * (e-Handbook 6.3.2), the last is a trend: six points, five steps, which chance alone orders so in 2 of 6! = 720 cases, as often as it puts one beyond 3
 * sigma (Nelson, Journal of Quality Technology 16 (1984) 237; ISO 7870-2, test 3).
 */
#include <stdbool.h>
#include <stddef.h>

enum control_rule {
	RULE_BEYOND_3_SIGMA,  /* one point beyond 3 sigma */
	RULE_2_OF_3_BEYOND_2, /* two of three beyond 2 sigma on one side */
	RULE_4_OF_5_BEYOND_1, /* four of five beyond 1 sigma on one side */
	RULE_8_ON_ONE_SIDE,   /* eight in a row on one side of the mean */
	RULE_6_RISE_OR_FALL,  /* six points in a row, each of the last five above, or each below, the one before */
	CONTROL_RULE_COUNT,
};

struct control_chart {
	size_t count;
	double mean, moving_range;          /* MRbar; NAN with fewer than two points */
	double sigma;                       /* by the moving range */
	double lower, upper;                /* control limits of the points */
	double range_upper;                 /* control limit of the ranges */
	size_t signals[CONTROL_RULE_COUNT]; /* how many points end a pattern of each rule */
	size_t first[CONTROL_RULE_COUNT];   /* index of the first of them */
	size_t ranges_beyond;               /* moving ranges above their limit */
};

/* The chart of count finite values in order of time. Limits and signals need two points, and differences that are numbers; they are NAN and 0 without. */
struct control_chart control_chart_of(const double *values, size_t count);
/* True when any rule has a signal. */
bool control_chart_signals(const struct control_chart *chart);
/* "one point beyond 3 sigma", … Static string. */
const char *control_rule_words(enum control_rule rule);
