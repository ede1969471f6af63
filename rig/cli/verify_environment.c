/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "replay.h"
#include "verify.h"

enum { MAX_BYTES = 1 << 20 };

static bool same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static void check_same(const char *place, const char *result, const char *environment, struct stage_report *report)
{
	if (!same(result, environment))
		stage_find(report, "environment.json: %s: it says '%.200s', result.json says '%.200s'", place,
			   environment ? environment : "", result ? result : "");
}

/* The file as JSON; NULL, and a finding, when it is none. */
static json_t *load(const char *dir, struct stage_report *report)
{
	char path[PATH_MAX];
	struct stat status;
	json_error_t problem;
	if (snprintf(path, sizeof path, "%s/environment.json", dir) >= (int)sizeof path || lstat(path, &status) != 0 ||
	    !S_ISREG(status.st_mode) || status.st_size > MAX_BYTES) {
		stage_find(report, "environment.json: not there, or no file of at most %d MiB, and every run leaves one", MAX_BYTES >> 20);
		return NULL;
	}
	json_t *environment = json_load_file(path, JSON_REJECT_DUPLICATES, &problem);
	if (!environment)
		stage_find(report, "environment.json:%d:%d: %s", problem.line, problem.column, problem.text);
	return environment;
}

/* What `tmsrig sim` serves says so in its model, as the drivers look for it (iio_connection.h): then the run was simulated, whatever the bench file says. */
static void check_simulated(const json_t *result, const json_t *environment, struct stage_report *report)
{
	const json_t *instruments = json_object_get(environment, "instruments");
	bool simulated = json_is_true(json_object_get(json_object_get(result, "run"), "simulated"));
	for (size_t i = 0; !simulated && i < json_array_size(instruments); i++) {
		const json_t *note = json_array_get(instruments, i);
		const char *key = text_of(note, "key"), *value = text_of(note, "value");
		if (key && value && strcmp(key, "hw_model") == 0 && strstr(value, "simulated"))
			stage_find(report, "environment.json: the %.40s is a '%.100s', result.json says that nothing is simulated",
				   text_of(note, "part") ? text_of(note, "part") : "instrument", value);
	}
}

/* Since 1970, of "2026-11-22T02:30:00Z"; 0 for anything else. */
static double seconds_of(const char *text)
{
	struct tm parts = {0};
	return text && strptime(text, "%Y-%m-%dT%H:%M:%S", &parts) ? (double)timegm(&parts) : 0;
}

/* A real instrument says who it is, and a recording takes its time. */
static void tell_doubts(const json_t *result, const json_t *environment, struct stage_report *report)
{
	bool simulated = json_is_true(json_object_get(json_object_get(result, "run"), "simulated"));
	const char *command = replay_text(result, "run", "command");
	if (simulated || !same(command, "run"))
		return;
	if (json_array_size(json_object_get(environment, "instruments")) == 0)
		stage_note(report, "the run is said to be of real instruments, but none of them said who it is");
	double begun = seconds_of(replay_text(result, "run", "started")), ended = seconds_of(replay_text(result, "run", "ended"));
	double recorded_s = replay_number(result, "recording", "duration_s", 0);
	if (ended - begun + 2 < recorded_s)
		stage_note(report,
			   "the run is said to be of real instruments, but its %.1f s of recording took %.0f s by the clock of the host",
			   recorded_s, ended - begun);
}

bool verify_environment(struct bundle_check *v, struct stage_report *report, struct error *error)
{
	(void)error;
	json_auto_t *environment = load(v->dir, report);
	if (!environment || !v->result) {
		snprintf(report->summary, sizeof report->summary, "it is not known where this was made:");
		if (environment)
			report->state = STAGE_NOT_DONE;
		return true;
	}
	const json_t *instruments = json_object_get(environment, "instruments");
	const char *host = replay_text(environment, "host", "name");
	snprintf(report->summary, sizeof report->summary, "host %.100s, %zu things that instruments say of themselves", host ? host : "?",
		 json_array_size(instruments));
	check_same("schema", "tmsrig-environment-1", text_of(environment, "schema"), report);
	check_same("run", replay_text(v->result, "run", "id"), text_of(environment, "run"), report);
	check_same("command", replay_text(v->result, "run", "command"), text_of(environment, "command"), report);
	check_same("operator", replay_text(v->result, "run", "operator"), text_of(environment, "operator"), report);
	check_same("device_serial", replay_text(v->result, "run", "device_serial"), text_of(environment, "device_serial"), report);
	check_same("program.version", replay_text(v->result, "tool", "version"), replay_text(environment, "program", "version"), report);
	check_same("program.build", replay_text(v->result, "tool", "build"), replay_text(environment, "program", "build"), report);
	check_simulated(v->result, environment, report);
	tell_doubts(v->result, environment, report);
	return true;
}
