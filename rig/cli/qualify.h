/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The qualification of the tool on this machine: how a case is run, and how what came of it is held against what was expected.
 */
#include <limits.h>

#include "bench_setup.h"
#include "qualification.h"
#include "requirement.h"

enum { QUALIFY_TEXT = 160, QUALIFY_ROWS_MAX = 4096 };

/* One line of the table. */
struct qualify_row {
	const char *id; /* of the case */
	char check[QUALIFY_TEXT], expected[QUALIFY_TEXT], seen[QUALIFY_TEXT];
	bool ok;
};

struct qualify_table {
	struct qualify_row *rows; /* room for QUALIFY_ROWS_MAX */
	size_t count, failed;
};

/* Appends a row; when there is no more room the last one says so and is not ok. */
void qualify_row(struct qualify_table *table, const char *id, bool ok, const char *check, const char *expected, const char *seen);

/* One run of a case, where it is kept: FOLDER/cases/ID-SEED (the evidence), and beside it .log, .truth.csv, .lines.csv. */
struct qualify_run {
	const struct qualification_case *of;
	const char *folder;
	unsigned seed;
	int status; /* exit status of the session; -1: it did not end by itself */
};

/* Writes the path of a file of the run: "" the evidence folder, ".log", "/result.json". False when it is too long. */
bool qualify_path(const struct qualify_run *run, const char *ending, char out[PATH_MAX]) must_check;
/* Runs the session in a process of its own. ERROR_BENCH when that cannot be started. */
bool qualify_start(struct qualify_run *run, struct error *error) must_check;
/* The bench and the spec of a case. */
struct bench_setup *qualify_bench(const struct qualification_case *one, unsigned seed, struct error *error) must_check;
struct spec *qualify_spec(const struct qualification_case *one, struct error *error) must_check;

/* Checks all runs of a case. What cannot be read is a row that is not ok. */
void qualify_check(struct qualify_table *table, const struct qualification_case *one, const struct qualify_run *runs);
/* The part of it that measures the recordings again. */
void qualify_check_again(struct qualify_table *table, const struct qualification_case *one, const struct qualify_run *runs);
