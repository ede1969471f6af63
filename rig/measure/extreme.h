/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The largest of n independent standard normal numbers: by how much the largest of noisy samples is too large. */

/* Its mean, Phi^-1((n - 0.375) / (n + 0.25)) (Blom 1958), 0 for n = 1. n >= 1. */
double extreme_mean(double n);
/* Its standard deviation by the Gumbel limit, pi / sqrt(6) / sqrt(2 ln n + pi^2 / 6), which is 1 for n = 1. */
double extreme_deviation(double n);
