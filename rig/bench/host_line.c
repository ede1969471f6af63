/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host_line.h"

#include <math.h>
#include <stdlib.h>

/* Time by which point i is later than a clock at the nominal rate from the first point on. */
static double late_s(const struct host_line *line, unsigned i)
{
	return line->points[i].time_s - line->points[0].time_s - (line->points[i].sample - line->points[0].sample) * line->period_s;
}

/* Halves the points: of two neighbours the earlier arrival stays. */
static void thin(struct host_line *line)
{
	for (unsigned i = 0; i < HOST_LINE_POINTS / 2; i++) {
		unsigned keep = late_s(line, 2 * i + 1) < late_s(line, 2 * i) ? 2 * i + 1 : 2 * i;
		/* late_s() counts from point 0, which must stay as it is while others are compared. */
		if (i > 0)
			line->points[i] = line->points[keep];
	}
	line->count = HOST_LINE_POINTS / 2;
	line->per_point *= 2;
}

void host_line_add(struct host_line *line, double samples, double time_s)
{
	if (line->per_point == 0)
		line->per_point = 1;
	if (line->count > 0 && line->in_point < line->per_point) {
		__typeof__(line->points[0]) *last = &line->points[line->count - 1];
		line->in_point++;
		if (time_s - last->time_s < (samples - last->sample) * line->period_s) {
			last->sample = samples;
			last->time_s = time_s;
		}
		return;
	}
	if (line->count == HOST_LINE_POINTS)
		thin(line);
	line->points[line->count].sample = samples;
	line->points[line->count++].time_s = time_s;
	line->in_point = 1;
}

void host_line_shift(struct host_line *line, double from, double by)
{
	for (unsigned i = 0; i < line->count; i++)
		if (line->points[i].sample > from)
			line->points[i].sample += by;
}

/* Lower hull of the points in order of sample; returns how many corners. */
static unsigned lower_hull(const struct host_line *line, unsigned *corners)
{
	unsigned n = 0;
	for (unsigned i = 0; i < line->count; i++) {
		while (n >= 2) {
			unsigned a = corners[n - 2], b = corners[n - 1];
			double along = line->points[b].sample - line->points[a].sample,
			       whole = line->points[i].sample - line->points[a].sample;
			if (late_s(line, b) * whole < late_s(line, a) * (whole - along) + late_s(line, i) * along)
				break;
			n--;
		}
		corners[n++] = i;
	}
	return n;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Lateness of the line at the first point, its slope (s per sample), and the median distance of the points from it. */
static void fit(const struct host_line *line, double *intercept_s, double *slope_s, double *median_s)
{
	unsigned corners[HOST_LINE_POINTS];
	unsigned n = lower_hull(line, corners);
	double middle = 0.5 * (line->points[0].sample + line->points[line->count - 1].sample);
	unsigned c = 1;
	while (c + 1 < n && line->points[corners[c]].sample < middle)
		c++;
	*slope_s = 0;
	if (n > 1) {
		unsigned a = corners[c - 1], b = corners[c];
		*slope_s = (late_s(line, b) - late_s(line, a)) / (line->points[b].sample - line->points[a].sample);
		double most_s = line->rate_tolerance * line->period_s;
		*slope_s = fmin(fmax(*slope_s, -most_s), most_s);
	}
	double distance_s[HOST_LINE_POINTS] = {0};
	*intercept_s = INFINITY;
	for (unsigned i = 0; i < line->count; i++) {
		distance_s[i] = late_s(line, i) - *slope_s * (line->points[i].sample - line->points[0].sample);
		*intercept_s = fmin(*intercept_s, distance_s[i]);
	}
	qsort(distance_s, line->count, sizeof *distance_s, ascending);
	*median_s = distance_s[line->count / 2] - *intercept_s;
}

double host_line_sample(const struct host_line *line, double host_s, double *u_samples)
{
	if (line->count == 0) {
		*u_samples = line->start_width_s / line->period_s / sqrt(12);
		return (host_s - line->start_s - 0.5 * line->start_width_s) / line->period_s;
	}
	double intercept_s, slope_s, median_s;
	fit(line, &intercept_s, &slope_s, &median_s);
	double period_s = line->period_s + slope_s;
	double first_s = line->points[0].time_s + intercept_s - 0.5 * line->latency_s;
	/* With few arrivals the slope is not known yet: the tolerance over the distance to them. */
	double beyond_s = fmax(0, host_s - line->points[line->count - 1].time_s);
	double u_s = sqrt(line->latency_s * line->latency_s / 12 + median_s * median_s / 3 + pow(line->rate_tolerance * beyond_s, 2) / 3);
	*u_samples = u_s / line->period_s;
	return line->points[0].sample + (host_s - first_s) / period_s;
}
