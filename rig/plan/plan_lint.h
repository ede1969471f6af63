/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The linter of a plan: what the device cannot do, and what goes beyond the published dose tables. Findings are told, never enforced.
 */
#include "device.h"
#include "dose_table.h"
#include "plan.h"

enum lint_level {
	LINT_NOTE,    /* worth knowing: beyond the longest tested, interpolated row */
	LINT_WARNING, /* outside a published table or rating; wants a justification in the scenario */
	LINT_STRONG,  /* a combination observed to be unsafe */
};

struct lint_finding {
	enum lint_level level;
	const char *rule; /* "device.rate", "device.energy", "device.burst", "dose.single_train", "dose.train_in_series", "dose.iti", … */
	char text[320];   /* what was found, the table's own limit and its source */
	int line;         /* of the scenario; 0: none */
	const char *justification; /* the scenario's reason; NULL: none given */
};

enum { LINT_MAX_FINDINGS = 256 };

/*
 * Checks the plan against the device (NULL: skipped) and the dose tables (NULL: skipped) and writes at most max findings; returns their
 * number. The same finding in many trains is reported once, with its count. Without a motor threshold one note says that dose was not checked.
 */
size_t plan_lint(const struct plan *plan, const struct device *device, const struct dose_tables *tables, struct lint_finding *findings,
		 size_t max);
/* The names of all rules, ended by NULL; a scenario's justify() must name one of them. Static. */
const char *const *plan_lint_rules(void);
/* "note", "warning", "strong warning". Static string. */
const char *lint_level_name(enum lint_level level);
