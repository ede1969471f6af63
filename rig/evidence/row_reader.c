/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "row_reader.h"

#include <inttypes.h>
#include <string.h>

#include "hdf5_error.h"
#include "store_guard.h"

/* Decoded chunks that HDF5 keeps of the samples: windows straddle chunks. */
enum { SAMPLE_CACHE_BYTES = 1 << 20 };

bool row_reader_open(struct row_reader *reader, hid_t file, const char *path, uint64_t file_bytes, const struct column_spec *spec,
		     unsigned channels, struct error *error)
{
	bool samples = spec == &store_columns[COLUMN_SAMPLES];
	*reader = (struct row_reader){.spec = spec, .path = path, .width = spec->per_channel ? channels : 1, .dataset = -1};
	reader->row_size = reader->width * element_size(spec->element);
	reader->memory_type = element_memory_type(spec->element);
	auto_hdf5 hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
	if (samples)
		H5Pset_chunk_cache(access, 101, SAMPLE_CACHE_BYTES, 1.0);
	reader->dataset = store_guard_open(file, path, spec->path, file_bytes, access, error);
	if (reader->dataset < 0)
		return false;
	auto_hdf5 hid_t space = H5Dget_space(reader->dataset);
	auto_hdf5 hid_t type = H5Dget_type(reader->dataset);
	hsize_t size[2] = {0, 1};
	if (reader->memory_type >= 0 && type >= 0 && H5Tget_class(type) != H5Tget_class(reader->memory_type))
		return error_config(error, "%s: damaged recording, %s is of a type that no recording has", path, spec->path);
	if (reader->memory_type < 0 || space < 0 || H5Sget_simple_extent_ndims(space) != (spec->per_channel ? 2 : 1) ||
	    H5Sget_simple_extent_dims(space, size, NULL) < 0)
		return hdf5_error(error, ERROR_CONFIG, "%s: damaged recording, cannot open %s", path, spec->path);
	if (size[1] != reader->width)
		return error_config(error, "%s: damaged recording, %s has %" PRIu64 " channels instead of %u", path, spec->path,
				    (uint64_t)size[1], reader->width);
	reader->count = size[0];
	if (samples)
		return true;
	reader->block = calloc(spec->chunk_rows, reader->row_size);
	return reader->block || error_bench(error, "%s: out of memory", path);
}

void row_reader_close(struct row_reader *reader)
{
	if (!reader->spec)
		return;
	hdf5_close(reader->dataset);
	hdf5_close(reader->memory_type);
	free(reader->block);
	free(reader->plane);
	*reader = (struct row_reader){0};
}

static bool read_channel(const struct row_reader *reader, unsigned channel, uint64_t first, uint64_t count, void *out)
{
	const hsize_t start[2] = {first, channel}, size[2] = {count, 1};
	auto_hdf5 hid_t memory = H5Screate_simple(reader->spec->per_channel ? 2 : 1, size, NULL);
	auto_hdf5 hid_t file = H5Dget_space(reader->dataset);
	return memory >= 0 && file >= 0 && H5Sselect_hyperslab(file, H5S_SELECT_SET, start, NULL, size, NULL) >= 0 &&
	       H5Dread(reader->dataset, reader->memory_type, memory, file, H5P_DEFAULT, out) >= 0;
}

static bool reserve_plane(struct row_reader *reader, uint64_t count, struct error *error)
{
	size_t size = element_size(reader->spec->element);
	if (count <= reader->plane_capacity / size)
		return true;
	uint8_t *plane = count > SIZE_MAX / size ? NULL : realloc(reader->plane, count * size);
	if (!plane)
		return error_bench(error, "%s: no memory for %" PRIu64 " rows of %s", reader->path, count, reader->spec->path);
	reader->plane = plane;
	reader->plane_capacity = count * size;
	return true;
}

static void interleave(const struct row_reader *reader, unsigned channel, uint64_t count, void *out)
{
	const size_t width = reader->width, size = element_size(reader->spec->element);
	if (size == sizeof(int16_t)) {
		for (uint64_t r = 0; r < count; r++)
			((int16_t *)out)[r * width + channel] = ((const int16_t *)reader->plane)[r];
	} else {
		for (uint64_t r = 0; r < count; r++)
			memcpy((uint8_t *)out + (r * width + channel) * size, reader->plane + r * size, size);
	}
}

bool row_reader_read(struct row_reader *reader, uint64_t first, uint64_t count, void *out, struct error *error)
{
	bool planar = reader->width > 1;
	if (planar && !reserve_plane(reader, count, error))
		return false;
	for (unsigned c = 0; c < reader->width; c++) {
		if (!read_channel(reader, c, first, count, planar ? reader->plane : out))
			return hdf5_error(error, ERROR_CONFIG, "%s: damaged recording, cannot read %s", reader->path, reader->spec->path);
		if (planar)
			interleave(reader, c, count, out);
	}
	return true;
}

const void *row_reader_at(struct row_reader *reader, uint64_t index, struct error *error)
{
	if (index >= reader->first && index - reader->first < reader->cached)
		return reader->block + (index - reader->first) * reader->row_size;
	if (index >= reader->count) {
		error_config(error, "%s: damaged recording, %s has no row %" PRIu64, reader->path, reader->spec->path, index);
		return NULL;
	}
	uint64_t first = index - index % reader->spec->chunk_rows;
	uint64_t left = reader->count - first;
	uint64_t count = left < reader->spec->chunk_rows ? left : reader->spec->chunk_rows;
	reader->cached = 0;
	if (!row_reader_read(reader, first, count, reader->block, error))
		return NULL;
	reader->first = first;
	reader->cached = count;
	return reader->block + (index - first) * reader->row_size;
}
