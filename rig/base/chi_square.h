/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The value that a chi-square variable of that many degrees of freedom stays below with probability p, 0 < p < 1, dof > 0. */
double chi_square_quantile(double p, double dof);
