/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The law of propagation of uncertainty with correlated inputs (JCGM 100:2008, equation 13; of two values, H.2, equation H.9).
 */
#include <stddef.h>

/*
 * The covariance of two values that depend linearly on n inputs: a' V b, a and b being the sensitivities of the two to the inputs, V the n by n
 * covariance of the inputs, row after row. With a for b it is the variance of one value.
 */
double propagated_covariance(size_t n, const double *a, const double *covariance, const double *b);
