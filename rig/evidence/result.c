/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "result.h"

#include <math.h>
#include <string.h>

#include "fingerprint.h"
#include "json_emit.h"
#include "result_budget.h"
#include "result_identity.h"
#include "result_setup.h"
#include "statistics.h"

enum { PLAN_TEXT_CAP = 1 << 28 };

static bool ended_early(const struct result_facts *result)
{
	return !result->complete || result->facts->results->aborted || result->facts->ended_by != ERROR_NONE;
}

/* What was not recorded to its end conforms to nothing, whatever the part that is there looks like. */
static enum verdict overall_verdict(const struct result_facts *result)
{
	enum verdict overall = result->facts->overall;
	bool passing = overall == VERDICT_PASS || overall == VERDICT_CONDITIONAL_PASS;
	return passing && ended_early(result) ? VERDICT_VOID : overall;
}

static enum exit_status overall_exit_status(const struct result_facts *result)
{
	const struct safety *safety = result->facts->safety;
	if (safety && safety->tripped && result->facts->ended_by != ERROR_ABORTED)
		return monitor_blames_device(safety->monitor) ? EXIT_NONCONFORMANT : EXIT_BENCH_FAULT;
	switch (result->facts->ended_by) {
	case ERROR_CONFIG: return EXIT_CONFIGURATION;
	case ERROR_BENCH:
	case ERROR_REFUSED: return EXIT_BENCH_FAULT;
	case ERROR_ABORTED: return EXIT_ABORTED;
	case ERROR_NONE: break;
	}
	return result->facts->results->aborted ? EXIT_ABORTED : verdict_exit_status(overall_verdict(result));
}

const char *result_ended_by_name(enum error_kind kind)
{
	switch (kind) {
	case ERROR_NONE: return "plan";
	case ERROR_CONFIG: return "configuration";
	case ERROR_BENCH:
	case ERROR_REFUSED: return "bench";
	case ERROR_ABORTED: return "operator";
	}
	return "bench";
}

static void emit_run(struct json_emitter *json, const struct result_facts *result)
{
	const struct evidence_facts *facts = result->facts;
	const struct sim_setup *sim = &facts->setup->sim;
	bool simulated = facts->simulated || bench_setup_simulated(facts->setup);
	emit_open_object(json, "run");
	emit_string(json, "command", facts->command);
	emit_string(json, "started", facts->started);
	emit_string(json, "ended", facts->ended);
	emit_string(json, "operator", facts->operator_name);
	emit_string(json, "device_serial", facts->device_serial);
	emit_string(json, "recording", facts->recording);
	emit_string(json, "recording_sha256", facts->recording ? result->source_sha256 : NULL);
	emit_boolean(json, "simulated", simulated);
	if (bench_setup_simulated(facts->setup))
		emit_unsigned(json, "seed", sim->seed);
	else
		emit_null(json, "seed");
	emit_open_array(json, "faults");
	for (size_t i = 0; i < sim->fault_count; i++) {
		emit_open_object(json, NULL);
		emit_string(json, "kind", sim_fault_name(sim->faults[i].kind));
		emit_unsigned(json, "pulse", sim->faults[i].pulse);
		emit_number(json, "value", sim->faults[i].value);
		emit_close_object(json);
	}
	emit_close_array(json);
	emit_string(json, "fixtures", facts->fixtures);
	emit_string(json, "ended_by", result_ended_by_name(facts->ended_by));
	emit_boolean(json, "complete", result->complete);
	emit_boolean(json, "aborted", facts->results->aborted || facts->ended_by == ERROR_ABORTED);
	result_emit_identity(json, facts->identity);
	emit_close_object(json);
}

static size_t count_verdicts(const struct evidence_facts *facts, enum verdict verdict)
{
	size_t count = 0;
	for (size_t i = 0; i < facts->spec->count; i++)
		count += facts->judgements[i].verdict == verdict;
	return count;
}

static size_t count_events(const struct results *results, enum run_event_kind kind)
{
	size_t count = 0;
	for (size_t i = 0; i < results->event_count; i++)
		count += results->events[i].kind == kind;
	return count;
}

static void emit_counts(struct json_emitter *json, const struct evidence_facts *facts)
{
	const struct results *results = facts->results;
	size_t clipped = 0, voided = 0;
	for (size_t i = 0; i < results->pulse_count; i++) {
		clipped += results->pulses[i].clipped;
		voided += results->pulses[i].voided;
	}
	emit_open_object(json, "counts");
	if (facts->plan)
		emit_unsigned(json, "expected", facts->plan->pulse_count);
	else
		emit_null(json, "expected");
	emit_unsigned(json, "detected", results->pulse_count);
	emit_unsigned(json, "matched", results->matched_count);
	emit_unsigned(json, "missing", results->missing_count);
	emit_unsigned(json, "extra", results->extra_count);
	emit_unsigned(json, "provoked", results->provoked_count);
	emit_unsigned(json, "untriggered", results->untriggered_count);
	emit_unsigned(json, "clipped", clipped);
	emit_unsigned(json, "voided", voided);
	emit_unsigned(json, "trigger_edges", results->trigger_edge_count);
	emit_unsigned(json, "trigger_events", count_events(results, EVENT_TRIGGER));
	emit_unsigned(json, "gaps", results->gap_count);
	emit_unsigned(json, "measurements", results->measurement_count);
	emit_unsigned(json, "requirements", facts->spec->count);
	for (int v = VERDICT_PASS; v <= VERDICT_NOT_TESTED; v++)
		emit_unsigned(json, verdict_name((enum verdict)v), count_verdicts(facts, (enum verdict)v));
	emit_close_object(json);
}

static const struct measurand *measurand_of(const struct measurand_statistics *statistics, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(statistics[i].measurand->id, id) == 0)
			return statistics[i].measurand;
	return NULL;
}

static void emit_requirement(struct json_emitter *json, const struct judgement *judgement, const struct budget *budget,
			     const struct measurand *measurand)
{
	const struct requirement *requirement = judgement->requirement;
	emit_open_object(json, NULL);
	emit_string(json, "id", requirement->id);
	emit_unsigned(json, "revision", requirement->revision);
	emit_string(json, "text", requirement->text);
	fingerprint_emit(json, requirement);
	emit_open_object(json, "source");
	emit_string(json, "document", requirement->document);
	emit_string(json, "clause", requirement->clause);
	emit_close_object(json);
	emit_string(json, "hazard", requirement->hazard);
	emit_string(json, "risk_control", requirement->risk_control);
	emit_string(json, "measurand", requirement->measurand);
	if (measurand)
		emit_unsigned(json, "measurand_version", measurand->version);
	else
		emit_null(json, "measurand_version");
	emit_string(json, "unit", measurand ? measurand->unit : requirement->unit);
	emit_string(json, "subject", measurand ? subject_name(measurand->subject) : NULL);
	emit_string(json, "rule", decision_rule_name(requirement->rule));
	emit_string(json, "rule_text", decision_rule_words(requirement->rule));
	emit_number(json, "accepted_risk", requirement->rule == DECISION_RISK ? requirement->risk : NAN);
	emit_number(json, "capability_asked", requirement->capability > 0 ? requirement->capability : NAN);
	emit_string(json, "judge", judged_value_name(requirement->judge));
	emit_string(json, "verdict", verdict_name(judgement->verdict));
	emit_number(json, "value", judgement->value);
	emit_number(json, "u", judgement->u);
	emit_number(json, "dof", judgement->dof);
	emit_number(json, "k", judgement->k);
	emit_number(json, "expanded", judgement->expanded);
	emit_number(json, "lower", judgement->lower);
	emit_number(json, "upper", judgement->upper);
	emit_number(json, "guard", judgement->guard);
	emit_number(json, "margin", judgement->margin);
	emit_number(json, "tur", judgement->test_uncertainty_ratio);
	emit_number(json, "capability_index", judgement->capability);
	emit_number(json, "conformance_probability", judgement->conformance_probability);
	emit_number(json, "consumer_risk", judgement->risk);
	emit_number(json, "planned", judgement->planned);
	emit_unsigned(json, "population", judgement->population);
	emit_unsigned(json, "outside", judgement->outside);
	emit_unsigned(json, "voided", judgement->voided);
	emit_string(json, "void_reason", judgement->void_reason);
	emit_unsigned(json, "trials", judgement->trials);
	emit_number(json, "outside_proportion_95", judgement->proportion);
	if (judgement->worst_subject == UINT32_MAX)
		emit_null(json, "worst_subject");
	else
		emit_unsigned(json, "worst_subject", judgement->worst_subject);
	emit_number(json, "worst_s", judgement->worst_s);
	result_emit_budget(json, isnan(judgement->u) ? NULL : budget, measurand ? measurand->unit : "");
	emit_string(json, "reason", judgement->reason);
	emit_close_object(json);
}

static void emit_measurand(struct json_emitter *json, const struct measurand_statistics *statistics)
{
	const struct measurand *measurand = statistics->measurand;
	emit_open_object(json, NULL);
	emit_string(json, "id", measurand->id);
	emit_unsigned(json, "version", measurand->version);
	emit_string(json, "title", measurand->title);
	emit_string(json, "unit", measurand->unit);
	emit_string(json, "subject", subject_name(measurand->subject));
	emit_string(json, "definition", measurand->definition);
	emit_string(json, "source", measurand->source);
	emit_unsigned(json, "count", statistics->count);
	emit_unsigned(json, "voided", statistics->voided);
	emit_string(json, "void_reason", statistics->void_reason);
	emit_number(json, "mean", statistics->mean);
	emit_number(json, "standard_deviation", statistics->standard_deviation);
	emit_number(json, "minimum", statistics->minimum);
	emit_number(json, "maximum", statistics->maximum);
	emit_close_object(json);
}

static void emit_judged(struct json_emitter *json, const struct evidence_facts *facts, const struct measurand_statistics *statistics,
			size_t count)
{
	emit_open_array(json, "requirements");
	for (size_t i = 0; i < facts->spec->count; i++) {
		const struct judgement *judgement = &facts->judgements[i];
		emit_requirement(json, judgement, &facts->budgets[i], measurand_of(statistics, count, judgement->requirement->measurand));
	}
	emit_close_array(json);
	emit_open_array(json, "measurands");
	for (size_t i = 0; i < count; i++)
		emit_measurand(json, &statistics[i]);
	emit_close_array(json);
}

static void emit_happenings(struct json_emitter *json, const struct results *results)
{
	emit_open_array(json, "missing");
	for (size_t i = 0; i < results->missing_count && i < RESULT_MAX_MISSING; i++)
		emit_unsigned(json, NULL, results->missing[i]);
	emit_close_array(json);
	emit_open_array(json, "gaps");
	for (size_t i = 0; i < results->gap_count; i++) {
		emit_open_object(json, NULL);
		emit_unsigned(json, "first_frame", results->gaps[i].first_frame);
		emit_unsigned(json, "frames", results->gaps[i].frames);
		emit_string(json, "cause", gap_cause_name(results->gaps[i].cause));
		emit_close_object(json);
	}
	emit_close_array(json);
	emit_open_array(json, "events");
	for (size_t i = 0; i < results->event_count; i++) {
		const struct run_event *event = &results->events[i];
		if (event->kind == EVENT_TRIGGER || event->kind == EVENT_PROVOKE)
			continue;
		emit_open_object(json, NULL);
		emit_string(json, "kind", run_event_kind_name(event->kind));
		emit_unsigned(json, "index", event->index);
		emit_number(json, "time_s", event->time_s);
		emit_number(json, "u_time_s", event->u_time_s);
		emit_close_object(json);
	}
	emit_close_array(json);
}

static void emit_time_base(struct json_emitter *json, const struct results *results)
{
	const struct time_base *base = &results->time_base;
	if (base->source == TIME_BASE_NONE && results->edge_count == 0) {
		emit_null(json, "time_base");
		return;
	}
	char note[400];
	bool warning = time_base_note(base, note, sizeof note);
	bool shared = base->source == TIME_BASE_SHARED;
	emit_open_object(json, "time_base");
	emit_string(json, "source", time_base_source_name(base->source));
	emit_number(json, "offset_s", base->source == TIME_BASE_NONE ? NAN : time_base_map(base, 0));
	emit_number(json, "rate_ppm", shared ? 1e6 * base->rate_rel : NAN);
	emit_number(json, "u_rate_ppm", 1e6 * base->u_rate_rel);
	emit_number(json, "u_s", shared ? time_base_u_s(base, base->pivot_s) : base->u_offset_s);
	emit_number(json, "u_end_s", time_base_u_at_s(base, results->duration_s));
	emit_number(json, "u_drift_s", base->u_drift_s);
	emit_number(json, "residual_s", base->residual_s);
	emit_number(json, "expected_residual_s", base->expected_s);
	emit_unsigned(json, "shared_edges", base->shared);
	emit_unsigned(json, "recorded_edges", base->recorded_count);
	emit_unsigned(json, "logic_edges", base->logic_count);
	emit_unsigned(json, "refined_edges", results->refined_count);
	emit_unsigned(json, "edges_dropped", results->edges_dropped);
	emit_boolean(json, "ambiguous", base->ambiguous);
	emit_boolean(json, "drifts", base->drifts);
	emit_boolean(json, "rate_outside", base->rate_outside);
	emit_boolean(json, "warning", warning);
	emit_string(json, "note", note[0] ? note : NULL);
	emit_close_object(json);
}

static void emit_safety(struct json_emitter *json, const struct safety *safety)
{
	if (!safety) {
		emit_null(json, "safe_state");
		emit_null(json, "monitor");
		return;
	}
	emit_open_object(json, "safe_state");
	if (safety->proof == SAFE_NOT_PROVABLE)
		emit_null(json, "proven");
	else
		emit_boolean(json, "proven", safety->proof == SAFE_PROVEN);
	emit_open_array(json, "by");
	for (size_t i = 0; i < safety->by_count; i++)
		emit_string(json, NULL, safety->by[i]);
	emit_close_array(json);
	emit_string(json, "text", safety->text);
	emit_close_object(json);
	if (safety->unwatched_count > 0) {
		emit_open_array(json, "not_watched");
		for (size_t i = 0; i < safety->unwatched_count; i++)
			emit_string(json, NULL, safety->unwatched[i]);
		emit_close_array(json);
	}
	if (!safety->tripped) {
		emit_null(json, "monitor");
		return;
	}
	emit_open_object(json, "monitor");
	emit_string(json, "name", monitor_name(safety->monitor));
	emit_string(json, "against", monitor_blames_device(safety->monitor) ? "device" : "bench");
	emit_number(json, "time_s", safety->trip_s);
	emit_string(json, "text", safety->trip_text);
	emit_close_object(json);
}

static void emit_lint(struct json_emitter *json, const struct evidence_facts *facts)
{
	emit_open_array(json, "lint");
	for (size_t i = 0; i < facts->finding_count; i++) {
		const struct evidence_finding *finding = &facts->findings[i];
		emit_open_object(json, NULL);
		emit_string(json, "level", finding->level);
		emit_string(json, "rule", finding->rule);
		emit_string(json, "text", finding->text);
		emit_string(json, "justification", finding->justification);
		emit_integer(json, "line", finding->line);
		emit_close_object(json);
	}
	emit_close_array(json);
}

static void emit_files(struct json_emitter *json, const struct result_facts *result)
{
	emit_open_array(json, "inputs");
	for (size_t i = 0; i < result->input_count; i++) {
		emit_open_object(json, NULL);
		emit_string(json, "name", result->inputs[i].name);
		emit_string(json, "path", result->inputs[i].path);
		emit_string(json, "sha256", result->inputs[i].sha256);
		emit_close_object(json);
	}
	emit_close_array(json);
	if (!result->recorded) {
		emit_null(json, "recording");
		return;
	}
	emit_open_object(json, "recording");
	emit_string(json, "file", "recording.h5");
	emit_boolean(json, "complete", result->complete);
	emit_number(json, "duration_s", result->recorded_s);
	if (result->complete)
		emit_unsigned(json, "total_frames", result->total_frames);
	else
		emit_null(json, "total_frames");
	emit_close_object(json);
}

static void emit_head(struct json_emitter *json, const struct result_facts *result)
{
	emit_string(json, "schema", "tmsrig-result-1");
	emit_open_object(json, "tool");
	emit_string(json, "name", "tmsrig");
	emit_string(json, "version", result->facts->version);
	emit_string(json, "build", result->facts->build);
	emit_close_object(json);
	emit_run(json, result);
	emit_string(json, "verdict", verdict_name(overall_verdict(result)));
	emit_integer(json, "exit_status", overall_exit_status(result));
}

static bool hash_plan(const struct plan *plan, char hex[DIGEST_HEX_SIZE], struct error *error)
{
	auto_text struct text text = text_make(PLAN_TEXT_CAP);
	plan_serialise(plan, &text);
	if (text.overflown)
		return error_bench(error, "%s: no memory to hash the plan", plan->path);
	evidence_sha256(text_view(&text), text.length, hex);
	return true;
}

bool result_write(const char *path, const struct result_facts *result, struct error *error)
{
	const struct evidence_facts *facts = result->facts;
	char plan_sha256[DIGEST_HEX_SIZE] = "";
	size_t count;
	if (facts->plan && !hash_plan(facts->plan, plan_sha256, error))
		return false;
	auto_free struct measurand_statistics *statistics = statistics_of(facts->results, &count);
	auto_file FILE *file = statistics ? fopen(path, "wxe") : NULL;
	if (!file)
		return error_errno(error, ERROR_BENCH, "%s: cannot create", path);
	struct json_emitter json = {.file = file};
	emit_open_object(&json, NULL);
	emit_head(&json, result);
	result_emit_scenario(&json, facts->plan, plan_sha256);
	result_emit_setup(&json, facts->setup, facts->format, facts->gaps_found_by, facts->calibration);
	result_emit_spec(&json, facts->spec);
	emit_counts(&json, facts);
	emit_judged(&json, facts, statistics, count);
	emit_happenings(&json, facts->results);
	result_emit_event_log(&json, facts->identity);
	emit_time_base(&json, facts->results);
	emit_safety(&json, facts->safety);
	emit_lint(&json, facts);
	result_emit_about(&json, facts->about);
	emit_files(&json, result);
	emit_string(&json, "results_sha256", result->results_sha256);
	emit_close_object(&json);
	bool failed = ferror(file) != 0;
	failed |= fclose(steal(&file)) != 0;
	return !failed || error_errno(error, ERROR_BENCH, "%s: cannot write", path);
}
