/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A verdict, and the judgement of one requirement that led to it. What cannot be evaluated never passes.
 */
#include <stddef.h>
#include <stdint.h>

#include "requirement.h"

enum verdict {
	VERDICT_PASS,
	VERDICT_CONDITIONAL_PASS, /* ILAC-G8: inside the limit, by less than the guard band */
	VERDICT_CONDITIONAL_FAIL, /* ILAC-G8: outside the limit, by less than the guard band */
	VERDICT_FAIL,
	VERDICT_VOID,         /* bench fault or gap: says nothing about the device */
	VERDICT_NOT_CAPABLE,  /* the uncertainty is too large for the limit */
	VERDICT_INCONCLUSIVE, /* a calibration it rests on is not in force: no statement of conformity */
	VERDICT_NOT_TESTED,   /* nothing in this run could be judged */
};

/* The exit status of the program that a set of verdicts leads to (architecture, section 8). */
enum exit_status {
	EXIT_CONFORMANT = 0,
	EXIT_NONCONFORMANT = 1,
	EXIT_CONFIGURATION = 2,
	EXIT_INCONCLUSIVE = 3,
	EXIT_BENCH_FAULT = 4,
	EXIT_ABORTED = 5,
};

#define NO_MEASUREMENT SIZE_MAX

/* The reason of a requirement whose selector leaves the scenario out: nothing was lost, and reports gather them. */
#define VERDICT_ELSEWHERE "not for this scenario"

struct judgement {
	const struct requirement *requirement;
	enum verdict verdict;
	bool declared;                  /* the scenario says that it verifies this requirement */
	double value, u;                /* the value that decided (worst, mean, …) and its standard uncertainty; NAN when there is none */
	double dof, k;                  /* effective degrees of freedom of u, and the coverage factor that goes with them */
	double expanded;                /* U = k u */
	double u_random, dof_random;    /* of a mean or standard deviation: the random part of u; else NAN */
	double lower, upper;            /* the limits that applied to it; NAN: open */
	double guard;                   /* guard band w */
	double margin;                  /* distance of the value to the nearer limit, positive inside; NAN when there is none */
	double capability;              /* C_m; NAN: a limit is open, or nothing is stated */
	double test_uncertainty_ratio;  /* the same with U in place of 2 u */
	double conformance_probability; /* of the deciding value; NAN: nothing is stated */
	double risk;                    /* 1 - conformance_probability: if it is accepted, the specific consumer's risk */
	double planned;
	size_t population; /* measurements selected */
	size_t outside;    /* of them beyond the limit itself */
	size_t voided;
	size_t trials;           /* of a requirement on every one: how many were judged; 0: it is none */
	double proportion;       /* none of them outside: with 95 % confidence at most this part of all there could be is; else NAN */
	uint32_t worst_subject;  /* index of the deciding measurement; UINT32_MAX for none */
	size_t deciding;         /* index of it among the measurements; of a mean one of its measurements; else NO_MEASUREMENT */
	double worst_s;          /* where in the recording; NAN for none */
	const char *void_reason; /* of the void measurements the first one's that has one; static; NULL: none is void, or none says */
	char reason[512];        /* one sentence for people */
};

/* "pass", "conditional_pass", … Static string. */
const char *verdict_name(enum verdict verdict);
/*
 * The one verdict of a set: fail beats void beats conditional_fail beats inconclusive beats not_capable beats conditional_pass beats pass. A requirement that was
 * not tested does not count, unless the scenario declared to verify it: then it beats a pass, for something was promised and not done. When nothing
 * was tested, or the set is empty, the verdict is VERDICT_NOT_TESTED.
 */
enum verdict verdict_overall(const struct judgement *judgements, size_t count);
/* The exit status of the overall verdict. */
enum exit_status verdict_exit_status(enum verdict overall);
