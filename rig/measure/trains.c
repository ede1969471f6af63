/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trains.h"

#include <math.h>
#include <string.h>

bool span_next_train(const struct plan *plan, struct span *span, uint32_t *counted)
{
	while (plan && span->end < plan->pulse_count) {
		const struct expected_pulse *head = &plan->pulses[span->end];
		size_t end = span->end + 1;
		while (end < plan->pulse_count && plan->pulses[end].block == head->block && plan->pulses[end].train == head->train)
			end++;
		*span = (struct span){span->end, end, (*counted)++};
		if (strcmp(plan->blocks[head->block].kind, "train") == 0)
			return true;
	}
	return false;
}

struct measurement span_measurement(const struct population *in, const struct measurand *measurand, const struct span *span, bool train)
{
	struct measurement measurement = session_measurement(in, measurand, NAN);
	if (!train)
		return measurement;
	double start_s = INFINITY, end_s = -INFINITY;
	for (size_t p = span->first; p < span->end; p++) {
		const struct pulse *pulse = pulse_of(in, p);
		if (!pulse)
			continue;
		start_s = fmin(start_s, pulse->onset_s);
		end_s = fmax(end_s, pulse->onset_s);
	}
	bool seen = start_s <= end_s;
	measurement.subject = span->number;
	measurement.expected = (int32_t)span->first;
	measurement.start_s = seen ? start_s : 0;
	measurement.end_s = seen ? end_s : measurement.end_s;
	measurement.voided = in->results->aborted || !seen || gap_between(in, start_s, end_s);
	return measurement;
}
