/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "statistics.h"

#include <math.h>

static struct measurand_statistics *find_or_add(struct measurand_statistics *all, size_t *count, const struct measurand *measurand)
{
	for (size_t i = *count; i-- > 0;)
		if (all[i].measurand == measurand)
			return &all[i];
	all[*count] = (struct measurand_statistics){.measurand = measurand, .minimum = NAN, .maximum = NAN};
	return &all[(*count)++];
}

/* Room for every distinct measurand; grouped measurements change it rarely. */
static size_t count_changes(const struct results *results)
{
	size_t changes = 0;
	for (size_t i = 0; i < results->measurement_count; i++)
		changes += i == 0 || results->measurements[i].measurand != results->measurements[i - 1].measurand;
	return changes;
}

static bool has_value(const struct measurement *measurement)
{
	return !measurement->voided && isfinite(measurement->value);
}

/* Sums first, then means, then squares of the differences: two passes in a fixed order, exact enough and the same every time. */
struct measurand_statistics *statistics_of(const struct results *results, size_t *count)
{
	struct measurand_statistics *all = calloc(count_changes(results) + 1, sizeof *all);
	*count = 0;
	if (!all)
		return NULL;
	for (size_t i = 0; i < results->measurement_count; i++) {
		const struct measurement *m = &results->measurements[i];
		struct measurand_statistics *s = find_or_add(all, count, m->measurand);
		s->count++;
		s->voided += m->voided;
		if (m->voided && !s->void_reason)
			s->void_reason = m->why;
		if (!has_value(m))
			continue;
		s->valued++;
		s->mean += m->value;
		s->minimum = fmin(s->minimum, m->value);
		s->maximum = fmax(s->maximum, m->value);
	}
	for (size_t i = 0; i < *count; i++)
		all[i].mean = all[i].valued ? all[i].mean / (double)all[i].valued : NAN;
	for (size_t i = 0; i < results->measurement_count; i++) {
		const struct measurement *m = &results->measurements[i];
		struct measurand_statistics *s = find_or_add(all, count, m->measurand);
		if (has_value(m))
			s->standard_deviation += (m->value - s->mean) * (m->value - s->mean);
	}
	for (size_t i = 0; i < *count; i++)
		all[i].standard_deviation = all[i].valued > 1 ? sqrt(all[i].standard_deviation / (double)(all[i].valued - 1)) : NAN;
	return all;
}
