/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Process capability against two limits or one (NIST/SEMATECH e-Handbook of Statistical Methods, 6.1.6):
 * Cp = (U - L) / (6 s), Cpk = min(U - mean, mean - L) / (3 s), s the standard deviation of the values. 95 % confidence: of Cp by chi-square with n - 1
 * degrees of freedom; of Cpk, approximately, Cpk +- 1.96 sqrt(1 / (9 n) + Cpk^2 / (2 (n - 1))). Both take the values for independent and normal.
 */
#include <stddef.h>

struct capability {
	size_t count;
	double mean, sd;
	double cp, cp_lower, cp_upper;    /* NAN: only one limit */
	double cpk, cpk_lower, cpk_upper; /* NAN: no limit, fewer than two values, or no scatter */
};

/* lower, upper: NAN where open. */
struct capability capability_of(const double *values, size_t count, double lower, double upper);
/* The same from mean and standard deviation. */
struct capability capability_from(size_t count, double mean, double sd, double lower, double upper);
