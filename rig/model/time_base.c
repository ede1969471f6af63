/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "time_base.h"

#include <math.h>
#include <stdio.h>

/* A crystal does not keep its rate: what it may wander, some kelvin on, after the last edge that was seen (Type B, standard uncertainty). */
static const double WANDER_REL = 0.5e-6;

double time_base_map(const struct time_base *base, double logic_s)
{
	return logic_s + base->offset_s + base->rate_rel * (logic_s - base->pivot_s);
}

double time_base_u_s(const struct time_base *base, double logic_s)
{
	if (base->source == TIME_BASE_NONE)
		return INFINITY;
	double by_rate_s = base->u_rate_rel * (logic_s - base->pivot_s);
	double outside_s = fmax(0, fmax(base->first_s - logic_s, logic_s - base->last_s));
	double wander_s = base->source == TIME_BASE_SHARED ? WANDER_REL * outside_s : 0;
	return sqrt(base->u_offset_s * base->u_offset_s + by_rate_s * by_rate_s + base->u_common_s * base->u_common_s +
		    base->u_drift_s * base->u_drift_s + wander_s * wander_s);
}

double time_base_u_at_s(const struct time_base *base, double recording_s)
{
	/* The rate is 1 but for some 1e-4, of which u takes no notice. */
	return time_base_u_s(base, recording_s - base->offset_s);
}

bool time_base_note(const struct time_base *base, char *out, size_t size)
{
	if (size > 0)
		out[0] = '\0';
	const char *why =
		base->ambiguous ? "its trigger edges and the ADC's do not tell which belongs to which" : "they share no trigger edge";
	switch (base->source) {
	case TIME_BASE_NONE:
		if (base->logic_count > 0)
			snprintf(out, size,
				 "the logic analyser's clock could not be aligned: %s, and nothing is known of when it began; no time of "
				 "its "
				 "edges can be stated",
				 why);
		return base->logic_count > 0;
	case TIME_BASE_HOST:
		if (base->logic_count > 0)
			snprintf(out, size,
				 "the logic analyser's clock is aligned by the host's times only (%s): its edges are known to %.2g s (U, "
				 "k=2), and "
				 "worse by %.2g ppm of the time since it began",
				 why, 2 * base->u_offset_s, 2e6 * base->u_rate_rel);
		return base->ambiguous;
	case TIME_BASE_SHARED: break;
	}
	if (base->rate_outside)
		snprintf(out, size, "the clocks of logic analyser and ADC differ by %.3g ppm, more than both accuracies allow",
			 1e6 * fabs(base->rate_rel));
	else if (base->drifts)
		snprintf(out, size,
			 "the clocks of logic analyser and ADC drift against each other: %zu shared edges leave a straight line by up to "
			 "%.2g s "
			 "for a while, where an edge is known to %.2g s; the uncertainty of edges is widened",
			 base->shared, sqrt(3) * base->u_drift_s, base->expected_s);
	return base->rate_outside || base->drifts;
}

const char *time_base_source_name(enum time_base_source source)
{
	switch (source) {
	case TIME_BASE_NONE: return "none";
	case TIME_BASE_HOST: return "host";
	case TIME_BASE_SHARED: return "shared";
	}
	return "?";
}
