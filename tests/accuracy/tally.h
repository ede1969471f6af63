/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Errors of a measurand in units of its stated uncertainty and of the bound, summed up; and the limits they are held to. */
#include <stdbool.h>
#include <stddef.h>

#define TALLY_CHANCES 3.0
/* |error| / U is counted in bins of 1 / TALLY_BINS_A_UNIT; what lies beyond is in the last. */
enum { TALLY_BINS_A_UNIT = 100, TALLY_BINS = 301 };

struct tally {
	double cases, lacking, covered;
	double z, zz;    /* error / u and its square */
	double error, u; /* sums; of cases that have a common scale only */
	unsigned by_expanded[TALLY_BINS];
	double bounded, c, cc; /* random part of the error / Cramer-Rao bound, at 60 dB signal to noise */
	double honest, h, hh;  /* the same by the honest bound */
	/* Of each run, whose cases share an instrument: how many, how many covered; summed as squares and product over the runs. */
	unsigned run;
	double run_cases, run_covered, nn, nc, vv;
};

/* An error against the truth and its standard and expanded uncertainties; the same against what the instrument's errors make the truth appear, and the bound. */
struct trial {
	unsigned run;                             /* it is from; counted from 1 */
	double error, u, expanded;                /* expanded: U */
	double random_error, bound, honest_bound; /* bounds NAN: there is none */
};

struct limits {
	double coverage_low, coverage_high;           /* all cases, % */
	double cell_coverage_low, cell_coverage_high; /* every cell of at least 100 cases, % */
	double lacking_share;                         /* of the cases, at most, may have no value: void is honest */
	double inflation;                             /* u by the scatter, and U by the one that 95 % need, at most */
	double bias;                                  /* in u, at most */
	bool one_scale;                               /* of all cases: bias is tally_bias_of_means() */
	double efficiency; /* standard deviation by the honest bound at 60 dB, at most; INFINITY: not held to it */
};

void tally_add(struct tally *tally, const struct trial *trial);
double tally_coverage_pct(const struct tally *tally);
/*
 * Standard deviation of chance of tally_coverage_pct(): by the scatter from run to run, whose cases are no independent ones (ratio estimator of a cluster
 * sample; Cochran, Sampling Techniques, 1977, 6.3).
 */
double tally_chance_pct(const struct tally *tally);
double tally_bias(const struct tally *tally);
/* Mean error by mean u, of cases of one scale: where u is in proportion to the value, error / u is too small for values that are too large. */
double tally_bias_of_means(const struct tally *tally);
/* Stated u by what the scatter calls for: 1 / rms(error / u). */
double tally_inflation(const struct tally *tally);
/* U by the least that would have covered 95 %: 1 / the 95th percentile of |error| / U. At most 1.3 means that no coverage is bought by a large U. */
double tally_excess(const struct tally *tally);
/* Standard deviation of the random part by the bound; NAN without one. */
double tally_efficiency(const struct tally *tally);
double tally_honest_efficiency(const struct tally *tally);
/* Is the coverage within low and high, but for TALLY_CHANCES standard deviations of chance? */
bool tally_covers(const struct tally *tally, double low_pct, double high_pct);
/* False when the tally of all cases is outside the limits; *why says so. */
bool tally_holds(const struct tally *tally, const struct limits *limits, const char **why);
