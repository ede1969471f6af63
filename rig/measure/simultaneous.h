/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Several values compared with a common one: how far the furthest lies from it by chance. */
#include <stddef.h>

/*
 * The bound that with this probability none of |x_i - x_0| exceeds, x_i normal with mean 0 and standard deviations u[0 .. count), x_0 with u_common, all
 * independent (Dunnett, J. Am. Stat. Assoc. 50 (1955) 1096; two-sided). Relative error below 1e-4.
 */
double simultaneous_bound(const double *u, size_t count, double u_common, double probability);
