/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "json_emit.h"
#include "trace_print.h"

static void emit_evidence(struct json_emitter *json, const struct trace *trace, const struct trace_evidence *evidence)
{
	const struct trace_attempt *missing = trace_missing_attempt(trace, evidence->bundle);
	emit_open_object(json, NULL);
	emit_string(json, "bundle", evidence->bundle->path);
	emit_string(json, "scenario", evidence->bundle->scenario);
	emit_string(json, "started", evidence->bundle->started);
	emit_boolean(json, "simulated", evidence->bundle->simulated);
	emit_boolean(json, "calibration_overridden", evidence->bundle->overridden);
	if (evidence->bundle->attempt > 0)
		emit_unsigned(json, "attempt", evidence->bundle->attempt);
	else
		emit_null(json, "attempt");
	emit_string(json, "missing_attempt", missing ? missing->id : NULL);
	emit_string(json, "verdict", verdict_name(evidence->verdict->verdict));
	emit_unsigned(json, "revision", evidence->verdict->revision);
	emit_string(json, "fingerprint", evidence->verdict->fingerprint);
	emit_boolean(json, "stale", evidence->staleness != EVIDENCE_CURRENT);
	emit_string(json, "staleness", trace_staleness_name(evidence->staleness));
	emit_close_object(json);
}

static void emit_row(struct json_emitter *json, const struct trace *trace, const struct trace_row *row)
{
	const struct requirement *requirement = row->requirement;
	emit_open_object(json, NULL);
	emit_string(json, "id", requirement->id);
	emit_unsigned(json, "revision", requirement->revision);
	emit_string(json, "fingerprint", row->fingerprint);
	emit_string(json, "text", requirement->text);
	emit_string(json, "hazard", requirement->hazard);
	emit_string(json, "risk_control", requirement->risk_control);
	emit_string(json, "verified_by", verification_name(requirement->verified_by));
	emit_string(json, "state", trace_state_name(row->state));
	emit_boolean(json, "uncovered", trace_uncovered(trace, row));
	emit_open_array(json, "scenarios");
	for (size_t i = 0; i < row->scenario_count; i++)
		emit_string(json, NULL, row->scenarios[i]->id);
	emit_close_array(json);
	emit_open_array(json, "evidence");
	for (size_t i = 0; i < row->evidence_count; i++)
		emit_evidence(json, trace, &row->evidence[i]);
	emit_close_array(json);
	emit_close_object(json);
}

static void emit_scenario(struct json_emitter *json, const struct trace *trace, const struct trace_scenario *scenario)
{
	emit_open_object(json, NULL);
	emit_string(json, "path", scenario->path);
	emit_string(json, "id", scenario->id);
	emit_string(json, "problem", scenario->problem);
	emit_open_array(json, "verifies");
	for (size_t i = 0; i < scenario->verifies_count; i++)
		if (trace_knows(trace, scenario->verifies[i]))
			emit_string(json, NULL, scenario->verifies[i]);
	emit_close_array(json);
	emit_open_array(json, "unknown");
	for (size_t i = 0; i < scenario->verifies_count; i++)
		if (!trace_knows(trace, scenario->verifies[i]))
			emit_string(json, NULL, scenario->verifies[i]);
	emit_close_array(json);
	emit_close_object(json);
}

static void emit_bundle(struct json_emitter *json, const struct trace *trace, const struct trace_bundle *bundle)
{
	emit_open_object(json, NULL);
	emit_string(json, "path", bundle->path);
	emit_string(json, "spec", bundle->spec);
	emit_string(json, "scenario", bundle->scenario);
	emit_string(json, "started", bundle->started);
	emit_string(json, "device", bundle->device);
	emit_string(json, "serial", bundle->serial);
	emit_unsigned(json, "attempt", bundle->attempt);
	emit_string(json, "reason", bundle->reason);
	emit_boolean(json, "simulated", bundle->simulated);
	emit_boolean(json, "whole", bundle->whole);
	emit_open_array(json, "unknown");
	for (size_t i = 0; i < bundle->count; i++)
		if (!trace_knows(trace, bundle->verdicts[i].id))
			emit_string(json, NULL, bundle->verdicts[i].id);
	emit_close_array(json);
	emit_close_object(json);
}

static void emit_groups(struct json_emitter *json, const struct trace *trace, const char *key, const struct trace_group *groups,
			size_t count)
{
	emit_open_array(json, key);
	for (size_t g = 0; g < count; g++) {
		emit_open_object(json, NULL);
		emit_string(json, "id", groups[g].id);
		emit_unsigned(json, "verified", groups[g].verified);
		emit_unsigned(json, "simulated", groups[g].simulated);
		emit_unsigned(json, "failed", groups[g].failed);
		emit_open_array(json, "requirements");
		for (size_t i = 0; i < groups[g].count; i++)
			emit_string(json, NULL, trace->rows[groups[g].rows[i]].requirement->id);
		emit_close_array(json);
		emit_close_object(json);
	}
	emit_close_array(json);
}

void trace_emit(FILE *out, const struct trace *trace)
{
	struct json_emitter json = {.file = out};
	emit_open_object(&json, NULL);
	emit_string(&json, "schema", "tmsrig-trace-1");
	emit_open_object(&json, "spec");
	emit_string(&json, "id", trace->spec->id);
	emit_unsigned(&json, "revision", trace->spec->revision);
	emit_string(&json, "file", trace->spec->file);
	emit_close_object(&json);
	emit_open_array(&json, "requirements");
	for (size_t r = 0; r < trace->spec->count; r++)
		emit_row(&json, trace, &trace->rows[r]);
	emit_close_array(&json);
	emit_open_array(&json, "scenarios");
	for (size_t i = 0; i < trace->scenario_count; i++)
		emit_scenario(&json, trace, &trace->scenarios[i]);
	emit_close_array(&json);
	emit_open_array(&json, "bundles");
	for (size_t i = 0; i < trace->bundle_count; i++)
		emit_bundle(&json, trace, &trace->bundles[i]);
	emit_close_array(&json);
	emit_groups(&json, trace, "hazards", trace->hazards, trace->hazard_count);
	emit_groups(&json, trace, "risk_controls", trace->risk_controls, trace->risk_control_count);
	emit_integer(&json, "strict_status", trace_strict_status(trace));
	emit_close_object(&json);
}
