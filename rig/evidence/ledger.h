/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The ledger of a bench, ledger.jsonl in the folder of its state: a hash chain (event_log.h) with a line "begun" for every run, on the disk before
 * its first pulse, and a line "ended" with its verdict and the SHA-256 of its SHA256SUMS. So a run that was thrown away, or made again until it
 * passed, leaves a trace.
 */
#include <stdint.h>

#include "event_log.h"

enum { LEDGER_RUN_ID_SIZE = 32, LEDGER_MAX_EARLIER = 16 };
#define LEDGER_FILE "ledger.jsonl"

/* What a run says of itself when it begins; NULL where not given. */
struct ledger_run {
	const char *run_id, *command;
	const char *scenario;      /* id of the plan; of an analysis without one: the file */
	const char *plan_sha256;   /* as in result.json */
	const char *spec;          /* its id */
	const char *spec_sha256;   /* of its file */
	const char *bench;         /* its id */
	const char *device_serial; /* of a simulated device: its seed and faults */
	const char *operator_name, *reason;
};

/* A run of the ledger. Strings are owned by the list. */
struct ledger_entry {
	char *run_id, *time, *bench, *command, *scenario, *plan_sha256, *spec, *spec_sha256, *device_serial, *operator_name, *reason;
	char *ended, *verdict, *sums_sha256; /* NULL: it has no end */
	size_t line;                         /* of "begun", from 1 */
	char hash[EVENT_LOG_HASH_SIZE];      /* SHA-256 of that line, as result.json says in run.ledger */
};

struct ledger_list {
	struct ledger_entry *entries;
	size_t count, capacity;
};

/* Where in its ledger a run stands. A ledger that was put away, or looked for elsewhere, begins anew, and that shows here. */
struct ledger_place {
	char hash[EVENT_LOG_HASH_SIZE];  /* SHA-256 of the line "begun" */
	char first[EVENT_LOG_HASH_SIZE]; /* of the ledger's first line, which tells one ledger from another */
	char began[32];                  /* time of that line, ISO 8601 UTC */
	size_t line;                     /* of "begun", from 1 */
	size_t runs_before;              /* of any kind, that the ledger had before */
};

struct ledger;

/* "20261122T024512Z-1f3a9c0d2b4e": time (UTC) and 48 random bits. */
bool ledger_make_run_id(char out[LEDGER_RUN_ID_SIZE], struct error *error) must_check;
/*
 * Reads a ledger. A chain that is broken, or a line that is none of a ledger, is ERROR_CONFIG, naming the line; the runs up to there are in the
 * list all the same. *place: of its first line; hash and line are left out. NULL: not asked for.
 */
bool ledger_read(const char *path, struct ledger_list *list, struct ledger_place *place, struct event_log_state *state,
		 struct error *error) must_check;
void ledger_list_finish(struct ledger_list *list);
/*
 * Writes "begun" into the ledger of that folder and brings it to the disk. *earlier receives the runs of the same scenario, spec and device serial
 * that are already there, oldest first. *place: of the new line. NULL on failure: nothing must be fired then.
 */
struct ledger *ledger_begin(const char *dir, const struct ledger_run *run, struct ledger_list *earlier, struct ledger_place *place,
			    struct error *error) must_check;
/* Writes "ended", once: a second call fails. sums_sha256 NULL: there is no whole bundle. */
bool ledger_end(struct ledger *ledger, const char *verdict, const char *sums_sha256, struct error *error) must_check;
void ledger_close(struct ledger *ledger);

define_cleanup(struct ledger *, cleanup_ledger, ledger_close);
#define auto_ledger cleanup_with(cleanup_ledger)
#define auto_ledger_list cleanup_with(ledger_list_finish)
