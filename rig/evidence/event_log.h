/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A log of JSON lines in a hash chain (events.jsonl, a bench's ledger.jsonl): line n begins {"n": n, "prev": "H", with H the SHA-256 of line n-1's
 * bytes without its newline, 64 zeros for the first. A line that was changed, removed, put in or moved breaks the chain behind it; the hash of the
 * last line, the head, stands for all of them. Each line is one write(2), so that a process that is killed leaves whole lines, and after a power cut
 * at most the last one is torn.
 */
#include <stddef.h>

#include "error.h"
#include "json_emit.h"

enum { EVENT_LOG_HASH_SIZE = 65, EVENT_LOG_MAX_LINE = 1 << 20 };

struct event_log;

/* What a log comes to. */
struct event_log_state {
	size_t lines;                   /* whole ones */
	char head[EVENT_LOG_HASH_SIZE]; /* SHA-256 of the last whole line; 64 zeros when there is none */
	size_t torn_bytes;              /* of a last line without its newline, which is no part of the log */
};

/* Creates a log; the file must not be there. NULL on failure (ERROR_BENCH). */
struct event_log *event_log_create(const char *path, struct error *error) must_check;
/*
 * Opens a log to add to it, or creates it, and locks it (flock) until it is closed, waiting for whoever holds it. The chain is checked first
 * (event_log_check()); a torn last line is cut off. `each`, which may be NULL, sees every line that is there.
 */
struct event_log *event_log_open(const char *path, bool (*each)(void *self, size_t line, const char *text), void *self,
				 struct error *error) must_check;
/* Closes it; NULL is accepted. */
void event_log_close(struct event_log *log);
/*
 * Begins a line: "n", "prev", "time" (UTC, milliseconds) and "event" are written; the caller adds members with the emitter and calls
 * event_log_end(), which writes the line out. What fails in between is told by event_log_end().
 */
struct json_emitter *event_log_begin(struct event_log *log, const char *event);
bool event_log_end(struct event_log *log, struct error *error) must_check;
/* Brings all lines to the disk. */
bool event_log_sync(struct event_log *log, struct error *error) must_check;
/*
 * Lets others add to a log of event_log_open(), and takes it back: what they wrote meanwhile is checked and becomes part of the chain. A log that
 * was removed or made shorter meanwhile is ERROR_BENCH.
 */
bool event_log_pause(struct event_log *log, struct error *error) must_check;
bool event_log_resume(struct event_log *log, struct error *error) must_check;
/* The time in the last line that this log wrote; "" before the first. Valid until the next line. */
const char *event_log_time(const struct event_log *log);
/* Lines and head until now. */
struct event_log_state event_log_state(const struct event_log *log);
/*
 * Checks the chain of a file. False: ERROR_CONFIG, "PATH:LINE: what is wrong", for the first line that is not as it was written; ERROR_BENCH when
 * the file cannot be read. A torn last line is no error here: state->torn_bytes tells, and the log of a whole bundle has none. `each`, which may
 * be NULL, sees the text of every line in the chain, without newline, and stops the check (ERROR_ABORTED) by returning false; whether it is JSON is
 * then its own business.
 */
bool event_log_check(const char *path, bool (*each)(void *self, size_t line, const char *text), void *self, struct event_log_state *state,
		     struct error *error) must_check;

define_cleanup(struct event_log *, cleanup_event_log, event_log_close);
#define auto_event_log cleanup_with(cleanup_event_log)
