/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Every measurand of the runs at once, a line each: mean, scatter, drift, what is out of control, the least capability against a requirement on it.
 */
#include "history.h"

enum trend_form { TREND_WORDS, TREND_CSV, TREND_JSON };

/*
 * Prints the table on stdout. First those that drift, the surest first; p is held against 5 % by Holm's step-down procedure for as many tests as there are
 * lines (Scandinavian Journal of Statistics 6 (1979) 65), or one of twenty steady measurands would seem to drift. Then by the number of signals of the control chart.
 */
bool trend_overview(struct history *history, const struct history_filter *filter, enum trend_form form, struct error *error) must_check;
