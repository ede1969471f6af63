/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What a recording.h5 consists of: the one table that writer and reader share.
 */
#include <hdf5.h>

#include "reduced.h"

#define STORE_SCHEMA "tmsrig-recording-2"

enum element {
	ELEMENT_INT16,
	ELEMENT_UINT32,
	ELEMENT_UINT64,
	ELEMENT_FLOAT,
	ELEMENT_BOOL,
	ELEMENT_ITEM,
	ELEMENT_GAP,
	ELEMENT_EDGE,
	ELEMENT_EVENT,
};

/* What came in, one entry a call of the sink, in the order of the calls. */
enum store_item { ITEM_WINDOW, ITEM_ENVELOPE, ITEM_GAP, ITEM_EDGE, ITEM_EVENT, ITEM_KIND_COUNT };

enum column_id {
	COLUMN_SAMPLES,
	COLUMN_WINDOW_FIRST_FRAME,
	COLUMN_WINDOW_OFFSET,
	COLUMN_WINDOW_FRAMES,
	COLUMN_CELL_FIRST_FRAME,
	COLUMN_CELL_FRAMES,
	COLUMN_CELL_GAP,
	COLUMN_CELL_MINIMUM,
	COLUMN_CELL_MAXIMUM,
	COLUMN_CELL_MEAN,
	COLUMN_GAPS,
	COLUMN_EDGES,
	COLUMN_EVENTS,
	COLUMN_ORDER,
	COLUMN_COUNT,
};

struct column_spec {
	const char *path;
	enum element element;
	bool per_channel; /* rows x channels; else one element a row */
	size_t chunk_rows;
};

extern const struct column_spec store_columns[COLUMN_COUNT];

/* Bytes of an element in memory. */
size_t element_size(enum element element);
/* Its type in memory; the caller closes it. Negative on failure. In the file it is the same, packed. */
hid_t element_memory_type(enum element element) must_check;
/* The memory type of struct channel; the caller closes it. */
hid_t store_channel_type(void) must_check;
/* A NUL-terminated string of that size; the caller closes it. */
hid_t store_string_type(size_t size) must_check;
/* The type without padding, as it stands in the file; the caller closes it. */
hid_t store_file_type(hid_t memory_type) must_check;
