/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The evidence folder, a bundle (docs/bundle.md): events.jsonl, environment.json, recording.h5, result.json, pulses.csv, measurements.csv, judgements.csv, inputs/ (the user's files as used), SHA256SUMS
 * (for sha256sum -c). "results_sha256" of result.json is the hash of the three tables one after the other; it holds no wall-clock time, so
 * that equal runs have equal ones. A folder under construction carries the
 * suffix ".incomplete" and is renamed in the last step, so that what looks whole is whole.
 */
#include <stdint.h>

#include "about.h"
#include "bench_setup.h"
#include "budget.h"
#include "calibration.h"
#include "device.h"
#include "ledger.h"
#include "plan.h"
#include "requirement.h"
#include "results.h"
#include "safety.h"
#include "store.h"
#include "verdict.h"

struct evidence;

/* One lint finding to keep in the result. */
struct evidence_finding {
	const char *level, *rule, *text, *justification;
	int line;
};

/* Which run it is, beside what was measured. */
struct evidence_identity {
	const char *run_id;
	const char *reason;                /* why it is repeated; NULL: none given */
	const struct ledger_place *ledger; /* its line in the ledger of the bench */
	const char *plan_sha256;           /* NULL: no plan */
	const char *spec_sha256;           /* of its file */
	const struct ledger_list *earlier; /* runs of the same on the same bench before it */
	struct event_log_state events;     /* what events.jsonl comes to */
};

struct evidence_facts {
	const struct evidence_identity *identity; /* NULL: not a run of its own, such as a verification */
	const char *command;                      /* "run" or "analyze" */
	const char *version, *build;              /* of tmsrig, of its build */
	const char *started, *ended; /* ISO 8601 UTC; in a virtual run of fixed seed still the wall clock, kept out of results hashes */
	const char *operator_name, *device_serial; /* NULL: not given */
	const char *recording;                     /* analyze: the file; else NULL */
	const struct about *about;                 /* what people state for the report; NULL: nothing */
	const char *fixtures; /* the directory that names of bench, device, sensor files were looked up in; NULL: none */
	const struct bench_setup *setup;
	bool simulated;                        /* some instrument was: every page says so */
	const struct recording_format *format; /* of the recording, scale and offset as the instrument had them; NULL: as in the setup */
	const char *gaps_found_by;             /* what the ADC's way to find lost samples can prove; NULL: not told */
	const struct calibration_check *calibration; /* of that setup */
	const struct plan *plan;                     /* NULL: none */
	const struct spec *spec;
	const struct results *results;
	const struct judgement *judgements;
	const struct budget *budgets; /* of the value that decided, one a judgement */
	enum verdict overall;         /* with safety_verdict() */
	const struct safety *safety;  /* of a run; NULL: none */
	enum error_kind ended_by;     /* what ended the run before its plan; ERROR_NONE (zero): nothing did */
	const struct evidence_finding *findings;
	size_t finding_count;
	const char *const *input_files; /* copied into inputs/ and hashed */
	size_t input_count;
};

/*
 * Begins DIR.incomplete; folders above it are made. Neither may exist (ERROR_CONFIG); what the machine refuses is ERROR_BENCH. NULL on failure.
 */
struct evidence *evidence_begin(const char *dir, struct error *error) must_check;
/* Abandons what was not committed: the folder keeps its ".incomplete" name; NULL is accepted. */
void evidence_destroy(struct evidence *evidence);
/* Path of a file inside the folder; valid until the next call. */
const char *evidence_path(struct evidence *evidence, const char *name);
/*
 * Writes the tables and result.json, copies the inputs. The store (recording.h5) must be closed. A verdict of pass or conditional_pass is written
 * as void when the recording is missing or not complete or the run ended early: what was not recorded to its end conforms to nothing.
 */
bool evidence_write_result(struct evidence *evidence, const struct evidence_facts *facts, struct error *error) must_check;
/* Writes SHA256SUMS over everything in the folder and brings it all to the disk. */
bool evidence_seal(struct evidence *evidence, struct error *error) must_check;
/* Gives a folder that is sealed its final name, which evidence_path() uses from then on. The last step: what has that name is whole. */
bool evidence_commit(struct evidence *evidence, struct error *error) must_check;
/* Gives a folder that will never hold a result the name DIR.failed, DIR.failed.2, ... which evidence_path() uses from then on. */
bool evidence_fail(struct evidence *evidence, struct error *error) must_check;
/* SHA-256 of bytes as 64 hex digits and NUL. */
void evidence_sha256(const void *bytes, size_t size, char hex[65]);

define_cleanup(struct evidence *, cleanup_evidence, evidence_destroy);
#define auto_evidence cleanup_with(cleanup_evidence)
