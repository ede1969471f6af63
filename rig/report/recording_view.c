/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recording_view.h"

#include <math.h>
#include <string.h>

struct recording_view {
	struct store_reader *store;
	const struct recording_format *format;
	int current; /* the coil current's channel, or -1 */
};

struct recording_view *recording_view_open(const char *path, struct error *error)
{
	struct recording_view *view = calloc(1, sizeof *view);
	if (!view) {
		error_bench(error, "no memory");
		return NULL;
	}
	view->store = store_open(path, error);
	if (!view->store) {
		free(view);
		return NULL;
	}
	view->format = store_format(view->store);
	view->current = recording_find(view->format, CHANNEL_COIL_CURRENT);
	return view;
}

void recording_view_destroy(struct recording_view *view)
{
	if (!view)
		return;
	store_close(view->store);
	free(view);
}

bool recording_view_complete(const struct recording_view *view)
{
	return store_complete(view->store);
}

void band_finish(struct band *band)
{
	free(band->x_s);
	free(band->minimum);
	free(band->maximum);
	free(band->mean);
	free(band->gap);
	*band = (struct band){0};
}

static bool band_resize(struct band *band, size_t count, struct error *error)
{
	band_finish(band);
	band->x_s = calloc(count, sizeof *band->x_s);
	band->minimum = calloc(count, sizeof *band->minimum);
	band->maximum = calloc(count, sizeof *band->maximum);
	band->mean = calloc(count, sizeof *band->mean);
	band->gap = calloc(count, sizeof *band->gap);
	if (!band->x_s || !band->minimum || !band->maximum || !band->mean || !band->gap)
		return error_bench(error, "no memory for a curve of %zu points", count);
	band->count = count;
	for (size_t i = 0; i < count; i++) {
		band->minimum[i] = INFINITY;
		band->maximum[i] = -INFINITY;
	}
	return true;
}

/* A window's current against the time from an onset. */
struct aligned {
	const int16_t *samples;
	size_t frames, stride;
	double scale, offset;
	double onset_frame; /* of the onset within the window, sensor delay included */
	double period_s;
};

static double value_of(const struct aligned *pulse, size_t frame)
{
	return pulse->scale * pulse->samples[frame * pulse->stride] + pulse->offset;
}

static double time_of(const struct aligned *pulse, size_t frame)
{
	return ((double)frame - pulse->onset_frame) * pulse->period_s;
}

/* Finds the window around an onset; *found is false when the store keeps none there. */
static bool align(struct recording_view *view, double onset_s, struct aligned *pulse, bool *found, struct error *error)
{
	*found = false;
	if (view->current < 0 || !isfinite(onset_s))
		return true;
	const struct channel *channel = &view->format->channels[view->current];
	double frame = (onset_s + channel->delay_s) * view->format->sample_rate_hz;
	int64_t index = frame >= 0 ? store_find_window(view->store, (uint64_t)frame) : -1;
	if (index < 0)
		return true;
	struct window window;
	if (!store_window(view->store, (size_t)index, &window, error))
		return false;
	*pulse = (struct aligned){
		.samples = window.samples + view->current,
		.frames = window.frames,
		.stride = view->format->channel_count,
		.scale = channel->scale,
		.offset = channel->offset,
		.onset_frame = frame - (double)window.first_frame,
		.period_s = 1 / view->format->sample_rate_hz,
	};
	*found = true;
	return true;
}

/* The window's frames from..to (exclusive) that lie within -pre_s…post_s. */
static void frames_within(const struct aligned *pulse, double pre_s, double post_s, size_t *from, size_t *to)
{
	double first = ceil(pulse->onset_frame - pre_s / pulse->period_s);
	double end = floor(pulse->onset_frame + post_s / pulse->period_s) + 1;
	*from = first < 0 ? 0 : (size_t)first;
	*to = end < (double)pulse->frames ? (size_t)(end < 0 ? 0 : end) : pulse->frames;
	if (*from > *to)
		*from = *to;
}

bool recording_view_pulse(struct recording_view *view, double onset_s, double pre_s, double post_s, struct band *band, struct error *error)
{
	struct aligned pulse;
	bool found;
	size_t from, to;
	band_finish(band);
	if (!align(view, onset_s, &pulse, &found, error))
		return false;
	if (!found)
		return true;
	frames_within(&pulse, pre_s, post_s, &from, &to);
	if (!band_resize(band, to - from ? to - from : 1, error))
		return false;
	band->count = to - from;
	band->pulses = 1;
	for (size_t i = 0; i < band->count; i++) {
		band->x_s[i] = time_of(&pulse, from + i);
		band->minimum[i] = band->maximum[i] = band->mean[i] = value_of(&pulse, from + i);
	}
	return true;
}

static void widen(struct band *band, size_t point, double low, double high)
{
	if (low < band->minimum[point])
		band->minimum[point] = low;
	if (high > band->maximum[point])
		band->maximum[point] = high;
}

/* Adds one pulse: its interpolated value at every point it covers, and every sample to the nearest point, so that no spike is lost. */
static void overlay_add(struct band *band, const struct aligned *pulse, double *covered)
{
	double step_s = band->x_s[1] - band->x_s[0];
	for (size_t i = 0; i < band->count; i++) {
		double at = pulse->onset_frame + band->x_s[i] / pulse->period_s;
		if (at < 0 || at > (double)(pulse->frames - 1))
			continue;
		size_t before = (size_t)at;
		size_t after = before + 1 < pulse->frames ? before + 1 : before;
		double value = value_of(pulse, before) + (at - (double)before) * (value_of(pulse, after) - value_of(pulse, before));
		widen(band, i, value, value);
		band->mean[i] += value;
		covered[i]++;
	}
	size_t from, to;
	frames_within(pulse, -band->x_s[0], band->x_s[band->count - 1], &from, &to);
	for (size_t frame = from; step_s > pulse->period_s && frame < to; frame++) {
		double position = (time_of(pulse, frame) - band->x_s[0]) / step_s + 0.5;
		size_t point = position < (double)band->count ? (size_t)position : band->count - 1;
		widen(band, point, value_of(pulse, frame), value_of(pulse, frame));
	}
	band->pulses++;
}

bool recording_view_overlay(struct recording_view *view, const double *onsets_s, size_t onset_count, double pre_s, double post_s,
			    size_t points, struct band *band, struct error *error)
{
	if (points < 2 || points > BAND_MAX_POINTS || !(pre_s + post_s > 0))
		return error_config(error, "an overlay has 2 to %d points and a positive length", BAND_MAX_POINTS);
	auto_free double *covered = calloc(points, sizeof *covered);
	if (!covered)
		return error_bench(error, "no memory");
	if (!band_resize(band, points, error))
		return false;
	for (size_t i = 0; i < points; i++)
		band->x_s[i] = -pre_s + (pre_s + post_s) * (double)i / (double)(points - 1);
	for (size_t i = 0; i < onset_count; i++) {
		struct aligned pulse;
		bool found;
		if (!align(view, onsets_s[i], &pulse, &found, error))
			return false;
		if (found)
			overlay_add(band, &pulse, covered);
	}
	size_t kept = 0;
	for (size_t i = 0; i < points; i++) {
		if (covered[i] == 0)
			continue;
		band->x_s[kept] = band->x_s[i];
		band->minimum[kept] = band->minimum[i];
		band->maximum[kept] = band->maximum[i];
		band->mean[kept++] = band->mean[i] / covered[i];
	}
	band->count = kept;
	return true;
}

static int find_channel(const struct recording_format *format, const char *name)
{
	for (unsigned i = 0; i < format->channel_count; i++)
		if (strcmp(format->channels[i].name, name) == 0)
			return (int)i;
	return -1;
}

/* The end of the recording in frames; 0 for an empty one. */
static bool total_frames(struct recording_view *view, size_t cells, uint64_t *frames, struct error *error)
{
	struct envelope_cell last;
	*frames = 0;
	if (cells == 0)
		return true;
	if (!store_envelope(view->store, cells - 1, &last, error))
		return false;
	*frames = last.first_frame + last.frames;
	return true;
}

bool recording_view_envelope(struct recording_view *view, const char *name, size_t points, struct band *band, struct error *error)
{
	int channel = find_channel(view->format, name);
	size_t cells = store_envelope_count(view->store);
	uint64_t total = 0;
	if (channel < 0 || points == 0 || points > BAND_MAX_POINTS)
		return error_config(error, "no channel \"%s\", or not 1 to %d points", name, BAND_MAX_POINTS);
	auto_free double *middle = calloc(points, sizeof *middle);
	auto_free double *cells_in = calloc(points, sizeof *cells_in);
	if (!middle || !cells_in)
		return error_bench(error, "no memory");
	if (!total_frames(view, cells, &total, error) || !band_resize(band, points, error))
		return false;
	const struct channel *scale = &view->format->channels[channel];
	for (size_t i = 0; i < cells; i++) {
		struct envelope_cell cell;
		if (!store_envelope(view->store, i, &cell, error))
			return false;
		size_t point = (size_t)((__uint128_t)cell.first_frame * points / (total ? total : 1));
		point = point < points ? point : points - 1;
		double a = scale->scale * cell.minimum[channel] + scale->offset, b = scale->scale * cell.maximum[channel] + scale->offset;
		if (cell.frames > 0)
			widen(band, point, fmin(a, b), fmax(a, b));
		band->gap[point] |= cell.gap;
		middle[point] += (double)cell.first_frame + 0.5 * cell.frames;
		cells_in[point]++;
	}
	size_t kept = 0;
	for (size_t i = 0; i < points; i++) {
		if (band->minimum[i] > band->maximum[i] && !band->gap[i])
			continue;
		band->x_s[kept] = middle[i] / (cells_in[i] * view->format->sample_rate_hz);
		band->minimum[kept] = band->minimum[i] > band->maximum[i] ? NAN : band->minimum[i];
		band->maximum[kept] = isnan(band->minimum[kept]) ? NAN : band->maximum[i];
		band->mean[kept] = 0.5 * (band->minimum[kept] + band->maximum[kept]);
		band->gap[kept++] = band->gap[i];
	}
	band->count = kept;
	return true;
}
