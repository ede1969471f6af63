/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * From a Lua scenario to a plan.
 */
#include "plan.h"

/* A number that the operator gives to a scenario: NAME=VALUE. */
struct plan_value {
	const char *name;
	double value;
};

struct plan_parameters {
	double motor_threshold_pct;      /* of the operator, % MSO; NAN: the scenario's default */
	const char *library_dir;         /* the Lua library beside the scenarios; NULL: <directory of the scenario>/../lib, then ./lib, */
	const char *shipped_dir;         /* then this one, for scenarios outside of the shipped tree; may be NULL */
	const struct plan_value *values; /* what the operator sets; the scenario must ask for all of them */
	size_t value_count;
};

/* Runs the scenario file in the sandbox and returns its plan, which the caller owns; NULL on failure, "file:line: message". */
struct plan *plan_build(const char *path, const struct plan_parameters *parameters, struct error *error) must_check;
/* As plan_build, of a text in memory; path only names it. */
struct plan *plan_build_text(const char *path, const char *text, size_t length, const struct plan_parameters *parameters,
			     struct error *error) must_check;
