/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The raw store: a reduced recording as HDF5 (recording.h5), written while it comes, readable while it grows (SWMR), with stock filters only.
 *
 * /windows/samples (frames x channels, int16), /windows/first_frame, /windows/offset, /windows/frames; /envelope/{first_frame,frames,gap},
 * /envelope/{minimum,maximum} (cells x channels, int16), /envelope/mean (cells x channels, float32); /gaps, /edges, /events (compound); format
 * and layout as attributes of the root and in /channels (compound, a row a channel); /order, what kind of item came when; /complete and
 * /total_frames, one element each, which finish sets. Windows and envelope cells must each come in order of frames and not overlap. The same
 * pushes give the same bytes.
 */
#include "reduced.h"

struct store;

/* Creates the file, or empties one that is there. NULL on failure (ERROR_BENCH). */
struct store *store_create(const char *path, struct error *error) must_check;
/* Closes it; NULL is accepted. A store that was not finished stays marked incomplete (/complete is FALSE). */
void store_destroy(struct store *store);
/*
 * The sink to push a reduced recording into; valid until store_destroy(). What cannot be written is ERROR_BENCH. finish closes the file, so that
 * once it returned true everything is in it.
 */
struct reduced_sink store_sink(struct store *store);

struct store_reader;
/* Opens a finished or unfinished store for reading, even while it grows: it shows what was there then. NULL on failure (ERROR_CONFIG). */
struct store_reader *store_open(const char *path, struct error *error) must_check;
void store_close(struct store_reader *reader);
/*
 * Pushes everything into a sink again: the same calls in the order in which the store received them (kept in /order), so that what is made of a
 * replay is what was made of the recording. Ends without finish if the store is not complete. Operations of the sink that are NULL are left out.
 */
bool store_replay(struct store_reader *reader, const struct reduced_sink *sink, struct error *error) must_check;
/*
 * Whether a complete recording, after it was replayed, ends where its last cell ends, or the gap behind that: a duration that nothing in it bears out is
 * not measured by.
 */
bool store_check_end(const struct store_reader *reader, struct error *error) must_check;
const struct recording_format *store_format(const struct store_reader *reader);
const struct reduced_layout *store_layout(const struct store_reader *reader);
/* True when the recording came to its end (its finish was pushed); false: cut off, aborted, or still growing. */
bool store_complete(const struct store_reader *reader);
/* Frames of the whole recording, gaps included; 0 unless complete. */
uint64_t store_total_frames(const struct store_reader *reader);
/* Windows: how many, and the samples of one (the reader's buffer, valid until the next call of store_window() or store_replay()). */
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
