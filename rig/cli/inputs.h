/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What the commands that take scenarios, benches and specs have in common.
 */
#include <argp.h>

#include "bench_setup.h"
#include "date.h"
#include "dose_table.h"
#include "evidence.h"
#include "plan_builder.h"
#include "plan_lint.h"
#include "requirement.h"

enum { INPUTS_MAX = 64 };

/* The user's files behind a session, to be kept in its evidence; the strings belong to what they were taken from. */
struct inputs {
	const char *files[INPUTS_MAX];
	size_t count;
};

/* plan, spec and tables may be NULL. The scenario's libraries are among them; false when there are more files than can be kept (ERROR_CONFIG). */
bool inputs_of(const struct plan *plan, const struct bench_setup *bench, const struct spec *spec, const struct dose_tables *tables,
	       struct inputs *inputs, struct error *error) must_check;
/* One more file; NULL is left out. */
bool inputs_add(struct inputs *inputs, const char *file, struct error *error) must_check;
/* Lint findings, a line each, "file:line: level: text"; a justified warning says so. */
void inputs_print_findings(FILE *out, const char *scenario, const struct lint_finding *findings, size_t count);
/* The findings as evidence keeps them, their texts those of the findings; the caller frees the array. NULL when out of memory. */
struct evidence_finding *inputs_keep_findings(const struct lint_finding *findings, size_t count) must_check;
/* "45", "45 %", "45%": above 0, at most 100. */
bool inputs_percent(const char *text, double *percent);
/* The plan of a scenario file; one outside of the shipped tree may take the shipped libraries. The caller owns it; NULL on failure. */
struct plan *inputs_plan(const char *path, double motor_threshold_pct, struct error *error) must_check;
/* The same with what the operator sets. */
struct plan *inputs_plan_set(const char *path, double motor_threshold_pct, const struct plan_value *values, size_t count,
			     struct error *error) must_check;
/* "trials=299", cut in two where it stands; false: not so written. */
bool inputs_value(char *text, struct plan_value *value);
/* Today (UTC) as YYYY-MM-DD. */
void inputs_today(char date[DATE_SIZE]);
/* The day of the recording as it concerns the bench; a reference clock that is overdue is told on stderr and left out. */
void inputs_date(struct bench_setup *bench, const char *date);
/* For config_load_spec(): the unit of a measurand of the registry. */
const char *inputs_measurand_unit(void *context, const char *id);
/* Parses the arguments of a command: help on stdout, a usage error on stderr with exit status 2. */
void inputs_argp(const struct argp *argp, const char *command, int argc, char **argv, void *arguments);
