/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "event_log.h"
#include "folder_state.h"
#include "ledger.h"
#include "manifest.h"
#include "paths.h"
#include "verify.h"
#include "verify_account.h"

/* What re-judging reads. */
static bool is_judged(const char *name)
{
	return strcmp(name, "recording.h5") == 0 || strcmp(name, MANIFEST_FILE) == 0 || strncmp(name, "inputs/", strlen("inputs/")) == 0;
}

bool verify_manifest(struct bundle_check *v, struct stage_report *report, struct error *error)
{
	struct manifest_report manifest auto_manifest_report = {0};
	if (!manifest_check(v->dir, &manifest, error))
		return false;
	for (size_t i = 0; i < manifest.finding_count; i++) {
		stage_find(report, "%s", manifest.findings[i].text);
		v->recording_changed = v->recording_changed || is_judged(manifest.findings[i].name);
	}
	snprintf(v->sums_sha256, sizeof v->sums_sha256, "%s", manifest.sha256);
	if (manifest.finding_count > 0)
		snprintf(report->summary, sizeof report->summary, "%zu files are as SHA256SUMS has them; not so:", manifest.file_count);
	else
		snprintf(report->summary, sizeof report->summary, "%zu files, %.1f MB, all as SHA256SUMS has them (%.16s)",
			 manifest.file_count, (double)manifest.byte_count / 1e6, manifest.sha256);
	return true;
}

static const json_t *member(const json_t *object, const char *first, const char *second)
{
	return json_object_get(json_object_get(object, first), second);
}

/* The result says where the log ended: lines taken off its end leave a chain that is whole. */
static void check_ends(const struct bundle_check *v, const struct event_log_state *state, struct stage_report *report)
{
	const json_t *lines = member(v->result, "event_log", "lines");
	const char *head = json_string_value(member(v->result, "event_log", "head"));
	if (!v->result)
		return;
	if (!head || !json_is_integer(lines))
		stage_find(report, "result.json: event_log: it does not say where the log of events ended");
	else if (strcmp(head, state->head) != 0 || json_integer_value(lines) != (json_int_t)state->lines)
		stage_find(report, "events.jsonl: it ends with line %zu, hash %.16s; result.json says line %lld, hash %.16s", state->lines,
			   state->head, (long long)json_integer_value(lines), head);
}

bool verify_events(struct bundle_check *v, struct stage_report *report, struct error *error)
{
	char path[PATH_MAX];
	struct stat status;
	struct event_log_state state;
	struct error why = {0};
	struct account account auto_account = {0};
	if (snprintf(path, sizeof path, "%s/events.jsonl", v->dir) >= (int)sizeof path)
		return error_config(error, "%s: the path is too long", v->dir);
	if (lstat(path, &status) != 0) {
		snprintf(report->summary, sizeof report->summary, "no log of events");
		stage_find(report, "events.jsonl: not there, and every run and every analysis leaves one");
		return true;
	}
	if (!event_log_check(path, account_take, &account, &state, &why)) {
		snprintf(report->summary, sizeof report->summary, "the log of events was changed:");
		stage_find(report, "%s", why.text);
		return true;
	}
	snprintf(report->summary, sizeof report->summary, "%zu events, each with the hash of the one before (%.16s)", state.lines,
		 state.head);
	check_ends(v, &state, report);
	if (state.torn_bytes > 0)
		stage_find(report, "%s: %zu bytes behind its last whole line", path, state.torn_bytes);
	if (v->result)
		account_check(&account, v->result, report);
	return true;
}

/* A name from a bundle must not lead out of the folder of states. */
static bool is_plain_path(const char *id)
{
	return id[0] && id[0] != '/' && !strstr(id, "..");
}

static bool same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool same_kind(const struct ledger_entry *a, const struct ledger_entry *b)
{
	return same(a->scenario, b->scenario) && same(a->spec, b->spec) && same(a->device_serial, b->device_serial);
}

/* What the ledger has of this run, held against what the bundle says of itself. */
static void check_run(const struct bundle_check *v, const struct ledger_list *list, size_t at, struct stage_report *report)
{
	const struct ledger_entry *run = &list->entries[at];
	json_int_t attempt = 1;
	for (size_t i = 0; i < at; i++)
		attempt += same_kind(&list->entries[i], run);
	snprintf(report->summary, sizeof report->summary, "the bench's ledger has this run, line %zu, attempt %lld", run->line,
		 (long long)attempt);
	if (!run->sums_sha256)
		stage_find(report, "the ledger has no end of this run: it was cut off, or a copy of the ledger is older than the bundle");
	else if (strcmp(run->sums_sha256, v->sums_sha256) != 0)
		stage_find(report, "SHA256SUMS: its SHA-256 is %.16s, the ledger says %.16s (line %zu)", v->sums_sha256, run->sums_sha256,
			   run->line);
	if (json_integer_value(member(v->result, "run", "attempt")) != attempt)
		stage_find(report,
			   "result.json: run.attempt: the bundle says %lld, the ledger has %lld earlier runs of this scenario, "
			   "specification and device",
			   (long long)json_integer_value(member(v->result, "run", "attempt")), (long long)attempt - 1);
}

bool verify_ledger(struct bundle_check *v, struct stage_report *report, struct error *error)
{
	const char *hash = json_string_value(member(v->result, "run", "ledger"));
	const char *bench = json_string_value(member(v->result, "bench", "id"));
	char dir[PATH_MAX], path[PATH_MAX + sizeof LEDGER_FILE + 1];
	struct event_log_state state;
	struct error why = {0};
	struct ledger_list list auto_ledger_list = {0};
	report->state = STAGE_ABSENT;
	snprintf(report->summary, sizeof report->summary, "no ledger on this machine has this run");
	if (!hash || !bench || !is_plain_path(bench) || !paths_state_of(bench, dir, sizeof dir, &why))
		return true;
	snprintf(path, sizeof path, "%s/" LEDGER_FILE, dir);
	if (access(path, R_OK) != 0)
		return true;
	struct ledger_place place = {0};
	bool whole = ledger_read(path, &list, &place, &state, &why);
	if (!whole && why.kind == ERROR_BENCH) {
		*error = why;
		return false;
	}
	for (size_t i = 0; i < list.count; i++)
		if (strcmp(list.entries[i].hash, hash) == 0) {
			report->state = STAGE_HOLDS;
			check_run(v, &list, i, report);
		}
	const char *first = json_string_value(json_object_get(member(v->result, "run", "ledger_place"), "first"));
	if (report->state == STAGE_ABSENT && first && strcmp(first, place.first) == 0) {
		snprintf(report->summary, sizeof report->summary, "the bench's ledger has lost this run:");
		stage_find(report,
			   "%s: it begins with the line the bundle says (%.16s), and does not have the run's own (%.16s, line %lld): it "
			   "was cut, or an "
			   "older copy was put in its place",
			   path, first, hash,
			   (long long)json_integer_value(json_object_get(member(v->result, "run", "ledger_place"), "line")));
	}
	if (!whole)
		stage_find(report, "%s", why.text);
	return true;
}

bool verify_stillness(struct bundle_check *v, struct stage_report *report, struct error *error)
{
	char now[DIGEST_HEX_SIZE];
	if (!folder_state(v->dir, now, error))
		return false;
	if (strcmp(now, v->state) == 0) {
		snprintf(report->summary, sizeof report->summary, "nothing in the folder changed while it was read");
		return true;
	}
	snprintf(report->summary, sizeof report->summary, "what was judged need not be what was hashed:");
	stage_find(report, "the folder was changed while it was read; verify a copy that nobody else can write");
	return true;
}
