/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as the recording of a bundle (HDF5): opened, replayed, and looked things up in. What has checksums that fit is not made here: HDF5 1.10 itself
 * reads beyond its memory then, for which `tmsrig verify` opens recordings in a process of its own (docs/verify.md).
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store.h"

enum { LONGEST = 1 << 18 };

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
	put_file(data, size);
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
