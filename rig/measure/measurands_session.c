/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counts, populations, discharge, what happens between pulses. */
#include <math.h>

#include "activity.h"
#include "align.h"
#include "contributions.h"
#include "discharge.h"
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
	void_count(&gaps, gaps.value > 0, "samples are missing");
	measurement_add(out, &gaps);
}

/* Amplitudes of the matched pulses that count, one entry an intensity. */
struct level {
	double intensity_pct;
	double n, mean_a, squares; /* squares: of the deviations from the mean */
};

static struct level *find_level(struct series *levels, double intensity_pct, struct measurement_list *out)
{
	struct level *items = levels->items;
	for (size_t i = 0; i < levels->count; i++)
		if (items[i].intensity_pct == intensity_pct)
			return &items[i];
	struct level fresh = {.intensity_pct = intensity_pct};
	if (!series_add(levels, &fresh, out->error)) {
		out->failed = true;
		return NULL;
	}
	items = levels->items;
	return &items[levels->count - 1];
}

/* Whether the amplitude of an observed pulse is not known; what is said of the others does not hold for all. */
static bool amplitude_lacking(const struct population *in)
{
	for (size_t p = 0; in->plan && p < in->plan->pulse_count; p++)
		if (pulse_of(in, p) && in->plan->pulses[p].intensity_pct > 0 && !amplitude_usable(pulse_of(in, p)))
			return true;
	return false;
}

static bool collect_levels(const struct population *in, struct series *levels, struct measurement_list *out)
{
	*levels = (struct series){.item_size = sizeof(struct level)};
	for (size_t p = 0; in->plan && p < in->plan->pulse_count; p++) {
		const struct pulse *pulse = pulse_of(in, p);
		if (!amplitude_usable(pulse) || !(in->plan->pulses[p].intensity_pct > 0))
			continue;
		struct level *level = find_level(levels, in->plan->pulses[p].intensity_pct, out);
		if (!level)
			return false;
		double step = fabs(pulse->peak1_a) - level->mean_a;
		level->n += 1;
		level->mean_a += step / level->n;
		level->squares += step * (fabs(pulse->peak1_a) - level->mean_a);
	}
	return true;
}

void measurand_session_amplitude_cv(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	struct series levels;
	double squares = 0, dof = 0, noise = 0, pulses = 0;
	if (collect_levels(in, &levels, out)) {
		const struct level *level = levels.items;
		for (size_t i = 0; i < levels.count; i++) {
			squares += level[i].squares / (level[i].mean_a * level[i].mean_a);
			dof += level[i].n - 1;
		}
	}
	free(levels.items);
	if (dof < 2)
		return;
	for (size_t k = 0; k < in->results->pulse_count; k++) {
		if (amplitude_usable(&in->results->pulses[k])) {
			noise += in->results->pulses[k].u_peak1_a / fabs(in->results->pulses[k].peak1_a);
			pulses += 1;
		}
	}
	struct measurement cv = session_measurement(in, measurand, sqrt(squares / dof));
	cv.voided |= amplitude_lacking(in);
	struct budget budget = {0};
	budget_add(&budget, SOURCE_REPEATABILITY, cv.value, 1 / sqrt(2 * dof), dof);
	budget_add(&budget, SOURCE_NOISE, noise / fmax(pulses, 1), 1 / sqrt(2 * dof), dof);
	contribute_gain(&budget, in->current, cv.value);
	contribute_gain(&budget, in->current, -cv.value);
	cv.planned = in->device ? in->device->amplitude_cv.value : NAN;
	measurement_add_budget(out, &cv, &budget);
}

/* The line of first peak against intensity. */
struct linearity {
	double at_zero_a, at_full_a, worst_a;
	double u_zero_a, u_level_a;
	double dof, dof_zero;
};

/*
 * How the line's value at zero scatters. A device scatters more at high levels, so that each level counts with its own variance and with its weight
 * in the line (White 1980), degrees of freedom by Welch and Satterthwaite; where levels were not repeated, with that of the residuals.
 */
static void scatter_at_zero(const struct level *level, size_t count, double sx, double sxx, double determinant, struct linearity *line)
{
	double variance = 0, spread = 0;
	for (size_t i = 0; i < count; i++) {
		if (level[i].n < 2)
			return;
		double weight = (sxx - sx * level[i].intensity_pct / 100) / determinant;
		double part = weight * weight * level[i].n * level[i].squares / (level[i].n - 1);
		variance += part;
		spread += part * part / (level[i].n - 1);
	}
	if (!(spread > 0))
		return;
	line->u_zero_a = sqrt(variance);
	line->dof_zero = variance * variance / spread;
}

static bool fit_linearity(const struct level *level, size_t count, struct linearity *line)
{
	double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
	for (size_t i = 0; i < count; i++) {
		double x = level[i].intensity_pct / 100, w = level[i].n;
		n += w;
		sx += w * x;
		sy += w * level[i].mean_a;
		sxx += w * x * x;
		sxy += w * x * level[i].mean_a;
	}
	double determinant = n * sxx - sx * sx;
	if (count < 3 || !(determinant > 0))
		return false;
	double slope = (n * sxy - sx * sy) / determinant, squares = 0;
	*line = (struct linearity){.at_zero_a = (sxx * sy - sx * sxy) / determinant, .dof = n - 2, .dof_zero = n - 2};
	line->at_full_a = line->at_zero_a + slope;
	for (size_t i = 0; i < count; i++) {
		double rest = level[i].mean_a - line->at_zero_a - slope * level[i].intensity_pct / 100;
		line->worst_a = fmax(line->worst_a, fabs(rest));
		squares += level[i].squares + level[i].n * rest * rest;
	}
	double scatter = sqrt(squares / line->dof);
	line->u_zero_a = scatter * sqrt(sxx / determinant);
	line->u_level_a = scatter / sqrt(n / (double)count);
	scatter_at_zero(level, count, sx, sxx, determinant, line);
	return line->at_full_a > 0;
}

static void add_linearity(const struct population *in, const struct measurand *measurand, bool offset, struct measurement_list *out)
{
	struct series levels;
	struct linearity line;
	bool ok = collect_levels(in, &levels, out) && fit_linearity(levels.items, levels.count, &line);
	free(levels.items);
	if (!ok)
		return;
	struct measurement measurement = session_measurement(in, measurand, (offset ? line.at_zero_a : line.worst_a) / line.at_full_a);
	struct budget budget = {0};
	budget_add(&budget, SOURCE_REPEATABILITY, offset ? line.u_zero_a : line.u_level_a, 1 / line.at_full_a,
		   offset ? line.dof_zero : line.dof);
	budget_name_unit(&budget, "A");
	contribute_gain(&budget, in->current, measurement.value);
	contribute_gain(&budget, in->current, -measurement.value);
	measurement.voided |= amplitude_lacking(in);
	measurement.planned = 0;
	measurement_add_budget(out, &measurement, &budget);
}

void measurand_session_linearity_inl(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	add_linearity(in, measurand, false, out);
}

void measurand_session_linearity_offset(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	add_linearity(in, measurand, true, out);
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
