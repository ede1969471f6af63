/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The raw store: a reduced recording as HDF5 (recording.h5), written while it comes, readable while it grows (SWMR), with stock filters only.
 *
 * /windows/samples (frames x channels, int16), /windows/first_frame, /windows/offset, /windows/frames; /envelope/{first_frame,frames,gap},
 * /envelope/{minimum,maximum} (cells x channels, int16), /envelope/mean (cells x channels, float32); /gaps, /edges, /events (compound); format
 * and layout as attributes of the root and of /channels.
 */
#include "reduced.h"

struct store;

/* Creates the file. NULL on failure. */
struct store *store_create(const char *path, struct error *error) must_check;
/* Closes it; NULL is accepted. A store that was not finished is marked incomplete (attribute complete = 0). */
void store_destroy(struct store *store);
/* The sink to push a reduced recording into; valid until store_destroy(). */
struct reduced_sink store_sink(struct store *store);

struct store_reader;
/* Opens a finished or unfinished store for reading. NULL on failure. */
struct store_reader *store_open(const char *path, struct error *error) must_check;
void store_close(struct store_reader *reader);
/* Pushes everything into a sink again, as it was pushed into the store, in order of time. */
bool store_replay(struct store_reader *reader, const struct reduced_sink *sink, struct error *error) must_check;
const struct recording_format *store_format(const struct store_reader *reader);
const struct reduced_layout *store_layout(const struct store_reader *reader);
bool store_complete(const struct store_reader *reader);
/* Windows: how many, and the samples of one (the reader's buffer, valid until the next call). */
size_t store_window_count(const struct store_reader *reader);
bool store_window(struct store_reader *reader, size_t index, struct window *window, struct error *error) must_check;
/* The window that holds that frame, or -1. */
int64_t store_find_window(const struct store_reader *reader, uint64_t frame);
size_t store_envelope_count(const struct store_reader *reader);
bool store_envelope(struct store_reader *reader, size_t index, struct envelope_cell *cell, struct error *error) must_check;

define_cleanup(struct store *, cleanup_store, store_destroy);
#define auto_store cleanup_with(cleanup_store)
define_cleanup(struct store_reader *, cleanup_store_reader, store_close);
#define auto_store_reader cleanup_with(cleanup_store_reader)
