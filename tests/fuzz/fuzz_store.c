/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as the recording of a bundle (HDF5): opened, replayed, and looked things up in. The checksums of superblock, object headers and indices are
 * made to fit first: else nothing but them would be tried.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store.h"

enum { LONGEST = 1 << 18, SUPERBLOCK_SIZE = 44, ARRAY_HEADER_SIZE = 68 };

static uint32_t rotate(uint32_t x, unsigned by)
{
	return x << by | x >> (32 - by);
}

/* Bob Jenkins, lookup3.c (public domain), hashlittle(): what the HDF5 file format calls its checksum. */
static uint32_t checksum(const uint8_t *k, size_t length)
{
	uint32_t a = 0xdeadbeef + (uint32_t)length, b = a, c = a;
	for (; length > 12; length -= 12, k += 12) {
		uint32_t word[3];
		memcpy(word, k, sizeof word);
		a += word[0], b += word[1], c += word[2];
		a -= c, a ^= rotate(c, 4), c += b;
		b -= a, b ^= rotate(a, 6), a += c;
		c -= b, c ^= rotate(b, 8), b += a;
		a -= c, a ^= rotate(c, 16), c += b;
		b -= a, b ^= rotate(a, 19), a += c;
		c -= b, c ^= rotate(b, 4), b += a;
	}
	if (length == 0)
		return c;
	uint32_t word[3] = {0};
	memcpy(word, k, length);
	a += word[0], b += word[1], c += word[2];
	c ^= b, c -= rotate(b, 14);
	a ^= c, a -= rotate(c, 11);
	b ^= a, b -= rotate(a, 25);
	c ^= b, c -= rotate(b, 16);
	a ^= c, a -= rotate(c, 4);
	b ^= a, b -= rotate(a, 14);
	c ^= b, c -= rotate(b, 24);
	return c;
}

static void fit(uint8_t *bytes, size_t size, size_t begin, size_t length)
{
	if (length > size || begin > size - length || size - length - begin < sizeof(uint32_t))
		return;
	uint32_t sum = checksum(bytes + begin, length);
	memcpy(bytes + begin + length, &sum, sizeof sum);
}

/* HDF5 file format 3.0, IV.A.1.b, version 2 object headers: the bytes before the checksum. */
static size_t header_length(const uint8_t *bytes, size_t left)
{
	unsigned flags = left > 5 ? bytes[5] : 0;
	size_t head = 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0), width = (size_t)1 << (flags & 3), length = 0;
	for (size_t i = 0; i < width && head + i < left; i++)
		length |= (size_t)bytes[head + i] << (8 * i);
	return length > left ? left : head + width + length;
}

static void make_fit(uint8_t *bytes, size_t size)
{
	fit(bytes, size, 0, SUPERBLOCK_SIZE);
	for (size_t i = 0; i + 8 < size; i++)
		if (memcmp(bytes + i, "OHDR", 4) == 0)
			fit(bytes, size, i, header_length(bytes + i, size - i));
		else if (memcmp(bytes + i, "EAHD", 4) == 0)
			fit(bytes, size, i, ARRAY_HEADER_SIZE);
}

/* HDF5 1.10 loses memory of its own when it gives up on a damaged file. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

/* HDF5 wants a file that has a path. */
static char path[] = "/tmp/fuzz_store_XXXXXX";
static size_t tried, opened;

static void finish(void)
{
	unlink(path);
	if (tried > 2 && opened == 0) {
		fprintf(stderr, "none of %zu recordings could be opened: nothing was tried\n", tried);
		_exit(EXIT_FAILURE);
	}
}

static void put_file(const uint8_t *bytes, size_t size)
{
	int fd = tried++ == 0 ? mkstemp(path) : open(path, O_WRONLY | O_TRUNC);
	if (tried == 1 && atexit(finish) != 0)
		abort();
	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || close(fd) != 0)
		abort();
}

struct seen {
	uint64_t windows, cells, last_frame;
};

static bool take_window(void *self, const struct window *window, struct error *error)
{
	struct seen *seen = self;
	(void)error;
	int64_t sum = 0;
	for (size_t i = 0; i < window->frames; i++)
		sum += window->samples[i];
	seen->windows += sum != INT64_MIN;
	return true;
}

static bool take_cell(void *self, const struct envelope_cell *cell, struct error *error)
{
	struct seen *seen = self;
	(void)error;
	if (cell->first_frame < seen->last_frame)
		abort();
	seen->last_frame = cell->first_frame;
	seen->cells++;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error error = {0};
	struct seen seen = {0};
	if (size > LONGEST)
		return 0;
	uint8_t *bytes = malloc(size + 1);
	if (!bytes)
		abort();
	memcpy(bytes, data, size);
	make_fit(bytes, size);
	put_file(bytes, size);
	free(bytes);
	const struct reduced_sink sink = {.self = &seen, .window = take_window, .envelope = take_cell};
	auto_store_reader struct store_reader *reader = store_open(path, &error);
	if (!reader && !error.text[0])
		abort();
	opened += reader != NULL;
	if (reader) {
		struct window window;
		(void)store_find_window(reader, 1000);
		if (!store_window(reader, 0, &window, &error) && !error.text[0])
			abort();
		error.text[0] = '\0';
		if (!store_replay(reader, &sink, &error) && !error.text[0])
			abort();
	}
	return 0;
}
