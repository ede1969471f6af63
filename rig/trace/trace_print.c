/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace_print.h"

#include <string.h>

enum { SHORT_HEX = 12 };

/* What the words of a state are for people. */
static const char *state_words(const struct trace *trace, const struct trace_row *row, char *out, size_t size)
{
	switch (row->state) {
	case TRACE_VERIFIED: return "verified";
	case TRACE_SIMULATED: return "SIMULATED ONLY";
	case TRACE_FAILED: return "FAILED";
	case TRACE_UNDECIDED: snprintf(out, size, "UNDECIDED (%s)", verdict_name(row->worst)); return out;
	case TRACE_STALE: return "STALE";
	case TRACE_NO_EVIDENCE: return trace->bundle_count > 0 ? "NO EVIDENCE" : "-";
	case TRACE_ELSEWHERE: return verification_name(row->requirement->verified_by);
	case TRACE_OPEN: return "OPEN";
	}
	return "?";
}

static void print_attempt(FILE *out, const struct trace *trace, const struct trace_bundle *bundle)
{
	const struct trace_attempt *missing = trace_missing_attempt(trace, bundle);
	if (bundle->attempt > 1)
		fprintf(out, "  attempt %u%s%s", bundle->attempt, bundle->reason ? ": " : "", bundle->reason ? bundle->reason : "");
	if (missing)
		fprintf(out, ", NOT AMONG THESE: run %.32s, %s; %s", missing->id, missing->verdict ? missing->verdict : "no end",
			bundle->reason ? "repeated with a reason" : "repeated without a reason");
}

static void print_evidence(FILE *out, const struct trace *trace, const struct trace_evidence *evidence)
{
	const struct trace_bundle *bundle = evidence->bundle;
	fprintf(out, "    %s  %.10s  %s  %s  %s", verdict_name(evidence->verdict->verdict), bundle->started,
		bundle->simulated ? "simulated" : "real", bundle->scenario ? bundle->scenario : "recording", bundle->path);
	switch (evidence->staleness) {
	case EVIDENCE_CURRENT: break;
	case EVIDENCE_OTHER_REVISION: fprintf(out, "  STALE: of revision %u", evidence->verdict->revision); break;
	case EVIDENCE_OTHER_TEXT:
		fprintf(out, "  STALE: of another text or limit, sha256:%.*s", SHORT_HEX, evidence->verdict->fingerprint);
		break;
	case EVIDENCE_NO_FINGERPRINT: fputs("  STALE: it has no fingerprint", out); break;
	case EVIDENCE_OTHER_MEASURAND:
		fprintf(out, "  STALE: %s was defined by version %u", evidence->verdict->measurand, evidence->verdict->measurand_version);
		break;
	}
	if (bundle->overridden)
		fputs("  calibration overridden", out);
	print_attempt(out, trace, bundle);
	fputc('\n', out);
}

static void print_row(FILE *out, const struct trace *trace, const struct trace_row *row)
{
	char citation[120], words[64];
	const struct requirement *requirement = row->requirement;
	snprintf(citation, sizeof citation, "%s~%u@sha256:%.*s", requirement->id, requirement->revision, SHORT_HEX, row->fingerprint);
	fprintf(out, "%-48s  %-26s  ", citation, state_words(trace, row, words, sizeof words));
	if (row->scenario_count == 0)
		fputs(requirement->verified_by == VERIFIED_BY_RIG ? "NO SCENARIO" : "-", out);
	else
		fprintf(out, "%s%s", row->scenarios[0]->id, row->scenario_count > 1 ? ", ..." : "");
	if (row->scenario_count > 1)
		fprintf(out, " (%zu)", row->scenario_count);
	fputc('\n', out);
	for (size_t i = 0; i < row->evidence_count; i++)
		print_evidence(out, trace, &row->evidence[i]);
}

static void print_scenario(FILE *out, const struct trace *trace, const struct trace_scenario *scenario)
{
	if (scenario->problem) {
		fprintf(out, "%-34s  CANNOT BE READ: %s\n", scenario->path, scenario->problem);
		return;
	}
	fprintf(out, "%-34s  ", scenario->id);
	if (scenario->verifies_count == 0)
		fputs("NO REQUIREMENT", out);
	else if (trace_known_count(trace, scenario) == 0)
		fputs("NO REQUIREMENT of this specification", out);
	for (size_t i = 0, shown = 0; i < scenario->verifies_count; i++)
		if (trace_knows(trace, scenario->verifies[i]))
			fprintf(out, "%s%s", shown++ ? " " : "", scenario->verifies[i]);
	for (size_t i = 0, shown = 0; i < scenario->verifies_count; i++)
		if (!trace_knows(trace, scenario->verifies[i]))
			fprintf(out, "%s%s", shown++ ? " " : "; not in the specification: ", scenario->verifies[i]);
	fputc('\n', out);
}

static void print_groups(FILE *out, const struct trace *trace, const char *title, const struct trace_group *groups, size_t count)
{
	if (count > 0)
		fprintf(out, "\n%s\n", title);
	for (size_t g = 0; g < count; g++) {
		fprintf(out, "%-20s  %zu of %zu verified%s, %zu simulated only", groups[g].id, groups[g].verified, groups[g].count,
			groups[g].verified == 0 ? " (NONE)" : "", groups[g].simulated);
		if (groups[g].failed > 0)
			fprintf(out, ", %zu FAILED", groups[g].failed);
		fputs(": ", out);
		for (size_t i = 0; i < groups[g].count; i++)
			fprintf(out, " %s", trace->rows[groups[g].rows[i]].requirement->id);
		fputc('\n', out);
	}
}

static void print_unknown(FILE *out, const struct trace *trace)
{
	for (size_t b = 0; b < trace->bundle_count; b++) {
		const struct trace_bundle *bundle = &trace->bundles[b];
		size_t shown = 0;
		for (size_t i = 0; i < bundle->count; i++) {
			if (trace_knows(trace, bundle->verdicts[i].id))
				continue;
			if (shown++ == 0)
				fprintf(out, "\n%s judged what the specification does not have:", bundle->path);
			fprintf(out, " %s", bundle->verdicts[i].id);
		}
		if (shown > 0)
			fputc('\n', out);
	}
}

static bool is_same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_same_device(const struct trace_bundle *a, const struct trace_bundle *b)
{
	return is_same(a->device, b->device) && is_same(a->serial, b->serial);
}

/* What was tested: a matrix may put together what was seen on several devices, and has to say so. */
static void print_devices(FILE *out, const struct trace *trace)
{
	size_t devices = 0;
	for (size_t b = 0; b < trace->bundle_count; b++) {
		const struct trace_bundle *bundle = &trace->bundles[b];
		size_t first = 0, count = 0;
		while (!is_same_device(&trace->bundles[first], bundle))
			first++;
		if (first < b)
			continue;
		for (size_t i = b; i < trace->bundle_count; i++)
			count += is_same_device(&trace->bundles[i], bundle);
		if (devices++ == 0)
			fputs("\nDEVICE UNDER TEST\n", out);
		fprintf(out, "%s, serial number %s: %zu bundles\n", bundle->device ? bundle->device : "not stated",
			bundle->serial ? bundle->serial : "not stated", count);
	}
	if (devices > 1)
		fprintf(out, "EVIDENCE OF %zu DEVICES: no one of them was seen to meet what the table says of all\n", devices);
}

static size_t count_states(const struct trace *trace, enum trace_state state)
{
	size_t count = 0;
	for (size_t r = 0; r < trace->spec->count; r++)
		count += trace->rows[r].state == state;
	return count;
}

static size_t count_uncovered(const struct trace *trace)
{
	size_t count = 0;
	for (size_t r = 0; r < trace->spec->count; r++)
		count += trace_uncovered(trace, &trace->rows[r]);
	return count;
}

static size_t count_idle(const struct trace *trace)
{
	size_t count = 0;
	for (size_t i = 0; i < trace->scenario_count; i++)
		count += !trace->scenarios[i].problem && trace_known_count(trace, &trace->scenarios[i]) == 0;
	return count;
}

void trace_print(FILE *out, const struct trace *trace)
{
	fprintf(out, "%s, revision %u: %zu requirements, %zu scenarios, %zu bundles\n\n", trace->spec->id, trace->spec->revision,
		trace->spec->count, trace->scenario_count, trace->bundle_count);
	fprintf(out, "%-48s  %-26s  %s\n", "REQUIREMENT", "EVIDENCE", "SCENARIOS");
	for (size_t r = 0; r < trace->spec->count; r++)
		print_row(out, trace, &trace->rows[r]);
	fprintf(out, "\n%-34s  %s\n", "SCENARIO", "REQUIREMENTS");
	for (size_t i = 0; i < trace->scenario_count; i++)
		print_scenario(out, trace, &trace->scenarios[i]);
	print_groups(out, trace, "HAZARD", trace->hazards, trace->hazard_count);
	print_groups(out, trace, "RISK CONTROL", trace->risk_controls, trace->risk_control_count);
	print_unknown(out, trace);
	print_devices(out, trace);
	fprintf(out,
		"\n%zu verified, %zu simulated only, %zu failed, %zu undecided, %zu stale, %zu elsewhere, %zu uncovered; %zu scenarios "
		"without a requirement\n",
		count_states(trace, TRACE_VERIFIED), count_states(trace, TRACE_SIMULATED), count_states(trace, TRACE_FAILED),
		count_states(trace, TRACE_UNDECIDED), count_states(trace, TRACE_STALE), count_states(trace, TRACE_ELSEWHERE),
		count_uncovered(trace), count_idle(trace));
}
