/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <zip.h>

#include "imported.h"

enum { ZIP_ENTRIES_MAX = 10000 };

/* The whole of a regular file; NULL on failure. */
static char *read_file(const char *path, size_t *length, struct error *error)
{
	auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	if (fd < 0 || fstat(fd, &status) != 0) {
		error_errno(error, ERROR_CONFIG, "%s: cannot be read", path);
		return NULL;
	}
	if (!S_ISREG(status.st_mode) || status.st_size > IMPORT_MAX_BYTES) {
		error_config(error, "%s: a file of at most %d MiB was expected", path, IMPORT_MAX_BYTES >> 20);
		return NULL;
	}
	auto_free char *bytes = calloc((size_t)status.st_size + 1, 1);
	size_t used = 0;
	while (bytes && used < (size_t)status.st_size) {
		ssize_t count = read(fd, bytes + used, (size_t)status.st_size - used);
		if (count <= 0)
			break;
		used += (size_t)count;
	}
	if (!bytes || used < (size_t)status.st_size) {
		error_errno(error, ERROR_CONFIG, "%s: cannot be read", path);
		return NULL;
	}
	*length = used;
	return steal(&bytes);
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), size = strlen(end);
	return length > size && strcmp(text + length - size, end) == 0;
}

/* The one .reqif of the archive, unpacked; NULL on failure. */
static char *unpack_entry(zip_t *archive, const char *path, size_t *length, struct error *error)
{
	zip_int64_t count = zip_get_num_entries(archive, 0), found = -1;
	for (zip_int64_t i = 0; i < count && i < ZIP_ENTRIES_MAX; i++) {
		const char *name = zip_get_name(archive, (zip_uint64_t)i, 0);
		if (!name || !ends_with(name, ".reqif") || strncmp(name, "__MACOSX/", 9) == 0)
			continue;
		if (found >= 0) {
			error_config(error, "%s: holds more than one .reqif; unpack it and import one of them", path);
			return NULL;
		}
		found = i;
	}
	zip_stat_t status;
	if (found < 0 || zip_stat_index(archive, (zip_uint64_t)found, 0, &status) != 0 || !(status.valid & ZIP_STAT_SIZE) ||
	    status.size > IMPORT_MAX_BYTES) {
		error_config(error, "%s: holds no .reqif of at most %d MiB", path, IMPORT_MAX_BYTES >> 20);
		return NULL;
	}
	auto_free char *bytes = calloc(status.size + 1, 1);
	zip_file_t *file = bytes ? zip_fopen_index(archive, (zip_uint64_t)found, 0) : NULL;
	zip_int64_t got = file ? zip_fread(file, bytes, status.size) : -1;
	bool closed = file && zip_fclose(file) == 0;
	if (got != (zip_int64_t)status.size || !closed) {
		error_config(error, "%s: the .reqif in it cannot be unpacked", path);
		return NULL;
	}
	*length = (size_t)got;
	return steal(&bytes);
}

static char *unpack(const char *bytes, size_t size, const char *path, size_t *length, struct error *error)
{
	zip_error_t problem;
	zip_error_init(&problem);
	zip_source_t *source = zip_source_buffer_create(bytes, size, 0, &problem);
	zip_t *archive = source ? zip_open_from_source(source, ZIP_RDONLY, &problem) : NULL;
	char *unpacked = NULL;
	if (archive) {
		unpacked = unpack_entry(archive, path, length, error);
		zip_discard(archive);
	} else {
		error_config(error, "%s: no .reqifz: %s", path, zip_error_strerror(&problem));
		zip_source_free(source);
	}
	zip_error_fini(&problem);
	return unpacked;
}

/* XML begins with a tag, JSON with a bracket, after a byte order mark and blanks. */
static char first_sign(const char *bytes, size_t length)
{
	size_t at = length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	while (at < length && strchr(" \t\r\n", bytes[at]) && bytes[at])
		at++;
	return at < length ? bytes[at] : '\0';
}

/* Always false. */
static bool holds_nothing(const struct imported *imported, const char *path, struct error *error)
{
	const char *attributes = text_view(&imported->attributes);
	if (imported->types)
		return error_config(error, "%s: holds no requirement of the type %s", path, imported->types);
	if (!*attributes)
		return error_config(error, "%s: holds no requirement with a text", path);
	return error_config(error, "%s: holds no requirement with a text; --map text=NAME says which attribute it is, of: %s", path,
			    attributes);
}

struct imported *import_file(const char *path, const struct import_options *options, struct error *error)
{
	size_t length;
	auto_free char *bytes = read_file(path, &length, error);
	auto_imported struct imported *imported = bytes ? imported_create(path, options) : NULL;
	if (!imported) {
		if (bytes)
			error_bench(error, "no memory to import %s", path);
		return NULL;
	}
	if (length >= 4 && memcmp(bytes, "PK\x03\x04", 4) == 0) {
		char *unpacked = unpack(bytes, length, path, &length, error);
		free(bytes);
		bytes = unpacked;
		if (!bytes)
			return NULL;
	}
	char sign = first_sign(bytes, length);
	bool read = sign == '<'   ? import_reqif(imported, bytes, length, error)
		    : sign == '{' ? import_needs(imported, bytes, length, error)
				  : error_config(error, "%s: neither ReqIF (XML, .reqifz) nor a needs.json", path);
	if (read && imported->count == 0)
		read = holds_nothing(imported, path, error);
	return read ? steal(&imported) : NULL;
}
