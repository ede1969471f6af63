/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Which of the edges seen by the logic analyser is which of those seen by the ADC, when both have clocks of their own, and each may have missed some
 * and seen others that are none. A hypothesis is a pair of edges taken to be one; from it the pairs are followed to both sides with a Kalman filter
 * of offset and rate, whose gate is as narrow as what is known of the two clocks. The hypothesis that most edges follow holds, if no other does nearly
 * as well: in a regular train every shift by a period does, and then only the host's times can tell.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* Rising edges of the trigger line, ascending, each on its own clock. */
struct edge_lists {
	const double *recorded_s;
	size_t recorded_count;
	const double *logic_s;
	size_t logic_count;
	double u_recorded_s, u_logic_s; /* standard uncertainties of one edge: sampling */
	double start_s, u_start_s;      /* recording time of the analyser's time 0, by the host; NAN: not known */
	double u_rate_rel;              /* standard uncertainty of the ratio of both rates, as stated */
};

enum match_state {
	MATCH_NONE,      /* no shift makes them one line */
	MATCH_AMBIGUOUS, /* more than one does */
	MATCH_FOUND,
};

/* Rates are looked for within this standard uncertainty, or the stated one if that is larger: crystals keep within 200 ppm. */
#define EDGE_MATCH_U_RATE (200e-6 / 1.7320508075688772)

/*
 * Fills pair[logic_count] with the index of the recorded edge, or -1. *state says how far it can be trusted. Fails (ERROR_BENCH) when out of memory.
 */
bool edge_lists_match(const struct edge_lists *lists, int32_t *pair, enum match_state *state, struct error *error) must_check;
/* Pairs again, monotonically: every edge of the analyser with the nearest recorded one within gate_s of offset + rate (t - pivot). The number of pairs. */
size_t edge_lists_pair(const struct edge_lists *lists, double pivot_s, double offset_s, double rate_rel, double gate_s, int32_t *pair);
