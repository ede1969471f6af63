/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "decision.h"
#include "judge.h"

static struct requirement requirement_of(enum decision_rule rule, double lower, double upper)
{
	return (struct requirement){
		.id = "R",
		.measurand = "pulse.peak1",
		.rule = rule,
		.risk = 0.025,
		.limit = {.lower = lower, .upper = upper, .tolerance_relative = NAN, .tolerance_absolute = NAN},
		.select = {.intensity_min_pct = NAN, .intensity_max_pct = NAN, .interval_max_s = NAN},
	};
}

static enum verdict decide(enum decision_rule rule, double lower, double upper, double value, double u)
{
	struct requirement requirement = requirement_of(rule, lower, upper);
	struct decision_limits limits;
	cr_assert(decision_limits_of(&requirement.limit, NAN, &limits));
	return decision_verdict(&requirement, &limits, value, u, INFINITY);
}

/* ILAC-G8:09/2019, 4.2: the four zones around an upper limit of 10 with U = 1 (u = 0.5). */
Test(decision, ilac_g8_zones)
{
	cr_expect_eq(decide(DECISION_NON_BINARY, NAN, 10, 9.0, 0.5), VERDICT_PASS);
	cr_expect_eq(decide(DECISION_NON_BINARY, NAN, 10, 9.5, 0.5), VERDICT_CONDITIONAL_PASS);
	cr_expect_eq(decide(DECISION_NON_BINARY, NAN, 10, 10.5, 0.5), VERDICT_CONDITIONAL_FAIL);
	cr_expect_eq(decide(DECISION_NON_BINARY, NAN, 10, 11.01, 0.5), VERDICT_FAIL);
}

Test(decision, simple_and_guarded_at_the_limit)
{
	cr_expect_eq(decide(DECISION_SIMPLE, NAN, 10, 10, 0.5), VERDICT_PASS);
	cr_expect_eq(decide(DECISION_SIMPLE, NAN, 10, nextafter(10, 11), 0.5), VERDICT_FAIL);
	cr_expect_eq(decide(DECISION_GUARDED, NAN, 10, 9, 0.5), VERDICT_PASS);
	cr_expect_eq(decide(DECISION_GUARDED, NAN, 10, 9.01, 0.5), VERDICT_FAIL);
	cr_expect_eq(decide(DECISION_ISO14253, NAN, 10, 10 - 1.651 * 0.5, 0.5), VERDICT_PASS);
	cr_expect_eq(decide(DECISION_ISO14253, NAN, 10, 10 - 1.649 * 0.5, 0.5), VERDICT_FAIL);
}

/* Standard normal quantiles: 0.5, 0.95, 0.975 one-sided; 0.9545 within two sigma. */
Test(decision, conformance_probability)
{
	struct decision_limits upper = {NAN, 10}, both = {8, 12};
	cr_expect_float_eq(decision_conformance_probability(&upper, 10, 0.5, INFINITY), 0.5, 1e-12);
	cr_expect_float_eq(decision_conformance_probability(&upper, 10 - 1.6448536269514722 * 0.5, 0.5, INFINITY), 0.95, 1e-9);
	cr_expect_float_eq(decision_conformance_probability(&upper, 10 - 1.959963984540054 * 0.5, 0.5, INFINITY), 0.975, 1e-9);
	cr_expect_float_eq(decision_conformance_probability(&both, 10, 1, INFINITY), 0.9544997361036416, 1e-12);
	cr_expect_eq(decide(DECISION_RISK, NAN, 10, 10 - 1.97 * 0.5, 0.5), VERDICT_PASS);
	cr_expect_eq(decide(DECISION_RISK, NAN, 10, 10 - 1.95 * 0.5, 0.5), VERDICT_FAIL);
}

Test(decision, too_uncertain_is_not_capable_but_a_clear_failure_stays_one)
{
	cr_expect_eq(decide(DECISION_GUARDED, 9, 11, 10, 0.6), VERDICT_NOT_CAPABLE);
	cr_expect_eq(decide(DECISION_GUARDED, 9, 11, 13, 0.6), VERDICT_FAIL);
	cr_expect_eq(decide(DECISION_GUARDED, 9, 11, 10, NAN), VERDICT_NOT_CAPABLE);
	cr_expect_eq(decide(DECISION_GUARDED, 9, 11, 10, INFINITY), VERDICT_NOT_CAPABLE);
}

static enum verdict decide_capable(double capability, enum decision_rule rule, double lower, double upper, double value, double u)
{
	struct requirement requirement = requirement_of(rule, lower, upper);
	requirement.capability = capability;
	struct decision_limits limits;
	cr_assert(decision_limits_of(&requirement.limit, NAN, &limits));
	return decision_verdict(&requirement, &limits, value, u, INFINITY);
}

/* U at most T/4: tolerance 1 to either side, U = 2 u = 0.25 is C_m = 4 exactly. */
Test(decision, a_capability_that_is_asked_for)
{
	const enum decision_rule rules[] = {DECISION_SIMPLE, DECISION_GUARDED, DECISION_NON_BINARY, DECISION_ISO14253, DECISION_RISK};
	for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
		cr_expect_eq(decide_capable(4, rules[r], 9, 11, 10, 0.125), VERDICT_PASS);
		cr_expect_eq(decide_capable(4, rules[r], 9, 11, 10, 0.126), VERDICT_NOT_CAPABLE);
		cr_expect_eq(decide_capable(0, rules[r], 9, 11, 10, 0.126), VERDICT_PASS);
		cr_expect_eq(decide_capable(NAN, rules[r], 9, 11, 10, 0.126), VERDICT_PASS);
	}
	/* 3.3 mm +- 0.3 mm: the quotient of rounded numbers. */
	cr_expect_eq(decide_capable(4, DECISION_SIMPLE, 3.0, 3.6, 3.3, 0.3 / 8), VERDICT_PASS);
	cr_expect_eq(decide_capable(4, DECISION_GUARDED, 9, 11, 11.3, 0.13), VERDICT_FAIL, "outside by more than the guard band");
	cr_expect_eq(decide_capable(4, DECISION_GUARDED, 9, 11, 11.2, 0.13), VERDICT_NOT_CAPABLE, "within it nobody can tell");
	cr_expect_eq(decide_capable(4, DECISION_GUARDED, NAN, 11, 10, 0.13), VERDICT_PASS, "an open limit has no span");
}

Test(decision, tolerances_combine)
{
	struct limit limit = {
		.lower = NAN, .upper = NAN, .nominal_kind = NOMINAL_PLANNED, .tolerance_relative = 0.01, .tolerance_absolute = 1e-4};
	struct decision_limits limits;
	cr_assert(decision_limits_of(&limit, 0.1, &limits));
	cr_expect_float_eq(limits.upper, 0.101, 1e-12);
	cr_assert(decision_limits_of(&limit, 0.002, &limits));
	cr_expect_float_eq(limits.upper, 0.0021, 1e-12);
	limit.combine = TOLERANCE_SMALLER;
	cr_assert(decision_limits_of(&limit, 0.1, &limits));
	cr_expect_float_eq(limits.lower, 0.0999, 1e-12);
	cr_expect_not(decision_limits_of(&limit, NAN, &limits));
	limit = (struct limit){.lower = NAN, .upper = NAN, .nominal_kind = NOMINAL_NONE};
	cr_expect_not(decision_limits_of(&limit, 0.1, &limits), "a limit without a bound decides nothing");
}

static struct calibration_check calibration = {
	.date = "2026-11-21",
	.channel_count = 1,
	.channels = {{"coil_current", CHANNEL_COIL_CURRENT, CALIBRATION_IN_FORCE, "2026-03-01", "2027-03-01"}}};

static const struct measurand PEAK = {.id = "pulse.peak1", .version = 1, .title = "peak", .unit = "A", .subject = SUBJECT_PULSE};

static struct judgement judge_values(struct requirement requirement, const double *values, size_t count, double u_random,
				     double u_systematic, const struct results *extra)
{
	struct measurement measurements[8];
	for (size_t i = 0; i < count; i++)
		measurements[i] = (struct measurement){
			&PEAK, values[i],   u_random, u_systematic,    INFINITY,        INFINITY,
			NAN,   (uint32_t)i, -1,       0.1 * (double)i, 0.1 * (double)i, extra && extra->pulse_count == i + 1};
	struct results results = {.measurements = measurements, .measurement_count = count, .aborted = extra && extra->aborted};
	struct spec spec = {.requirements = &requirement, .count = 1};
	struct judgement judgement;
	judge_spec(&spec, &results, NULL, NULL, &calibration, &judgement);
	return judgement;
}

Test(judge, the_worst_of_every_pulse_decides)
{
	const double values[] = {10, 10.4, 9.2, 10.1};
	struct judgement j = judge_values(requirement_of(DECISION_GUARDED, 9.5, 10.5), values, 4, 0.01, 0, NULL);
	cr_expect_eq(j.verdict, VERDICT_FAIL);
	cr_expect_eq(j.worst_subject, 2);
	cr_expect_float_eq(j.value, 9.2, 1e-12);
	cr_expect_eq(j.outside, 1);
	cr_expect_not_null(strstr(j.reason, "9.2"));
	cr_expect_null(strstr(j.reason, "probability"), "thirty standard deviations outside there is none to speak of");
	const double near[] = {10.49};
	j = judge_values(requirement_of(DECISION_GUARDED, 9.5, 10.5), near, 1, 0.01, 0, NULL);
	cr_expect_eq(j.verdict, VERDICT_FAIL);
	cr_expect_not_null(strstr(j.reason, "probability of conformance 84.1 %"), "%s", j.reason); /* Phi(1) */
}

Test(judge, one_measurement_that_is_not_capable_is_no_pass_and_says_why)
{
	struct requirement requirement = requirement_of(DECISION_GUARDED, 9, 11);
	requirement.capability = 4;
	const double values[] = {10, 10.1, 9.9};
	struct judgement judgement = judge_values(requirement, values, 3, 0.2, 0, NULL);
	cr_expect_eq(judgement.verdict, VERDICT_NOT_CAPABLE);
	cr_expect_float_eq(judgement.capability, 2.5, 1e-9);
	cr_expect(strstr(judgement.reason, "C_m 2.5, at least 4 is asked for"), "%s", judgement.reason);
	judgement = judge_values(requirement, values, 3, 0.12, 0, NULL);
	cr_expect_eq(judgement.verdict, VERDICT_PASS);
}

Test(judge, a_mean_keeps_its_systematic_part)
{
	const double values[] = {10, 10.2, 9.8, 10};
	struct requirement requirement = requirement_of(DECISION_GUARDED, 9.5, 10.5);
	requirement.judge = JUDGE_MEAN;
	struct judgement j = judge_values(requirement, values, 4, 0.001, 0.1, NULL);
	cr_expect_float_eq(j.value, 10, 1e-12);
	/* s = 0.16330, s/sqrt(4) = 0.08165; with 0.1 systematic: 0.12910. */
	cr_expect_float_eq(j.u, 0.12910, 1e-4);
	cr_expect_eq(j.verdict, VERDICT_PASS);
}

/* JCGM 100:2008, table G.2: with 3 degrees of freedom 95.45 % lie within 3.31 u. */
Test(judge, few_degrees_of_freedom_widen_the_guard_band)
{
	struct requirement requirement = requirement_of(DECISION_GUARDED, NAN, 10);
	const struct decision_limits limits = {NAN, 10};
	cr_expect_float_eq(decision_guard(DECISION_GUARDED, 1, 3), 3.31, 0.005);
	cr_expect_float_eq(decision_guard(DECISION_ISO14253, 1, 3), 1.65 * 2.353 / 1.645, 0.002, "one-sided 95 %%: 2.353");
	cr_expect_eq(decision_guard(DECISION_GUARDED, 1, INFINITY), 2);
	cr_expect_eq(decision_verdict(&requirement, &limits, 10 - 1.2, 0.5, INFINITY), VERDICT_PASS);
	cr_expect_eq(decision_verdict(&requirement, &limits, 10 - 1.2, 0.5, 3), VERDICT_FAIL);
	cr_expect_eq(decision_verdict(&requirement, &limits, 10 - 1.7, 0.5, 3), VERDICT_PASS);
	cr_expect_float_eq(decision_conformance_probability(&limits, 10 - 2.353 * 0.5, 0.5, 3), 0.95, 1e-4, "t of 3, 95 %%");
}

Test(judge, a_mean_has_the_degrees_of_freedom_of_its_scatter)
{
	const double values[] = {10, 10.2, 9.8, 10};
	struct requirement requirement = requirement_of(DECISION_GUARDED, 9, 11);
	requirement.judge = JUDGE_MEAN;
	struct judgement j = judge_values(requirement, values, 4, 0.001, 0, NULL);
	cr_expect_float_eq(j.dof, 3, 1e-9);
	cr_expect_float_eq(j.k, 3.31, 0.005);
	cr_expect_float_eq(j.expanded, j.k * 0.08165, 1e-4);
	cr_expect_not_null(strstr(j.reason, "(k = 3.31)"), "%s", j.reason);
	/* s / 2 = 0.08165 of 3, 0.1 of many: (0.12910)^4 / (0.08165^4 / 3) = 18.75 (Welch-Satterthwaite). */
	j = judge_values(requirement, values, 4, 0.001, 0.1, NULL);
	cr_expect_float_eq(j.dof, 18.75, 0.01);
	/* As stated, when that is more than was seen; the u of four of unlimited degrees of freedom. */
	j = judge_values(requirement, values, 4, 0.4, 0, NULL);
	cr_expect(isinf(j.dof) && j.k == 2 && fabs(j.u - 0.2) < 1e-12);
	cr_expect_neq(j.deciding, NO_MEASUREMENT);
}

Test(judge, nothing_measured_is_not_tested)
{
	struct judgement j = judge_values(requirement_of(DECISION_GUARDED, 9.5, 10.5), NULL, 0, 0, 0, NULL);
	cr_expect_eq(j.verdict, VERDICT_NOT_TESTED);
	cr_expect_neq(j.reason[0], '\0');
}

Test(judge, a_void_measurement_never_leads_to_a_pass)
{
	const double values[] = {10, 10};
	struct results second_void = {.pulse_count = 2};
	cr_expect_eq(judge_values(requirement_of(DECISION_GUARDED, 9.5, 10.5), values, 2, 0.01, 0, &second_void).verdict, VERDICT_VOID);
	const double one_bad[] = {12, 10};
	cr_expect_eq(judge_values(requirement_of(DECISION_GUARDED, 9.5, 10.5), one_bad, 2, 0.01, 0, &second_void).verdict, VERDICT_FAIL);
}

Test(judge, a_void_count_says_why)
{
	static const struct measurand COUNT = {
		.id = "session.pulse_count", .version = 1, .title = "", .unit = "1", .subject = SUBJECT_SESSION};
	struct requirement requirement = requirement_of(DECISION_GUARDED, 9.5, 10.5);
	requirement.measurand = COUNT.id;
	struct measurement count = {.measurand = &COUNT,
				    .value = 10,
				    .dof = INFINITY,
				    .dof_systematic = INFINITY,
				    .planned = NAN,
				    .expected = -1,
				    .voided = true,
				    .why = "noise may hide a pulse"};
	struct results results = {.measurements = &count, .measurement_count = 1};
	struct spec spec = {.requirements = &requirement, .count = 1};
	struct judgement judgement;
	judge_spec(&spec, &results, NULL, NULL, &calibration, &judgement);
	cr_expect_eq(judgement.verdict, VERDICT_VOID);
	cr_expect_str_eq(judgement.reason, "noise may hide a pulse");
	cr_expect_str_eq(judgement.void_reason, "noise may hide a pulse");
	count.voided = false;
	count.why = NULL;
	judge_spec(&spec, &results, NULL, NULL, &calibration, &judgement);
	cr_expect_eq(judgement.verdict, VERDICT_PASS);
	cr_expect_null(judgement.void_reason);
}

static struct judgement judge_under(enum calibration_state state, bool override, const char *measurand, double value)
{
	struct requirement requirement = requirement_of(DECISION_GUARDED, 9.5, 10.5);
	requirement.measurand = measurand;
	const struct measurand subject = {.id = measurand, .version = 1, .title = "", .unit = "1", .subject = SUBJECT_PULSE};
	struct measurement measurement = {
		.measurand = &subject, .value = value, .u_random = 0.01, .dof = INFINITY, .planned = NAN, .expected = -1};
	struct results results = {.measurements = &measurement, .measurement_count = 1};
	struct spec spec = {.requirements = &requirement, .count = 1};
	struct calibration_check check = {.date = "2027-03-02", .overridden = override, .channel_count = 1};
	check.channels[0] = (struct calibration_channel){"coil_current", CHANNEL_COIL_CURRENT, state, "2026-03-01", "2027-03-01"};
	struct judgement judgement;
	judge_spec(&spec, &results, NULL, NULL, &check, &judgement);
	return judgement;
}

Test(judge, without_a_calibration_in_force_nothing_is_stated_on_what_rests_on_it)
{
	cr_expect_eq(judge_under(CALIBRATION_IN_FORCE, false, "pulse.peak1", 10).verdict, VERDICT_PASS);
	cr_expect_eq(judge_under(CALIBRATION_SIMULATED, false, "pulse.peak1", 10).verdict, VERDICT_PASS);
	struct judgement overdue = judge_under(CALIBRATION_OVERDUE, false, "pulse.peak1", 10);
	cr_expect_eq(overdue.verdict, VERDICT_INCONCLUSIVE);
	cr_expect_not_null(strstr(overdue.reason, "was due on 2027-03-01, before the recording of 2027-03-02"));
	cr_expect_eq(judge_under(CALIBRATION_OVERDUE, false, "pulse.peak1", 20).verdict, VERDICT_INCONCLUSIVE, "nor a fail");
	cr_expect_eq(judge_under(CALIBRATION_LATER, false, "pulse.peak1", 10).verdict, VERDICT_INCONCLUSIVE);
	cr_expect_eq(judge_under(CALIBRATION_MISSING, false, "pulse.peak1", 10).verdict, VERDICT_INCONCLUSIVE);
	cr_expect_eq(judge_under(CALIBRATION_MISSING, false, "discharge.time", 10).verdict, VERDICT_INCONCLUSIVE, "no such channel");
}

Test(judge, times_rest_on_the_delay_only_and_the_unknown_rests_on_everything)
{
	cr_expect_eq(judge_under(CALIBRATION_OVERDUE, false, "pulse.interval", 10).verdict, VERDICT_PASS);
	cr_expect_eq(judge_under(CALIBRATION_OVERDUE, false, "pulse.latency", 10).verdict, VERDICT_INCONCLUSIVE);
	cr_expect_eq(judge_under(CALIBRATION_OVERDUE, false, "nobody.knows", 10).verdict, VERDICT_INCONCLUSIVE);
}

Test(judge, an_override_judges_and_says_so)
{
	struct judgement pass = judge_under(CALIBRATION_OVERDUE, true, "pulse.peak1", 10);
	cr_expect_eq(pass.verdict, VERDICT_PASS);
	cr_expect_not_null(strstr(pass.reason, "judged by override"));
	cr_expect_eq(judge_under(CALIBRATION_OVERDUE, true, "pulse.peak1", 20).verdict, VERDICT_FAIL);
}

Test(judge, an_aborted_run_never_passes)
{
	const double values[] = {10, 10};
	struct results aborted = {.aborted = true};
	cr_expect_eq(judge_values(requirement_of(DECISION_GUARDED, 9.5, 10.5), values, 2, 0.01, 0, &aborted).verdict, VERDICT_VOID);
}

Test(judge, selectors_that_cannot_be_told_do_not_pass)
{
	const double values[] = {10};
	struct requirement requirement = requirement_of(DECISION_GUARDED, 9.5, 10.5);
	requirement.select.scenarios = "protocols/*";
	cr_expect_eq(judge_values(requirement, values, 1, 0.01, 0, NULL).verdict, VERDICT_NOT_TESTED);
	requirement = requirement_of(DECISION_GUARDED, 9.5, 10.5);
	requirement.select.has_waveform = true;
	requirement.select.waveform = WAVEFORM_BIPHASIC;
	cr_expect_eq(judge_values(requirement, values, 1, 0.01, 0, NULL).verdict, VERDICT_NOT_TESTED);
}

Test(judge, missing_and_extra_pulses_that_no_requirement_counts_are_no_pass)
{
	struct requirement requirements[2] = {{.measurand = "pulse.peak1"}, {.measurand = "session.pulse_count"}};
	struct spec spec = {.requirements = requirements, .count = 2};
	struct judgement judgements[2] = {{.verdict = VERDICT_PASS}, {.verdict = VERDICT_NOT_TESTED}};
	struct plan plan = {.pulse_count = 10};
	struct results complete = {0}, missing = {.missing_count = 1}, extra = {.extra_count = 1},
		       both = {.missing_count = 1, .extra_count = 1};
	bool unasked;
	cr_expect_eq(judge_overall(&spec, &complete, &plan, judgements, &unasked), VERDICT_PASS);
	cr_expect_not(unasked);
	cr_expect_eq(judge_overall(&spec, &missing, &plan, judgements, &unasked), VERDICT_NOT_TESTED);
	cr_expect(unasked);
	cr_expect_eq(judge_overall(&spec, &extra, &plan, judgements, NULL), VERDICT_NOT_TESTED);
	cr_expect_eq(judge_overall(&spec, &extra, NULL, judgements, NULL), VERDICT_PASS, "nothing was planned");
	/* Who counts them may allow them. */
	judgements[1].verdict = VERDICT_PASS;
	cr_expect_eq(judge_overall(&spec, &missing, &plan, judgements, NULL), VERDICT_PASS);
	cr_expect_eq(judge_overall(&spec, &both, &plan, judgements, NULL), VERDICT_NOT_TESTED, "one for the other");
	requirements[1].measurand = "session.missing";
	cr_expect_eq(judge_overall(&spec, &missing, &plan, judgements, NULL), VERDICT_PASS);
	cr_expect_eq(judge_overall(&spec, &both, &plan, judgements, NULL), VERDICT_NOT_TESTED);
	judgements[0].verdict = VERDICT_FAIL;
	cr_expect_eq(judge_overall(&spec, &both, &plan, judgements, NULL), VERDICT_FAIL);
}

/* Three pulses due, the second not seen: with all samples there that is another requirement's affair; where some are missing it may lie among them. */
Test(judge, a_pulse_that_may_lie_among_missing_samples_is_void)
{
	struct expected_pulse due[3] = {{.intensity_pct = 50}, {.intensity_pct = 50}, {.intensity_pct = 60}};
	struct plan_block block = {.kind = "single"};
	struct plan plan = {.pulses = due, .pulse_count = 3, .blocks = &block, .block_count = 1};
	struct pulse pulses[2] = {{.expected = 0}, {.expected = 2}};
	struct measurement measurements[2] = {
		{&PEAK, 10, 0.01, 0, INFINITY, INFINITY, NAN, 0, 0, 0.1, 0.1, false},
		{&PEAK, 10, 0.01, 0, INFINITY, INFINITY, NAN, 1, 2, 0.3, 0.3, false},
	};
	struct gap gap = {200, 10, GAP_LOST};
	struct results results = {
		.measurements = measurements, .measurement_count = 2, .pulses = pulses, .pulse_count = 2, .gaps = &gap, .gap_count = 1};
	struct requirement every = requirement_of(DECISION_SIMPLE, 9, 11), stronger = every;
	stronger.select.intensity_min_pct = 55;
	stronger.select.intensity_max_pct = 65;
	struct requirement requirements[2] = {every, stronger};
	struct spec spec = {.requirements = requirements, .count = 2};
	struct judgement judgements[2];
	judge_spec(&spec, &results, &plan, NULL, &calibration, judgements);
	cr_expect_eq(judgements[0].verdict, VERDICT_VOID);
	cr_expect_eq(judgements[0].voided, 1);
	cr_expect_not_null(strstr(judgements[0].reason, "may lie among them"), "%s", judgements[0].reason);
	cr_expect_eq(judgements[1].verdict, VERDICT_PASS, "that pulse was seen");
	results.gap_count = 0;
	judge_spec(&spec, &results, &plan, NULL, &calibration, judgements);
	cr_expect_eq(judgements[0].verdict, VERDICT_PASS);
}

static const struct measurand INTERVAL = {"pulse.interval", 2, "Pulse interval", "s", SUBJECT_INTERVAL, "", ""};

/* Three pairs, the second of them not seen at all: what is asked of it alone is as void as what is asked of all, if samples are missing. */
Test(judge, pulses_that_all_lie_among_missing_samples_are_void)
{
	struct expected_pulse due[6] = {
		{.time_s = 0, .intensity_pct = 50},
		{.time_s = 0.6, .intensity_pct = 50},
		{.time_s = 1.2, .intensity_pct = 54, .section = 1},
		{.time_s = 1.8, .intensity_pct = 54, .section = 1},
		{.time_s = 2.4, .intensity_pct = 58, .section = 2},
		{.time_s = 3, .intensity_pct = 58, .section = 2},
	};
	struct plan_block block = {.kind = "single"};
	struct plan plan = {.pulses = due, .pulse_count = 6, .blocks = &block, .block_count = 1};
	struct pulse pulses[4] = {{.expected = 0}, {.expected = 1}, {.expected = 4}, {.expected = 5}};
	struct measurement measurements[4] = {
		{&PEAK, 10, 0.01, 0, INFINITY, INFINITY, NAN, 0, 0, 0.1, 0.1, false},
		{&PEAK, 10, 0.01, 0, INFINITY, INFINITY, NAN, 1, 1, 0.7, 0.7, false},
		{&INTERVAL, 0.6, 1e-6, 0, INFINITY, INFINITY, 0.6, 1, 1, 0.1, 0.7, false},
		{&INTERVAL, 0.6, 1e-6, 0, INFINITY, INFINITY, 0.6, 3, 5, 2.5, 3.1, false},
	};
	struct gap gap = {1100000, 900000, GAP_LOST};
	struct results results = {
		.measurements = measurements, .measurement_count = 4, .pulses = pulses, .pulse_count = 4, .gaps = &gap, .gap_count = 1};
	struct requirement peak = requirement_of(DECISION_SIMPLE, 9, 11), interval = requirement_of(DECISION_SIMPLE, 0.5, 0.7);
	interval.measurand = "pulse.interval";
	struct requirement requirements[5] = {peak, interval, interval, interval, peak};
	for (unsigned r = 0; r < 4; r += 2) {
		requirements[r].select.intensity_min_pct = 53;
		requirements[r].select.intensity_max_pct = 55;
	}
	requirements[3].select.intensity_min_pct = 57;
	requirements[3].select.intensity_max_pct = 59;
	requirements[4].measurand = "pulse.latency";
	struct spec spec = {.requirements = requirements, .count = 5};
	struct judgement judgements[5];
	judge_spec(&spec, &results, &plan, NULL, &calibration, judgements);
	for (unsigned r = 0; r < 3; r++) {
		cr_expect_eq(judgements[r].verdict, VERDICT_VOID, "%u: %s", r, judgements[r].reason);
		cr_expect_not_null(strstr(judgements[r].reason, "may lie among them"), "%u: %s", r, judgements[r].reason);
	}
	cr_expect_eq(judgements[0].voided, 2);
	cr_expect_eq(judgements[1].voided, 1);
	cr_expect_eq(judgements[3].verdict, VERDICT_PASS, "that interval was seen");
	cr_expect_eq(judgements[4].verdict, VERDICT_NOT_TESTED, "pulses that were seen gave no latency");
	results.gap_count = 0;
	judge_spec(&spec, &results, &plan, NULL, &calibration, judgements);
	cr_expect_eq(judgements[0].verdict, VERDICT_NOT_TESTED);
	cr_expect_eq(judgements[1].verdict, VERDICT_PASS);
}

Test(judge, without_a_scenario_the_whole_specification_must_be_tested)
{
	const double values[] = {10};
	cr_expect(judge_values(requirement_of(DECISION_GUARDED, 9.5, 10.5), values, 1, 0.01, 0, NULL).declared);
	struct judgement nothing = judge_values(requirement_of(DECISION_GUARDED, 9.5, 10.5), NULL, 0, 0, 0, NULL);
	struct judgement both[2] = {judge_values(requirement_of(DECISION_GUARDED, 9.5, 10.5), values, 1, 0.01, 0, NULL), nothing};
	cr_expect_eq(verdict_exit_status(verdict_overall(both, 2)), EXIT_INCONCLUSIVE);
}

Test(judge, a_discharge_that_never_came_is_told_in_words)
{
	const double values[] = {INFINITY};
	struct judgement j = judge_values(requirement_of(DECISION_GUARDED, NAN, 5), values, 1, 0.01, 0, NULL);
	cr_expect_eq(j.verdict, VERDICT_FAIL);
	cr_expect_not_null(strstr(j.reason, "without end"), "%s", j.reason);
}

Test(verdict, overall_and_exit_status)
{
	struct judgement j[3] = {{.verdict = VERDICT_PASS}, {.verdict = VERDICT_NOT_TESTED}, {.verdict = VERDICT_PASS}};
	cr_expect_eq(verdict_overall(j, 3), VERDICT_PASS);
	cr_expect_eq(verdict_overall(j, 0), VERDICT_NOT_TESTED);
	j[1].declared = true;
	cr_expect_eq(verdict_exit_status(verdict_overall(j, 3)), EXIT_INCONCLUSIVE, "what the scenario promised to verify was not tested");
	j[1].verdict = VERDICT_VOID;
	cr_expect_eq(verdict_exit_status(verdict_overall(j, 3)), EXIT_BENCH_FAULT);
	j[2].verdict = VERDICT_FAIL;
	cr_expect_eq(verdict_exit_status(verdict_overall(j, 3)), EXIT_NONCONFORMANT);
	j[1].verdict = VERDICT_NOT_CAPABLE, j[2].verdict = VERDICT_INCONCLUSIVE;
	cr_expect_eq(verdict_overall(j, 3), VERDICT_INCONCLUSIVE);
	cr_expect_eq(verdict_exit_status(verdict_overall(j, 3)), EXIT_INCONCLUSIVE);
	j[1].verdict = j[2].verdict = VERDICT_CONDITIONAL_PASS;
	cr_expect_eq(verdict_exit_status(verdict_overall(j, 3)), EXIT_INCONCLUSIVE);
}
