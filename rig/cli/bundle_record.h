/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What a bundle says beside its result: events.jsonl, environment.json, and the place of the run in the ledger of its bench. Begun before the first
 * pulse, on the disk by then.
 */
#include "bench.h"
#include "evidence.h"
#include "ledger.h"
#include "run_log.h"
#include "session.h"

struct bundle_record {
	char run_id[LEDGER_RUN_ID_SIZE];
	struct ledger_place place; /* of the line "begun" */
	char plan_sha256[EVENT_LOG_HASH_SIZE], spec_sha256[EVENT_LOG_HASH_SIZE];
	struct run_log *log;
	struct ledger *ledger;
	struct ledger_list earlier;
	struct evidence_identity identity; /* for result.json, complete once bundle_record_ended() was called */
};

/*
 * Makes the files in the evidence folder and writes into the ledger. bench NULL: it did not open. False: nothing must be fired; what is there
 * already stays, bundle_record_finish() releases it.
 */
bool bundle_record_begin(struct bundle_record *record, const struct session_setup *setup, struct bench *bench, struct evidence *evidence,
			 struct error *error) must_check;
/* The events are complete: nothing can be added to them. */
bool bundle_record_ended(struct bundle_record *record, enum verdict overall, struct error *error) must_check;
/*
 * Seals the folder, writes the hash of its SHA256SUMS into the ledger, and gives the folder its name, in this order: a folder with the name of a whole
 * one has its end in the ledger.
 */
bool bundle_record_commit(struct bundle_record *record, struct evidence *evidence, enum verdict overall, struct error *error) must_check;
/*
 * The run failed and leaves no result: says why in the events, and in the ledger that it has no bundle. Never fails itself: what it cannot write any
 * more is left out.
 */
void bundle_record_failed(struct bundle_record *record, const struct error *why);
void bundle_record_finish(struct bundle_record *record);
/* A run that could not start leaves a record that nobody can take for a result: events, environment and why, in DIR.failed. */
void bundle_record_not_started(const struct session_setup *setup, const struct error *why);
#define auto_bundle_record cleanup_with(bundle_record_finish)
