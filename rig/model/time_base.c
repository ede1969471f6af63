/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "time_base.h"

#include <math.h>

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

const char *time_base_source_name(enum time_base_source source)
{
	switch (source) {
	case TIME_BASE_NONE: return "none";
	case TIME_BASE_HOST: return "host";
	case TIME_BASE_SHARED: return "shared";
	}
	return "?";
}
