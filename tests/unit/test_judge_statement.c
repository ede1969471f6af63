/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is said beside a verdict, against published numbers and against a population whose true values are known.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "judge.h"
#include "statement.h"

/* Worked examples of JCGM 106:2012, 7.3 and 7.4, to the digits printed there. */
Test(statement, jcgm_106_worked_examples)
{
	/* Breakdown voltage of a Zener diode: y = -5.47 V, u = 0.05 V, at most -5.40 V: Phi(1.40) = 0.92. */
	struct decision_limits limits = {NAN, -5.40};
	cr_expect_float_eq(decision_conformance_probability(&limits, -5.47, 0.05, INFINITY), 0.92, 0.005);
	/* Burst strength of a container: y = 509.7 kPa, u = 8.6 kPa, at least 490 kPa: Phi(2.29) = 0.99. */
	limits = (struct decision_limits){490, NAN};
	cr_expect_float_eq(decision_conformance_probability(&limits, 509.7, 8.6, INFINITY), 0.99, 0.005);
	/* Viscosity of an oil: y = 13.6 mm2/s, u = 1.8 mm2/s, 12.5 to 16.3: Phi(1.5) - Phi(-0.61) = 0.66. */
	limits = (struct decision_limits){12.5, 16.3};
	cr_expect_float_eq(decision_conformance_probability(&limits, 13.6, 1.8, INFINITY), 0.66, 0.005);
	cr_expect_float_eq(statement_risk(&limits, 13.6, 1.8, INFINITY), 0.34, 0.005);
	/* C_m = (TU - TL) / (4 u). */
	cr_expect_float_eq(statement_capability(&limits, 1.8), 3.8 / 7.2, 1e-12);
}

Test(statement, what_cannot_be_said_is_not)
{
	const struct decision_limits open = {NAN, 10}, both = {9, 11};
	cr_expect(isnan(statement_capability(&open, 0.1)));
	cr_expect(isnan(statement_capability(&both, NAN)));
	cr_expect(isinf(statement_capability(&both, 0)));
	cr_expect(isnan(statement_risk(&both, 10, INFINITY, INFINITY)));
	cr_expect(isnan(statement_risk(&both, 10, NAN, INFINITY)));
	cr_expect_eq(statement_risk(&both, 10, 0, INFINITY), 0);
	cr_expect_eq(statement_risk(&both, 12, 0, INFINITY), 1);
	/* Ten standard deviations: Phi(-10) = 7.6198530e-24 (tables of the normal distribution). */
	cr_expect_float_eq(statement_risk(&open, 0, 1, INFINITY) / 7.6198530241605e-24, 1, 1e-9, "1 - p_c would be 0");
}

/* With C_m = 1 both guard bands meet in the middle, and both limits share in the risk: 1 - 0.9545. The sum is what is stated. */
Test(statement, two_near_limits_add_their_risks)
{
	const struct decision_limits limits = {9, 11};
	cr_expect_float_eq(statement_capability(&limits, 0.5), 1, 1e-12);
	cr_expect_float_eq(statement_risk(&limits, 10, 0.5, INFINITY), 0.0455002638963584, 1e-12);
}

/* Zero failures: 59 trials show 95 % with 95 % confidence, 299 show 99 % (the success-run theorem, MIL-HDBK and others). */
Test(statement, trials_without_failure)
{
	cr_expect_lt(statement_proportion(59), 0.05);
	cr_expect_gt(statement_proportion(58), 0.05);
	cr_expect_lt(statement_proportion(299), 0.01);
	cr_expect_gt(statement_proportion(298), 0.01);
	cr_expect_float_eq(statement_proportion(1), 0.95, 1e-12);
	cr_expect(isnan(statement_proportion(0)));
}

static struct judgement judge_one(enum judged_value judge, enum subject subject, double value, size_t count, enum calibration_state state)
{
	const struct measurand measurand = {.id = "pulse.peak1", .version = 1, .title = "", .unit = "A", .subject = subject};
	struct requirement requirement = {.id = "R",
					  .measurand = "pulse.peak1",
					  .rule = DECISION_GUARDED,
					  .judge = judge,
					  .risk = NAN,
					  .limit = {.lower = 9, .upper = 11, .tolerance_relative = NAN, .tolerance_absolute = NAN},
					  .select = {.intensity_min_pct = NAN, .intensity_max_pct = NAN, .interval_max_s = NAN}};
	static struct measurement measurements[300];
	for (size_t i = 0; i < count; i++)
		measurements[i] = (struct measurement){.measurand = &measurand,
						       .value = value,
						       .u_random = 0.1,
						       .dof = INFINITY,
						       .planned = NAN,
						       .subject = (uint32_t)i,
						       .expected = -1};
	struct results results = {.measurements = measurements, .measurement_count = count};
	struct spec spec = {.requirements = &requirement, .count = 1};
	struct calibration_check check = {.date = "2026-11-21", .channel_count = 1};
	check.channels[0] = (struct calibration_channel){"coil_current", CHANNEL_COIL_CURRENT, state, NULL, NULL};
	struct judgement judgement;
	judge_spec(&spec, &results, NULL, NULL, &check, &judgement);
	return judgement;
}

Test(statement, a_judgement_carries_what_can_be_said)
{
	struct judgement j = judge_one(JUDGE_EVERY, SUBJECT_PULSE, 10.5, 299, CALIBRATION_IN_FORCE);
	cr_expect_eq(j.verdict, VERDICT_PASS);
	cr_expect_float_eq(j.capability, 5, 1e-12);
	cr_expect_float_eq(j.risk, 0.5 * erfc(5 / sqrt(2)), 1e-12);
	cr_expect_float_eq(j.conformance_probability + j.risk, 1, 1e-12);
	cr_expect_eq(j.trials, 299);
	cr_expect_lt(j.proportion, 0.01);
	j = judge_one(JUDGE_EVERY, SUBJECT_PULSE, 12, 299, CALIBRATION_IN_FORCE);
	cr_expect(j.trials == 299 && isnan(j.proportion) && j.risk > 0.999, "some are outside");
	j = judge_one(JUDGE_MEAN, SUBJECT_PULSE, 10, 299, CALIBRATION_IN_FORCE);
	cr_expect(j.trials == 0 && isnan(j.proportion) && j.risk >= 0, "a mean has no trials");
	j = judge_one(JUDGE_EVERY, SUBJECT_SESSION, 10, 1, CALIBRATION_IN_FORCE);
	cr_expect(j.trials == 0 && isnan(j.proportion), "one value of a session is no trial");
	j = judge_one(JUDGE_EVERY, SUBJECT_PULSE, 10, 299, CALIBRATION_MISSING);
	cr_expect(isnan(j.conformance_probability) && isnan(j.risk) && isnan(j.capability) && j.trials == 0, "nothing is stated");
}

/* xorshift64* and Box-Muller: the same population on every machine. */
static double normal(uint64_t *state)
{
	double u[2];
	for (int i = 0; i < 2; i++) {
		*state ^= *state >> 12, *state ^= *state << 25, *state ^= *state >> 27;
		u[i] = ((double)((*state * 2685821657736338717u) >> 11) + 0.5) / 9007199254740992.0;
	}
	return sqrt(-2 * log(u[0])) * cos(2 * acos(-1) * u[1]);
}

struct population_risks {
	size_t accepted, falsely, rejected, falsely_rejected;
	double predicted, predicted_rejected; /* sums of the specific risks */
	double variance, variance_rejected;
};

/*
 * Devices whose true values are so wide a population beside u (25 u) that a value says nothing on the true one but what its uncertainty says: then
 * the specific risk of JCGM 106 must be the observed one. Truth is drawn, measured with u, judged; the sum of the risks stated of the accepted is the
 * number of false accepts to be expected.
 */
static struct population_risks simulate(enum decision_rule rule, bool one_sided)
{
	const struct requirement requirement = {.rule = rule, .risk = 0.025};
	const struct decision_limits limits = {one_sided ? NAN : -5, 5};
	const double u = 0.5;
	struct population_risks out = {0};
	uint64_t state = 88172645463325252u;
	for (int i = 0; i < 400000; i++) {
		double truth = 12.5 * normal(&state), value = truth + u * normal(&state);
		bool conforms = decision_margin(&limits, truth) >= 0;
		double risk = statement_risk(&limits, value, u, INFINITY);
		if (decision_verdict(&requirement, &limits, value, u, INFINITY) == VERDICT_PASS) {
			out.accepted++;
			out.falsely += !conforms;
			out.predicted += risk;
			out.variance += risk * (1 - risk);
			/* The bound of the rule holds for each value, not for the mean only. */
			if (rule == DECISION_GUARDED) /* and both limits are far apart */
				cr_assert_lt(risk, 0.025);
		} else {
			out.rejected++;
			out.falsely_rejected += conforms;
			out.predicted_rejected += 1 - risk;
			out.variance_rejected += risk * (1 - risk);
		}
	}
	return out;
}

Test(statement, observed_false_decisions_are_the_predicted_ones, .timeout = 60)
{
	static const enum decision_rule RULES[] = {DECISION_SIMPLE, DECISION_GUARDED, DECISION_ISO14253, DECISION_RISK};
	for (size_t i = 0; i < sizeof RULES / sizeof *RULES; i++) {
		for (int sides = 1; sides <= 2; sides++) {
			struct population_risks found = simulate(RULES[i], sides == 1);
			const char *rule = decision_rule_name(RULES[i]);
			cr_expect(found.accepted > 100000 && found.rejected > 100000);
			/* 95 % interval of the number; the seed is fixed, so that it either lies in it or not. One part in a thousand for the prior. */
			double room = 1.96 * sqrt(found.variance) + 1e-3 * found.predicted + 1;
			cr_expect_lt(fabs((double)found.falsely - found.predicted), room, "%s: %zu false accepts, %.1f predicted", rule,
				     found.falsely, found.predicted);
			room = 1.96 * sqrt(found.variance_rejected) + 1e-3 * found.predicted_rejected + 1;
			cr_expect_lt(fabs((double)found.falsely_rejected - found.predicted_rejected), room,
				     "%s: %zu false rejects, %.1f predicted", rule, found.falsely_rejected, found.predicted_rejected);
		}
	}
	struct population_risks simple = simulate(DECISION_SIMPLE, true), guarded = simulate(DECISION_GUARDED, true);
	cr_expect_gt(simple.falsely, 20 * guarded.falsely, "the guard band is what keeps them out");
	cr_expect_gt(guarded.falsely, 0, "and the population is near enough to the limit to show it");
}

/* Devices at the very edge of acceptance, where the risk is largest: true values spread evenly around the acceptance limit seen by one of U. */
Test(statement, false_accepts_at_the_acceptance_limit_stay_below_2_5_percent)
{
	const struct decision_limits limits = {NAN, 10};
	const double u = 0.5;
	uint64_t state = 1442695040888963407u;
	size_t accepted = 0, falsely = 0;
	const struct requirement requirement = {.rule = DECISION_GUARDED};
	for (int i = 0; i < 200000; i++) {
		/* A flat prior: of a value just accepted the truth is distributed about it with u. */
		double value = 10 - 2 * u - 1e-9, truth = value + u * normal(&state);
		cr_assert_eq(decision_verdict(&requirement, &limits, value, u, INFINITY), VERDICT_PASS);
		accepted++;
		falsely += truth > 10;
	}
	double observed = (double)falsely / (double)accepted;
	cr_expect_lt(observed, 0.025, "%.4f", observed);
	cr_expect_float_eq(observed, 0.02275, 1.96 * sqrt(0.02275 / 200000), "Phi(-2) = 2.275 %%: %.5f", observed);
}

/* u is itself estimated from few readings, as a laboratory has it: with k = 2 too many would be accepted, with the k of Student's t not. */
Test(statement, false_accepts_with_few_degrees_of_freedom)
{
	enum { DOF = 4, TRIALS = 100000 };
	const struct decision_limits limits = {NAN, 10};
	const struct requirement requirement = {.rule = DECISION_GUARDED};
	uint64_t state = 88172645463325252u;
	size_t falsely = 0, with_2 = 0;
	double bound = 0;
	for (int i = 0; i < TRIALS; i++) {
		double truth = 10 + 1e-9, sum = 0;
		for (int k = 0; k < DOF; k++)
			sum += pow(normal(&state), 2);
		double value = truth + 0.5 * normal(&state), u = 0.5 * sqrt(sum / DOF);
		falsely += decision_verdict(&requirement, &limits, value, u, DOF) == VERDICT_PASS;
		with_2 += decision_verdict(&requirement, &limits, value, u, INFINITY) == VERDICT_PASS;
	}
	bound = 0.02275 + 3 * sqrt(0.02275 / TRIALS);
	cr_expect_lt((double)falsely / TRIALS, bound, "%zu of %d", falsely, TRIALS);
	cr_expect_gt((double)falsely / TRIALS, 0.02275 - 3 * sqrt(0.02275 / TRIALS), "%zu: and no wider than needed", falsely);
	cr_expect_gt((double)with_2 / TRIALS, 0.05, "%zu", with_2);
}

/* The test uncertainty ratio goes by U, the capability index by u. */
Test(statement, the_test_uncertainty_ratio_knows_k)
{
	const struct decision_limits limits = {9, 11};
	cr_expect_float_eq(statement_test_uncertainty_ratio(&limits, 3.31 * 0.1), 2 / (2 * 0.331), 1e-12);
	cr_expect_float_eq(statement_test_uncertainty_ratio(&limits, 0.2), statement_capability(&limits, 0.1), 1e-12);
}
