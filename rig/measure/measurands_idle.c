/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the current does where no pulse is, the trigger line's levels, the trigger output. */
#include <math.h>

#include "contributions.h"
#include "readings.h"
#include "registry.h"

static void add_residual(const struct population *in, const struct measurand *measurand, bool rms, struct measurement_list *out)
{
	const struct residual_sums *residual = &in->findings->residual;
	if (!in->current || residual->n < 2)
		return;
	double variance = residual->squares / residual->n, mean_a = residual->mean_a;
	struct measurement measurement = session_measurement(in, measurand, rms ? sqrt(variance + mean_a * mean_a) : mean_a);
	struct budget budget = {0};
	double u_mean_a = sqrt(residual->squares / (residual->n - 1) / residual->n);
	double u_rms_a = measurement.value > 0 ? (fabs(mean_a) * u_mean_a + variance / sqrt(2 * residual->n)) / measurement.value : 0;
	budget_add(&budget, SOURCE_REPEATABILITY, rms ? u_rms_a : u_mean_a, 1, residual->n - 1);
	budget_add(&budget, SOURCE_OFFSET, in->current->u_offset, rms && measurement.value > 0 ? mean_a / measurement.value : 1, INFINITY);
	budget_gain(&budget, in, measurement.value, 1);
	measurement.planned = 0;
	measurement_add_budget(out, &measurement, &budget);
}

void measurand_session_residual_mean(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	add_residual(in, measurand, false, out);
}

void measurand_session_residual_rms(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	add_residual(in, measurand, true, out);
}

void measurand_session_leakage_peak(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	const struct quiet_stretch *quiet = in->findings->quiet.items, *worst = NULL;
	size_t edge = 0, edges = in->results->trigger_edge_count;
	if (!in->current)
		return;
	for (size_t i = 0; i < in->findings->quiet.count; i++) {
		double from_s = (double)quiet[i].first_frame / in->format->sample_rate_hz,
		       to_s = (double)quiet[i].end_frame / in->format->sample_rate_hz;
		while (edge < edges && in->results->trigger_edges_s[edge] < from_s)
			edge++;
		if (edge < edges && in->results->trigger_edges_s[edge] < to_s && (!worst || quiet[i].deviation_a > worst->deviation_a))
			worst = &quiet[i];
	}
	if (!worst)
		return;
	struct measurement leakage = session_measurement(in, measurand, worst->deviation_a);
	struct budget budget = {0};
	budget_add(&budget, SOURCE_QUANTISATION, fabs(in->current->scale) / sqrt(12.0), 1, INFINITY);
	budget_gain(&budget, in, leakage.value, 1);
	leakage.start_s = (double)worst->first_frame / in->format->sample_rate_hz;
	leakage.end_s = (double)worst->end_frame / in->format->sample_rate_hz;
	leakage.planned = 0;
	measurement_add_budget(out, &leakage, &budget);
}

void measurand_session_trigger_threshold(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	int index = recording_find(in->format, CHANNEL_TRIGGER);
	struct levels levels;
	if (index < 0 || in->results->trigger_edge_count == 0 || !level_histogram_levels(&in->findings->trigger_levels, &levels))
		return;
	const struct channel *channel = &in->format->channels[index];
	double low_v = channel->scale * levels.low + channel->offset, swing_v = channel->scale * (levels.high - levels.low);
	if (isnan(channel->threshold) || !(fabs(swing_v) > 0))
		return;
	struct measurement position = session_measurement(in, measurand, (channel->threshold - low_v) / swing_v);
	struct budget budget = {0};
	double u_level = fabs(channel->scale) * levels.width / sqrt(12.0) / fabs(swing_v);
	budget_add(&budget, SOURCE_QUANTISATION, u_level, hypot(1 - position.value, position.value), INFINITY);
	position.voided = in->results->gap_count > 0;
	position.planned = 0.5;
	measurement_add_budget(out, &position, &budget);
}

/* A pulse of the trigger output belongs to the onset that it lies this close to. */
#define TRIGGER_OUT_REACH_S 5e-3

void measurand_pulse_trigger_out(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	const struct edge *edges = in->results->edges;
	size_t count = in->results->edge_count, from = 0;
	bool any = false;
	for (size_t e = 0; e < count; e++)
		any |= edges[e].line == LOGIC_TRIGGER_OUT && edges[e].rising;
	for (size_t k = 0; any && k < in->results->pulse_count; k++) {
		const struct pulse *pulse = &in->results->pulses[k];
		double nearest_s = NAN;
		while (from < count && edges[from].time_s < pulse->onset_s - TRIGGER_OUT_REACH_S)
			from++;
		for (size_t e = from; e < count && edges[e].time_s <= pulse->onset_s + TRIGGER_OUT_REACH_S; e++) {
			if (edges[e].line != LOGIC_TRIGGER_OUT || !edges[e].rising)
				continue;
			if (isnan(nearest_s) || fabs(edges[e].time_s - pulse->onset_s) < fabs(nearest_s - pulse->onset_s))
				nearest_s = edges[e].time_s;
		}
		struct measurement delay = session_measurement(in, measurand, pulse->onset_s - nearest_s);
		struct budget budget = {0};
		budget_add(&budget, SOURCE_NOISE, pulse->u_onset_s, 1, INFINITY);
		contribute_edge(&budget, in, isnan(nearest_s) ? pulse->onset_s : nearest_s, 1);
		budget_add(&budget, SOURCE_DELAY, channel_u_lag_s(in->current), 1, INFINITY);
		delay.subject = (uint32_t)k;
		delay.expected = pulse->expected;
		delay.start_s = isnan(nearest_s) ? pulse->onset_s : fmin(nearest_s, pulse->onset_s);
		delay.end_s = isnan(nearest_s) ? pulse->onset_s : fmax(nearest_s, pulse->onset_s);
		delay.voided = pulse->voided || isnan(nearest_s) || in->results->edges_dropped > 0;
		measurement_add_budget(out, &delay, &budget);
	}
}
