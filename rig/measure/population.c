/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "population.h"

#include <math.h>

#include "doubt.h"

void measurement_take_budget(struct measurement *measurement, const struct budget *budget)
{
	struct budget_sums sums = budget_sums(budget);
	measurement->u_random = sums.u_random;
	measurement->u_systematic = sums.u_systematic;
	measurement->dof = sums.dof_random;
	measurement->dof_systematic = sums.dof_systematic;
	/* Of one pulse the edge is one instant; in a mean or a scatter of many it is not rectangular any more. */
	measurement->u_rectangular = measurement->measurand->subject == SUBJECT_PULSE ? budget_share(budget, SOURCE_TRIGGER_EDGE) : 0;
}

void measurement_add_budget(struct measurement_list *list, struct measurement *measurement, const struct budget *budget)
{
	if (list->wanted) {
		if (list->seen++ == list->number)
			*list->wanted = *budget;
		return;
	}
	measurement_take_budget(measurement, budget);
	if (!list->failed && !series_add(&list->series, measurement, list->error))
		list->failed = true;
}

void measurement_add(struct measurement_list *list, const struct measurement *measurement)
{
	const struct budget exact = {0};
	struct measurement copy = *measurement;
	measurement_add_budget(list, &copy, &exact);
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
				    .planned = NAN,
				    .expected = PULSE_NOT_EXPECTED,
				    .end_s = in->results->duration_s,
				    .voided = why != NULL,
				    .why = why};
}
