/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * result.json: everything an evidence folder says but the rows of its tables and the samples. Its schema is reports/result.schema.json.
 */
#include "digest.h"
#include "evidence.h"

enum { RESULT_MAX_MISSING = 1000 };

/* A copy of one of the user's files. */
struct result_input {
	char *name;       /* in the folder: "inputs/bench.yaml" */
	const char *path; /* as it was used */
	char sha256[DIGEST_HEX_SIZE];
};

struct result_facts {
	const struct evidence_facts *facts;
	const struct result_input *inputs;
	size_t input_count;
	bool recorded; /* there is a recording.h5 */
	bool complete; /* and it came to its end */
	double recorded_s;
	uint64_t total_frames;               /* 0 unless complete */
	char source_sha256[DIGEST_HEX_SIZE]; /* of the file that was analyzed; "" for a run */
	char results_sha256[DIGEST_HEX_SIZE];
};

/* What ended a run, as result.json has it: "plan" (it came to its end), "configuration", "bench", "operator". Static string. */
const char *result_ended_by_name(enum error_kind kind);
/* Fills in what the recording at `path` tells; nothing when there is none. ERROR_CONFIG when it cannot be read. */
bool result_look_at_recording(const char *path, struct result_facts *result, struct error *error) must_check;
/* Writes the three tables into the folder and fills in the hash of their content. ERROR_BENCH. */
bool result_write_tables(const char *dir, struct result_facts *result, struct error *error) must_check;
/* Writes the file, which must not be there yet. ERROR_BENCH. */
bool result_write(const char *path, const struct result_facts *facts, struct error *error) must_check;
