/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <sys/stat.h>

#include "event_log.h"
#include "manifest.h"
#include "signature.h"
#include "verify.h"

/* What re-judging reads. */
static bool is_judged(const char *name)
{
	return strcmp(name, "recording.h5") == 0 || strcmp(name, MANIFEST_FILE) == 0 || strncmp(name, "inputs/", strlen("inputs/")) == 0;
}

bool verify_manifest(struct verification *v, struct stage_report *report, struct error *error)
{
	struct manifest_report manifest auto_manifest_report = {0};
	if (!manifest_check(v->dir, &manifest, error))
		return false;
	for (size_t i = 0; i < manifest.finding_count; i++) {
		stage_find(report, "%s", manifest.findings[i].text);
		v->recording_changed = v->recording_changed || is_judged(manifest.findings[i].name);
	}
	if (manifest.finding_count > 0)
		snprintf(report->summary, sizeof report->summary, "%zu files are as SHA256SUMS has them; not so:", manifest.file_count);
	else
		snprintf(report->summary, sizeof report->summary, "%zu files, %.1f MB, all as SHA256SUMS has them (%.16s)",
			 manifest.file_count, (double)manifest.byte_count / 1e6, manifest.sha256);
	return true;
}

bool verify_events(struct verification *v, struct stage_report *report, struct error *error)
{
	char path[PATH_MAX];
	struct stat status;
	struct event_log_state state;
	struct error why = {0};
	if (snprintf(path, sizeof path, "%s/events.jsonl", v->dir) >= (int)sizeof path)
		return error_config(error, "%s: the path is too long", v->dir);
	if (lstat(path, &status) != 0) {
		report->state = STAGE_ABSENT;
		snprintf(report->summary, sizeof report->summary, "no event log");
		return true;
	}
	if (!event_log_check(path, NULL, NULL, &state, &why)) {
		snprintf(report->summary, sizeof report->summary, "the log of events was changed:");
		stage_find(report, "%s", why.text);
		return true;
	}
	snprintf(report->summary, sizeof report->summary, "%zu events, each with the hash of the one before (%.16s)", state.lines,
		 state.head);
	if (state.torn_bytes > 0)
		stage_find(report, "%s: %zu bytes behind its last whole line", path, state.torn_bytes);
	return true;
}

bool verify_signatures(struct verification *v, struct stage_report *report, struct error *error)
{
	auto_signatures struct signatures *signatures = signatures_check(v->dir, &v->demands, error);
	if (!signatures)
		return false;
	size_t trusted = 0;
	for (size_t i = 0; i < signatures->count; i++)
		trusted += signatures->items[i].holds && signatures->items[i].trusted;
	for (size_t i = 0; i < signatures->finding_count; i++)
		stage_find(report, "%s: %s", signatures->findings[i].file, signatures->findings[i].text);
	if (signatures->count == 0 && signatures->finding_count == 0) {
		report->state = STAGE_ABSENT;
		snprintf(report->summary, sizeof report->summary, "not signed: nothing proves who left these files");
		return true;
	}
	snprintf(report->summary, sizeof report->summary, "%zu signatures, %zu by keys that are trusted here%s", signatures->count, trusted,
		 v->demands.trust ? "" : " (--trust names keys)");
	for (size_t i = 0; i < signatures->count; i++) {
		char line[VERIFY_NOTE_SIZE];
		signature_describe(&signatures->items[i], line, sizeof line);
		stage_note(report, "%s", line);
	}
	return true;
}
