/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The least squares of hum: an offset, a drift, and waves of a frequency of the mains, as the mean over each cell of the envelope shows them. Two frequencies
 * are solved side by side, in the lanes of the machine's vectors: each as if it were alone.
 */
#include <stdbool.h>
#include <stddef.h>

#include "hum.h"

enum { HUM_POINTS = 80, HUM_LINE_TERMS = 2, HUM_LANES = 2 };

/* Drift and moving waves are counted in so much. */
#define HUM_REACH_S 0.14

/* Offset and drift come first; what follows is hum. */
enum hum_term { OFFSET, DRIFT, COSINE, SINE, COSINE3, SINE3, MOVING_COSINE, MOVING_SINE, COSINE2, SINE2 };

/* The cells that a fit is made to; t from the origin, s. */
struct hum_points {
	double t_s[HUM_POINTS], mean[HUM_POINTS];
	size_t n;
	double cell_s;
};

typedef double hum_pair __attribute__((vector_size(16)));

/* Orthogonal columns q and the triangle r of the terms, q r is what each term is. Where a term is none of its own on these cells, nothing is sound. */
struct hum_system {
	hum_pair q[HUM_TERMS][HUM_POINTS], r[HUM_TERMS][HUM_TERMS];
	unsigned terms;
	bool sound[HUM_LANES];
};

/* What the terms weigh, what they leave of each mean, and its sum of squares; line: that sum with offset and drift alone. */
struct hum_solution {
	hum_pair weight[HUM_TERMS], rest[HUM_POINTS], left, line;
};

/* The terms' values, t_s from the origin. */
void hum_terms(double t_s, double omega_per_s, double term[HUM_TERMS]);
/* Modified Gram-Schmidt with one frequency a lane, of the first `terms`. */
void hum_decompose(const struct hum_points *points, const double omega_per_s[HUM_LANES], unsigned terms, struct hum_system *system);
void hum_solve(const struct hum_points *points, const struct hum_system *system, struct hum_solution *solution);
/* u of the slope at t = 0, per second, when the means vary by so much about the wave: g' C g with C = (r' r)^-1 s^2, g what the slope is by each weight. */
double hum_slope_u(const struct hum_system *system, unsigned lane, double omega_per_s, double variance);
