/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What a series of points from the history shows: scatter, drift, control chart, capability.
 */
#include "capability.h"
#include "control.h"
#include "drift.h"
#include "history.h"

enum trend_limits {
	LIMITS_NONE,   /* the points have none */
	LIMITS_EQUAL,  /* the same for all */
	LIMITS_SCALED, /* they differ: every value below is a part of its own tolerance, -1 at the lower limit and 1 at the upper */
	LIMITS_MIXED,  /* they differ and are not two for each point: no capability is stated */
};

struct trend {
	size_t count;          /* points with a value */
	size_t without;        /* and without one, or infinite */
	size_t runs;           /* that those with a value come from */
	double *values, *days; /* of those with one; days since the first */
	size_t *index;         /* of each among the points */
	double minimum, maximum, sd;
	struct control_chart chart;
	struct drift drift; /* a day, or by_index; where runs have several points each counts once, with its mean */
	bool by_index;      /* from one point, or one run, to the next, for all lie within an hour */
	enum trend_limits limits;
	double lower, upper; /* LIMITS_EQUAL and LIMITS_SCALED */
	struct capability capability;
	size_t benches, devices, serials, scenarios; /* how many different ones are among the points; 2 stands for two or more */
	size_t simulated;                            /* points */
};

/* Fills *trend, which trend_finish() releases. ERROR_BENCH when out of memory. */
bool trend_of(const struct history_points *points, struct trend *trend, struct error *error) must_check;
void trend_finish(struct trend *trend);

#define auto_trend cleanup_with(trend_finish)
