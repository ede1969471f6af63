/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The evidence folder: recording.h5, result.json, inputs/ (the user's files as used), SHA256SUMS. A folder under construction carries the
 * suffix ".incomplete" and is renamed in the last step, so that what looks whole is whole.
 */
#include <stdint.h>

#include "bench_setup.h"
#include "device.h"
#include "plan.h"
#include "requirement.h"
#include "results.h"
#include "store.h"
#include "verdict.h"

struct evidence;

/* One lint finding to keep in the result. */
struct evidence_finding {
	const char *level, *rule, *text, *justification;
	int line;
};

struct evidence_facts {
	const char *command;         /* "run" or "analyze" */
	const char *version, *build; /* of tmsrig, of its build */
	const char *started, *ended; /* ISO 8601 UTC; in a virtual run of fixed seed still the wall clock, kept out of results hashes */
	const char *operator_name, *device_serial; /* NULL: not given */
	const char *recording;                     /* analyze: the file; else NULL */
	const struct bench_setup *setup;
	const struct plan *plan; /* NULL: none */
	const struct spec *spec;
	const struct results *results;
	const struct judgement *judgements;
	enum verdict overall;
	const struct evidence_finding *findings;
	size_t finding_count;
	const char *const *input_files; /* copied into inputs/ and hashed */
	size_t input_count;
};

/* Begins DIR.incomplete (DIR must not exist). NULL on failure. */
struct evidence *evidence_begin(const char *dir, struct error *error) must_check;
/* Abandons what was not committed: the folder keeps its ".incomplete" name; NULL is accepted. */
void evidence_destroy(struct evidence *evidence);
/* Path of a file inside the folder; valid until the next call. */
const char *evidence_path(struct evidence *evidence, const char *name);
/* Writes result.json, copies the inputs. The store must be closed. */
bool evidence_write_result(struct evidence *evidence, const struct evidence_facts *facts, struct error *error) must_check;
/* Writes SHA256SUMS over everything in the folder and gives it its final name. */
bool evidence_commit(struct evidence *evidence, struct error *error) must_check;
/* SHA-256 of bytes as 64 hex digits and NUL. */
void evidence_sha256(const void *bytes, size_t size, char hex[65]);

define_cleanup(struct evidence *, cleanup_evidence, evidence_destroy);
#define auto_evidence cleanup_with(cleanup_evidence)
