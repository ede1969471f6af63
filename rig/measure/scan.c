/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scan.h"

#include <math.h>
#include <string.h>

#include "activity.h"

/* A longer window is cut, so that memory is bounded whatever the device does. */
#define WINDOW_CAP_S 0.25
#define PRE_S 300e-6
#define POST_S 1.6e-3
#define ENVELOPE_S 4e-3

struct scan {
	struct reduced_sink out;
	struct recording_format format;
	struct reduced_layout layout;
	struct activity activity;
	unsigned channels;
	uint64_t next_frame; /* the frame that must come next, unless nothing has come yet */
	bool started;

	int16_t *partial; /* the cell that a block boundary cut */
	size_t partial_frames;

	int16_t *history; /* ring of the last pre_cells whole or partial cells since the last window or gap */
	size_t *history_frames;
	unsigned history_count, history_next;
	size_t run; /* idle whole cells that end where the block in work has been read to, newer than the history */

	bool open;
	int16_t *window;
	uint64_t window_first;
	size_t window_frames, window_capacity;
	size_t quiet_frames; /* frames of idle cells at the window's end */
	unsigned quiet_cells;
	size_t quiet_excess; /* of them, frames past post_cells, which only serve to find windows that would overlap */

	struct envelope_cell envelope;
	int64_t envelope_sum[RECORDING_MAX_CHANNELS];
	bool after_gap; /* the envelope cell in work began at the end of a gap */
};

static uint32_t cells_for(double seconds, double rate_hz)
{
	double cells = ceil(seconds * rate_hz / CELL_FRAMES - 1e-9);
	return cells < 1 ? 1 : (uint32_t)cells;
}

struct reduced_layout scan_layout(const struct recording_format *format)
{
	double rate_hz = format->sample_rate_hz;
	double envelope = round(ENVELOPE_S * rate_hz / CELL_FRAMES);
	return (struct reduced_layout){
		.cell_frames = CELL_FRAMES,
		.envelope_frames = CELL_FRAMES * (envelope < 1 ? 1 : (uint32_t)envelope),
		.pre_cells = cells_for(PRE_S, rate_hz),
		.post_cells = cells_for(POST_S, rate_hz),
	};
}

static bool scan_format(void *self, const struct recording_format *format, struct error *error)
{
	struct scan *scan = self;
	if (format->channel_count < 1 || format->channel_count > RECORDING_MAX_CHANNELS)
		return error_config(error, "a recording has 1 to %d channels, not %u", RECORDING_MAX_CHANNELS, format->channel_count);
	if (!(format->sample_rate_hz >= 1e3 && format->sample_rate_hz <= 1e9))
		return error_config(error, "the sample rate must be between 1 kHz and 1 GHz, not %g Hz", format->sample_rate_hz);
	if (scan->partial)
		return error_config(error, "the recording declares its format twice");
	scan->format = *format;
	scan->layout = scan_layout(format);
	scan->channels = format->channel_count;
	activity_init(&scan->activity, format);
	size_t cell_bytes = CELL_FRAMES * scan->channels * sizeof *scan->partial;
	size_t margin = ((size_t)scan->layout.pre_cells * 2 + scan->layout.post_cells + 1) * CELL_FRAMES;
	scan->window_capacity = (size_t)(WINDOW_CAP_S * format->sample_rate_hz) + margin;
	scan->partial = malloc(cell_bytes);
	scan->history = malloc(cell_bytes * scan->layout.pre_cells);
	scan->history_frames = calloc(scan->layout.pre_cells, sizeof *scan->history_frames);
	scan->window = malloc(scan->window_capacity * scan->channels * sizeof *scan->window);
	if (!scan->partial || !scan->history || !scan->history_frames || !scan->window)
		return error_set(error, ERROR_BENCH, "out of memory for the scan");
	return scan->out.format(scan->out.self, format, &scan->layout, error);
}

static bool envelope_emit(struct scan *scan, struct error *error)
{
	struct envelope_cell *cell = &scan->envelope;
	if (cell->frames == 0)
		return true;
	for (unsigned c = 0; c < scan->channels; c++)
		cell->mean[c] = (float)((double)scan->envelope_sum[c] / cell->frames);
	bool ok = scan->out.envelope(scan->out.self, cell, error);
	*cell = (struct envelope_cell){0};
	memset(scan->envelope_sum, 0, sizeof scan->envelope_sum);
	return ok;
}

static bool envelope_add(struct scan *scan, uint64_t first_frame, size_t frames, const struct cell_stats *stats, struct error *error)
{
	struct envelope_cell *cell = &scan->envelope;
	bool fresh = cell->frames == 0;
	if (fresh) {
		cell->first_frame = first_frame;
		cell->gap = scan->after_gap && first_frame % scan->layout.envelope_frames != 0;
		scan->after_gap = false;
	}
	for (unsigned c = 0; c < scan->channels; c++) {
		if (fresh || stats->minimum[c] < cell->minimum[c])
			cell->minimum[c] = stats->minimum[c];
		if (fresh || stats->maximum[c] > cell->maximum[c])
			cell->maximum[c] = stats->maximum[c];
		scan->envelope_sum[c] += stats->sum[c];
	}
	cell->frames += (uint32_t)frames;
	if ((first_frame + frames) % scan->layout.envelope_frames == 0)
		return envelope_emit(scan, error);
	return true;
}

static void history_push(struct scan *scan, const int16_t *samples, size_t frames)
{
	unsigned slot = scan->history_next;
	memcpy(scan->history + (size_t)slot * CELL_FRAMES * scan->channels, samples, frames * scan->channels * sizeof *samples);
	scan->history_frames[slot] = frames;
	scan->history_next = (slot + 1) % scan->layout.pre_cells;
	if (scan->history_count < scan->layout.pre_cells)
		scan->history_count++;
}

static void window_append(struct scan *scan, const int16_t *samples, size_t frames)
{
	memcpy(scan->window + scan->window_frames * scan->channels, samples, frames * scan->channels * sizeof *samples);
	scan->window_frames += frames;
}

static bool window_emit(struct scan *scan, size_t frames, struct error *error)
{
	struct window window = {.first_frame = scan->window_first, .frames = frames, .samples = scan->window};
	return frames == 0 || scan->out.window(scan->out.self, &window, error);
}

/* Ends the window; the idle cells past its end stay as history for the next one. */
static bool window_close(struct scan *scan, struct error *error)
{
	size_t keep = scan->window_frames - scan->quiet_excess;
	if (!window_emit(scan, keep, error))
		return false;
	scan->history_count = scan->history_next = 0;
	for (size_t at = keep; at < scan->window_frames; at += CELL_FRAMES) {
		size_t frames = scan->window_frames - at;
		history_push(scan, scan->window + at * scan->channels, frames < CELL_FRAMES ? frames : CELL_FRAMES);
	}
	scan->open = false;
	return true;
}

static void window_open(struct scan *scan, uint64_t first_frame)
{
	scan->open = true;
	scan->window_frames = 0;
	unsigned pre = scan->layout.pre_cells;
	for (unsigned i = 0; i < scan->history_count; i++) {
		unsigned slot = (scan->history_next + pre - scan->history_count + i) % pre;
		window_append(scan, scan->history + (size_t)slot * CELL_FRAMES * scan->channels, scan->history_frames[slot]);
	}
	scan->window_first = first_frame - scan->window_frames;
	scan->history_count = scan->history_next = 0;
}

static bool window_take(struct scan *scan, uint64_t first_frame, const int16_t *samples, size_t frames, bool active, struct error *error)
{
	if (!scan->open)
		window_open(scan, first_frame);
	if (scan->window_frames + frames > scan->window_capacity) {
		size_t keep = scan->window_frames - scan->quiet_excess;
		if (!window_emit(scan, keep, error))
			return false;
		memmove(scan->window, scan->window + keep * scan->channels, scan->quiet_excess * scan->channels * sizeof *samples);
		scan->window_first += keep;
		scan->window_frames = scan->quiet_excess;
	}
	window_append(scan, samples, frames);
	if (active) {
		scan->quiet_cells = 0;
		scan->quiet_excess = 0;
		return true;
	}
	scan->quiet_cells++;
	if (scan->quiet_cells > scan->layout.post_cells)
		scan->quiet_excess += frames;
	if (scan->quiet_cells == scan->layout.post_cells + scan->layout.pre_cells)
		return window_close(scan, error);
	return true;
}

/* Moves the run, which ends at `end` inside the block, to the history. */
static void history_settle(struct scan *scan, const int16_t *end)
{
	size_t cells = scan->run < scan->layout.pre_cells ? scan->run : scan->layout.pre_cells;
	for (; cells > 0; cells--)
		history_push(scan, end - cells * CELL_FRAMES * scan->channels, CELL_FRAMES);
	scan->run = 0;
}

/* Takes one cell; in_block: it is a whole cell that lies in the block, where it stays readable until the block is done. */
static bool take_cell(struct scan *scan, uint64_t first_frame, const int16_t *samples, size_t frames, bool in_block, struct error *error)
{
	struct cell_stats stats;
	cell_stats_compute(samples, frames, scan->channels, &stats);
	bool active = activity_cell(&scan->activity, samples, frames, scan->channels, &stats);
	if (!envelope_add(scan, first_frame, frames, &stats, error))
		return false;
	if (active || scan->open) {
		if (!scan->open)
			history_settle(scan, samples);
		return window_take(scan, first_frame, samples, frames, active, error);
	}
	if (in_block)
		scan->run++;
	else
		history_push(scan, samples, frames);
	return true;
}

static bool flush_partial(struct scan *scan, struct error *error)
{
	size_t frames = scan->partial_frames;
	scan->partial_frames = 0;
	return frames == 0 || take_cell(scan, scan->next_frame - frames, scan->partial, frames, false, error);
}

static bool scan_block(void *self, const struct block *block, struct error *error)
{
	struct scan *scan = self;
	if (!scan->partial)
		return error_config(error, "the recording holds samples before it declares its format");
	if (scan->started && block->first_frame != scan->next_frame)
		return error_config(error, "a block begins at sample %llu, where sample %llu was due",
				    (unsigned long long)block->first_frame, (unsigned long long)scan->next_frame);
	if (!scan->started)
		scan->next_frame = block->first_frame;
	scan->started = true;
	const int16_t *samples = block->samples;
	size_t left = block->frames;
	while (left > 0) {
		size_t into = (size_t)(scan->next_frame % CELL_FRAMES), room = CELL_FRAMES - into;
		size_t frames = left < room ? left : room;
		bool whole = into == 0 && frames == CELL_FRAMES;
		if (whole) {
			if (!take_cell(scan, scan->next_frame, samples, frames, true, error))
				return false;
			scan->next_frame += frames;
		} else {
			history_settle(scan, samples);
			memcpy(scan->partial + scan->partial_frames * scan->channels, samples, frames * scan->channels * sizeof *samples);
			scan->partial_frames += frames;
			scan->next_frame += frames;
			if (frames == room && !flush_partial(scan, error))
				return false;
		}
		samples += frames * scan->channels;
		left -= frames;
	}
	history_settle(scan, samples);
	return true;
}

/* Ends everything in work at a place where the stream is interrupted or over. */
static bool cut(struct scan *scan, bool gap, struct error *error)
{
	if (!flush_partial(scan, error))
		return false;
	if (gap)
		scan->envelope.gap = true;
	if (!envelope_emit(scan, error))
		return false;
	scan->envelope.gap = false;
	if (scan->open && !window_close(scan, error))
		return false;
	scan->history_count = scan->history_next = 0;
	return true;
}

static bool scan_gap(void *self, const struct gap *gap, struct error *error)
{
	struct scan *scan = self;
	if (scan->started && gap->first_frame != scan->next_frame)
		return error_config(error, "a gap begins at sample %llu, where sample %llu was due", (unsigned long long)gap->first_frame,
				    (unsigned long long)scan->next_frame);
	if (!cut(scan, true, error))
		return false;
	activity_gap(&scan->activity);
	scan->after_gap = true;
	scan->started = true;
	scan->next_frame = gap->first_frame + gap->frames;
	return scan->out.gap(scan->out.self, gap, error);
}

static bool scan_edge(void *self, const struct edge *edge, struct error *error)
{
	struct scan *scan = self;
	return scan->out.edge(scan->out.self, edge, error);
}

static bool scan_event(void *self, const struct run_event *event, struct error *error)
{
	struct scan *scan = self;
	return scan->out.event(scan->out.self, event, error);
}

static bool scan_finish(void *self, struct error *error)
{
	struct scan *scan = self;
	return cut(scan, false, error) && scan->out.finish(scan->out.self, scan->next_frame, error);
}

struct scan *scan_create(const struct reduced_sink *out, struct error *error)
{
	struct scan *scan = calloc(1, sizeof *scan);
	if (!scan) {
		error_set(error, ERROR_BENCH, "out of memory for the scan");
		return NULL;
	}
	scan->out = *out;
	return scan;
}

void scan_destroy(struct scan *scan)
{
	if (!scan)
		return;
	free(scan->partial);
	free(scan->history);
	free(scan->history_frames);
	free(scan->window);
	free(scan);
}

struct recording_sink scan_sink(struct scan *scan)
{
	return (struct recording_sink){.self = scan,
				       .format = scan_format,
				       .block = scan_block,
				       .gap = scan_gap,
				       .edge = scan_edge,
				       .event = scan_event,
				       .finish = scan_finish};
}
