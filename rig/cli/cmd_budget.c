/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "budget_table.h"
#include "command.h"
#include "inputs.h"
#include "measurands.h"
#include "replay.h"
#include "result_budget.h"
#include "student.h"

struct budget_arguments {
	const char *dir, *measurand;
	long index; /* -1: not given */
	bool json;
};

enum { KEY_INDEX = 256, KEY_JSON };

static const struct argp_option OPTIONS[] = {
	{"index", KEY_INDEX, "N", 0,
	 "Which one: the index of the pulse, train or step, as in measurements.csv (default: the one of largest U)", 0},
	{"json", KEY_JSON, 0, 0, "Print JSON instead of tables", 0},
	{0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct budget_arguments *arguments = state->input;
	char *end;
	switch (key) {
	case KEY_INDEX:
		arguments->index = strtol(argument, &end, 10);
		if (end == argument || *end || arguments->index < 0 || arguments->index > UINT32_MAX)
			argp_error(state, "--index %s: a whole number from 0 on is needed, as in the column index of measurements.csv",
				   argument);
		return 0;
	case KEY_JSON: arguments->json = true; return 0;
	case ARGP_KEY_ARG:
		if (arguments->measurand)
			argp_error(state, "more than one measurand: '%s' after '%s'", argument, arguments->measurand);
		if (arguments->dir)
			arguments->measurand = argument;
		else
			arguments->dir = argument;
		return 0;
	case ARGP_KEY_END:
		if (!arguments->dir)
			argp_error(state, "no evidence folder given");
		if (arguments->index >= 0 && !arguments->measurand)
			argp_error(state, "--index %ld goes with a measurand, for example `budget EVIDENCE pulse.peak1 --index %ld`",
				   arguments->index, arguments->index);
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp ARGP = {
	OPTIONS,
	parse_option,
	"EVIDENCE [MEASURAND]",
	"Shows what a value owes its uncertainty to. Of the value that decided each requirement, as the evidence states it; or of a value "
	"of "
	"MEASURAND, by measuring the recording again.",
	NULL,
	NULL,
	NULL,
};

/* One budget to be shown. */
struct entry {
	const char *requirement; /* NULL: none */
	const char *measurand, *subject, *unit;
	long index; /* -1: of no one subject */
	double value;
	struct budget budget;
};

static bool is_one_pulse(const struct entry *entry)
{
	return entry->subject && strcmp(entry->subject, subject_name(SUBJECT_PULSE)) == 0;
}

static void show(const struct entry *entry, struct json_emitter *json)
{
	if (!json) {
		char title[256], index[32] = "";
		if (entry->index >= 0)
			snprintf(index, sizeof index, " of %s %ld", entry->subject, entry->index);
		snprintf(title, sizeof title, "%s%s%s%s", entry->requirement ? entry->requirement : "", entry->requirement ? ": " : "",
			 entry->measurand, index);
		budget_table(stdout, &(struct budget_heading){title, entry->unit, entry->value, is_one_pulse(entry)}, &entry->budget);
		return;
	}
	double u = budget_u(&entry->budget), dof = budget_dof(&entry->budget),
	       expanded = budget_expanded(&entry->budget, is_one_pulse(entry));
	double k = u > 0 && isfinite(u) ? expanded / u : student_coverage_factor(dof);
	emit_open_object(json, NULL);
	emit_string(json, "requirement", entry->requirement);
	emit_string(json, "measurand", entry->measurand);
	emit_string(json, "subject", entry->subject);
	if (entry->index >= 0)
		emit_integer(json, "index", entry->index);
	else
		emit_null(json, "index");
	emit_string(json, "unit", entry->unit);
	emit_number(json, "value", entry->value);
	emit_number(json, "u", u);
	emit_number(json, "dof", dof);
	emit_number(json, "k", k);
	emit_number(json, "expanded", expanded);
	result_emit_budget(json, &entry->budget, entry->unit);
	emit_close_object(json);
}

static double number_or(const json_t *object, const char *key, double otherwise)
{
	const json_t *value = json_object_get(object, key);
	return json_is_number(value) ? json_number_value(value) : otherwise;
}

static const char *string_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

/* The lines of a budget in result.json, where null stands for what has no bounds. The units stay the document's. */
static void read_budget(const json_t *lines, struct budget *budget)
{
	for (size_t i = 0; i < json_array_size(lines); i++) {
		const json_t *line = json_array_get(lines, i);
		for (enum uncertainty_source s = 0; s < SOURCE_COUNT; s++)
			if (strcmp(uncertainty_source_name(s), string_of(line, "source")) == 0)
				budget->of[s] = (struct contribution){.u = number_or(line, "u", INFINITY),
								      .c = number_or(line, "c", 0),
								      .dof = number_or(line, "dof", INFINITY),
								      .present = true,
								      .unit = string_of(line, "unit")};
	}
}

/* What decided each requirement, as the evidence states it. How many there were. */
static size_t show_requirements(const json_t *result, struct json_emitter *json)
{
	const json_t *requirements = json_object_get(result, "requirements");
	size_t shown = 0;
	for (size_t i = 0; i < json_array_size(requirements); i++) {
		const json_t *requirement = json_array_get(requirements, i);
		if (!json_is_array(json_object_get(requirement, "budget")))
			continue;
		struct entry entry = {.requirement = string_of(requirement, "id"),
				      .measurand = string_of(requirement, "measurand"),
				      .subject = string_of(requirement, "subject"),
				      .unit = string_of(requirement, "unit"),
				      .index = strcmp(string_of(requirement, "subject"), "session") == 0
						       ? -1
						       : (long)number_or(requirement, "worst_subject", -1),
				      .value = number_or(requirement, "value", NAN)};
		read_budget(json_object_get(requirement, "budget"), &entry.budget);
		if (shown++ > 0 && !json)
			putchar('\n');
		show(&entry, json);
	}
	return shown;
}

/* The measurement of that index, or without one that of the largest U; void ones only where asked for. -1: none. */
static long find_measurement(const struct results *results, const char *id, long index)
{
	long found = -1;
	for (size_t i = 0; i < results->measurement_count; i++) {
		const struct measurement *m = &results->measurements[i];
		if (strcmp(m->measurand->id, id) != 0 || (index >= 0 ? m->subject != (unsigned long)index : m->voided))
			continue;
		if (found < 0 || measurement_expanded(m) > measurement_expanded(&results->measurements[found]))
			found = (long)i;
	}
	return found;
}

static bool show_measurand(const struct budget_arguments *arguments, struct replay *replay, struct json_emitter *json, struct error *error)
{
	const char *id = arguments->measurand;
	if (!measurand_find(id))
		return error_config(error, "there is no measurand '%s'; `tmsrig measurands` lists them", id);
	if (!replay_measure(arguments->dir, replay, error))
		return false;
	long found = find_measurement(replay->results, id, arguments->index);
	if (found < 0 && arguments->index >= 0)
		return error_config(error, "%s: there is no %s of index %ld; measurements.csv lists what there is", arguments->dir, id,
				    arguments->index);
	if (found < 0)
		return error_config(error, "%s: no %s was measured in this session; measurements.csv lists what was", arguments->dir, id);
	const struct measurement *m = &replay->results->measurements[found];
	struct entry entry = {.measurand = id,
			      .subject = subject_name(m->measurand->subject),
			      .unit = m->measurand->unit,
			      .index = m->measurand->subject == SUBJECT_SESSION ? -1 : (long)m->subject,
			      .value = m->value};
	if (!measure_budget(replay->measure, replay->results, (size_t)found, &entry.budget, error))
		return false;
	show(&entry, json);
	return true;
}

static int budget(int argc, char **argv)
{
	struct budget_arguments arguments = {.index = -1};
	struct error error = {0};
	inputs_argp(&ARGP, "budget", argc, argv, &arguments);
	struct replay replay;
	struct json_emitter emitter = {.file = stdout}, *json = arguments.json ? &emitter : NULL;
	bool ok = replay_open(arguments.dir, &replay, &error);
	if (ok && arguments.measurand) {
		ok = show_measurand(&arguments, &replay, json, &error);
	} else if (ok) {
		if (json)
			emit_open_array(json, NULL);
		size_t shown = show_requirements(replay.result, json);
		if (json)
			emit_close_array(json);
		if (shown == 0 && !json)
			ok = error_config(&error, "%s: no requirement came to a value with a budget; name a measurand", arguments.dir);
	}
	replay_finish(&replay);
	return ok ? 0 : command_fail(&error);
}

const struct command command_budget = {"budget", "show what a value owes its uncertainty to", budget};
