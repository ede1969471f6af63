/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What the history keeps of a run, read from its bundle: result.json, and measurements.csv beside it. Both may have been written by anybody:
 * whatever they hold, the outcome is a record or an error.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "digest.h"
#include "error.h"

/* Numbers that are not there are NAN, texts NULL. */
struct run_judgement {
	const char *requirement, *fingerprint, *measurand, *unit, *verdict;
	int64_t revision;
	double value, u, lower, upper, planned;
};

struct run_statistics {
	const char *measurand, *unit;
	int64_t version;
	int64_t count, n, voided; /* measurements; those with a value; those that were void */
	double mean, sd, minimum, maximum;
	double u_mean;  /* standard uncertainty of the mean: the larger of what is stated and what scatters, and the systematic part */
	double *values; /* one a measurement, in the order of the table; NAN where it was void */
	size_t value_count;
};

/* A run of the same test that came before, as the ledger of the bench knew it. */
struct run_earlier {
	const char *id, *began, *verdict, *sums_sha256; /* verdict NULL: no end; sums_sha256 NULL: it left no bundle */
};

struct run_record {
	struct arena *arena;                 /* owns everything below, and the struct */
	const char *id;                      /* of the run: as result.json says, else the SHA-256 of that file */
	char result_sha256[DIGEST_HEX_SIZE]; /* of result.json */
	const char *bundle;                  /* the folder, as an absolute path */
	const char *results_sha256, *command, *bench, *device, *serial, *scenario, *plan_sha256, *spec, *version, *build, *operator_name;
	const char *started, *verdict, *reason; /* started: ISO 8601 UTC; reason: why the run was repeated */
	int64_t spec_revision, attempt;
	const char *ledger_first, *ledger_began; /* of the ledger it stands in: SHA-256 and time of the first line; NULL: not told */
	int64_t ledger_line;                     /* 0: not told */
	struct run_earlier *earlier;
	size_t earlier_count;
	double started_s; /* since 1970-01-01 UTC */
	bool simulated;
	struct run_judgement *judgements;
	size_t judgement_count;
	struct run_statistics *statistics;
	size_t statistics_count;
};

/* Reads a bundle (a folder). ERROR_CONFIG, which names the file, when it is none that tmsrig wrote. NULL on failure. */
struct run_record *run_record_read(const char *dir, struct error *error) must_check;
/* The same of the bytes of the two files; path stands for them in messages. measurements may be NULL. */
struct run_record *run_record_parse(const char *path, const char *result, size_t result_size, const char *measurements,
				    size_t measurements_size, struct error *error) must_check;
/* Releases the record; NULL is accepted. */
void run_record_destroy(struct run_record *record);

define_cleanup(struct run_record *, cleanup_run_record, run_record_destroy);
#define auto_run_record cleanup_with(cleanup_run_record)
