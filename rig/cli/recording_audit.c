/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recording_audit.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "activity.h"
#include "findings.h"

/* The recorder's cells of 256 frames: their range in standard deviations of the noise (activity.c). */
static const double SIGMAS_OF_RANGE = 5.65;
/* An envelope cell may span both sides of the threshold, and a baseline that moves meanwhile. */
static const double SPAN = 3;

/* What the windows' samples come to in one envelope cell. */
struct content {
	uint64_t frames;
	int minimum[RECORDING_MAX_CHANNELS], maximum[RECORDING_MAX_CHANNELS];
	int64_t sum[RECORDING_MAX_CHANNELS];
};

struct audit {
	struct store_reader *reader;
	const char *name;
	struct error *error;
	unsigned channels;
	uint32_t envelope_frames;
	struct activity activity;
	struct series gaps; /* struct gap */
	size_t gap;         /* the next of them */
	uint64_t position;  /* where the next cell begins */
	bool after_gap;
	double idle_range; /* the largest of an idle cell so far, counts */

	size_t window_count, next_window;
	struct window window; /* the one at hand, where has_window */
	bool has_window;
	uint64_t window_covered; /* frames of it that cells covered */
	uint64_t window_end;     /* of the one before */
};

static bool collect_gap(void *self, const struct gap *gap, struct error *error)
{
	struct audit *audit = self;
	return series_add(&audit->gaps, gap, error);
}

static const struct gap *gap_at(const struct audit *audit, size_t index)
{
	return index < audit->gaps.count ? &((const struct gap *)audit->gaps.items)[index] : NULL;
}

/* Over the gaps that begin where the last cell ended. */
static bool pass_gaps(struct audit *audit)
{
	for (const struct gap *gap; (gap = gap_at(audit, audit->gap)) && gap->first_frame == audit->position; audit->gap++) {
		if (gap->frames > UINT64_MAX - audit->position)
			return error_config(audit->error, "%s: the gap at sample %" PRIu64 " has no end", audit->name, gap->first_frame);
		audit->position += gap->frames;
		audit->after_gap = true;
	}
	return true;
}

/* That the cell begins where the one before ended, and ends where the layout or a gap ends it. */
static bool check_extent(struct audit *audit, const struct envelope_cell *cell, uint64_t total)
{
	uint64_t end = cell->first_frame + cell->frames, whole = cell->first_frame - cell->first_frame % audit->envelope_frames;
	const struct gap *gap = gap_at(audit, audit->gap);
	if (cell->first_frame != audit->position)
		return error_config(audit->error,
				    "%s: the envelope goes on at sample %" PRIu64 ", where sample %" PRIu64
				    " was due, and no gap lies between",
				    audit->name, cell->first_frame, audit->position);
	bool by_gap = gap && gap->first_frame == end && end % audit->envelope_frames != 0;
	if (cell->frames == 0 || end > total || end > whole + audit->envelope_frames ||
	    (end != whole + audit->envelope_frames && !by_gap && end != total))
		return error_config(audit->error, "%s: the envelope's cell at sample %" PRIu64 " has %u frames", audit->name,
				    cell->first_frame, cell->frames);
	if (cell->gap != (by_gap || (audit->after_gap && cell->first_frame != whole)))
		return error_config(audit->error, "%s: the envelope's cell at sample %" PRIu64 " says that %s gap touches it", audit->name,
				    cell->first_frame, cell->gap ? "a" : "no");
	return true;
}

/* Gets the window that lies at or behind the cell. */
static bool next_window(struct audit *audit, const struct envelope_cell *cell)
{
	while (!audit->has_window && audit->next_window < audit->window_count) {
		if (!store_window(audit->reader, audit->next_window++, &audit->window, audit->error))
			return false;
		if (audit->window.first_frame < cell->first_frame || audit->window.first_frame < audit->window_end)
			return error_config(audit->error,
					    "%s: the window at sample %" PRIu64 " overlaps another, or the envelope does not cover it",
					    audit->name, audit->window.first_frame);
		audit->has_window = audit->window.frames > 0;
		audit->window_covered = 0;
	}
	return true;
}

static void take_frames(const struct audit *audit, uint64_t first, uint64_t count, struct content *content)
{
	const int16_t *frame = audit->window.samples + (first - audit->window.first_frame) * audit->channels;
	for (uint64_t i = 0; i < count; i++, frame += audit->channels)
		for (unsigned c = 0; c < audit->channels; c++) {
			bool fresh = content->frames == 0 && i == 0;
			content->minimum[c] = fresh || frame[c] < content->minimum[c] ? frame[c] : content->minimum[c];
			content->maximum[c] = fresh || frame[c] > content->maximum[c] ? frame[c] : content->maximum[c];
			content->sum[c] += frame[c];
		}
	content->frames += count;
}

/* What the windows hold of a cell. */
static bool cover(struct audit *audit, const struct envelope_cell *cell, struct content *content)
{
	uint64_t end = cell->first_frame + cell->frames;
	for (;;) {
		if (!next_window(audit, cell))
			return false;
		if (!audit->has_window || audit->window.first_frame >= end)
			return true;
		uint64_t window_end = audit->window.first_frame + audit->window.frames;
		uint64_t first = audit->window.first_frame + audit->window_covered, last = window_end < end ? window_end : end;
		if (first < cell->first_frame)
			return error_config(audit->error, "%s: the window at sample %" PRIu64 " reaches over a gap of the envelope",
					    audit->name, audit->window.first_frame);
		take_frames(audit, first, last - first, content);
		audit->window_covered += last - first;
		if (window_end > end)
			return true;
		audit->has_window = false;
		audit->window_end = window_end;
	}
}

static bool compare(const struct audit *audit, const struct envelope_cell *cell, const struct content *content)
{
	for (unsigned c = 0; content->frames > 0 && c < audit->channels; c++) {
		bool inside = content->minimum[c] >= cell->minimum[c] && content->maximum[c] <= cell->maximum[c];
		bool equal = content->minimum[c] == cell->minimum[c] && content->maximum[c] == cell->maximum[c] &&
			     (float)((double)content->sum[c] / cell->frames) == cell->mean[c];
		if (content->frames == cell->frames ? !equal : !inside)
			return error_config(audit->error,
					    "%s: channel %s from sample %" PRIu64
					    " on: the envelope has %d to %d counts, mean %.9g; the windows' samples %d to %d, mean %.9g%s",
					    audit->name, store_format(audit->reader)->channels[c].name, cell->first_frame, cell->minimum[c],
					    cell->maximum[c], (double)cell->mean[c], content->minimum[c], content->maximum[c],
					    (double)content->sum[c] / (double)content->frames,
					    content->frames == cell->frames ? "" : " in a part of it");
	}
	return true;
}

static bool unrecorded(const struct audit *audit, const struct envelope_cell *cell, int channel)
{
	return error_config(audit->error,
			    "%s: channel %s from sample %" PRIu64 " on: the envelope goes from %d to %d counts, and no window holds that",
			    audit->name, store_format(audit->reader)->channels[channel].name, cell->first_frame, cell->minimum[channel],
			    cell->maximum[channel]);
}

/* How far from its mean the current may be outside of the windows, counts. */
static double idle_limit(const struct audit *audit)
{
	double of_scale = ACTIVITY_FULL_SCALE * audit->activity.full_scale;
	return SPAN * fmax(of_scale, ACTIVITY_SIGMA * fmax(audit->idle_range, 2 * of_scale) / SIGMAS_OF_RANGE);
}

/* An extreme that the windows' samples do not have, and what remains of the mean, belong to the samples outside of them, which must be idle. */
static bool is_idle(const struct audit *audit, const struct envelope_cell *cell, const struct content *content, int c)
{
	double outside = cell->frames - (double)content->frames;
	double mean = (cell->mean[c] * (double)cell->frames - (double)content->sum[c]) / outside, limit = idle_limit(audit);
	bool known = content->frames > 0;
	bool above = !known || cell->maximum[c] > content->maximum[c], below = !known || cell->minimum[c] < content->minimum[c];
	return mean <= cell->maximum[c] + 1.0 && mean >= cell->minimum[c] - 1.0 && (!above || cell->maximum[c] - mean <= limit) &&
	       (!below || mean - cell->minimum[c] <= limit);
}

static bool check_idle(struct audit *audit, const struct envelope_cell *cell, const struct content *content)
{
	int current = audit->activity.current_channel, trigger = audit->activity.trigger_channel;
	if (content->frames >= cell->frames)
		return true;
	if (trigger >= 0 && content->frames == 0 && cell->maximum[trigger] >= audit->activity.trigger_count &&
	    cell->minimum[trigger] < audit->activity.trigger_count)
		return unrecorded(audit, cell, trigger);
	if (current < 0)
		return true;
	if (!is_idle(audit, cell, content, current))
		return unrecorded(audit, cell, current);
	if (content->frames == 0)
		audit->idle_range = fmax(audit->idle_range, cell->maximum[current] - cell->minimum[current]);
	return true;
}

static bool check_cell(struct audit *audit, size_t index, uint64_t total)
{
	struct envelope_cell cell;
	struct content content = {0};
	if (!store_envelope(audit->reader, index, &cell, audit->error) || !pass_gaps(audit) || !check_extent(audit, &cell, total) ||
	    !cover(audit, &cell, &content) || !compare(audit, &cell, &content) || !check_idle(audit, &cell, &content))
		return false;
	audit->after_gap = false;
	audit->position = cell.first_frame + cell.frames;
	return true;
}

static bool check_end(struct audit *audit, uint64_t total)
{
	if (!pass_gaps(audit))
		return false;
	if (audit->has_window || audit->next_window < audit->window_count)
		return error_config(audit->error, "%s: a window lies behind the end of the envelope, sample %" PRIu64, audit->name,
				    audit->position);
	if (audit->gap < audit->gaps.count)
		return error_config(audit->error, "%s: the gap at sample %" PRIu64 " lies where the envelope has samples", audit->name,
				    gap_at(audit, audit->gap)->first_frame);
	return audit->position == total || error_config(audit->error,
							"%s: it says that it has %" PRIu64 " frames; its envelope and its gaps come to "
							"%" PRIu64,
							audit->name, total, audit->position);
}

static bool check_all(struct audit *audit)
{
	struct reduced_sink sink = {.self = audit, .gap = collect_gap};
	uint64_t total = store_total_frames(audit->reader);
	size_t cells = store_envelope_count(audit->reader);
	bool good = store_replay(audit->reader, &sink, audit->error);
	for (size_t i = 0; good && i < cells; i++)
		good = check_cell(audit, i, total);
	return good && check_end(audit, total);
}

bool recording_audit(struct store_reader *reader, const char *name, struct error *error)
{
	struct audit audit = {
		.reader = reader,
		.name = name,
		.error = error,
		.channels = store_format(reader)->channel_count,
		.envelope_frames = store_layout(reader)->envelope_frames,
		.gaps = {.item_size = sizeof(struct gap)},
		.window_count = store_window_count(reader),
	};
	activity_init(&audit.activity, store_format(reader));
	bool good = check_all(&audit);
	free(series_take(&audit.gaps));
	return good;
}
