/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trials.h"

bool trial_watch(const struct population *in, size_t k, struct watch *watch)
{
	return watch_of(in->results, in->plan, in->format->u_clock_rel, k, watch);
}

bool watch_has(const struct watch *watch, const struct pulse *pulse)
{
	return pulse->onset_s > watch->start_s && pulse->onset_s <= watch->end_s;
}

struct measurement trial_measurement(const struct population *in, const struct measurand *measurand, const struct watch *watch,
				     double value)
{
	struct measurement measurement = session_measurement(in, measurand, value);
	measurement.subject = watch->event->index;
	measurement.start_s = watch->start_s;
	measurement.end_s = watch->end_s;
	measurement.voided = gap_between(in, watch->start_s, watch->end_s) || (in->current && !in->findings->current_alive);
	return measurement;
}

const char *trial_unprovoked(const struct population *in, double from_s, double to_s)
{
	size_t given, recorded;
	watch_triggers(in->results, from_s, to_s, &given, &recorded);
	if (given == 0)
		return "no trigger was given that the device could have refused";
	return in->has_trigger && recorded < given ? "triggers that were to be refused did not show on the trigger line" : NULL;
}
