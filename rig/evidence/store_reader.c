/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "hdf5_error.h"
#include "row_reader.h"
#include "store.h"
#include "store_format.h"
#include "store_guard.h"
#include "store_objects.h"

/*
 * Attempts at a piece of metadata that fails its checksum, because the writer was just at it or because it is damaged. HDF5 doubles its pause after
 * each, so that its 100 attempts in SWMR never end on a damaged file.
 */
enum { READ_ATTEMPTS = 22, MAX_CELL_FRAMES = 1 << 24 };
/* The scan cuts windows after a quarter of a second (rig/measure/scan.c); that is at 67 MSa/s. */
enum { MAX_WINDOW_FRAMES = 1 << 24 };

/* No ADC is that slow, or that fast. */
static const double MIN_RATE_HZ = 1e-3, MAX_RATE_HZ = 1e12;

struct store_reader {
	char *path;
	hid_t file;
	uint64_t file_bytes;
	struct recording_format format;
	struct reduced_layout layout;
	bool complete;
	uint64_t total_frames;
	struct row_reader rows[COLUMN_COUNT];
	uint64_t windows, cells;                              /* of which everything is there */
	uint64_t next_window_frame, next_cell_frame, gap_end; /* while it is replayed */
	int16_t *samples;
	size_t samples_capacity; /* int16 */
};

static bool damaged(struct store_reader *reader, struct error *error, const char *what)
{
	return hdf5_error(error, ERROR_CONFIG, "%s: damaged recording, cannot read %s", reader->path, what);
}

static bool read_schema(struct store_reader *reader, struct error *error)
{
	char schema[64] = "";
	auto_hdf5 hid_t string = store_string_type(sizeof schema);
	if (H5Aexists(reader->file, "schema") <= 0 || !store_guard_attribute(reader->file, "schema", string, schema)) {
		H5Eclear2(H5E_DEFAULT);
		return error_config(error, "%s: an HDF5 file, but not a recording of tmsrig (its attribute schema would say \"%s\")",
				    reader->path, STORE_SCHEMA);
	}
	schema[sizeof schema - 1] = '\0';
	if (strcmp(schema, STORE_SCHEMA) != 0)
		return error_config(error, "%s: schema \"%s\" cannot be read, only \"%s\"", reader->path, schema, STORE_SCHEMA);
	return true;
}

static bool read_layout(struct store_reader *reader, struct error *error)
{
	struct reduced_layout *layout = &reader->layout;
	struct recording_format *format = &reader->format;
	if (!store_guard_attribute(reader->file, "sample_rate_hz", H5T_NATIVE_DOUBLE, &format->sample_rate_hz) ||
	    !store_guard_attribute(reader->file, "u_clock_rel", H5T_NATIVE_DOUBLE, &format->u_clock_rel) ||
	    !store_guard_attribute(reader->file, "cell_frames", H5T_NATIVE_UINT32, &layout->cell_frames) ||
	    !store_guard_attribute(reader->file, "envelope_frames", H5T_NATIVE_UINT32, &layout->envelope_frames) ||
	    !store_guard_attribute(reader->file, "pre_cells", H5T_NATIVE_UINT32, &layout->pre_cells) ||
	    !store_guard_attribute(reader->file, "post_cells", H5T_NATIVE_UINT32, &layout->post_cells))
		return damaged(reader, error, "the attributes");
	/* Recordings of before the logic analyser's clock was looked at have none of these. */
	if (H5Aexists(reader->file, "logic_rate_hz") > 0 &&
	    (!store_guard_attribute(reader->file, "logic_rate_hz", H5T_NATIVE_DOUBLE, &format->logic_rate_hz) ||
	     !store_guard_attribute(reader->file, "u_logic_clock_rel", H5T_NATIVE_DOUBLE, &format->u_logic_clock_rel)))
		return damaged(reader, error, "the attributes of the logic analyser");
	if (!(format->sample_rate_hz > MIN_RATE_HZ && format->sample_rate_hz < MAX_RATE_HZ) || layout->cell_frames == 0 ||
	    layout->cell_frames > MAX_CELL_FRAMES || layout->envelope_frames == 0 || layout->envelope_frames > MAX_CELL_FRAMES)
		return error_config(error, "%s: damaged recording, impossible sample rate or cell size", reader->path);
	return true;
}

static bool read_channels(struct store_reader *reader, struct error *error)
{
	auto_hdf5 hid_t type = store_channel_type();
	auto_hdf5 hid_t dataset = store_guard_open(reader->file, reader->path, "channels", reader->file_bytes, H5P_DEFAULT, error);
	if (dataset < 0)
		return false;
	auto_hdf5 hid_t space = H5Dget_space(dataset);
	hssize_t count = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
	if (count < 1 || count > RECORDING_MAX_CHANNELS ||
	    H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, reader->format.channels) < 0)
		return damaged(reader, error, "the channels");
	reader->format.channel_count = (unsigned)count;
	for (unsigned c = 0; c < reader->format.channel_count; c++) {
		struct channel *channel = &reader->format.channels[c];
		channel->name[sizeof channel->name - 1] = channel->unit[sizeof channel->unit - 1] = '\0';
		channel->sensor[sizeof channel->sensor - 1] = '\0';
		if ((unsigned)channel->role > CHANNEL_OTHER || !isfinite(channel->scale) || !isfinite(channel->offset))
			return error_config(error, "%s: damaged recording, impossible channel %u", reader->path, c);
	}
	return true;
}

static bool get_scalar(const struct store_reader *reader, const char *name, hid_t type, void *value, struct error *error)
{
	auto_hdf5 hid_t dataset = store_guard_open(reader->file, reader->path, name, reader->file_bytes, H5P_DEFAULT, error);
	auto_hdf5 hid_t space = dataset < 0 ? -1 : H5Dget_space(dataset);
	if (dataset < 0)
		return false;
	return (space >= 0 && H5Sget_simple_extent_npoints(space) == 1 &&
		H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >= 0) ||
	       hdf5_error(error, ERROR_CONFIG, "%s: damaged recording, cannot read %s", reader->path, name);
}

static bool read_completeness(struct store_reader *reader, struct error *error)
{
	uint8_t complete = 0;
	auto_hdf5 hid_t bool_type = element_memory_type(ELEMENT_BOOL);
	if (!get_scalar(reader, "complete", bool_type, &complete, error) ||
	    !get_scalar(reader, "total_frames", H5T_NATIVE_UINT64, &reader->total_frames, error))
		return false;
	reader->complete = complete == 1;
	return true;
}

static uint64_t fewest(const struct store_reader *reader, enum column_id first, enum column_id last)
{
	uint64_t count = reader->rows[first].count;
	for (size_t i = (size_t)first + 1; i <= last; i++)
		count = reader->rows[i].count < count ? reader->rows[i].count : count;
	return count;
}

/* A store that was cut off may have the index of windows whose samples never came: they do not count. */
static bool count_items(struct store_reader *reader, struct error *error)
{
	reader->cells = fewest(reader, COLUMN_CELL_FIRST_FRAME, COLUMN_CELL_MEAN);
	uint64_t indexed = fewest(reader, COLUMN_WINDOW_FIRST_FRAME, COLUMN_WINDOW_FRAMES);
	for (reader->windows = indexed; reader->windows > 0; reader->windows--) {
		const uint64_t *offset = row_reader_at(&reader->rows[COLUMN_WINDOW_OFFSET], reader->windows - 1, error);
		const uint64_t *frames = offset ? row_reader_at(&reader->rows[COLUMN_WINDOW_FRAMES], reader->windows - 1, error) : NULL;
		if (!frames)
			return false;
		uint64_t rows = reader->rows[COLUMN_SAMPLES].count;
		if (*offset <= rows && *frames <= rows - *offset)
			break;
	}
	if (reader->complete && reader->windows != indexed)
		return error_config(error, "%s: damaged recording, the samples of its last windows are not there", reader->path);
	return true;
}

static bool open_file(struct store_reader *reader, struct error *error)
{
	bool open_for_writing = false;
	if (!store_guard_inspect(reader->path, &open_for_writing, &reader->file_bytes, error))
		return false;
	auto_hdf5 hid_t access = H5Pcreate(H5P_FILE_ACCESS);
	if (access < 0 || H5Pset_file_locking(access, true, true) < 0 || H5Pset_metadata_read_attempts(access, READ_ATTEMPTS) < 0)
		return hdf5_error(error, ERROR_BENCH, "%s: cannot open the recording", reader->path);
	reader->file = H5Fopen(reader->path, open_for_writing ? H5F_ACC_RDONLY | H5F_ACC_SWMR_READ : H5F_ACC_RDONLY, access);
	if (reader->file < 0)
		return hdf5_error(error, ERROR_CONFIG, "%s: damaged recording, cannot open it", reader->path);
	return true;
}

static bool load(struct store_reader *reader, struct error *error)
{
	if (!open_file(reader, error) || !read_schema(reader, error) || !store_objects_check(reader->file, reader->path, error) ||
	    !read_completeness(reader, error) || !read_layout(reader, error) || !read_channels(reader, error))
		return false;
	/* The order of items first: it is written last, so the columns opened after it hold every item it shows. */
	for (size_t i = COLUMN_COUNT; i-- > 0;)
		if (!row_reader_open(&reader->rows[i], reader->file, reader->path, reader->file_bytes, &store_columns[i],
				     reader->format.channel_count, error))
			return false;
	return count_items(reader, error);
}

struct store_reader *store_open(const char *path, struct error *error)
{
	hdf5_quiet();
	auto_store_reader struct store_reader *reader = calloc(1, sizeof *reader);
	if (!reader || !(reader->path = strdup(path))) {
		error_bench(error, "%s: out of memory", path);
		return NULL;
	}
	reader->file = -1;
	return load(reader, error) ? steal(&reader) : NULL;
}

void store_close(struct store_reader *reader)
{
	if (!reader)
		return;
	hdf5_quiet();
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		row_reader_close(&reader->rows[i]);
	hdf5_close(reader->file);
	free(reader->samples);
	free(reader->path);
	free(reader);
}

const struct recording_format *store_format(const struct store_reader *reader)
{
	return &reader->format;
}

const struct reduced_layout *store_layout(const struct store_reader *reader)
{
	return &reader->layout;
}

bool store_complete(const struct store_reader *reader)
{
	return reader->complete;
}

uint64_t store_total_frames(const struct store_reader *reader)
{
	return reader->total_frames;
}

size_t store_window_count(const struct store_reader *reader)
{
	return reader->windows;
}

size_t store_envelope_count(const struct store_reader *reader)
{
	return reader->cells;
}

static bool reserve_samples(struct store_reader *reader, uint64_t frames, struct error *error)
{
	uint64_t need = frames * reader->format.channel_count;
	if (need <= reader->samples_capacity)
		return true;
	int16_t *samples = need > SIZE_MAX / sizeof *samples ? NULL : realloc(reader->samples, need * sizeof *samples);
	if (!samples)
		return error_bench(error, "%s: no memory for a window of %" PRIu64 " frames", reader->path, frames);
	reader->samples = samples;
	reader->samples_capacity = need;
	return true;
}

bool store_window(struct store_reader *reader, size_t index, struct window *window, struct error *error)
{
	hdf5_quiet();
	if (index >= reader->windows)
		return error_config(error, "%s: no window %zu, there are %" PRIu64, reader->path, index, reader->windows);
	const uint64_t *first_frame = row_reader_at(&reader->rows[COLUMN_WINDOW_FIRST_FRAME], index, error);
	const uint64_t *offset = first_frame ? row_reader_at(&reader->rows[COLUMN_WINDOW_OFFSET], index, error) : NULL;
	const uint64_t *frames = offset ? row_reader_at(&reader->rows[COLUMN_WINDOW_FRAMES], index, error) : NULL;
	if (!frames)
		return false;
	uint64_t rows = reader->rows[COLUMN_SAMPLES].count;
	if (*offset > rows || *frames > rows - *offset)
		return error_config(error, "%s: damaged recording, samples of window %zu are not there", reader->path, index);
	if (*frames > MAX_WINDOW_FRAMES)
		return error_config(error, "%s: damaged recording, window %zu would have %" PRIu64 " frames", reader->path, index, *frames);
	if (!reserve_samples(reader, *frames, error) ||
	    (*frames > 0 && !row_reader_read(&reader->rows[COLUMN_SAMPLES], *offset, *frames, reader->samples, error)))
		return false;
	*window = (struct window){.first_frame = *first_frame, .frames = *frames, .samples = reader->samples};
	return true;
}

int64_t store_find_window(const struct store_reader *reader, uint64_t frame)
{
	/* The blocks in memory are a cache: looking something up does not change the reader for its user. */
	struct store_reader *cache = (struct store_reader *)reader;
	hdf5_quiet();
	uint64_t low = 0, high = reader->windows;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		const uint64_t *first_frame = row_reader_at(&cache->rows[COLUMN_WINDOW_FIRST_FRAME], middle, NULL);
		if (!first_frame)
			return -1;
		if (*first_frame <= frame)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return -1;
	const uint64_t *first_frame = row_reader_at(&cache->rows[COLUMN_WINDOW_FIRST_FRAME], low - 1, NULL);
	const uint64_t *frames = row_reader_at(&cache->rows[COLUMN_WINDOW_FRAMES], low - 1, NULL);
	return first_frame && frames && frame - *first_frame < *frames ? (int64_t)low - 1 : -1;
}

bool store_envelope(struct store_reader *reader, size_t index, struct envelope_cell *cell, struct error *error)
{
	hdf5_quiet();
	if (index >= reader->cells)
		return error_config(error, "%s: no envelope cell %zu, there are %" PRIu64, reader->path, index, reader->cells);
	const void *rows[COLUMN_CELL_MEAN - COLUMN_CELL_FIRST_FRAME + 1];
	for (size_t i = COLUMN_CELL_FIRST_FRAME; i <= COLUMN_CELL_MEAN; i++)
		if (!(rows[i - COLUMN_CELL_FIRST_FRAME] = row_reader_at(&reader->rows[i], index, error)))
			return false;
	unsigned channels = reader->format.channel_count;
	memset(cell, 0, sizeof *cell);
	memcpy(&cell->first_frame, rows[0], sizeof cell->first_frame);
	memcpy(&cell->frames, rows[COLUMN_CELL_FRAMES - COLUMN_CELL_FIRST_FRAME], sizeof cell->frames);
	cell->gap = *(const uint8_t *)rows[COLUMN_CELL_GAP - COLUMN_CELL_FIRST_FRAME] == 1;
	memcpy(cell->minimum, rows[COLUMN_CELL_MINIMUM - COLUMN_CELL_FIRST_FRAME], channels * sizeof cell->minimum[0]);
	memcpy(cell->maximum, rows[COLUMN_CELL_MAXIMUM - COLUMN_CELL_FIRST_FRAME], channels * sizeof cell->maximum[0]);
	memcpy(cell->mean, rows[COLUMN_CELL_MEAN - COLUMN_CELL_FIRST_FRAME], channels * sizeof cell->mean[0]);
	return true;
}

/* The samples of a window follow those of the one before: none is told twice. */
static bool is_next(struct store_reader *reader, uint64_t index, struct error *error)
{
	uint64_t end = 0;
	if (index > 0) {
		const uint64_t *before = row_reader_at(&reader->rows[COLUMN_WINDOW_OFFSET], index - 1, error);
		const uint64_t *frames = before ? row_reader_at(&reader->rows[COLUMN_WINDOW_FRAMES], index - 1, error) : NULL;
		if (!frames)
			return false;
		end = *before + *frames;
	}
	const uint64_t *offset = row_reader_at(&reader->rows[COLUMN_WINDOW_OFFSET], index, error);
	return offset &&
	       (*offset == end ||
		error_config(error, "%s: damaged recording, the samples of window %" PRIu64 " do not follow those of the one before",
			     reader->path, index));
}

static bool replay_window(struct store_reader *reader, uint64_t index, const struct reduced_sink *sink, struct error *error)
{
	struct window window = {0};
	if (!is_next(reader, index, error))
		return false;
	if (!sink->window)
		return true;
	if (!store_window(reader, index, &window, error))
		return false;
	if (window.first_frame < reader->next_window_frame || window.frames > UINT64_MAX - window.first_frame)
		return error_config(error, "%s: damaged recording, window %" PRIu64 " begins before the one before it ends", reader->path,
				    index);
	reader->next_window_frame = window.first_frame + window.frames;
	return sink->window(sink->self, &window, error);
}

static bool replay_envelope(struct store_reader *reader, uint64_t index, const struct reduced_sink *sink, struct error *error)
{
	struct envelope_cell cell = {0};
	if (!store_envelope(reader, index, &cell, error))
		return false;
	if (cell.first_frame < reader->next_cell_frame || cell.frames > UINT64_MAX - cell.first_frame)
		return error_config(error, "%s: damaged recording, envelope cell %" PRIu64 " begins before the one before it ends",
				    reader->path, index);
	reader->next_cell_frame = cell.first_frame + cell.frames;
	return !sink->envelope || sink->envelope(sink->self, &cell, error);
}

static bool replay_gap(struct store_reader *reader, uint64_t index, const struct reduced_sink *sink, struct error *error)
{
	const struct gap *gap = row_reader_at(&reader->rows[COLUMN_GAPS], index, error);
	if (!gap)
		return false;
	if ((unsigned)gap->cause >= GAP_CAUSE_COUNT)
		return error_config(error, "%s: damaged recording, gap %" PRIu64 " has an unknown cause", reader->path, index);
	if (gap->frames > UINT64_MAX - gap->first_frame)
		return error_config(error, "%s: damaged recording, gap %" PRIu64 " does not end", reader->path, index);
	if (gap->first_frame + gap->frames > reader->gap_end)
		reader->gap_end = gap->first_frame + gap->frames;
	return !sink->gap || sink->gap(sink->self, gap, error);
}

static bool replay_edge(struct store_reader *reader, uint64_t index, const struct reduced_sink *sink, struct error *error)
{
	const struct edge *edge = row_reader_at(&reader->rows[COLUMN_EDGES], index, error);
	if (!edge)
		return false;
	if ((unsigned)edge->line >= LOGIC_LINE_COUNT)
		return error_config(error, "%s: damaged recording, edge %" PRIu64 " is of an unknown line", reader->path, index);
	return !sink->edge || sink->edge(sink->self, edge, error);
}

static bool replay_event(struct store_reader *reader, uint64_t index, const struct reduced_sink *sink, struct error *error)
{
	const struct run_event *event = row_reader_at(&reader->rows[COLUMN_EVENTS], index, error);
	if (!event)
		return false;
	if ((unsigned)event->kind >= EVENT_KIND_COUNT)
		return error_config(error, "%s: damaged recording, event %" PRIu64 " is of an unknown kind", reader->path, index);
	return !sink->event || sink->event(sink->self, event, error);
}

static uint64_t items_there(const struct store_reader *reader, enum store_item item)
{
	switch (item) {
	case ITEM_WINDOW: return reader->windows;
	case ITEM_ENVELOPE: return reader->cells;
	case ITEM_GAP: return reader->rows[COLUMN_GAPS].count;
	case ITEM_EDGE: return reader->rows[COLUMN_EDGES].count;
	case ITEM_EVENT: return reader->rows[COLUMN_EVENTS].count;
	case ITEM_KIND_COUNT: break;
	}
	return 0;
}

static bool replay_item(struct store_reader *reader, enum store_item item, uint64_t index, const struct reduced_sink *sink,
			struct error *error)
{
	switch (item) {
	case ITEM_WINDOW: return replay_window(reader, index, sink, error);
	case ITEM_ENVELOPE: return replay_envelope(reader, index, sink, error);
	case ITEM_GAP: return replay_gap(reader, index, sink, error);
	case ITEM_EDGE: return replay_edge(reader, index, sink, error);
	case ITEM_EVENT: return replay_event(reader, index, sink, error);
	case ITEM_KIND_COUNT: break;
	}
	return error_config(error, "%s: damaged recording, an item of unknown kind", reader->path);
}

bool store_check_end(const struct store_reader *reader, struct error *error)
{
	uint64_t end = reader->next_cell_frame > reader->next_window_frame ? reader->next_cell_frame : reader->next_window_frame;
	end = reader->gap_end > end ? reader->gap_end : end;
	return reader->total_frames <= end ||
	       error_config(error, "%s: damaged recording, it would end at frame %" PRIu64 ", but what is in it ends at %" PRIu64,
			    reader->path, reader->total_frames, end);
}

bool store_replay(struct store_reader *reader, const struct reduced_sink *sink, struct error *error)
{
	uint64_t next[ITEM_KIND_COUNT] = {0};
	hdf5_quiet();
	reader->next_cell_frame = reader->next_window_frame = reader->gap_end = 0;
	if (sink->format && !sink->format(sink->self, &reader->format, &reader->layout, error))
		return false;
	for (uint64_t i = 0; i < reader->rows[COLUMN_ORDER].count; i++) {
		const uint8_t *kind = row_reader_at(&reader->rows[COLUMN_ORDER], i, error);
		if (!kind)
			return false;
		if (*kind >= ITEM_KIND_COUNT)
			return error_config(error, "%s: damaged recording, item %" PRIu64 " is of unknown kind", reader->path, i);
		enum store_item item = (enum store_item) * kind;
		if (next[item] >= items_there(reader, item)) {
			/* Where an unfinished store was cut off. */
			if (!reader->complete)
				return true;
			return error_config(error, "%s: damaged recording, item %" PRIu64 " is not there", reader->path, i);
		}
		if (!replay_item(reader, item, next[item]++, sink, error))
			return false;
	}
	for (int item = 0; reader->complete && item < ITEM_KIND_COUNT; item++)
		if (next[item] != items_there(reader, (enum store_item)item))
			return error_config(error, "%s: damaged recording, data without a place in the order of items", reader->path);
	return !reader->complete || !sink->finish || sink->finish(sink->self, reader->total_frames, error);
}
