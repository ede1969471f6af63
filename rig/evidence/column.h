/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A column: an extensible chunked dataset that grows by rows. Rows are gathered in memory until a chunk is full, so that HDF5 and its
 * compressor see whole chunks, never a row.
 */
#include <hdf5.h>

#include "error.h"
#include "store_format.h"

struct column {
	const struct column_spec *spec;
	hid_t dataset, memory_type;
	unsigned width;         /* elements a row */
	size_t row_size;        /* bytes a row */
	uint8_t *rows;          /* the chunk under construction, channel after channel */
	size_t filled, written; /* rows of it that are there, that HDF5 has */
	uint64_t base;          /* rows in the chunks before */
	uint64_t chunks;        /* chunks completed */
	bool dirty;             /* HDF5 has rows that were not flushed */
};

/* Makes the dataset. channels: elements a row if the spec says per_channel. The error's text has no file name. */
bool column_create(struct column *column, hid_t file, const struct column_spec *spec, unsigned channels, struct error *error) must_check;
/* Adds rows; writes every chunk that becomes full. */
bool column_append(struct column *column, const void *rows, size_t count, struct error *error) must_check;
/* Hands the chunk under construction to HDF5 as far as it is filled. */
bool column_write(struct column *column, struct error *error) must_check;
/* Makes what HDF5 has visible to SWMR readers. */
bool column_flush(struct column *column, struct error *error) must_check;
/* Rows appended so far. */
uint64_t column_rows(const struct column *column);
/* Closes the dataset, or leaves it open in a file that is abandoned; a zeroed or finished column is accepted. */
void column_finish(struct column *column, bool abandon);
