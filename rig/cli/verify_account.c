/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "ledger.h"
#include "replay.h"
#include "run_log.h"
#include "verify_account.h"

static bool same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

void account_finish(struct account *account)
{
	json_decref(account->first);
	json_decref(account->safety);
	json_decref(account->last);
	*account = (struct account){0};
}

bool account_take(void *self, size_t line, const char *text)
{
	struct account *account = self;
	json_t *event = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	const char *name = json_string_value(json_object_get(event, "event"));
	if (!json_is_object(event) && account->unreadable == 0)
		account->unreadable = line;
	if (line == 1)
		account->first = json_incref(event);
	account->errors += same(name, "error");
	account->begun += same(name, "started");
	if (same(name, RUN_LOG_SAFETY)) {
		account->safety_count++;
		json_decref(account->safety);
		account->safety = json_incref(event);
	}
	json_decref(account->last);
	account->last = event;
	return true;
}

static void check_same(const char *place, const char *result, const char *event, struct stage_report *report)
{
	if (!same(result, event))
		stage_find(report, "result.json: %s is '%.200s', events.jsonl says '%.200s'", place, result ? result : "",
			   event ? event : "");
}

static const char *text_of(const json_t *event, const char *name)
{
	return json_string_value(json_object_get(event, name));
}

static void check_begin(const json_t *result, const struct account *account, struct stage_report *report)
{
	if (account->begun != 1 || !same(text_of(account->first, "event"), "started")) {
		stage_find(report, "events.jsonl: it does not begin with the one event 'started'");
		return;
	}
	check_same("run.id", replay_text(result, "run", "id"), text_of(account->first, "run"), report);
	check_same("run.command", replay_text(result, "run", "command"), text_of(account->first, "command"), report);
	check_same("run.ledger", replay_text(result, "run", "ledger"), text_of(account->first, "ledger"), report);
	check_same("bench.id", replay_text(result, "bench", "id"), text_of(account->first, "bench"), report);
	const char *recording = replay_text(result, "run", "recording");
	check_same(recording ? "run.recording" : "scenario.id", recording ? recording : replay_text(result, "scenario", "id"),
		   text_of(account->first, "scenario"), report);
}

static void check_end(const json_t *result, const struct account *account, struct stage_report *report)
{
	const char *by = replay_text(result, "run", "ended_by");
	if (!same(text_of(account->last, "event"), "ended"))
		stage_find(report, "events.jsonl: its last event is not 'ended', so the run did not come to its end");
	else
		check_same("verdict", json_string_value(json_object_get(result, "verdict")), text_of(account->last, "verdict"), report);
	if (same(by, "plan") != (account->errors == 0))
		stage_find(report, "result.json: run.ended_by is '%.40s', events.jsonl has %zu errors", by ? by : "", account->errors);
}

/* A run says whether its safe state was seen; what only looks at a recording cannot. */
static void check_safety(const json_t *result, const struct account *account, struct stage_report *report)
{
	const json_t *state = json_object_get(result, "safe_state"), *monitor = json_object_get(result, "monitor");
	bool is_run = !replay_text(result, "run", "recording");
	if (is_run != json_is_object(state) || (is_run ? 1 : 0) != account->safety_count) {
		stage_find(report, "result.json: safe_state: %s; events.jsonl tells of it %zu times, a %s does %s",
			   json_is_object(state) ? "it is there" : "it is not there", account->safety_count, is_run ? "run" : "recording",
			   is_run ? "once" : "never");
		return;
	}
	if (!is_run)
		return;
	const json_t *proven = json_object_get(state, "proven"), *told = json_object_get(account->safety, "proven");
	if (!proven || !told || json_typeof(proven) != json_typeof(told))
		stage_find(report, "result.json: safe_state.proven is not what events.jsonl says");
	check_same("safe_state.text", text_of(state, "text"), text_of(account->safety, "text"), report);
	check_same("monitor.name", text_of(monitor, "name"), text_of(account->safety, "monitor"), report);
}

/* Of the earlier attempts a result names at most LEDGER_MAX_EARLIER; "attempt" counts them all. */
static void check_attempt(const json_t *result, struct stage_report *report)
{
	const json_t *run = json_object_get(result, "run");
	size_t earlier = json_array_size(json_object_get(run, "earlier"));
	json_int_t attempt = json_integer_value(json_object_get(run, "attempt"));
	if (earlier < LEDGER_MAX_EARLIER ? attempt != (json_int_t)earlier + 1 : attempt <= (json_int_t)earlier)
		stage_find(report, "result.json: run.attempt is %lld, run.earlier names %zu attempts before it", (long long)attempt,
			   earlier);
}

void account_check(const struct account *account, const json_t *result, struct stage_report *report)
{
	const char *command = replay_text(result, "run", "command");
	bool is_run = same(command, "run"), has_recording = replay_text(result, "run", "recording");
	if ((!is_run && !same(command, "analyze")) || is_run == has_recording)
		stage_find(report,
			   "result.json: run.command: 'run' without run.recording or 'analyze' with it is needed, not '%.40s' %s it",
			   command ? command : "", has_recording ? "with" : "without");
	check_begin(result, account, report);
	check_end(result, account, report);
	check_safety(result, account, report);
	check_attempt(result, report);
	if (account->unreadable > 0)
		stage_find(report, "events.jsonl:%zu: not a JSON object, or one that has a member twice", account->unreadable);
}
