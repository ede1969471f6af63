/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure.h"

#include <math.h>
#include <stdlib.h>

#include "activity.h"
#include "doubt.h"
#include "edge_times.h"
#include "edges.h"
#include "match.h"
#include "registry.h"
#include "stretch.h"

/* An envelope cell is an excursion when its largest deviation is so many times the usual one. */
#define EXCURSION 2.0
#define IDLE_TRACKING 0.0625
/* Measured on so much before and after its onset, a pulse is void when a gap is there. */
#define GAP_BEFORE_S 300e-6
#define GAP_AFTER_S 1.6e-3
/* No session is longer; a frame number past it is nonsense. */
#define LONGEST_S (7 * 24 * 3600.0)

struct measure {
	const struct plan *plan;
	const struct device *device;
	struct recording_format format;
	struct reduced_layout layout;
	bool formatted, finished;
	int current, capacitor;
	bool has_edges;
	bool has_trigger; /* after measure_finish(): a trigger line was recorded, or seen by the logic analyser */
	struct edge_finder edges;
	struct stretch *stretch;
	struct findings findings;
	int32_t *observed; /* after measure_finish(): per expected pulse, the pulse or -1 */
};

struct measure *measure_create(const struct plan *plan, const struct device *device, struct error *error)
{
	struct measure *measure = calloc(1, sizeof *measure);
	if (!measure) {
		error_set(error, ERROR_BENCH, "out of memory for measuring");
		return NULL;
	}
	measure->plan = plan;
	measure->device = device;
	findings_init(&measure->findings);
	return measure;
}

void measure_destroy(struct measure *measure)
{
	if (!measure)
		return;
	stretch_destroy(measure->stretch);
	findings_finish(&measure->findings);
	free(measure->observed);
	free(measure);
}

size_t measure_pulses_so_far(const struct measure *measure)
{
	return measure->findings.pulses.count;
}

static bool take_format(void *self, const struct recording_format *format, const struct reduced_layout *layout, struct error *error)
{
	struct measure *measure = self;
	if (measure->formatted)
		return error_config(error, "the recording declares its format twice");
	measure->format = *format;
	measure->layout = *layout;
	measure->formatted = true;
	measure->current = recording_find(format, CHANNEL_COIL_CURRENT);
	measure->capacitor = recording_find(format, CHANNEL_CAPACITOR_VOLTAGE);
	measure->has_edges = edge_finder_init(&measure->edges, &measure->format);
	if (measure->current < 0)
		return true;
	measure->stretch = stretch_create(&measure->format, error);
	return measure->stretch != NULL;
}

/* Every so many frames the trigger line's level is looked at. */
enum { LEVEL_STRIDE = 16 };

static void look_at_trigger(struct measure *measure, const struct window *window)
{
	unsigned channels = measure->format.channel_count;
	const int16_t *samples = window->samples + measure->edges.index;
	size_t first = (LEVEL_STRIDE - (size_t)(window->first_frame % LEVEL_STRIDE)) % LEVEL_STRIDE;
	for (size_t i = first; i < window->frames; i += LEVEL_STRIDE)
		level_histogram_add(&measure->findings.trigger_levels, samples[i * channels]);
}

static bool take_window(void *self, const struct window *window, struct error *error)
{
	struct measure *measure = self;
	struct covered covered = {window->first_frame, window->first_frame + window->frames};
	if (!series_add(&measure->findings.windows, &covered, error))
		return false;
	if (measure->has_edges &&
	    !edge_finder_window(&measure->edges, window->first_frame, window->samples, window->frames, &measure->findings.edges, error))
		return false;
	if (measure->has_edges)
		look_at_trigger(measure, window);
	return !measure->stretch || stretch_window(measure->stretch, window, &measure->findings, error);
}

static void add_residual(struct residual_sums *residual, double mean_a)
{
	double step = mean_a - residual->mean_a;
	residual->n += 1;
	residual->mean_a += step / residual->n;
	residual->squares += step * (mean_a - residual->mean_a);
}

/* Noise moves a channel by so many counts at least. */
enum { NOISE_COUNTS = 2 };
/* So far from where it first stood, in counts or as a share of full scale, a channel is away: further than drift and after-currents take it. */
#define AWAY_COUNTS 2.0
#define AWAY_SHARE 0.02

static double away_counts(const struct channel *channel)
{
	return fmax(AWAY_COUNTS, AWAY_SHARE * channel_full_scale_counts(channel));
}

static bool stands_away(const struct channel *channel, const struct stillness *still)
{
	bool clipped = channel->count_min < channel->count_max && (still->at <= channel->count_min || still->at >= channel->count_max);
	return !clipped && abs(still->at - still->home) > away_counts(channel);
}

/* Whole cells in which the channel did not move at all, in runs. */
static void take_stillness(struct measure *measure, const struct envelope_cell *cell, bool excursion)
{
	struct stillness *still = &measure->findings.still;
	const struct channel *channel = &measure->format.channels[measure->current];
	int range = cell->maximum[measure->current] - cell->minimum[measure->current];
	if (cell->frames < measure->layout.envelope_frames)
		return;
	if (range == 0) {
		still->at = cell->minimum[measure->current];
		if (!still->known)
			still->home = still->at;
		still->known = true;
		still->still++;
		still->run++;
		if (stands_away(channel, still) && still->run > still->away)
			still->away = still->run;
		return;
	}
	still->moving++;
	still->toggling += range < NOISE_COUNTS;
	still->noisy |= range >= NOISE_COUNTS && (!excursion || range <= away_counts(channel));
	still->second = still->run > still->second ? still->run : still->second;
	if (still->second > still->longest) {
		uint64_t longest = still->second;
		still->second = still->longest;
		still->longest = longest;
	}
	still->run = 0;
}

static bool take_idle_current(struct measure *measure, const struct envelope_cell *cell, struct error *error)
{
	struct findings *findings = &measure->findings;
	const struct channel *channel = &measure->format.channels[measure->current];
	double scale = fabs(channel->scale), mean = cell->mean[measure->current];
	if (!findings->idle_known) {
		findings->begin_frame = cell->first_frame;
		findings->idle_baseline_a = mean;
		findings->current_count = (int16_t)cell->minimum[measure->current];
	}
	if (cell->minimum[measure->current] != findings->current_count || cell->maximum[measure->current] != findings->current_count)
		findings->current_alive = true;
	double above = cell->maximum[measure->current] - findings->idle_baseline_a;
	double below = findings->idle_baseline_a - cell->minimum[measure->current];
	double deviation_a = scale * fmax(above, below);
	bool excursive = !findings->idle_known || deviation_a > EXCURSION * findings->usual_deviation_a;
	take_stillness(measure, cell, excursive);
	if (excursive) {
		struct excursion excursion = {cell->first_frame, cell->first_frame + cell->frames, deviation_a};
		if (!series_add(&findings->excursions, &excursion, error))
			return false;
	} else {
		add_residual(&findings->residual, channel->scale * mean + channel->offset);
		if (deviation_a > findings->quiet_peak_a) {
			findings->quiet_peak_a = deviation_a;
			findings->quiet_peak_frame = cell->first_frame;
		}
	}
	/* Track slowly whatever comes, the excursions with a bounded weight: a step of the baseline becomes the new one. */
	double weight = findings->idle_known ? IDLE_TRACKING : 1,
	       limit_a = findings->idle_known ? EXCURSION * findings->usual_deviation_a : INFINITY;
	findings->usual_deviation_a += weight * (fmin(deviation_a, limit_a) - findings->usual_deviation_a);
	double shift = mean - findings->idle_baseline_a, most = limit_a / scale;
	findings->idle_baseline_a += weight * fmax(-most, fmin(most, shift));
	findings->idle_known = true;
	return true;
}

static bool take_capacitor(struct measure *measure, const struct envelope_cell *cell, struct error *error)
{
	struct series *capacitor = &measure->findings.capacitor;
	const struct channel *channel = &measure->format.channels[measure->capacitor];
	uint64_t number = cell->first_frame / measure->layout.envelope_frames;
	if ((double)cell->first_frame > LONGEST_S * measure->format.sample_rate_hz)
		return error_config(error, "sample number %llu lies beyond any session", (unsigned long long)cell->first_frame);
	const float nothing = NAN;
	while (capacitor->count <= number)
		if (!series_add(capacitor, &nothing, error))
			return false;
	((float *)capacitor->items)[number] = (float)(channel->scale * (double)cell->mean[measure->capacitor] + channel->offset);
	return true;
}

static bool take_envelope(void *self, const struct envelope_cell *cell, struct error *error)
{
	struct measure *measure = self;
	if (measure->current >= 0 && !take_idle_current(measure, cell, error))
		return false;
	if (measure->stretch && !cell->gap && cell->frames == measure->layout.envelope_frames)
		stretch_envelope(measure->stretch, cell);
	return measure->capacitor < 0 || take_capacitor(measure, cell, error);
}

static bool take_gap(void *self, const struct gap *gap, struct error *error)
{
	struct measure *measure = self;
	return series_add(&measure->findings.gaps, gap, error);
}

static bool take_edge(void *self, const struct edge *edge, struct error *error)
{
	struct measure *measure = self;
	if ((unsigned)edge->line >= LOGIC_LINE_COUNT || !isfinite(edge->time_s))
		return error_config(error, "an edge of no line, or at no time");
	if (measure->findings.logic.count < EDGE_TIMES_MAX)
		return series_add(&measure->findings.logic, edge, error);
	measure->findings.logic_dropped++;
	return true;
}

static bool take_event(void *self, const struct run_event *event, struct error *error)
{
	struct measure *measure = self;
	return series_add(&measure->findings.events, event, error);
}

static bool take_finish(void *self, uint64_t total_frames, struct error *error)
{
	struct measure *measure = self;
	measure->finished = true;
	measure->findings.total_frames = total_frames;
	return !measure->stretch || stretch_finish(measure->stretch, &measure->findings, error);
}

struct reduced_sink measure_sink(struct measure *measure)
{
	return (struct reduced_sink){.self = measure,
				     .format = take_format,
				     .window = take_window,
				     .envelope = take_envelope,
				     .gap = take_gap,
				     .edge = take_edge,
				     .event = take_event,
				     .finish = take_finish};
}

/* Moves what was found into the results. */
static void hand_over(struct measure *measure, struct results *results)
{
	struct findings *findings = &measure->findings;
	results->pulse_count = findings->pulses.count;
	results->gap_count = findings->gaps.count;
	results->event_count = findings->events.count;
	results->pulses = series_take(&findings->pulses);
	results->gaps = series_take(&findings->gaps);
	results->events = series_take(&findings->events);
	results->duration_s = (double)findings->total_frames / measure->format.sample_rate_hz;
	for (size_t k = 0; k < results->event_count; k++)
		results->aborted |= results->events[k].kind == EVENT_ABORTED;
}

/* What a later pulse showed to be the end of the range clipped the earlier ones that reached it, too. */
static void clip_pulses(const struct measure *measure, struct results *results)
{
	struct clip_range range = measure->stretch ? stretch_range(measure->stretch) : (struct clip_range){INT16_MIN, INT16_MAX};
	for (size_t k = 0; k < results->pulse_count; k++) {
		struct pulse *pulse = &results->pulses[k];
		pulse->clipped |= range.most < INT16_MAX && pulse->most_count >= range.most;
		pulse->clipped |= range.least > INT16_MIN && pulse->least_count <= range.least;
	}
}

static void void_pulses(const struct population *in, struct results *results)
{
	for (size_t k = 0; k < results->pulse_count; k++) {
		struct pulse *pulse = &results->pulses[k];
		double end_s = pulse->onset_s + GAP_AFTER_S;
		/* A run that was stopped, or whose instrument failed, may have ended in the middle of a pulse. */
		pulse->voided = gap_between(in, pulse->onset_s - GAP_BEFORE_S, end_s) || (results->aborted && end_s > results->duration_s);
	}
}

static struct population population_of(const struct measure *measure, const struct results *results)
{
	return (struct population){
		.plan = measure->plan,
		.device = measure->device,
		.format = &measure->format,
		.current = measure->current >= 0 ? &measure->format.channels[measure->current] : NULL,
		.findings = &measure->findings,
		.results = results,
		.observed = measure->plan ? measure->observed : NULL,
		.envelope_s = measure->layout.envelope_frames / measure->format.sample_rate_hz,
		.has_trigger = measure->has_trigger,
	};
}

struct results *measure_finish(struct measure *measure, struct error *error)
{
	if (!measure->formatted || !measure->finished) {
		error_config(error, "the recording is not complete: it has no %s", measure->formatted ? "end" : "format");
		return NULL;
	}
	auto_results struct results *results = calloc(1, sizeof *results);
	size_t planned = measure->plan ? measure->plan->pulse_count : 0;
	free(measure->observed);
	measure->observed = calloc(planned + 1, sizeof *measure->observed);
	if (!results || !measure->observed) {
		error_set(error, ERROR_BENCH, "out of memory for results");
		return NULL;
	}
	if (!edge_times_take(&measure->findings, &measure->format, measure->has_edges, results, error))
		return NULL;
	measure->has_trigger = measure->has_edges || results->trigger_edge_count > 0;
	hand_over(measure, results);
	clip_pulses(measure, results);
	struct matching matching = {.plan = measure->plan,
				    .device = measure->device,
				    .has_trigger = measure->has_trigger,
				    .u_clock_rel = measure->format.u_clock_rel,
				    .interval_s = 1 / measure->format.sample_rate_hz,
				    .bounce_s = measure->has_edges && measure->edges.bounces ? EDGE_BOUNCE_S : 0,
				    .observed = measure->observed};
	if (!match_pulses(&matching, results, error))
		return NULL;
	struct population in = population_of(measure, results);
	void_pulses(&in, results);
	in.count_doubt = doubt_counts(&in);
	struct measurement_list list = {.series.item_size = sizeof(struct measurement), .error = error};
	bool ok = registry_compute(&in, &list);
	results->measurement_count = list.series.count;
	results->measurements = series_take(&list.series);
	return ok ? steal(&results) : NULL;
}

bool measure_budget(const struct measure *measure, const struct results *results, size_t index, struct budget *budget, struct error *error)
{
	const struct measurand *measurand = results->measurements[index].measurand;
	size_t first = index;
	while (first > 0 && results->measurements[first - 1].measurand == measurand)
		first--;
	struct population in = population_of(measure, results);
	struct measurement_list list = {.error = error, .wanted = budget, .number = index - first};
	*budget = (struct budget){0};
	return registry_compute_one(&in, measurand, &list);
}
