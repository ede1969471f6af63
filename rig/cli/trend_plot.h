/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A series as a chart of plain characters.
 */
#include <stdio.h>

#include "number.h"
#include "trend.h"

/*
 * Draws the values in order, neighbours together in one column where there are more than fit: "*", or "|" where those of a column are apart. The mean is
 * "-", a control limit ".", a limit of the requirement "=" where it is near enough to be shown.
 */
void trend_plot(FILE *out, unsigned width, const struct trend *trend, const struct number_scale *scale);
