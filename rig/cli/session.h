/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A session: the one way from a recording to a report, whether the recording comes from a run or from a file. recording -> scan -> (store and
 * measure) -> judge -> evidence -> report.
 */
#include "bench.h"
#include "environment.h"
#include "evidence.h"
#include "plan.h"
#include "plan_lint.h"
#include "requirement.h"

struct session_setup {
	const char *command; /* "run" or "analyze" */
	const char *out;     /* evidence folder to make */
	const struct bench_setup *bench;
	const struct about *about; /* stated for the report, over what the bench states; NULL: nothing */
	const struct plan *plan;   /* NULL: none */
	const struct spec *spec;
	const char *recording; /* analyze: the file */
	const char *fixtures;  /* the directory that names of bench, device, sensor files were looked up in */
	const char *operator_name, *device_serial;
	const char *reason; /* why it is repeated; NULL: not given */
	const struct ambient *ambient;
	size_t ambient_count;
	const char *date;          /* of the recording, YYYY-MM-DD */
	bool override_calibration; /* judge what rests on a calibration that is not in force */
	const struct lint_finding *findings;
	size_t finding_count;
	const char *const *input_files;
	size_t input_count;
	bool quiet;                          /* no progress, no table */
	bool json;                           /* result.json on stdout instead of the table */
	const struct driver *const *drivers; /* NULL: SESSION_DRIVERS */
};

/*
 * Opens the bench, runs the plan or reads the recording, measures, judges, writes evidence and report, prints the verdicts. Returns the exit
 * status. When the run failed after it had begun, the evidence is still written, marked aborted, and the error is told on stderr.
 */
int session_run(const struct session_setup *setup);
/* The drivers of this build, NULL-terminated. */
extern const struct driver *const SESSION_DRIVERS[];
