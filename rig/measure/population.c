/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "population.h"

#include <math.h>

#include "doubt.h"

void measurement_add(struct measurement_list *list, const struct measurement *measurement)
{
	if (!list->failed && !series_add(&list->series, measurement, list->error))
		list->failed = true;
}

bool gap_between(const struct population *in, double start_s, double end_s)
{
	const struct results *results = in->results;
	for (size_t g = 0; g < results->gap_count; g++) {
		double from = (double)results->gaps[g].first_frame / in->format->sample_rate_hz;
		double to = (double)(results->gaps[g].first_frame + results->gaps[g].frames) / in->format->sample_rate_hz;
		if (from <= end_s && to >= start_s)
			return true;
	}
	return false;
}

const struct pulse *pulse_of(const struct population *in, size_t p)
{
	return in->observed && in->observed[p] >= 0 ? &in->results->pulses[in->observed[p]] : NULL;
}

struct measurement session_measurement(const struct population *in, const struct measurand *measurand, double value)
{
	const char *why = doubt_channel(in);
	return (struct measurement){.measurand = measurand,
				    .value = value,
				    .dof = INFINITY,
				    .planned = NAN,
				    .expected = PULSE_NOT_EXPECTED,
				    .end_s = in->results->duration_s,
				    .voided = why != NULL,
				    .why = why};
}
