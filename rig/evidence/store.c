/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store.h"

#include <string.h>

#include "column.h"
#include "hdf5_error.h"

enum { CHECKPOINT_SAMPLE_CHUNKS = 16 };

struct store {
	char *path;
	hid_t file;
	struct recording_format format;
	bool formatted, finished, failed;
	struct column columns[COLUMN_COUNT];
	hid_t complete, total_frames; /* datasets: attributes cannot be made while SWMR is on */
	uint64_t flushed_cell_chunks, flushed_sample_chunks;
	uint64_t next_window_frame, next_cell_frame;
};

static bool fail(struct store *store, struct error *error)
{
	store->failed = true;
	return error_prefix(error, "%s", store->path);
}

static hid_t create_file(const char *path)
{
	auto_hdf5 hid_t access = H5Pcreate(H5P_FILE_ACCESS);
	auto_hdf5 hid_t creation = H5Pcreate(H5P_FILE_CREATE);
	/* SWMR needs the latest format; a file system without locks is no reason to refuse. */
	if (access < 0 || H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST) < 0 ||
	    H5Pset_file_locking(access, true, true) < 0 || H5Pset_obj_track_times(creation, false) < 0)
		return -1;
	return H5Fcreate(path, H5F_ACC_TRUNC, creation, access);
}

struct store *store_create(const char *path, struct error *error)
{
	hdf5_quiet();
	auto_store struct store *store = calloc(1, sizeof *store);
	if (store)
		*store = (struct store){.file = -1, .complete = -1, .total_frames = -1, .path = strdup(path)};
	if (!store || !store->path) {
		error_bench(error, "%s: out of memory", path);
		return NULL;
	}
	store->file = create_file(path);
	if (store->file < 0) {
		hdf5_error(error, ERROR_BENCH, "%s: cannot create the recording", path);
		return NULL;
	}
	return steal(&store);
}

static bool put_attribute(hid_t file, const char *name, hid_t type, const void *value)
{
	auto_hdf5 hid_t space = H5Screate(H5S_SCALAR);
	auto_hdf5 hid_t attribute = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
	return attribute >= 0 && H5Awrite(attribute, type, value) >= 0;
}

static bool put_attributes(hid_t file, const struct recording_format *format, const struct reduced_layout *layout)
{
	auto_hdf5 hid_t string = store_string_type(sizeof STORE_SCHEMA);
	return put_attribute(file, "schema", string, STORE_SCHEMA) &&
	       put_attribute(file, "sample_rate_hz", H5T_NATIVE_DOUBLE, &format->sample_rate_hz) &&
	       put_attribute(file, "u_clock_rel", H5T_NATIVE_DOUBLE, &format->u_clock_rel) &&
	       put_attribute(file, "logic_rate_hz", H5T_NATIVE_DOUBLE, &format->logic_rate_hz) &&
	       put_attribute(file, "u_logic_clock_rel", H5T_NATIVE_DOUBLE, &format->u_logic_clock_rel) &&
	       put_attribute(file, "cell_frames", H5T_NATIVE_UINT32, &layout->cell_frames) &&
	       put_attribute(file, "envelope_frames", H5T_NATIVE_UINT32, &layout->envelope_frames) &&
	       put_attribute(file, "pre_cells", H5T_NATIVE_UINT32, &layout->pre_cells) &&
	       put_attribute(file, "post_cells", H5T_NATIVE_UINT32, &layout->post_cells);
}

static bool set_storage(hid_t properties, const hsize_t *chunk)
{
	if (chunk)
		return H5Pset_chunk(properties, 1, chunk) >= 0 && H5Pset_fletcher32(properties) >= 0;
	return H5Pset_alloc_time(properties, H5D_ALLOC_TIME_EARLY) >= 0;
}

/* A dataset of count elements: with a checksum, or plain and allocated now so that it can be overwritten under SWMR. -1 on failure. */
static hid_t put_dataset(hid_t file, const char *name, hid_t memory_type, size_t count, const void *value, bool checksum)
{
	const hsize_t size[1] = {count};
	auto_hdf5 hid_t space = H5Screate_simple(1, size, NULL);
	auto_hdf5 hid_t type = store_file_type(memory_type);
	auto_hdf5 hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
	if (properties < 0 || !set_storage(properties, checksum ? size : NULL) || H5Pset_obj_track_times(properties, false) < 0)
		return -1;
	auto_hdf5 hid_t dataset = H5Dcreate2(file, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
	if (dataset < 0 || H5Dwrite(dataset, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) < 0)
		return -1;
	hid_t kept = dataset;
	dataset = -1;
	return kept;
}

static bool put_group(hid_t file, const char *name)
{
	auto_hdf5 hid_t properties = H5Pcreate(H5P_GROUP_CREATE);
	if (properties < 0 || H5Pset_obj_track_times(properties, false) < 0)
		return false;
	auto_hdf5 hid_t group = H5Gcreate2(file, name, H5P_DEFAULT, properties, H5P_DEFAULT);
	return group >= 0;
}

static bool put_head(struct store *store, const struct reduced_layout *layout)
{
	auto_hdf5 hid_t channel_type = store_channel_type();
	auto_hdf5 hid_t bool_type = element_memory_type(ELEMENT_BOOL);
	const bool complete = false;
	const uint64_t total_frames = 0;
	auto_hdf5 hid_t channels =
		put_dataset(store->file, "channels", channel_type, store->format.channel_count, store->format.channels, true);
	store->complete = put_dataset(store->file, "complete", bool_type, 1, &complete, false);
	store->total_frames = put_dataset(store->file, "total_frames", H5T_NATIVE_UINT64, 1, &total_frames, false);
	return channels >= 0 && store->complete >= 0 && store->total_frames >= 0 && put_attributes(store->file, &store->format, layout) &&
	       put_group(store->file, "windows") && put_group(store->file, "envelope");
}

static bool store_format_push(void *self, const struct recording_format *format, const struct reduced_layout *layout, struct error *error)
{
	struct store *store = self;
	hdf5_quiet();
	if (store->formatted || format->channel_count < 1 || format->channel_count > RECORDING_MAX_CHANNELS) {
		error_bench(error, "a recording needs one format of 1 to %d channels", RECORDING_MAX_CHANNELS);
		return fail(store, error);
	}
	store->format = *format;
	if (!put_head(store, layout)) {
		hdf5_error(error, ERROR_BENCH, "cannot write the head of the recording");
		return fail(store, error);
	}
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		if (!column_create(&store->columns[i], store->file, &store_columns[i], format->channel_count, error))
			return fail(store, error);
	if (H5Fstart_swmr_write(store->file) < 0) {
		hdf5_error(error, ERROR_BENCH, "cannot write for readers of a growing file (SWMR)");
		return fail(store, error);
	}
	store->formatted = true;
	return true;
}

/* What is ready goes to the file, the order of items last, so that a reader never sees an item whose data are not there. */
static bool write_columns(struct store *store, enum column_id first, struct error *error)
{
	for (size_t i = first; i < COLUMN_COUNT; i++)
		if (!column_write(&store->columns[i], error))
			return false;
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		if (!column_flush(&store->columns[i], error))
			return false;
	return true;
}

/*
 * Every chunk of envelope (some eight seconds) or sixteen chunks of samples. Samples are written as whole chunks only: rewriting a compressed chunk under
 * SWMR moves it and leaves a hole.
 */
static bool checkpoint(struct store *store, struct error *error)
{
	uint64_t cell_chunks = store->columns[COLUMN_CELL_FIRST_FRAME].chunks;
	uint64_t sample_chunks = store->columns[COLUMN_SAMPLES].chunks;
	if (cell_chunks == store->flushed_cell_chunks && sample_chunks < store->flushed_sample_chunks + CHECKPOINT_SAMPLE_CHUNKS)
		return true;
	store->flushed_cell_chunks = cell_chunks;
	store->flushed_sample_chunks = sample_chunks;
	return write_columns(store, COLUMN_SAMPLES + 1, error);
}

static bool append(struct store *store, enum column_id column, const void *rows, size_t count, struct error *error)
{
	return column_append(&store->columns[column], rows, count, error);
}

static bool can_push(struct store *store, struct error *error)
{
	hdf5_quiet();
	if (store->formatted && !store->finished && !store->failed)
		return true;
	error_bench(error, store->failed ? "not written after an earlier failure" : "a call out of turn");
	return false;
}

/* Notes what came in; the last step of every push. */
static bool settle(struct store *store, bool appended, enum store_item item, struct error *error)
{
	uint8_t kind = (uint8_t)item;
	if (appended && append(store, COLUMN_ORDER, &kind, 1, error) && checkpoint(store, error))
		return true;
	return fail(store, error);
}

static bool in_order(uint64_t first_frame, uint64_t frames, uint64_t *next_frame, const char *what, struct error *error)
{
	if (first_frame < *next_frame)
		return error_bench(error, "%s at frame %llu comes after one that reaches to frame %llu", what,
				   (unsigned long long)first_frame, (unsigned long long)*next_frame);
	*next_frame = first_frame + frames;
	return true;
}

static bool store_window_push(void *self, const struct window *window, struct error *error)
{
	struct store *store = self;
	if (!can_push(store, error))
		return fail(store, error);
	uint64_t offset = column_rows(&store->columns[COLUMN_SAMPLES]), frames = window->frames;
	bool appended = in_order(window->first_frame, frames, &store->next_window_frame, "a window", error) &&
			append(store, COLUMN_SAMPLES, window->samples, window->frames, error) &&
			append(store, COLUMN_WINDOW_FIRST_FRAME, &window->first_frame, 1, error) &&
			append(store, COLUMN_WINDOW_OFFSET, &offset, 1, error) && append(store, COLUMN_WINDOW_FRAMES, &frames, 1, error);
	return settle(store, appended, ITEM_WINDOW, error);
}

static bool store_envelope_push(void *self, const struct envelope_cell *cell, struct error *error)
{
	struct store *store = self;
	if (!can_push(store, error))
		return fail(store, error);
	bool appended =
		in_order(cell->first_frame, cell->frames, &store->next_cell_frame, "an envelope cell", error) &&
		append(store, COLUMN_CELL_FRAMES, &cell->frames, 1, error) && append(store, COLUMN_CELL_GAP, &cell->gap, 1, error) &&
		append(store, COLUMN_CELL_MINIMUM, cell->minimum, 1, error) &&
		append(store, COLUMN_CELL_MAXIMUM, cell->maximum, 1, error) && append(store, COLUMN_CELL_MEAN, cell->mean, 1, error) &&
		append(store, COLUMN_CELL_FIRST_FRAME, &cell->first_frame, 1, error);
	return settle(store, appended, ITEM_ENVELOPE, error);
}

static bool push_row(struct store *store, enum column_id column, const void *row, enum store_item item, struct error *error)
{
	if (!can_push(store, error))
		return fail(store, error);
	return settle(store, append(store, column, row, 1, error), item, error);
}

static bool store_gap_push(void *self, const struct gap *gap, struct error *error)
{
	return push_row(self, COLUMN_GAPS, gap, ITEM_GAP, error);
}

static bool store_edge_push(void *self, const struct edge *edge, struct error *error)
{
	return push_row(self, COLUMN_EDGES, edge, ITEM_EDGE, error);
}

static bool store_event_push(void *self, const struct run_event *event, struct error *error)
{
	return push_row(self, COLUMN_EVENTS, event, ITEM_EVENT, error);
}

/*
 * Closes every object of the file, then the file; false when anything could not be written. A file that failed is left open until the process ends:
 * HDF5 1.10 frees half of what it cannot write when it is closed, and crashes at its next look at it.
 */
static bool close_file(struct store *store)
{
	bool abandon = store->file >= 0 && H5Fflush(store->file, H5F_SCOPE_LOCAL) < 0;
	bool closed = !abandon;
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		column_finish(&store->columns[i], abandon);
	if (!abandon) {
		hdf5_close(store->complete);
		hdf5_close(store->total_frames);
		closed = store->file < 0 || H5Fclose(store->file) >= 0;
	}
	store->file = store->complete = store->total_frames = -1;
	return closed;
}

static bool store_finish_push(void *self, uint64_t total_frames, struct error *error)
{
	struct store *store = self;
	const uint8_t complete = true;
	if (!can_push(store, error) || !write_columns(store, COLUMN_SAMPLES, error))
		return fail(store, error);
	auto_hdf5 hid_t bool_type = element_memory_type(ELEMENT_BOOL);
	if (H5Dwrite(store->total_frames, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, &total_frames) < 0 ||
	    H5Dwrite(store->complete, bool_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &complete) < 0 || !close_file(store)) {
		hdf5_error(error, ERROR_BENCH, "cannot finish the recording");
		return fail(store, error);
	}
	store->finished = true;
	return true;
}

struct reduced_sink store_sink(struct store *store)
{
	return (struct reduced_sink){
		.self = store,
		.format = store_format_push,
		.window = store_window_push,
		.envelope = store_envelope_push,
		.gap = store_gap_push,
		.edge = store_edge_push,
		.event = store_event_push,
		.finish = store_finish_push,
	};
}

void store_destroy(struct store *store)
{
	if (!store)
		return;
	hdf5_quiet();
	/* An unfinished recording keeps what it has; that it cannot be written either was reported by the push that found it. */
	if (store->formatted && !store->finished && !store->failed)
		store->failed = !write_columns(store, COLUMN_SAMPLES, NULL);
	close_file(store);
	free(store->path);
	free(store);
}
