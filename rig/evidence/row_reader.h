/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A column read by rows, with one decoded block of it in memory, so that reading in order decodes everything once.
 */
#include <hdf5.h>

#include "error.h"
#include "store_format.h"

struct row_reader {
	const struct column_spec *spec;
	const char *path; /* of the file, for messages; the owner's */
	hid_t dataset, memory_type;
	unsigned width;
	size_t row_size;
	uint64_t count;         /* rows there were when it was opened */
	uint64_t first, cached; /* rows first … first + cached - 1 are in the block */
	uint8_t *block;         /* NULL for samples, which are read window by window */
	uint8_t *plane;         /* one channel of what is being read; NULL for one element a row */
	size_t plane_capacity;  /* bytes */
};

/* Opens the dataset (store_guard.h; file_bytes: size of the file) and checks its shape; ERROR_CONFIG if it is not what the spec says. */
bool row_reader_open(struct row_reader *reader, hid_t file, const char *path, uint64_t file_bytes, const struct column_spec *spec,
		     unsigned channels, struct error *error) must_check;
/* Closes it; a zeroed one is accepted. */
void row_reader_close(struct row_reader *reader);
/* Reads rows, interleaved, into out; first + count must not exceed the rows there are. */
bool row_reader_read(struct row_reader *reader, uint64_t first, uint64_t count, void *out, struct error *error) must_check;
/* Row `index`, valid until the next call; NULL on failure or past the end. */
const void *row_reader_at(struct row_reader *reader, uint64_t index, struct error *error) must_check;
