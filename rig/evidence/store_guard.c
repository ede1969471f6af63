/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store_guard.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "hdf5_error.h"

/* Deflate makes at most 1032 bytes of one (RFC 1951: 258 bytes of 2 bits); the slack is for what has no bytes yet. */
enum { MAX_TYPE_BYTES = 4096, MAX_CHUNK_BYTES = 16 << 20, MAX_RATIO = 1032, SLACK_BYTES = 1 << 16 };

/* HDF5 file format 3.0, II.A, superblock version 3: bit 0 of the consistency flags, end of file address at byte 28. */
enum { SUPERBLOCK_SIZE = 48, SUPERBLOCK_VERSION = 8, SUPERBLOCK_FLAGS = 11, SUPERBLOCK_END = 28 };
/* What may come to a file that is being written while it is opened. */
enum { GROWTH_BYTES = 1 << 30 };

static bool refuse(const char *path, const char *name, const char *why, struct error *error)
{
	H5Eclear2(H5E_DEFAULT);
	return error_config(error, "%s: damaged recording, %s %s", path, name, why);
}

static bool is_plain_type(hid_t type)
{
	return type >= 0 && H5Tget_size(type) > 0 && H5Tget_size(type) <= MAX_TYPE_BYTES && H5Tdetect_class(type, H5T_VLEN) <= 0 &&
	       H5Tdetect_class(type, H5T_REFERENCE) <= 0 && H5Tis_variable_str(type) <= 0;
}

static bool check_storage(hid_t dataset, const char *path, const char *name, size_t type_bytes, struct error *error)
{
	auto_hdf5 hid_t properties = H5Dget_create_plist(dataset);
	hsize_t chunk[H5S_MAX_RANK];
	uint64_t chunk_bytes = type_bytes;
	switch (properties < 0 ? H5D_LAYOUT_ERROR : H5Pget_layout(properties)) {
	case H5D_COMPACT: return true;
	case H5D_CONTIGUOUS: return H5Pget_external_count(properties) == 0 || refuse(path, name, "would be read from another file", error);
	case H5D_CHUNKED: break;
	case H5D_VIRTUAL: return refuse(path, name, "would be read from other datasets (virtual)", error);
	case H5D_NLAYOUTS:
	case H5D_LAYOUT_ERROR: return refuse(path, name, "has no readable layout", error);
	}
	int rank = H5Pget_chunk(properties, H5S_MAX_RANK, chunk);
	for (int i = 0; i < rank; i++) {
		if (chunk[i] == 0 || chunk[i] > MAX_CHUNK_BYTES / chunk_bytes)
			return refuse(path, name, "has chunks larger than any recording has", error);
		chunk_bytes *= chunk[i];
	}
	return rank > 0 || refuse(path, name, "has no readable chunks", error);
}

/* As many bytes as are stored can unpack to, and no more; and no more stored than the file has. */
static bool check_size(hid_t dataset, const char *path, const char *name, size_t type_bytes, uint64_t file_bytes, struct error *error)
{
	auto_hdf5 hid_t space = H5Dget_space(dataset);
	hssize_t points = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
	uint64_t stored = H5Dget_storage_size(dataset);
	if (points < 0)
		return refuse(path, name, "has no readable size", error);
	if (stored > file_bytes || (uint64_t)points > (stored * MAX_RATIO + SLACK_BYTES) / type_bytes) {
		H5Eclear2(H5E_DEFAULT);
		return error_config(error,
				    "%s: damaged recording, %s would have %" PRId64 " elements of %zu bytes, for which %" PRIu64
				    " bytes are stored in a file of %" PRIu64,
				    path, name, (int64_t)points, type_bytes, stored, file_bytes);
	}
	return true;
}

hid_t store_guard_open(hid_t file, const char *path, const char *name, uint64_t file_bytes, hid_t access, struct error *error)
{
	auto_hdf5 hid_t dataset = H5Dopen2(file, name, access);
	auto_hdf5 hid_t type = dataset < 0 ? -1 : H5Dget_type(dataset);
	if (dataset < 0) {
		hdf5_error(error, ERROR_CONFIG, "%s: damaged recording, cannot open %s", path, name);
		return -1;
	}
	if (!is_plain_type(type)) {
		refuse(path, name, "is of a type that no recording has", error);
		return -1;
	}
	size_t type_bytes = H5Tget_size(type);
	if (!check_storage(dataset, path, name, type_bytes, error) || !check_size(dataset, path, name, type_bytes, file_bytes, error))
		return -1;
	hid_t opened = dataset;
	dataset = -1;
	return opened;
}

bool store_guard_attribute(hid_t file, const char *name, hid_t type, void *value)
{
	auto_hdf5 hid_t attribute = H5Aopen(file, name, H5P_DEFAULT);
	auto_hdf5 hid_t stored = attribute < 0 ? -1 : H5Aget_type(attribute);
	auto_hdf5 hid_t space = attribute < 0 ? -1 : H5Aget_space(attribute);
	return is_plain_type(stored) && space >= 0 && H5Sget_simple_extent_npoints(space) == 1 && H5Aread(attribute, type, value) >= 0;
}

bool store_guard_inspect(const char *path, bool *open_for_writing, uint64_t *bytes, struct error *error)
{
	static const uint8_t signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
	uint8_t head[SUPERBLOCK_SIZE] = {0};
	auto_file FILE *file = fopen(path, "rbe");
	struct stat status;
	if (!file || fstat(fileno(file), &status) != 0)
		return error_errno(error, ERROR_CONFIG, "%s: cannot open the recording", path);
	if (!S_ISREG(status.st_mode))
		return error_config(error, "%s: not a file", path);
	if (status.st_size == 0)
		return error_config(error, "%s: an empty file, not a recording of tmsrig", path);
	size_t got = fread(head, 1, sizeof head, file);
	if (got < sizeof signature || memcmp(head, signature, sizeof signature) != 0)
		return error_config(error, "%s: not a recording of tmsrig (no HDF5 file)", path);
	if (got < sizeof head)
		return error_config(error, "%s: truncated recording, %zu bytes", path, got);
	if (head[SUPERBLOCK_VERSION] != 3)
		return error_config(error, "%s: an HDF5 file, but not a recording of tmsrig (superblock version %u, not 3)", path,
				    (unsigned)head[SUPERBLOCK_VERSION]);
	*open_for_writing = (head[SUPERBLOCK_FLAGS] & 1) != 0;
	*bytes = (uint64_t)status.st_size + (*open_for_writing ? GROWTH_BYTES : 0);
	uint64_t end = 0;
	for (size_t i = 0; i < 8; i++)
		end |= (uint64_t)head[SUPERBLOCK_END + i] << (8 * i);
	if (!*open_for_writing && (uint64_t)status.st_size < end)
		return error_config(error, "%s: truncated recording, %" PRIu64 " of %" PRIu64 " bytes", path, (uint64_t)status.st_size,
				    end);
	if (!*open_for_writing && (uint64_t)status.st_size > end)
		return error_config(error, "%s: damaged recording, %" PRIu64 " bytes behind its end", path, (uint64_t)status.st_size - end);
	return true;
}
