/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <argp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "bundle_place.h"
#include "command.h"
#include "folder_state.h"
#include "inputs.h"
#include "json_emit.h"
#include "plain_text.h"
#include "replay.h"
#include "verify.h"

enum { KEY_WITH_SPEC = 256, KEY_JSON, KEY_TRUST, KEY_REQUIRE, KEY_TSA };

struct verify_arguments {
	const char *bundle, *spec;
	struct trust *trust; /* NULL until a key is named */
	struct signature_demands demands;
	bool json, all_views, different_people;
};

static const struct argp_option OPTIONS[] = {
	{"with-spec", KEY_WITH_SPEC, "SPEC", 0, "Judge by these requirements as well, and show what changes", 0},
	{"trust", KEY_TRUST, "PUB", 0, "A public key that may sign, or a folder of such (*.pub); a signature by any other then fails", 1},
	{"require", KEY_REQUIRE, "WHAT,...", 0,
	 "Fail without a signature of this meaning: performed, reviewed, approved; or, with `views`, when one of the views could not be "
	 "made again",
	 1},
	{"tsa-ca", KEY_TSA, "PEM", 0, "Certificates that time stamps must lead to", 1},
	{"json", KEY_JSON, 0, 0, "Print JSON instead of lines", 2},
	{0},
};

/* A list of what is required, with commas. */
static void require(struct verify_arguments *arguments, char *list, struct argp_state *state)
{
	char *rest = NULL;
	for (char *what = strtok_r(list, ",", &rest); what; what = strtok_r(NULL, ",", &rest)) {
		enum signature_meaning meaning;
		if (strcmp(what, "views") == 0)
			arguments->all_views = true;
		else if (strcmp(what, "different-people") == 0)
			arguments->different_people = true;
		else if (signature_meaning_parse(what, &meaning))
			arguments->demands.required[meaning] = true;
		else
			argp_error(state, "--require %s: performed, reviewed, approved, different-people or views is needed", what);
	}
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct verify_arguments *arguments = state->input;
	struct error error = {0};
	switch (key) {
	case KEY_TRUST:
		if (!arguments->trust)
			arguments->trust = trust_create(&error);
		if (!arguments->trust || !trust_add(arguments->trust, argument, &error))
			argp_error(state, "--trust: %s", error.text);
		arguments->demands.trust = arguments->trust;
		return 0;
	case KEY_REQUIRE: require(arguments, argument, state); return 0;
	case KEY_TSA: arguments->demands.tsa_ca = argument; return 0;
	case KEY_WITH_SPEC: arguments->spec = argument; return 0;
	case KEY_JSON: arguments->json = true; return 0;
	case ARGP_KEY_ARG:
		if (arguments->bundle)
			argp_error(state, "more than one bundle: '%s' after '%s'", argument, arguments->bundle);
		arguments->bundle = argument;
		return 0;
	case ARGP_KEY_NO_ARGS: argp_error(state, "no bundle given"); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp ARGP = {
	OPTIONS,
	parse_option,
	"BUNDLE",
	"Checks that a bundle is what the run left, and judges its raw recording again: every verdict and every number must come out as "
	"they are stored.\v"
	"Exit status: 0 the bundle holds, whatever its verdict; 1 something differs; 2 not a bundle, or wrong usage; 4 the machine failed. "
	"With --with-spec: that of `run` for the new verdict, 4 when the bundle does not hold.",
	NULL,
	NULL,
	NULL,
};

struct stage {
	const char *name;
	bool (*look)(struct bundle_check *check, struct stage_report *report, struct error *error);
};

static const struct stage STAGES[] = {
	{"manifest", verify_manifest},    {"result", verify_result}, {"environment", verify_environment},
	{"events", verify_events},        {"ledger", verify_ledger}, {"signatures", verify_signatures},
	{"re-judging", verify_rejudging}, {"views", verify_views},   {"stillness", verify_stillness},
};
enum { STAGE_COUNT = sizeof STAGES / sizeof *STAGES };

void stage_find(struct stage_report *report, const char *format, ...)
{
	va_list args;
	report->state = STAGE_FAILS;
	if (report->finding_count++ >= VERIFY_MAX_FINDINGS)
		return;
	va_start(args, format);
	vsnprintf(report->findings[report->finding_count - 1], VERIFY_FINDING_SIZE, format, args);
	va_end(args);
	plain_text_make(report->findings[report->finding_count - 1]);
}

void stage_note(struct stage_report *report, const char *format, ...)
{
	va_list args;
	if (report->note_count == VERIFY_MAX_NOTES)
		return;
	va_start(args, format);
	vsnprintf(report->notes[report->note_count], VERIFY_NOTE_SIZE, format, args);
	va_end(args);
	plain_text_make(report->notes[report->note_count++]);
}

static const char *state_name(enum stage_state state)
{
	switch (state) {
	case STAGE_HOLDS: return "holds";
	case STAGE_FAILS: return "FAILS";
	case STAGE_ABSENT: return "none";
	case STAGE_NOT_DONE: return "not done";
	case STAGE_PARTLY: return "partly";
	}
	return "FAILS";
}

static size_t shown(const struct stage_report *report)
{
	return report->finding_count < VERIFY_MAX_FINDINGS ? report->finding_count : VERIFY_MAX_FINDINGS;
}

static void print_stage(const struct stage *stage, const struct stage_report *report)
{
	printf("%-12s %-9s %s\n", stage->name, state_name(report->state), report->summary);
	for (size_t i = 0; i < report->note_count; i++)
		printf("    %s\n", report->notes[i]);
	for (size_t i = 0; i < shown(report); i++)
		printf("    %s\n", report->findings[i]);
	if (report->finding_count > shown(report))
		printf("    and %zu more\n", report->finding_count - shown(report));
}

static void emit_stage(struct json_emitter *json, const struct stage *stage, const struct stage_report *report)
{
	emit_open_object(json, NULL);
	emit_string(json, "stage", stage->name);
	emit_string(json, "state", report->state == STAGE_FAILS ? "fails" : state_name(report->state));
	emit_string(json, "summary", report->summary);
	emit_unsigned(json, "finding_count", report->finding_count);
	emit_open_array(json, "findings");
	for (size_t i = 0; i < shown(report); i++)
		emit_string(json, NULL, report->findings[i]);
	emit_close_array(json);
	emit_open_array(json, "notes");
	for (size_t i = 0; i < report->note_count; i++)
		emit_string(json, NULL, report->notes[i]);
	emit_close_array(json);
	emit_close_object(json);
}

static void emit_differences(struct json_emitter *json, const struct bundle_check *v)
{
	const struct differences *d = &v->differences;
	emit_open_object(json, "rejudging");
	emit_boolean(json, "same_build", !v->other);
	emit_string(json, "other", v->other);
	emit_unsigned(json, "values", d->values);
	emit_unsigned(json, "differences", d->count);
	emit_number(json, "tolerance", d->tolerance);
	emit_number(json, "largest_relative", d->largest);
	emit_string(json, "largest_at", d->largest > 0 ? d->largest_place : NULL);
	if (d->count == 0) {
		emit_null(json, "first");
	} else {
		emit_open_object(json, "first");
		emit_string(json, "place", d->first.place);
		emit_string(json, "stored", d->first.stored);
		emit_string(json, "remade", d->first.remade);
		emit_close_object(json);
	}
	emit_close_object(json);
}

/* Looks at everything; *holds: no stage fails. False when the machine did not let it. */
static bool look(struct bundle_check *v, struct stage_report *reports, struct json_emitter *json, bool quiet, bool *holds,
		 struct error *error)
{
	*holds = true;
	for (size_t i = 0; i < STAGE_COUNT; i++) {
		if (!STAGES[i].look(v, &reports[i], error))
			return false;
		plain_text_make(reports[i].summary);
		*holds = *holds && (reports[i].state == STAGE_HOLDS || reports[i].state == STAGE_ABSENT ||
				    (reports[i].state == STAGE_PARTLY && !v->all_views));
		if (!json && !quiet)
			print_stage(&STAGES[i], &reports[i]);
	}
	return true;
}

static bool is_partly(const struct stage_report *reports)
{
	bool partly = false;
	for (size_t i = 0; i < STAGE_COUNT; i++)
		partly |= reports[i].state == STAGE_PARTLY;
	return partly;
}

static void print_end(const struct bundle_check *v, const char *bundle, const struct stage_report *reports, struct json_emitter *json,
		      bool holds)
{
	const char *verdict = json_string_value(json_object_get(v->result, "verdict"));
	if (!json) {
		if (holds)
			printf("verified%s: %s holds; its verdict is %s\n", is_partly(reports) ? ", but for the views named above" : "",
			       bundle, verdict ? verdict : "unknown");
		else
			printf("NOT VERIFIED: %s does not hold\n", bundle);
		return;
	}
	emit_open_object(json, NULL);
	emit_string(json, "bundle", bundle);
	emit_boolean(json, "verified", holds);
	emit_string(json, "verdict", verdict);
	emit_open_array(json, "stages");
	for (size_t i = 0; i < STAGE_COUNT; i++)
		emit_stage(json, &STAGES[i], &reports[i]);
	emit_close_array(json);
	emit_differences(json, v);
	emit_close_object(json);
}

/* A folder in which nothing is of a bundle is none; one in which something is missing is a bundle that does not hold. */
static bool is_bundle(const char *dir, const char *bundle, struct error *error)
{
	static const char *const PARTS[] = {"SHA256SUMS", "result.json", "recording.h5", "events.jsonl"};
	struct stat status;
	char path[PATH_MAX];
	for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++)
		if (snprintf(path, sizeof path, "%s/%s", dir, PARTS[i]) < (int)sizeof path && lstat(path, &status) == 0)
			return true;
	return error_config(error, "%s: not a bundle: it has no SHA256SUMS, result.json, recording.h5 nor events.jsonl", bundle);
}

static int finish(struct bundle_check *v, struct bundle_place *place, struct trust *trust, struct stage_report *reports, int status)
{
	trust_destroy(trust);
	bundle_place_close(place);
	json_decref(v->result);
	scratch_remove(&v->scratch);
	free(reports);
	return status;
}

static int verify(int argc, char **argv)
{
	struct verify_arguments arguments = {0};
	struct error error = {0};
	inputs_argp(&ARGP, "verify", argc, argv, &arguments);
	struct bundle_place place = {0};
	struct bundle_check v = {.dir = place.dir,
				 .demands = arguments.demands,
				 .all_views = arguments.all_views,
				 .different_people = arguments.different_people};
	struct stage_report *reports = calloc(STAGE_COUNT, sizeof *reports);
	struct json_emitter emitter = {.file = stdout}, *json = arguments.json ? &emitter : NULL;
	bool holds;
	if (!reports || !bundle_place_open(&place, arguments.bundle, &error) || !is_bundle(v.dir, arguments.bundle, &error) ||
	    !folder_state(v.dir, v.state, &error) || !look(&v, reports, json, arguments.spec && arguments.json, &holds, &error))
		return finish(&v, &place, arguments.trust, reports, command_fail(&error));
	if (!arguments.spec || !holds) {
		print_end(&v, arguments.bundle, reports, json, holds);
		return finish(&v, &place, arguments.trust, reports,
			      holds            ? EXIT_CONFORMANT
			      : arguments.spec ? EXIT_BENCH_FAULT
					       : EXIT_NONCONFORMANT);
	}
	int status;
	if (!verify_with_spec(&v, arguments.spec, arguments.json, &status, &error))
		status = command_fail(&error);
	return finish(&v, &place, arguments.trust, reports, status);
}

const struct command command_verify = {"verify", "check a bundle and judge its recording again", verify};
