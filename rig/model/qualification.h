/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A qualification of the tool: sessions on virtual benches whose truth is known, and what must come of them.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

/* A list of texts. */
struct qualification_names {
	const char **names;
	size_t count;
};

/* A number that the scenario asks for, as `run --set` gives it. */
struct qualification_setting {
	const char *name;
	double value;
};

struct qualification_case {
	const char *id, *title;
	const char *scenario, *bench, *spec;
	unsigned seed, runs;               /* seeds seed, seed + 1, …, one a run */
	struct qualification_names faults; /* as on the command line of `run` */
	struct qualification_setting *settings;
	size_t setting_count;
	double lose_s;                           /* the recorder loses a block of samples at this time; NAN: none */
	const char *verdict;                     /* of every run */
	struct qualification_names fails, voids; /* requirements that must fail, that must be void */
	double matched, missing, extra;          /* counts, exact; NAN: not looked at */
	struct qualification_names truth;        /* measurands whose values are held against what the simulator did */
	int line;                                /* in the file, for messages */
};

/* What the qualification cannot show, and what does. */
struct qualification_gap {
	const char *what, *by;
};

struct qualification {
	struct arena *arena; /* owns everything, the struct too */
	const char *id, *title, *file;
	struct qualification_case *cases;
	size_t case_count;
	struct qualification_gap *gaps;
	size_t gap_count;
};

static inline void qualification_destroy(struct qualification *qualification)
{
	if (qualification)
		arena_destroy(qualification->arena);
}

define_cleanup(struct qualification *, cleanup_qualification, qualification_destroy);
#define auto_qualification cleanup_with(cleanup_qualification)
