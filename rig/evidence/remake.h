/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The tables and result.json once more, from results that were made again from the recording of an evidence folder.
 */
#include "evidence.h"

/* A copy in the evidence's inputs/. */
struct remake_input {
	const char *name; /* in the folder: "inputs/bench.yaml" */
	const char *path; /* as the session named it */
	const char *file; /* where it is now */
};

/*
 * Writes pulses.csv, measurements.csv, judgements.csv and result.json into the folder `out`, which must be there and hold none of them, by the same code as
 * evidence_write_result(). recording: the path of recording.h5. The hash of a recording made elsewhere (facts->recording) cannot be made again: it
 * stands as zeros. ERROR_BENCH for what cannot be written.
 */
bool remake_write(const char *out, const char *recording, const struct evidence_facts *facts, const struct remake_input *inputs,
		  size_t input_count, struct error *error) must_check;
