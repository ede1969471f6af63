/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "judge.h"

#include <fnmatch.h>
#include <math.h>
#include <string.h>

#include "decision.h"
#include "dependence.h"
#include "quantity.h"
#include "statement.h"
#include "student.h"

/* The measurements a requirement is about, reduced to what decides. */
struct population {
	const struct measurand *measurand; /* NULL: nothing was measured */
	size_t count, voided, outside, without_limits;
	const char *void_reason; /* of the first void measurement that says why */
	bool has_worst;
	enum verdict worst_verdict;
	double worst_distance; /* margin less guard band of the worst: the smaller, the worse */
	const struct measurement *worst;
	struct decision_limits worst_limits;
	double sum_value, sum_planned, start_s;
	double sum_squares_random, sum_fourths_random; /* u^2; u^4 by its degrees of freedom */
	double sum_systematic, least_dof_systematic;
	size_t planned_count;
	const struct measurement *maximum, *minimum;
	double mean, sum_squared_deviations; /* running, Welford */
};

static int severity(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_PASS: return 0;
	case VERDICT_CONDITIONAL_PASS: return 1;
	case VERDICT_NOT_CAPABLE:
	case VERDICT_INCONCLUSIVE: return 2;
	case VERDICT_CONDITIONAL_FAIL: return 3;
	case VERDICT_VOID: return 4;
	case VERDICT_FAIL: return 5;
	case VERDICT_NOT_TESTED: return -1;
	}
	return 5;
}

static bool position_matches(enum pulse_position position, const struct plan *plan, const struct expected_pulse *pulse)
{
	bool pair = plan->blocks[pulse->block].kind && strcmp(plan->blocks[pulse->block].kind, "pair") == 0;
	switch (position) {
	case POSITION_ANY: return true;
	case POSITION_FIRST_OF_PAIR: return pair && pulse->index == 0;
	case POSITION_SECOND_OF_PAIR: return pair && pulse->index == 1;
	case POSITION_FIRST_OF_TRAIN: return pulse->burst == 0 && pulse->index == 0;
	}
	return false;
}

static bool selected(const struct selector *select, const struct measurement *measurement, const struct plan *plan)
{
	if (!isnan(select->interval_max_s) && !(measurement->planned <= select->interval_max_s))
		return false;
	bool about_pulses = select->position != POSITION_ANY || !isnan(select->intensity_min_pct) || !isnan(select->intensity_max_pct);
	if (!about_pulses)
		return true;
	if (!plan || measurement->expected < 0 || (size_t)measurement->expected >= plan->pulse_count)
		return false;
	const struct expected_pulse *pulse = &plan->pulses[measurement->expected];
	if (pulse->intensity_pct < select->intensity_min_pct || pulse->intensity_pct > select->intensity_max_pct)
		return false;
	return position_matches(select->position, plan, pulse);
}

static void count_one(struct population *population, const struct requirement *requirement, const struct measurement *measurement)
{
	population->count++;
	population->measurand = measurement->measurand;
	if (measurement->voided || isnan(measurement->value)) {
		population->voided++;
		if (!population->void_reason)
			population->void_reason = measurement->why;
		return;
	}
	double n = (double)(population->count - population->voided);
	double deviation = measurement->value - population->mean;
	population->mean += deviation / n;
	population->sum_squared_deviations += deviation * (measurement->value - population->mean);
	population->sum_value += measurement->value;
	population->sum_squares_random += measurement->u_random * measurement->u_random;
	if (measurement->u_random > 0)
		population->sum_fourths_random += pow(measurement->u_random, 4) / measurement->dof;
	population->sum_systematic += measurement->u_systematic;
	if (measurement->u_systematic > 0)
		population->least_dof_systematic = fmin(population->least_dof_systematic, measurement->dof_systematic);
	if (!isnan(measurement->planned)) {
		population->sum_planned += measurement->planned;
		population->planned_count++;
	}
	if (!population->maximum || measurement->value > population->maximum->value)
		population->maximum = measurement;
	if (!population->minimum || measurement->value < population->minimum->value)
		population->minimum = measurement;

	struct decision_limits limits;
	if (!decision_limits_of(&requirement->limit, measurement->planned, &limits)) {
		population->without_limits++;
		return;
	}
	double u = measurement_u(measurement), dof = measurement_dof(measurement);
	double margin = decision_margin(&limits, measurement->value);
	if (margin < 0)
		population->outside++;
	enum verdict verdict = decision_verdict(requirement, &limits, measurement->value, u, dof);
	double distance = margin - student_coverage_factor(dof) * u;
	bool worse = !population->has_worst || severity(verdict) > severity(population->worst_verdict) ||
		     (verdict == population->worst_verdict && distance < population->worst_distance);
	if (worse) {
		population->has_worst = true;
		population->worst_verdict = verdict;
		population->worst_distance = distance;
		population->worst = measurement;
		population->worst_limits = limits;
	}
}

static struct population gather(const struct requirement *requirement, const struct results *results, const struct plan *plan)
{
	struct population population = {.least_dof_systematic = INFINITY};
	for (size_t i = 0; i < results->measurement_count; i++) {
		const struct measurement *measurement = &results->measurements[i];
		if (strcmp(measurement->measurand->id, requirement->measurand) == 0 && selected(&requirement->select, measurement, plan))
			count_one(&population, requirement, measurement);
	}
	return population;
}

/* Measurands that come once for each pulse, pair or train: where every one of them was missed there is no measurement to ask what it is about. */
static bool comes_with_pulses(const char *measurand)
{
	return strncmp(measurand, "pulse.", 6) == 0 || strncmp(measurand, "pair.", 5) == 0 || strncmp(measurand, "train.", 6) == 0;
}

/*
 * Where samples are missing a pulse that was due and not seen may lie among them: what is asked of every pulse cannot be said of that one, nor what
 * is asked of every interval of the one between two such. Pulses stand in the order in which they were due.
 */
static void count_unseen(struct population *population, const struct requirement *requirement, const struct results *results,
			 const struct plan *plan)
{
	bool empty = population->count == 0, intervals = !empty && population->measurand->subject == SUBJECT_INTERVAL;
	bool about_pulses =
		empty ? comes_with_pulses(requirement->measurand) : intervals || population->measurand->subject == SUBJECT_PULSE;
	if (!plan || !about_pulses || results->gap_count == 0 || results->aborted)
		return;
	size_t k = 0, unseen = 0;
	bool any_seen = false, seen_before = true;
	for (size_t p = 0; p < plan->pulse_count; p++) {
		while (k < results->pulse_count && results->pulses[k].expected < (int32_t)p)
			k++;
		bool seen = k < results->pulse_count && results->pulses[k].expected == (int32_t)p;
		bool follows = p > 0 && plan->pulses[p].section == plan->pulses[p - 1].section;
		struct measurement due = {.expected = (int32_t)p, .planned = NAN};
		if (intervals && follows)
			due.planned = plan->pulses[p].time_s - plan->pulses[p - 1].time_s;
		/* An interval of which one end was seen has a void measurement of its own. */
		bool missed = !seen && (!intervals || (follows && !seen_before));
		seen_before = seen;
		if (!selected(&requirement->select, &due, plan))
			continue;
		any_seen |= seen;
		unseen += missed;
	}
	/* Where pulses were seen and gave no measurement there is none to be had, whatever is missing. */
	if (unseen == 0 || (empty && any_seen))
		return;
	population->count += unseen;
	population->voided += unseen;
	if (!population->void_reason)
		population->void_reason = "samples are missing, and a pulse that was due was not seen; it may lie among them";
}

static void not_tested(struct judgement *judgement, const char *reason)
{
	judgement->verdict = VERDICT_NOT_TESTED;
	snprintf(judgement->reason, sizeof judgement->reason, "%s", reason);
}

/* Value, uncertainty and limits that decide, for a requirement on the population as a whole. False: it has none. */
static bool summarise(const struct population *population, const struct requirement *requirement, const struct results *results,
		      struct judgement *judgement, struct decision_limits *limits)
{
	size_t n = population->count - population->voided;
	const struct measurement *one = NULL;
	double planned = population->planned_count == n ? population->sum_planned / (double)n : NAN;
	double systematic = population->sum_systematic / (double)n;
	double s = n > 1 ? sqrt(population->sum_squared_deviations / (double)(n - 1)) : NAN;
	switch (requirement->judge) {
	case JUDGE_EVERY: one = population->worst; break;
	case JUDGE_MAXIMUM: one = population->maximum; break;
	case JUDGE_MINIMUM: one = population->minimum; break;
	case JUDGE_MEAN: {
		double stated = sqrt(population->sum_squares_random) / (double)n, fourths = population->sum_fourths_random;
		double observed = n > 1 ? s / sqrt((double)n) : 0;
		/* The random part as stated, of the degrees of freedom that add up over the measurements, or as seen, of n - 1. */
		struct measurement mean = {.u_random = fmax(stated, observed),
					   .u_systematic = systematic,
					   .dof = fourths > 0 ? pow(population->sum_squares_random, 2) / fourths : INFINITY,
					   .dof_systematic = population->least_dof_systematic};
		if (observed > stated)
			mean.dof = (double)(n - 1);
		judgement->value = population->mean;
		judgement->u = measurement_u(&mean);
		judgement->dof = measurement_dof(&mean);
		judgement->u_random = mean.u_random;
		judgement->dof_random = mean.dof;
		judgement->deciding = (size_t)(population->maximum - results->measurements);
		break;
	}
	case JUDGE_STANDARD_DEVIATION:
		if (n < 2)
			return false;
		judgement->value = s;
		judgement->u = s / sqrt(2.0 * (double)(n - 1));
		judgement->dof = (double)(n - 1);
		judgement->u_random = judgement->u;
		judgement->dof_random = judgement->dof;
		planned = NAN;
		break;
	}
	if (one) {
		judgement->value = one->value;
		judgement->u = measurement_u(one);
		judgement->dof = measurement_dof(one);
		judgement->worst_subject = one->subject;
		judgement->deciding = (size_t)(one - results->measurements);
		judgement->worst_s = one->start_s;
		planned = one->planned;
	}
	judgement->planned = planned;
	judgement->expanded = one ? measurement_expanded(one) : student_coverage_factor(judgement->dof) * judgement->u;
	judgement->k =
		judgement->u > 0 && isfinite(judgement->u) ? judgement->expanded / judgement->u : student_coverage_factor(judgement->dof);
	return decision_limits_of(&requirement->limit, planned, limits);
}

/* A small ratio is read more easily in percent; what has no end was never reached. */
static void format_value(char *out, size_t size, double value, const struct measurand *measurand, bool percent, int digits)
{
	if (isinf(value))
		snprintf(out, size, "%s", value > 0 ? "without end" : "-");
	else if (percent)
		snprintf(out, size, "%.*g %%", digits, 100 * value);
	else
		quantity_format(out, size, value, measurand->unit, digits);
}

static void explain(struct judgement *judgement, const struct measurand *measurand)
{
	char value[48], u[48], k[24] = "", lower[48] = "", upper[48] = "", where[64] = "";
	bool percent = strcmp(measurand->unit, "1") == 0 && !(fabs(judgement->lower) >= 0.5) && !(fabs(judgement->upper) >= 0.5) &&
		       !(judgement->lower == 0 || judgement->upper == 0);
	format_value(value, sizeof value, judgement->value, measurand, percent, 4);
	format_value(u, sizeof u, judgement->expanded, measurand, percent, 2);
	if (judgement->u > 0)
		snprintf(k, sizeof k, " (k = %.2f)", judgement->k);
	format_value(lower, sizeof lower, judgement->lower, measurand, percent, 4);
	format_value(upper, sizeof upper, judgement->upper, measurand, percent, 4);
	if (judgement->worst_subject != UINT32_MAX && measurand->subject != SUBJECT_SESSION)
		snprintf(where, sizeof where, " (%s %u, at %.6f s)", subject_name(measurand->subject), judgement->worst_subject,
			 judgement->worst_s);
	char allowed[128];
	if (isnan(judgement->lower))
		snprintf(allowed, sizeof allowed, "at most %s", upper);
	else if (isnan(judgement->upper))
		snprintf(allowed, sizeof allowed, "at least %s", lower);
	else
		snprintf(allowed, sizeof allowed, "%s to %s", lower, upper);
	const char *what = judged_value_name(judgement->requirement->judge);
	if (judgement->requirement->judge == JUDGE_EVERY)
		what = judgement->population > 1 ? "worst" : "value";
	snprintf(judgement->reason, sizeof judgement->reason, "%s%s %s, U %s%s; allowed %s", what, where, value, u, k, allowed);
}

static void add_reason(struct judgement *judgement, const char *reason)
{
	size_t length = strlen(judgement->reason);
	snprintf(judgement->reason + length, sizeof judgement->reason - length, "%s%s", length ? "; " : "", reason);
}

/* Why a value that can be told cannot be judged. */
static void explain_capability(struct judgement *judgement, const struct decision_limits *limits)
{
	double wanted = judgement->requirement->capability, capability = decision_capability(limits, judgement->u);
	if (judgement->verdict != VERDICT_NOT_CAPABLE || !(wanted > 0) || !(capability < wanted))
		return;
	char sentence[96];
	snprintf(sentence, sizeof sentence, "U is too large for the limits: C_m %.3g, at least %.3g is asked for", capability, wanted);
	add_reason(judgement, sentence);
}

/* What makes a pass untrue whatever the numbers say. */
static void void_where_needed(struct judgement *judgement, const struct results *results)
{
	if (judgement->verdict == VERDICT_FAIL || judgement->verdict == VERDICT_NOT_TESTED)
		return;
	if (judgement->voided > 0) {
		judgement->verdict = VERDICT_VOID;
		add_reason(judgement, judgement->void_reason
					      ? judgement->void_reason
					      : "part of the measurements rests on a gap, on clipped samples, on a channel that "
						"showed no life, or could not be made");
	} else if (results->aborted) {
		judgement->verdict = VERDICT_VOID;
		add_reason(judgement, "the run ended before its plan");
	}
}

/* What makes every statement of conformity untrue, a fail as well as a pass: the values are those of an instrument that nobody vouches for. */
static void hold_against_calibration(struct judgement *judgement, const struct calibration_check *check)
{
	const struct dependence *dependence = dependence_of(judgement->requirement->measurand);
	if (judgement->verdict == VERDICT_NOT_TESTED || judgement->verdict == VERDICT_VOID || !dependence->values)
		return;
	const struct calibration_channel *channel = calibration_find(check, dependence->role);
	enum calibration_state state = channel ? channel->state : CALIBRATION_MISSING;
	if (calibration_holds(state))
		return;
	char sentence[256], why[96];
	const char *name = channel ? channel->name : "the channel";
	if (state == CALIBRATION_OVERDUE)
		snprintf(why, sizeof why, "was due on %.10s, before the recording of %s", channel->due, check->date);
	else if (state == CALIBRATION_LATER)
		snprintf(why, sizeof why, "is of %.10s, after the recording of %s", channel->made, check->date);
	else
		snprintf(why, sizeof why, "is missing");
	if (check->overridden) {
		snprintf(sentence, sizeof sentence, "judged by override though the calibration of %s, whose %s it rests on, %s", name,
			 dependence->values, why);
	} else {
		snprintf(sentence, sizeof sentence, "no statement of conformity: it rests on the %s of %s, whose calibration %s",
			 dependence->values, name, why);
		judgement->verdict = VERDICT_INCONCLUSIVE;
	}
	add_reason(judgement, sentence);
}

/* A scenario that declares nothing, and a recording without a scenario, are held to the whole specification. */
static bool declares(const struct plan *plan, const char *id)
{
	if (!plan || plan->verifies_count == 0)
		return true;
	for (size_t i = 0; i < plan->verifies_count; i++)
		if (strcmp(plan->verifies[i], id) == 0)
			return true;
	return false;
}

static void judge_requirement(const struct requirement *requirement, const struct results *results, const struct plan *plan,
			      const struct device *device, const struct calibration_check *calibration, struct judgement *judgement)
{
	*judgement = (struct judgement){
		.requirement = requirement,
		.verdict = VERDICT_NOT_TESTED,
		.declared = declares(plan, requirement->id),
		.value = NAN,
		.u = NAN,
		.dof = NAN,
		.k = NAN,
		.expanded = NAN,
		.u_random = NAN,
		.dof_random = NAN,
		.lower = NAN,
		.upper = NAN,
		.guard = NAN,
		.margin = NAN,
		.capability = NAN,
		.test_uncertainty_ratio = NAN,
		.conformance_probability = NAN,
		.risk = NAN,
		.proportion = NAN,
		.planned = NAN,
		.worst_subject = UINT32_MAX,
		.deciding = NO_MEASUREMENT,
		.worst_s = NAN,
	};
	const struct selector *select = &requirement->select;
	if (requirement->verified_by != VERIFIED_BY_RIG) {
		char reason[96];
		snprintf(reason, sizeof reason,
			 requirement->verified_by == VERIFIED_BY_OPEN ? "nobody has said how it is verified; the rig does not judge it"
								      : "verified by %s, not by the rig",
			 verification_name(requirement->verified_by));
		not_tested(judgement, reason);
		judgement->declared &= plan && plan->verifies_count > 0;
		return;
	}
	if (select->scenarios && (!plan || fnmatch(select->scenarios, plan->path, FNM_PATHNAME) != 0)) {
		not_tested(judgement, plan ? VERDICT_ELSEWHERE : "needs a scenario");
		judgement->declared &= !plan || plan->verifies_count > 0;
		return;
	}
	if (select->has_waveform && (!device || device->waveform != select->waveform)) {
		not_tested(judgement, device ? "not for this device's waveform" : "needs a device");
		judgement->declared &= !device || (plan && plan->verifies_count > 0);
		return;
	}
	struct population population = gather(requirement, results, plan);
	count_unseen(&population, requirement, results, plan);
	judgement->population = population.count;
	judgement->voided = population.voided;
	judgement->void_reason = population.void_reason;
	judgement->outside = population.outside;
	if (population.count == 0) {
		not_tested(judgement, "this run gave no measurement of it");
		return;
	}
	if (population.count == population.voided) {
		judgement->verdict = VERDICT_VOID;
		add_reason(judgement, population.void_reason ? population.void_reason
							     : "every measurement rests on a gap, on clipped samples, on a channel that "
							       "showed no life, or could not be made");
		return;
	}
	struct decision_limits limits;
	if ((requirement->judge == JUDGE_EVERY && population.without_limits > 0 && !population.has_worst) ||
	    !summarise(&population, requirement, results, judgement, &limits)) {
		not_tested(judgement, "its limit depends on a planned value that this run does not have");
		return;
	}
	judgement->lower = limits.lower;
	judgement->upper = limits.upper;
	judgement->guard = decision_guard(requirement->rule, judgement->u, judgement->dof);
	judgement->margin = decision_margin(&limits, judgement->value);
	judgement->verdict = decision_verdict(requirement, &limits, judgement->value, judgement->u, judgement->dof);
	const struct measurand *measurand = population.measurand;
	explain(judgement, measurand);
	explain_capability(judgement, &limits);
	if (requirement->judge == JUDGE_EVERY && population.without_limits > 0 && judgement->verdict != VERDICT_FAIL) {
		judgement->verdict = VERDICT_VOID;
		add_reason(judgement, "some measurements have no planned value to be held against");
	}
	void_where_needed(judgement, results);
	hold_against_calibration(judgement, calibration);
	statement_fill(judgement, measurand->subject == SUBJECT_SESSION);
	if (judgement->verdict != VERDICT_PASS && judgement->risk > 1e-4 && judgement->risk < 1 - 1e-4) {
		char sentence[64];
		snprintf(sentence, sizeof sentence, "probability of conformance %.3g %%", 100 * judgement->conformance_probability);
		add_reason(judgement, sentence);
	}
}

void judge_spec(const struct spec *spec, const struct results *results, const struct plan *plan, const struct device *device,
		const struct calibration_check *calibration, struct judgement *judgements)
{
	for (size_t i = 0; i < spec->count; i++)
		judge_requirement(&spec->requirements[i], results, plan, device, calibration, &judgements[i]);
}

/* Whether a requirement on this measurand was judged. */
static bool asked(const struct spec *spec, const struct judgement *judgements, const char *measurand)
{
	for (size_t i = 0; i < spec->count; i++)
		if (judgements[i].verdict != VERDICT_NOT_TESTED && strcmp(spec->requirements[i].measurand, measurand) == 0)
			return true;
	return false;
}

enum verdict judge_overall(const struct spec *spec, const struct results *results, const struct plan *plan,
			   const struct judgement *judgements, bool *unasked)
{
	enum verdict overall = verdict_overall(judgements, spec->count);
	/* A missing pulse and an extra one leave the count as it was. */
	bool counted = asked(spec, judgements, "session.pulse_count") && (results->missing_count == 0 || results->extra_count == 0);
	bool missing = results->missing_count > 0 && !counted && !asked(spec, judgements, "session.missing");
	bool extra = results->extra_count > 0 && !counted && !asked(spec, judgements, "session.extra");
	/* Pulses on triggers that were to be refused may be allowed, up to a time: somebody must have asked. */
	bool provoked = results->provoked_count > 0 && !asked(spec, judgements, "session.provoked") &&
			!asked(spec, judgements, "interlock.last_pulse") && !asked(spec, judgements, "interlock.pulses") &&
			!asked(spec, judgements, "interlock.interval") && !asked(spec, judgements, "interlock.amplitude_error");
	bool hidden = plan && (missing || extra || provoked) && (overall == VERDICT_PASS || overall == VERDICT_CONDITIONAL_PASS);
	if (unasked)
		*unasked = hidden;
	return hidden ? VERDICT_NOT_TESTED : overall;
}
