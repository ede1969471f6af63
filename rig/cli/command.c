/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "command.h"

#include <stdio.h>

#include "config_paths.h"
#include "source_revision.h"
#include "verdict.h"

atomic_bool command_abort;
const char *const COMMAND_VERSION = TMSRIG_VERSION;
const char *const COMMAND_BUILD = TMSRIG_BUILD ", source " TMSRIG_SOURCE;

int command_fail(const struct error *error)
{
	fprintf(stderr, "tmsrig: %s\n", error->text);
	if (error->detail[0])
		fprintf(stderr, "%s\n", error->detail);
	switch (error->kind) {
	case ERROR_NONE:
	case ERROR_CONFIG: return EXIT_CONFIGURATION;
	case ERROR_BENCH:
	case ERROR_REFUSED: return EXIT_BENCH_FAULT;
	case ERROR_ABORTED: return EXIT_ABORTED;
	}
	return EXIT_BENCH_FAULT;
}
