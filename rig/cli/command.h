/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The commands of the program. Each parses its own arguments, prints results on stdout and errors on stderr, and returns the exit status.
 */
#include <stdatomic.h>
#include <stdbool.h>

#include "error.h"

struct command {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
};

extern const struct command command_run, command_check, command_analyze, command_report, command_export, command_budget, command_measurands,
	command_sim, command_bench, command_ledger, command_trace, command_import, command_history, command_trend, command_qualify,
	command_keygen, command_sign, command_verify, command_diff;

/* Set by SIGINT and SIGTERM. */
extern atomic_bool command_abort;

/* Prints "tmsrig: text" and the detail on stderr; returns the exit status of the error's kind. */
int command_fail(const struct error *error);
/* The version of the program and of its build ("0.1.0", "release gcc 12.2"); static strings. */
extern const char *const COMMAND_VERSION, *const COMMAND_BUILD;
