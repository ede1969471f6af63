/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The trace matrix: requirement to scenarios to evidence, and back. Evidence of another text than the specification's now is stale and counts for
 * nothing; of what is left the worst decides, so that a repeated run hides no failure.
 */
#include "digest.h"
#include "requirement.h"
#include "trace_bundle.h"

/* A scenario file; strings belong to the caller. */
struct trace_scenario {
	const char *path, *id;
	const char *const *verifies;
	size_t verifies_count;
	const char *problem; /* it could not be read: why; NULL: it was */
};

enum trace_staleness {
	EVIDENCE_CURRENT,
	EVIDENCE_OTHER_REVISION,
	EVIDENCE_OTHER_TEXT,      /* the fingerprint differs: the text, or how it is judged */
	EVIDENCE_NO_FINGERPRINT,  /* nobody can tell */
	EVIDENCE_OTHER_MEASURAND, /* measured by another version of the measurand's definition */
};

struct trace_evidence {
	const struct trace_bundle *bundle;
	const struct trace_verdict *verdict;
	enum trace_staleness staleness;
};

enum trace_state {
	TRACE_VERIFIED,    /* passed on a real bench, and nowhere worse */
	TRACE_SIMULATED,   /* passed, but on simulated instruments only */
	TRACE_FAILED,      /* current evidence says fail */
	TRACE_UNDECIDED,   /* current evidence, none of it a fail, and not all a pass that counts */
	TRACE_STALE,       /* stale evidence only */
	TRACE_NO_EVIDENCE, /* none */
	TRACE_ELSEWHERE,   /* verified by inspection, analysis, demonstration or another test */
	TRACE_OPEN,        /* nobody has said how it is verified */
};

struct trace_row {
	const struct requirement *requirement;
	char fingerprint[DIGEST_HEX_SIZE];
	const struct trace_scenario **scenarios; /* that verify it */
	size_t scenario_count;
	struct trace_evidence *evidence; /* that judged it, in the order of the bundles; with those that should have and did not */
	size_t evidence_count;
	enum verdict worst; /* of the current evidence; VERDICT_NOT_TESTED without any */
	enum trace_state state;
};

/* A hazard or risk control that requirements name. */
struct trace_group {
	const char *id;
	size_t *rows;                              /* indices */
	size_t count, verified, simulated, failed; /* of them in those states */
};

struct trace {
	const struct spec *spec;
	const struct trace_scenario *scenarios;
	size_t scenario_count;
	const struct trace_bundle *bundles;
	size_t bundle_count;
	struct trace_row *rows; /* one a requirement, in the spec's order */
	struct trace_group *hazards, *risk_controls;
	size_t hazard_count, risk_control_count;
	bool real_only; /* simulated evidence is not enough for trace_strict_status() */
};

/* The version of a measurand's definition in this build, 0 when there is none of that id. */
typedef unsigned trace_measurand_version(const char *id);

/* Builds the matrix into the arena, which has to outlive it, as spec, scenarios and bundles have; trace->spec to bundle_count and real_only are given. */
bool trace_build(struct trace *trace, trace_measurand_version *version, struct arena *arena, struct error *error) must_check;
/* Whether the spec has a requirement of that id. */
bool trace_knows(const struct trace *trace, const char *id);
/* How many of a scenario's requirements the spec has. */
size_t trace_known_count(const struct trace *trace, const struct trace_scenario *scenario);
/*
 * An earlier attempt that a bundle names, that came to no pass and is none of the bundles given; NULL: none. The first attempt counts, and where it is not
 * at hand nobody can tell what it said; unless the repeat has its reason, its pass decides nothing.
 */
const struct trace_attempt *trace_missing_attempt(const struct trace *trace, const struct trace_bundle *bundle);
/* Whether a requirement of what the rig judges is without a scenario, or, when bundles were given, without current evidence; or open. */
bool trace_uncovered(const struct trace *trace, const struct trace_row *row);
/*
 * For --strict: EXIT_NONCONFORMANT when current evidence fails; EXIT_INCONCLUSIVE when a requirement is uncovered, stale, undecided (with real_only:
 * simulated), a scenario verifies nothing or what the spec does not have, or could not be read; else EXIT_CONFORMANT.
 */
enum exit_status trace_strict_status(const struct trace *trace);
/* "verified", "simulated", … and "current", "revision", … Static strings. */
const char *trace_state_name(enum trace_state state);
const char *trace_staleness_name(enum trace_staleness staleness);
