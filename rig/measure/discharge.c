/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "discharge.h"

#include <math.h>

/* When the voltage may change for another reason: at the next arming or disarming of the plan, the next section or trigger, or the end of the recording. */
static double watch_end_s(const struct population *in, const struct run_event *event)
{
	double end_s = in->results->duration_s;
	const struct plan *plan = in->plan;
	const struct step *step = &plan->steps[event->index];
	for (size_t s = event->index + 1; s < plan->step_count && plan->steps[s].section == step->section; s++) {
		if (plan->steps[s].kind == STEP_ARM || plan->steps[s].kind == STEP_DISARM) {
			end_s = fmin(end_s, event->time_s + plan->steps[s].time_s - step->time_s);
			break;
		}
	}
	for (size_t k = 0; k < in->results->event_count; k++) {
		const struct run_event *other = &in->results->events[k];
		bool resumes = other->kind == EVENT_TRIGGER || (other->kind == EVENT_SECTION && other->index > step->section);
		if (resumes && other->time_s > event->time_s)
			end_s = fmin(end_s, other->time_s);
	}
	return end_s;
}

/* Of the voltage a device with this intensity set would show, a live channel shows at least so much. */
#define ALIVE_SHARE 0.5
/* Without a trigger before it, the capacitor is looked at from so long before the discharge. */
#define LOOK_BACK_S 1.0

/* Whether the channel showed the charge that is then said to be gone: a probe that fell off reads 0 V too. */
static bool seen_charged(const struct population *in, const struct run_event *event, const struct discharge *discharge)
{
	double from_s = event->time_s - LOOK_BACK_S, largest_v = 0, least_v = discharge->level_v;
	for (size_t k = 0; k < in->results->event_count; k++) {
		const struct run_event *other = &in->results->events[k];
		if (other->kind == EVENT_TRIGGER && other->time_s < event->time_s)
			from_s = other->time_s;
	}
	double set_pct = NAN;
	for (uint32_t s = 0; s < event->index; s++)
		if (in->plan->steps[s].kind == STEP_SET_INTENSITY)
			set_pct = in->plan->steps[s].set.intensity_pct;
	if (in->device && isfinite(in->device->voltage_v.value * set_pct))
		least_v = ALIVE_SHARE * in->device->voltage_v.value * set_pct / 100;
	const float *volts = in->findings->capacitor.items;
	for (size_t i = from_s > 0 ? (size_t)(from_s / in->envelope_s) : 0;
	     i < in->findings->capacitor.count && (double)i * in->envelope_s <= event->time_s; i++)
		largest_v = fmax(largest_v, fabs((double)volts[i]));
	return largest_v > least_v;
}

bool discharge_watch(const struct population *in, size_t k, struct discharge *discharge)
{
	const struct run_event *event = &in->results->events[k];
	int index = recording_find(in->format, CHANNEL_CAPACITOR_VOLTAGE);
	if (event->kind != EVENT_DISCHARGE || index < 0 || !in->plan || event->index >= in->plan->step_count ||
	    in->plan->steps[event->index].kind != STEP_EXPECT_DISCHARGE)
		return false;
	const struct step *step = &in->plan->steps[event->index];
	*discharge = (struct discharge){.channel = &in->format->channels[index],
					.start_s = event->time_s,
					.level_v = step->discharge.level_v,
					.allowed_s = step->discharge.timeout_s,
					.time_s = NAN,
					.slope_v_per_s = NAN};
	double end_s = watch_end_s(in, event);
	discharge->watched_s = fmax(0, end_s - event->time_s);
	discharge->seen_charged = seen_charged(in, event, discharge);
	const float *volts = in->findings->capacitor.items;
	double cell_s = in->envelope_s, above_s = NAN, above_v = NAN, below_s = NAN, below_v = NAN;
	/* Only at the end of the recording may the last cell be one that is not full. */
	double last_s = end_s < in->results->duration_s ? end_s : end_s + cell_s;
	size_t first = event->time_s > 0 ? (size_t)(event->time_s / cell_s) : 0;
	for (size_t i = first; i < in->findings->capacitor.count && ((double)i + 1) * cell_s <= last_s; i++) {
		double centre_s = ((double)i + 0.5) * cell_s, v = fabs((double)volts[i]);
		if (isnan(v))
			continue;
		if (v > discharge->level_v) {
			above_s = centre_s;
			above_v = v;
			below_s = NAN;
		} else if (isnan(below_s)) {
			below_s = centre_s;
			below_v = v;
		}
	}
	if (isnan(below_s))
		return true;
	discharge->reached = true;
	double crossed_s = event->time_s;
	if (isfinite(above_s)) {
		bool logarithmic = below_v > 0.01 * above_v && discharge->level_v > 0;
		double share = logarithmic ? log(above_v / discharge->level_v) / log(above_v / below_v)
					   : (above_v - discharge->level_v) / (above_v - below_v);
		crossed_s = above_s + share * (below_s - above_s);
		discharge->slope_v_per_s = (below_v - above_v) / (below_s - above_s);
	}
	discharge->time_s = fmax(0, crossed_s - event->time_s);
	return true;
}
