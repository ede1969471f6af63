/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "line_robust.h"

#include <math.h>

/* Deviations further than so many times the scatter are none of the line. */
#define TRIM 5.0
/* Median of |x| of a normal distribution is 1 / 1.4826 of its standard deviation. */
#define MAD_TO_SIGMA 1.4826

struct point {
	double t, y, deviation;
	bool used;
};

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void solve(const struct point *points, size_t count, struct line_robust *line)
{
	double n = 0, t = 0, y = 0, tt = 0, ty = 0;
	*line = (struct line_robust){.first_s = INFINITY, .last_s = -INFINITY};
	for (size_t k = 0; k < count; k++) {
		if (!points[k].used)
			continue;
		n += 1;
		t += (points[k].t - t) / n;
		y += (points[k].y - y) / n;
		line->first_s = fmin(line->first_s, points[k].t);
		line->last_s = fmax(line->last_s, points[k].t);
	}
	for (size_t k = 0; k < count; k++) {
		if (!points[k].used)
			continue;
		tt += (points[k].t - t) * (points[k].t - t);
		ty += (points[k].t - t) * (points[k].y - y);
	}
	line->pivot_s = t;
	line->offset_s = y;
	line->rate = tt > 0 ? ty / tt : 0;
	line->sum_squares = tt;
	line->count = (size_t)n;
}

/* Deviations of all points; the standard deviation of the used ones. */
static double deviate(struct point *points, size_t count, const struct line_robust *line)
{
	double squares = 0;
	for (size_t k = 0; k < count; k++) {
		points[k].deviation = points[k].y - line->offset_s - line->rate * (points[k].t - line->pivot_s);
		squares += points[k].used ? points[k].deviation * points[k].deviation : 0;
	}
	return line->count > 2 ? sqrt(squares / (double)(line->count - 2)) : 0;
}

bool line_robust_fit(const struct edge_lists *lists, const int32_t *pair, struct line_robust *line)
{
	*line = (struct line_robust){0};
	auto_free struct point *points = calloc(lists->logic_count + 1, sizeof *points);
	auto_free double *sizes = calloc(lists->logic_count + 1, sizeof *sizes);
	if (!points || !sizes)
		return false;
	size_t count = 0;
	for (size_t j = 0; j < lists->logic_count; j++)
		if (pair[j] >= 0)
			points[count++] = (struct point){lists->logic_s[j], lists->recorded_s[pair[j]] - lists->logic_s[j], 0, true};
	if (count == 0)
		return true;
	double floor_s = hypot(lists->u_recorded_s, lists->u_logic_s);
	for (unsigned pass = 0; pass < 4; pass++) {
		solve(points, count, line);
		line->scatter_s = deviate(points, count, line);
		for (size_t k = 0; k < count; k++)
			sizes[k] = fabs(points[k].deviation);
		qsort(sizes, count, sizeof *sizes, by_size);
		double limit_s = TRIM * fmax(MAD_TO_SIGMA * sizes[count / 2], floor_s);
		for (size_t k = 0; k < count; k++)
			points[k].used = fabs(points[k].deviation) <= limit_s;
	}
	return true;
}
