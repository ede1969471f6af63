/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counts, populations, discharge, what happens between pulses. */
#include <math.h>

#include "activity.h"
#include "align.h"
#include "contributions.h"
#include "discharge.h"
#include "doubt.h"
#include "readings.h"
#include "registry.h"

static void void_count(struct measurement *measurement, bool condition, const char *why)
{
	if (!condition || measurement->voided)
		return;
	measurement->voided = true;
	measurement->why = why;
}

/* needs_all: a run that was stopped left its pulses out itself; such a count then says nothing of the device. */
static void add_count(const struct population *in, const struct measurand *measurand, size_t count, double planned, bool needs_all,
		      struct measurement_list *out)
{
	struct measurement measurement = session_measurement(in, measurand, (double)count);
	measurement.planned = planned;
	void_count(&measurement, needs_all && in->results->aborted, "the run was stopped before its plan was done");
	void_count(&measurement, in->count_doubt != NULL, in->count_doubt);
	measurement_add(out, &measurement);
}

void measurand_session_pulse_count(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	if (in->current)
		add_count(in, measurand, in->results->pulse_count, in->plan ? (double)in->plan->pulse_count : NAN, true, out);
}

void measurand_session_missing(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	if (in->current && in->plan)
		add_count(in, measurand, in->results->missing_count, 0, true, out);
}

void measurand_session_extra(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	if (in->current && in->plan)
		add_count(in, measurand, in->results->extra_count, 0, false, out);
}

void measurand_session_untriggered(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	if (!in->current || !in->has_trigger)
		return;
	struct measurement untriggered = session_measurement(in, measurand, (double)in->results->untriggered_count);
	untriggered.planned = 0;
	void_count(&untriggered, in->count_doubt != NULL, in->count_doubt);
	void_count(&untriggered, in->results->matched_count > 0 && in->results->trigger_edge_count == 0, "the trigger line never switched");
	/* Edges that may lie anywhere tell nothing of single pulses. */
	for (size_t k = 0; k < in->results->trigger_edge_count; k++)
		void_count(&untriggered, 3 * in->results->trigger_u[k].base_s > MATCH_LIMIT_S,
			   "the trigger edges' times are not known well enough");
	void_count(&untriggered, in->results->edges_dropped > 0 && recording_find(in->format, CHANNEL_TRIGGER) < 0,
		   "the trigger line switched too often to be kept");
	measurement_add(out, &untriggered);
}

void measurand_session_gaps(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	struct measurement gaps = session_measurement(in, measurand, (double)in->results->gap_count);
	gaps.planned = 0;
	gaps.voided = false;
	/* Lost samples are the rig's failing, not the device's: nothing fails by them, and nothing passes. */
	void_count(&gaps, gaps.value > 0, doubt_gaps(in));
	measurement_add(out, &gaps);
}

/* Where the voltage was seen to pass the level, what makes the voltage wrong makes the time wrong by the slope there. */
static void budget_discharge(const struct population *in, const struct run_event *event, const struct discharge *discharge,
			     struct budget *budget)
{
	budget_add(budget, SOURCE_SAMPLING, in->envelope_s / sqrt(12.0), 1, INFINITY);
	budget_add(budget, SOURCE_HOST_CLOCK, event->u_time_s, -1, INFINITY);
	if (!discharge->reached)
		return;
	contribute_clock(budget, in, discharge->time_s);
	if (!isfinite(discharge->slope_v_per_s))
		return;
	contribute_gain(budget, discharge->channel, -discharge->level_v / discharge->slope_v_per_s);
	budget_add(budget, SOURCE_OFFSET, discharge->channel->u_offset, -1 / discharge->slope_v_per_s, INFINITY);
	budget_name_unit(budget, "V");
}

static void each_discharge(const struct population *in, const struct measurand *measurand, bool reached, struct measurement_list *out)
{
	for (size_t k = 0; k < in->results->event_count; k++) {
		struct discharge discharge;
		if (!discharge_watch(in, k, &discharge))
			continue;
		double limit_s = discharge.allowed_s;
		bool in_time = discharge.reached && discharge.time_s <= limit_s;
		/* Neither reached nor watched for long enough: nothing can be said. */
		bool unknown = !discharge.reached && discharge.watched_s < limit_s;
		struct measurement measurement = {
			.measurand = measurand,
			.value = reached             ? in_time
				 : discharge.reached ? discharge.time_s
						     : INFINITY,
			.planned = reached ? 1 : NAN,
			.subject = in->results->events[k].index,
			.expected = PULSE_NOT_EXPECTED,
			.start_s = discharge.start_s,
			.end_s = discharge.start_s + (discharge.reached ? discharge.time_s : discharge.watched_s),
		};
		measurement.voided =
			unknown || !discharge.seen_charged || gap_between(in, measurement.start_s, discharge.start_s + discharge.watched_s);
		struct budget budget = {0};
		if (!reached)
			budget_discharge(in, &in->results->events[k], &discharge, &budget);
		measurement_add_budget(out, &measurement, &budget);
	}
}

void measurand_discharge_time(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_discharge(in, measurand, false, out);
}

void measurand_discharge_reached(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	each_discharge(in, measurand, true, out);
}

/* Whether a window, kept at full rate and looked at there, covers part of these frames. */
static bool covered(const struct findings *findings, const struct excursion *excursion)
{
	const struct covered *window = findings->windows.items;
	for (size_t i = 0; i < findings->windows.count; i++)
		if (window[i].first_frame < excursion->end_frame && window[i].end_frame > excursion->first_frame)
			return true;
	return false;
}

/* So many standard uncertainties of its offset, a channel that should show no current may show some; or else a share of full scale. */
#define OFFSET_SIGMA 10.0

/* Whether a calibrated channel idles at a current that its offset does not explain: what lies above a baseline says nothing then. */
static bool idles_astray(const struct population *in)
{
	const struct channel *current = in->current;
	double idle_a = current->scale * in->findings->idle_baseline_a + current->offset;
	double share_a = ACTIVITY_FULL_SCALE * channel_full_scale_counts(current) * fabs(current->scale);
	return current->calibrated && fabs(idle_a) > fmax(OFFSET_SIGMA * current->u_offset, share_a);
}

void measurand_session_idle_peak(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	const struct findings *findings = in->findings;
	if (!in->current)
		return;
	double largest = findings->quiet_peak_a;
	uint64_t frame = findings->quiet_peak_frame;
	const struct excursion *excursion = findings->excursions.items;
	for (size_t i = 0; i < findings->excursions.count; i++) {
		if (excursion[i].deviation_a > largest && !covered(findings, &excursion[i])) {
			largest = excursion[i].deviation_a;
			frame = excursion[i].first_frame;
		}
	}
	struct measurement peak = session_measurement(in, measurand, largest);
	peak.start_s = (double)frame / in->format->sample_rate_hz;
	peak.end_s = peak.start_s + in->envelope_s;
	peak.voided |= idles_astray(in);
	struct budget budget = {0};
	contribute_gain(&budget, in->current, largest);
	budget_add(&budget, SOURCE_QUANTISATION, fabs(in->current->scale), 1 / sqrt(12.0), INFINITY);
	measurement_add_budget(out, &peak, &budget);
}
