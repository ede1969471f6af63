/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace.h"

#include <string.h>

#include "fingerprint.h"

const char *trace_state_name(enum trace_state state)
{
	switch (state) {
	case TRACE_VERIFIED: return "verified";
	case TRACE_SIMULATED: return "simulated";
	case TRACE_FAILED: return "failed";
	case TRACE_UNDECIDED: return "undecided";
	case TRACE_STALE: return "stale";
	case TRACE_NO_EVIDENCE: return "no_evidence";
	case TRACE_ELSEWHERE: return "elsewhere";
	case TRACE_OPEN: return "open";
	}
	return "?";
}

const char *trace_staleness_name(enum trace_staleness staleness)
{
	switch (staleness) {
	case EVIDENCE_CURRENT: return "current";
	case EVIDENCE_OTHER_REVISION: return "revision";
	case EVIDENCE_OTHER_TEXT: return "text";
	case EVIDENCE_NO_FINGERPRINT: return "no_fingerprint";
	case EVIDENCE_OTHER_MEASURAND: return "measurand";
	}
	return "?";
}

static bool verifies(const struct trace_scenario *scenario, const char *id)
{
	for (size_t i = 0; i < scenario->verifies_count; i++)
		if (strcmp(scenario->verifies[i], id) == 0)
			return true;
	return false;
}

static enum trace_staleness staleness_of(const struct trace_row *row, const struct trace_verdict *verdict, trace_measurand_version *version)
{
	if (verdict->revision != row->requirement->revision)
		return EVIDENCE_OTHER_REVISION;
	if (!verdict->fingerprint)
		return EVIDENCE_NO_FINGERPRINT;
	if (strcmp(verdict->fingerprint, row->fingerprint) != 0)
		return EVIDENCE_OTHER_TEXT;
	if (verdict->measurand_version != 0 && verdict->measurand_version != version(verdict->measurand))
		return EVIDENCE_OTHER_MEASURAND;
	return EVIDENCE_CURRENT;
}

static bool find_scenarios(const struct trace *trace, struct trace_row *row, struct arena *arena)
{
	row->scenarios = arena_alloc(arena, trace->scenario_count + 1, sizeof(struct trace_scenario *));
	for (size_t i = 0; row->scenarios && i < trace->scenario_count; i++)
		if (verifies(&trace->scenarios[i], row->requirement->id))
			row->scenarios[row->scenario_count++] = &trace->scenarios[i];
	return row->scenarios;
}

static bool find_evidence(const struct trace *trace, struct trace_row *row, trace_measurand_version *version, struct arena *arena)
{
	row->evidence = arena_alloc(arena, trace->bundle_count + 1, sizeof *row->evidence);
	for (size_t b = 0; row->evidence && b < trace->bundle_count; b++) {
		const struct trace_bundle *bundle = &trace->bundles[b];
		for (size_t i = 0; i < bundle->count; i++) {
			const struct trace_verdict *verdict = &bundle->verdicts[i];
			if (strcmp(verdict->id, row->requirement->id) != 0 ||
			    (verdict->verdict == VERDICT_NOT_TESTED && !verdict->declared))
				continue;
			row->evidence[row->evidence_count++] =
				(struct trace_evidence){bundle, verdict, staleness_of(row, verdict, version)};
			break;
		}
	}
	return row->evidence;
}

/* The worse the higher, as verdict_overall() has it. */
static int rank(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_PASS: return 0;
	case VERDICT_CONDITIONAL_PASS: return 1;
	case VERDICT_NOT_TESTED: return 2;
	case VERDICT_NOT_CAPABLE: return 3;
	case VERDICT_INCONCLUSIVE: return 4;
	case VERDICT_CONDITIONAL_FAIL: return 5;
	case VERDICT_VOID: return 6;
	case VERDICT_FAIL: return 7;
	}
	return 7;
}

static bool is_given(const struct trace *trace, const char *run_id)
{
	for (size_t i = 0; i < trace->bundle_count; i++)
		if (trace->bundles[i].run_id && strcmp(trace->bundles[i].run_id, run_id) == 0)
			return true;
	return false;
}

const struct trace_attempt *trace_missing_attempt(const struct trace *trace, const struct trace_bundle *bundle)
{
	for (size_t i = 0; i < bundle->earlier_count; i++) {
		const struct trace_attempt *attempt = &bundle->earlier[i];
		bool passed = attempt->verdict && strcmp(attempt->verdict, verdict_name(VERDICT_PASS)) == 0;
		if (!passed && !is_given(trace, attempt->id))
			return attempt;
	}
	return NULL;
}

static void decide(const struct trace *trace, struct trace_row *row)
{
	size_t current = 0;
	bool real = false, overridden = false, picked = false;
	row->worst = VERDICT_NOT_TESTED;
	for (size_t i = 0; i < row->evidence_count; i++) {
		const struct trace_evidence *evidence = &row->evidence[i];
		if (evidence->staleness != EVIDENCE_CURRENT)
			continue;
		if (current++ == 0 || rank(evidence->verdict->verdict) > rank(row->worst))
			row->worst = evidence->verdict->verdict;
		real |= !evidence->bundle->simulated && evidence->verdict->verdict == VERDICT_PASS;
		overridden |= evidence->bundle->overridden;
		picked |= !evidence->bundle->reason && trace_missing_attempt(trace, evidence->bundle);
	}
	if (row->requirement->verified_by == VERIFIED_BY_OPEN)
		row->state = TRACE_OPEN;
	else if (row->requirement->verified_by != VERIFIED_BY_RIG)
		row->state = TRACE_ELSEWHERE;
	else if (current == 0)
		row->state = row->evidence_count > 0 ? TRACE_STALE : TRACE_NO_EVIDENCE;
	else if (row->worst == VERDICT_FAIL)
		row->state = TRACE_FAILED;
	else if (row->worst != VERDICT_PASS || overridden || picked)
		row->state = TRACE_UNDECIDED;
	else
		row->state = real ? TRACE_VERIFIED : TRACE_SIMULATED;
}

/* The groups that `id` tells of each requirement, in the order of the spec. */
static struct trace_group *collect(const struct trace *trace, const char *(*id_of)(const struct requirement *), struct arena *arena,
				   size_t *count)
{
	size_t rows = trace->spec->count;
	struct trace_group *groups = arena_alloc(arena, rows + 1, sizeof *groups);
	for (size_t r = 0; groups && r < rows; r++) {
		const char *id = id_of(&trace->spec->requirements[r]);
		size_t g = 0;
		if (!id)
			continue;
		while (g < *count && strcmp(groups[g].id, id) != 0)
			g++;
		if (g == *count) {
			groups[g] = (struct trace_group){.id = id, .rows = arena_alloc(arena, rows, sizeof *groups[g].rows)};
			if (!groups[g].rows)
				return NULL;
			(*count)++;
		}
		groups[g].rows[groups[g].count++] = r;
		groups[g].verified += trace->rows[r].state == TRACE_VERIFIED;
		groups[g].simulated += trace->rows[r].state == TRACE_SIMULATED;
		groups[g].failed += trace->rows[r].state == TRACE_FAILED;
	}
	return groups;
}

static const char *hazard_of(const struct requirement *requirement)
{
	return requirement->hazard;
}

static const char *risk_control_of(const struct requirement *requirement)
{
	return requirement->risk_control;
}

bool trace_build(struct trace *trace, trace_measurand_version *version, struct arena *arena, struct error *error)
{
	trace->rows = arena_alloc(arena, trace->spec->count + 1, sizeof *trace->rows);
	for (size_t r = 0; trace->rows && r < trace->spec->count; r++) {
		struct trace_row *row = &trace->rows[r];
		row->requirement = &trace->spec->requirements[r];
		if (!fingerprint_of(row->requirement, row->fingerprint, error))
			return false;
		if (!find_scenarios(trace, row, arena) || !find_evidence(trace, row, version, arena))
			return error_bench(error, "no memory for the trace matrix");
		decide(trace, row);
	}
	if (trace->rows) {
		trace->hazards = collect(trace, hazard_of, arena, &trace->hazard_count);
		trace->risk_controls = collect(trace, risk_control_of, arena, &trace->risk_control_count);
	}
	return (trace->rows && trace->hazards && trace->risk_controls) || error_bench(error, "no memory for the trace matrix");
}

bool trace_knows(const struct trace *trace, const char *id)
{
	for (size_t r = 0; r < trace->spec->count; r++)
		if (strcmp(trace->spec->requirements[r].id, id) == 0)
			return true;
	return false;
}

size_t trace_known_count(const struct trace *trace, const struct trace_scenario *scenario)
{
	size_t known = 0;
	for (size_t i = 0; i < scenario->verifies_count; i++)
		known += trace_knows(trace, scenario->verifies[i]);
	return known;
}

bool trace_uncovered(const struct trace *trace, const struct trace_row *row)
{
	if (row->state == TRACE_ELSEWHERE)
		return false;
	return row->state == TRACE_OPEN || row->scenario_count == 0 || (trace->bundle_count > 0 && row->state == TRACE_NO_EVIDENCE);
}

enum exit_status trace_strict_status(const struct trace *trace)
{
	bool failed = false, gaps = false;
	for (size_t r = 0; r < trace->spec->count; r++) {
		const struct trace_row *row = &trace->rows[r];
		failed |= row->state == TRACE_FAILED;
		gaps |= trace_uncovered(trace, row) || row->state == TRACE_STALE || row->state == TRACE_UNDECIDED ||
			(trace->real_only && row->state == TRACE_SIMULATED);
	}
	for (size_t i = 0; i < trace->scenario_count; i++)
		gaps |= trace->scenarios[i].problem || trace->scenarios[i].verifies_count == 0 ||
			trace_known_count(trace, &trace->scenarios[i]) < trace->scenarios[i].verifies_count;
	return failed ? EXIT_NONCONFORMANT : gaps ? EXIT_INCONCLUSIVE : EXIT_CONFORMANT;
}
