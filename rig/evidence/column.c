/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "column.h"

#include <string.h>

#include "hdf5_error.h"

enum { DEFLATE_LEVEL = 1, CACHED_CHUNKS = 2, CACHE_SLOTS = 101 };

static hid_t creation_properties(const struct column_spec *spec)
{
	/* A chunk a channel: each channel by itself compresses better and faster than the interleaved samples. */
	const hsize_t chunk[2] = {spec->chunk_rows, 1};
	hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
	if (properties < 0)
		return -1;
	/* No time stamps: the same recording gives the same bytes. */
	if (H5Pset_chunk(properties, spec->per_channel ? 2 : 1, chunk) < 0 || H5Pset_shuffle(properties) < 0 ||
	    H5Pset_deflate(properties, DEFLATE_LEVEL) < 0 || H5Pset_fletcher32(properties) < 0 ||
	    H5Pset_obj_track_times(properties, false) < 0) {
		hdf5_close(properties);
		return -1;
	}
	return properties;
}

bool column_create(struct column *column, hid_t file, const struct column_spec *spec, unsigned channels, struct error *error)
{
	unsigned width = spec->per_channel ? channels : 1;
	*column = (struct column){.spec = spec, .dataset = -1, .memory_type = element_memory_type(spec->element), .width = width};
	column->row_size = width * element_size(spec->element);
	column->rows = calloc(spec->chunk_rows, column->row_size);
	if (!column->rows)
		return error_bench(error, "%s: out of memory", spec->path);
	const hsize_t size[2] = {0, width}, limit[2] = {H5S_UNLIMITED, width};
	auto_hdf5 hid_t space = H5Screate_simple(spec->per_channel ? 2 : 1, size, limit);
	auto_hdf5 hid_t file_type = store_file_type(column->memory_type);
	auto_hdf5 hid_t creation = creation_properties(spec);
	auto_hdf5 hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
	H5Pset_chunk_cache(access, CACHE_SLOTS, CACHED_CHUNKS * spec->chunk_rows * column->row_size, 1.0);
	column->dataset = H5Dcreate2(file, spec->path, file_type, space, H5P_DEFAULT, creation, access);
	if (column->dataset < 0)
		return hdf5_error(error, ERROR_BENCH, "cannot create %s", spec->path);
	return true;
}

static bool write_channel(const struct column *column, unsigned channel)
{
	const hsize_t start[2] = {column->base + column->written, channel}, count[2] = {column->filled - column->written, 1};
	const size_t size = element_size(column->spec->element);
	const uint8_t *fresh = column->rows + (channel * column->spec->chunk_rows + column->written) * size;
	auto_hdf5 hid_t memory = H5Screate_simple(column->spec->per_channel ? 2 : 1, count, NULL);
	auto_hdf5 hid_t file = H5Dget_space(column->dataset);
	return memory >= 0 && file >= 0 && H5Sselect_hyperslab(file, H5S_SELECT_SET, start, NULL, count, NULL) >= 0 &&
	       H5Dwrite(column->dataset, column->memory_type, memory, file, H5P_DEFAULT, fresh) >= 0;
}

bool column_write(struct column *column, struct error *error)
{
	if (column->filled == column->written)
		return true;
	const hsize_t size[2] = {column->base + column->filled, column->width};
	if (H5Dset_extent(column->dataset, size) < 0)
		return hdf5_error(error, ERROR_BENCH, "cannot extend %s", column->spec->path);
	for (unsigned c = 0; c < column->width; c++)
		if (!write_channel(column, c))
			return hdf5_error(error, ERROR_BENCH, "cannot write %s", column->spec->path);
	column->written = column->filled;
	column->dirty = true;
	return true;
}

/* Copies count interleaved rows behind those that are there, every channel to its own plane. */
static void spread(const struct column *column, const void *rows, size_t count)
{
	const size_t plane = column->spec->chunk_rows, width = column->width, size = element_size(column->spec->element);
	if (width == 1) {
		memcpy(column->rows + column->filled * size, rows, count * size);
	} else if (size == sizeof(int16_t)) {
		for (size_t c = 0; c < width; c++)
			for (size_t r = 0; r < count; r++)
				((int16_t *)column->rows)[c * plane + column->filled + r] = ((const int16_t *)rows)[r * width + c];
	} else {
		for (size_t c = 0; c < width; c++)
			for (size_t r = 0; r < count; r++)
				memcpy(column->rows + (c * plane + column->filled + r) * size,
				       (const uint8_t *)rows + (r * width + c) * size, size);
	}
}

bool column_append(struct column *column, const void *rows, size_t count, struct error *error)
{
	const uint8_t *next = rows;
	while (count > 0) {
		size_t room = column->spec->chunk_rows - column->filled;
		size_t taken = count < room ? count : room;
		spread(column, next, taken);
		column->filled += taken;
		next += taken * column->row_size;
		count -= taken;
		if (column->filled < column->spec->chunk_rows)
			continue;
		if (!column_write(column, error))
			return false;
		column->base += column->filled;
		column->filled = column->written = 0;
		column->chunks++;
	}
	return true;
}

bool column_flush(struct column *column, struct error *error)
{
	if (!column->dirty)
		return true;
	if (H5Dflush(column->dataset) < 0)
		return hdf5_error(error, ERROR_BENCH, "cannot write %s", column->spec->path);
	column->dirty = false;
	return true;
}

uint64_t column_rows(const struct column *column)
{
	return column->base + column->filled;
}

void column_finish(struct column *column, bool abandon)
{
	if (!column->spec)
		return;
	if (!abandon)
		hdf5_close(column->dataset);
	hdf5_close(column->memory_type);
	free(column->rows);
	*column = (struct column){0};
}
