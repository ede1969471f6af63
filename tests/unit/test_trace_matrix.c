/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The matrix on made-up verdicts: the worst current evidence decides, stale evidence counts for nothing, simulated evidence verifies nothing.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "fingerprint.h"
#include "trace.h"

enum { ARENA_BYTES = 1 << 20 };

static struct requirement requirement = {.id = "R", .revision = 2, .text = "It works.", .measurand = "pulse.peak1", .risk_control = "RC"};
static struct spec spec = {.id = "s", .revision = 1, .requirements = &requirement, .count = 1};
static char current[DIGEST_HEX_SIZE];
static enum trace_staleness first_staleness; /* of the evidence that state_of() made last */

static unsigned version_of(const char *id)
{
	return strcmp(id, "pulse.peak1") == 0 ? 7 : 0;
}

static void setup(void)
{
	struct error error = {0};
	cr_assert(fingerprint_of(&requirement, current, &error));
}

TestSuite(trace, .init = setup);

static struct trace_verdict verdict(enum verdict v)
{
	return (struct trace_verdict){
		.id = "R", .revision = 2, .fingerprint = current, .measurand = "pulse.peak1", .measurand_version = 7, .verdict = v};
}

struct evidence_case {
	struct trace_verdict verdict;
	bool simulated, overridden;
};

/* The state of the one requirement, with a scenario that verifies it, after those runs. */
static struct trace_row state_of(const struct evidence_case *cases, size_t count, bool real_only, enum exit_status *strict)
{
	static const char *const VERIFIES[] = {"R"};
	static struct trace_scenario scenario = {.path = "a.lua", .id = "a", .verifies = VERIFIES, .verifies_count = 1};
	struct trace_bundle bundles[4] = {0};
	struct trace_verdict verdicts[4];
	struct error error = {0};
	auto_arena struct arena *arena = arena_create(ARENA_BYTES);
	for (size_t i = 0; i < count; i++) {
		verdicts[i] = cases[i].verdict;
		bundles[i] = (struct trace_bundle){.path = "b",
						   .spec = "s",
						   .started = "2026",
						   .simulated = cases[i].simulated,
						   .overridden = cases[i].overridden,
						   .whole = true,
						   .verdicts = &verdicts[i],
						   .count = 1};
	}
	struct trace trace = {.spec = &spec,
			      .scenarios = &scenario,
			      .scenario_count = 1,
			      .bundles = bundles,
			      .bundle_count = count,
			      .real_only = real_only};
	cr_assert(trace_build(&trace, version_of, arena, &error), "%s", error.text);
	cr_assert_eq(trace.risk_control_count, 1);
	cr_expect_eq(trace.risk_controls[0].verified, trace.rows[0].state == TRACE_VERIFIED);
	*strict = trace_strict_status(&trace);
	if (count > 0)
		first_staleness = trace.rows[0].evidence[0].staleness;
	return trace.rows[0];
}

static void expect(const struct evidence_case *cases, size_t count, enum trace_state state, enum exit_status strict)
{
	enum exit_status status;
	struct trace_row row = state_of(cases, count, false, &status);
	cr_expect_eq(row.state, state, "%s, expected %s", trace_state_name(row.state), trace_state_name(state));
	cr_expect_eq(status, strict, "strict status %d", status);
}

Test(trace, states)
{
	const struct evidence_case pass = {verdict(VERDICT_PASS), false, false}, simulated = {verdict(VERDICT_PASS), true, false};
	const struct evidence_case fail = {verdict(VERDICT_FAIL), true, false},
				   conditional = {verdict(VERDICT_CONDITIONAL_PASS), false, false};
	const struct evidence_case overridden = {verdict(VERDICT_PASS), false, true}, voided = {verdict(VERDICT_VOID), false, false};
	expect(NULL, 0, TRACE_NO_EVIDENCE, EXIT_CONFORMANT);
	expect((struct evidence_case[]){pass}, 1, TRACE_VERIFIED, EXIT_CONFORMANT);
	expect((struct evidence_case[]){simulated}, 1, TRACE_SIMULATED, EXIT_CONFORMANT);
	expect((struct evidence_case[]){simulated, pass}, 2, TRACE_VERIFIED, EXIT_CONFORMANT);
	expect((struct evidence_case[]){fail, pass, pass}, 3, TRACE_FAILED, EXIT_NONCONFORMANT);
	expect((struct evidence_case[]){pass, conditional}, 2, TRACE_UNDECIDED, EXIT_INCONCLUSIVE);
	expect((struct evidence_case[]){pass, overridden}, 2, TRACE_UNDECIDED, EXIT_INCONCLUSIVE);
	expect((struct evidence_case[]){voided}, 1, TRACE_UNDECIDED, EXIT_INCONCLUSIVE);
}

Test(trace, simulated_evidence_is_not_enough_where_it_must_be_real)
{
	const struct evidence_case simulated = {verdict(VERDICT_PASS), true, false};
	enum exit_status strict;
	cr_expect_eq(state_of(&simulated, 1, true, &strict).state, TRACE_SIMULATED);
	cr_expect_eq(strict, EXIT_INCONCLUSIVE);
}

Test(trace, stale_evidence_counts_for_nothing)
{
	struct evidence_case stale[] = {{verdict(VERDICT_PASS), false, false},
					{verdict(VERDICT_PASS), false, false},
					{verdict(VERDICT_PASS), false, false},
					{verdict(VERDICT_FAIL), false, false}};
	static const enum trace_staleness WHY[] = {EVIDENCE_OTHER_REVISION, EVIDENCE_OTHER_TEXT, EVIDENCE_OTHER_MEASURAND,
						   EVIDENCE_NO_FINGERPRINT};
	enum exit_status strict;
	stale[0].verdict.revision = 1;
	stale[1].verdict.fingerprint = "00";
	stale[2].verdict.measurand_version = 6;
	stale[3].verdict.fingerprint = NULL;
	for (size_t i = 0; i < sizeof stale / sizeof *stale; i++) {
		expect(&stale[i], 1, TRACE_STALE, EXIT_INCONCLUSIVE);
		cr_expect_eq(first_staleness, WHY[i], "%s", trace_staleness_name(first_staleness));
		expect((struct evidence_case[]){stale[i], {verdict(VERDICT_PASS), false, false}}, 2, TRACE_VERIFIED, EXIT_CONFORMANT);
	}
	cr_expect_eq(state_of(stale, 4, false, &strict).evidence_count, 4);
}

Test(trace, a_requirement_no_scenario_verifies_is_uncovered)
{
	struct error error = {0};
	auto_arena struct arena *arena = arena_create(ARENA_BYTES);
	struct trace trace = {.spec = &spec};
	cr_assert(trace_build(&trace, version_of, arena, &error), "%s", error.text);
	cr_expect(trace_uncovered(&trace, &trace.rows[0]));
	cr_expect_eq(trace_strict_status(&trace), EXIT_INCONCLUSIVE);
	static const char *const OTHER[] = {"X"};
	struct trace_scenario scenario = {.path = "a.lua", .id = "a", .verifies = OTHER, .verifies_count = 1};
	trace = (struct trace){.spec = &spec, .scenarios = &scenario, .scenario_count = 1};
	cr_assert(trace_build(&trace, version_of, arena, &error), "%s", error.text);
	cr_expect_eq(trace_known_count(&trace, &scenario), 0);
	cr_expect(trace_uncovered(&trace, &trace.rows[0]));
}
