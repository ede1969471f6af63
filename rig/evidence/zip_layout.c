/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "zip_layout.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

enum {
	END_SIZE = 22,
	END64_SIZE = 56,
	LOCATOR64_SIZE = 20,
	HEAD_SIZE = 46,
	LOCAL_SIZE = 30,
	EXTRA_ZIP64 = 1,
	FLAG_DESCRIPTOR = 8,
	DESCRIPTOR_MAX = 24,
	DIRECTORY_MAX = 128 << 20,
};

struct place {
	uint64_t offset, end; /* of an entry's local head and content */
	unsigned flags;
};

struct layout {
	const char *path;
	int fd;
	uint64_t size, directory, directory_size, entries;
	struct place *places;
};

static uint64_t number(const uint8_t *bytes, size_t size)
{
	uint64_t value = 0;
	for (size_t i = size; i-- > 0;)
		value = value << 8 | bytes[i];
	return value;
}

static bool refuse(const struct layout *layout, struct error *error, const char *what)
{
	return error_config(error, "%s: %s; unpackers would not agree on what is in it", layout->path, what);
}

static bool read_at(const struct layout *layout, uint64_t offset, void *out, size_t size)
{
	size_t done = 0;
	while (offset <= layout->size && size <= layout->size - offset && done < size) {
		ssize_t got = pread(layout->fd, (uint8_t *)out + done, size - done, (off_t)(offset + done));
		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	return done == size;
}

/* The end record, which must be the last bytes, and before it those of ZIP64 where numbers do not fit. */
static bool find_directory(struct layout *layout, struct error *error)
{
	uint8_t end[END_SIZE], end64[END64_SIZE + LOCATOR64_SIZE];
	uint64_t behind = END_SIZE;
	if (layout->size < END_SIZE || !read_at(layout, layout->size - END_SIZE, end, sizeof end) || memcmp(end, "PK\5\6", 4) != 0 ||
	    number(end + 20, 2) != 0)
		return refuse(layout, error, "the archive does not end with its end record (a comment, or other bytes behind it)");
	layout->entries = number(end + 10, 2);
	layout->directory_size = number(end + 12, 4);
	layout->directory = number(end + 16, 4);
	bool large = layout->size >= sizeof end64 + END_SIZE &&
		     read_at(layout, layout->size - END_SIZE - sizeof end64, end64, sizeof end64) && memcmp(end64, "PK\6\6", 4) == 0 &&
		     memcmp(end64 + END64_SIZE, "PK\6\7", 4) == 0;
	if (large) {
		behind += sizeof end64;
		layout->entries = number(end64 + 32, 8);
		layout->directory_size = number(end64 + 40, 8);
		layout->directory = number(end64 + 48, 8);
	}
	if (layout->directory_size > DIRECTORY_MAX || layout->directory > layout->size ||
	    layout->directory + layout->directory_size + behind != layout->size)
		return refuse(layout, error, "its directory does not lie right before its end record");
	return true;
}

/* A 64-bit number of the extra field of ZIP64, which has those that are all ones in the head, in this order. */
static bool take_zip64(const uint8_t *extra, size_t extra_size, uint64_t *values[], size_t count)
{
	for (size_t at = 0; at + 4 <= extra_size;) {
		size_t id = number(extra + at, 2), size = number(extra + at + 2, 2), used = 0;
		at += 4;
		if (size > extra_size - at)
			return false;
		for (size_t i = 0; id == EXTRA_ZIP64 && i < count; i++) {
			if (*values[i] != UINT32_MAX)
				continue;
			if (used + 8 > size)
				return false;
			*values[i] = number(extra + at + used, 8);
			used += 8;
		}
		at += size;
	}
	return true;
}

/* Reads the local head of a directory's entry, and says where the entry ends. */
static bool look_at_local(const struct layout *layout, const uint8_t *head, uint64_t packed, struct place *place, struct error *error)
{
	uint8_t local[LOCAL_SIZE];
	size_t name_size = number(head + 28, 2);
	if (!read_at(layout, place->offset, local, sizeof local) || memcmp(local, "PK\3\4", 4) != 0)
		return refuse(layout, error, "an entry of its directory is not there");
	auto_free uint8_t *name = malloc(name_size + 1);
	if (!name)
		return error_bench(error, "%s: out of memory", layout->path);
	if (number(local + 26, 2) != name_size || !read_at(layout, place->offset + LOCAL_SIZE, name, name_size) ||
	    memcmp(name, head + HEAD_SIZE, name_size) != 0 || memcmp(local + 6, head + 8, 4) != 0)
		return refuse(layout, error, "name, flags or method of an entry's head are not those of the directory");
	place->flags = (unsigned)number(local + 6, 2);
	place->end = place->offset + LOCAL_SIZE + name_size + number(local + 28, 2) + packed;
	return packed <= layout->size || refuse(layout, error, "an entry is longer than the archive");
}

static bool look_at_entries(struct layout *layout, const uint8_t *directory, struct error *error)
{
	uint64_t at = 0;
	for (uint64_t i = 0; i < layout->entries; i++) {
		const uint8_t *head = directory + at;
		uint64_t left = layout->directory_size - at;
		if (left < HEAD_SIZE || memcmp(head, "PK\1\2", 4) != 0)
			return refuse(layout, error, "its directory has fewer entries than it says");
		size_t name = number(head + 28, 2), extra = number(head + 30, 2), comment = number(head + 32, 2);
		uint64_t unpacked = number(head + 24, 4), packed = number(head + 20, 4), offset = number(head + 42, 4);
		uint64_t *values[] = {&unpacked, &packed, &offset};
		if (left - HEAD_SIZE < name + extra + comment || !take_zip64(head + HEAD_SIZE + name, extra, values, 3))
			return refuse(layout, error, "an entry of its directory is cut off");
		layout->places[i].offset = offset;
		if (!look_at_local(layout, head, packed, &layout->places[i], error))
			return false;
		at += HEAD_SIZE + name + extra + comment;
	}
	return at == layout->directory_size || refuse(layout, error, "its directory has more in it than its entries");
}

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

/* One behind the other from the first byte to the directory; a descriptor may follow an entry. */
static bool check_places(struct layout *layout, struct error *error)
{
	uint64_t due = 0, slack = 0;
	if (layout->entries > 0)
		qsort(layout->places, layout->entries, sizeof *layout->places, compare_places);
	for (uint64_t i = 0; i <= layout->entries; i++) {
		uint64_t offset = i < layout->entries ? layout->places[i].offset : layout->directory;
		if (offset < due || offset - due > slack)
			return refuse(layout, error,
				      "there are bytes before, between or behind its entries that its directory does not name");
		due = i < layout->entries ? layout->places[i].end : 0;
		slack = i < layout->entries && (layout->places[i].flags & FLAG_DESCRIPTOR) ? DESCRIPTOR_MAX : 0;
	}
	return true;
}

static bool check(struct layout *layout, struct error *error)
{
	if (!find_directory(layout, error))
		return false;
	if (layout->entries > layout->directory_size / HEAD_SIZE)
		return refuse(layout, error, "its directory has fewer entries than it says");
	auto_free uint8_t *directory = malloc(layout->directory_size + 1);
	layout->places = calloc(layout->entries + 1, sizeof *layout->places);
	if (!directory || !layout->places)
		return error_bench(error, "%s: out of memory", layout->path);
	if (!read_at(layout, layout->directory, directory, layout->directory_size))
		return refuse(layout, error, "its directory cannot be read");
	return look_at_entries(layout, directory, error) && check_places(layout, error);
}

bool zip_layout_check(const char *path, struct error *error)
{
	struct stat status;
	auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &status) != 0)
		return error_errno(error, ERROR_CONFIG, "%s", path);
	struct layout layout = {.path = path, .fd = fd, .size = (uint64_t)status.st_size};
	bool good = check(&layout, error);
	free(layout.places);
	return good;
}
