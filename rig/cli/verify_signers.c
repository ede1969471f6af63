/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <strings.h>
#include <time.h>

#include "replay.h"
#include "signature.h"
#include "verify.h"

/* Clocks of a rig, of a signer's machine, of an authority and of this machine may differ by so much, s. */
static const double CLOCKS_S = 600;

/* Seconds since 1970 of "2026-11-22T02:30:00Z"; false for anything else. */
static bool parse_time(const char *text, time_t *seconds)
{
	struct tm parts = {0};
	const char *end = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &parts) : NULL;
	if (!end || *end != 'Z')
		return false;
	*seconds = timegm(&parts);
	return true;
}

/* Whom an independent look was asked of (21 CFR 820, IEC 62304: not who did the work). */
static void check_people(const struct bundle_check *v, const struct signatures *signatures, struct stage_report *report)
{
	for (size_t i = 0; i < signatures->count; i++)
		for (size_t j = 0; j < i; j++) {
			const struct signature *one = &signatures->items[j], *other = &signatures->items[i];
			bool same_key = strcmp(one->public_key, other->public_key) == 0,
			     same_name = strcasecmp(one->name, other->name) == 0;
			if (!same_key && !same_name)
				continue;
			if (same_key && !same_name)
				stage_find(report, "%s: one key signs under two names: '%s', and '%s' in %s", other->file, other->name,
					   one->name, one->file);
			else if (one->meaning != other->meaning && v->different_people)
				stage_find(report, "%s: who %s it has also %s it (%s)", other->file, signature_meaning_name(other->meaning),
					   signature_meaning_name(one->meaning), same_key ? "the same key" : "the same name");
			else if (one->meaning != other->meaning)
				stage_note(report, "%s and %s by the same %s", signature_meaning_name(one->meaning),
					   signature_meaning_name(other->meaning), same_key ? "key" : "name");
		}
}

static void check_times(const struct bundle_check *v, const struct signatures *signatures, struct stage_report *report)
{
	const char *ended = replay_text(v->result, "run", "ended");
	time_t at, end, stamp, now = time(NULL);
	for (size_t i = 0; i < signatures->count; i++) {
		const struct signature *item = &signatures->items[i];
		if (!parse_time(item->time, &at))
			continue;
		if (parse_time(ended, &end) && difftime(end, at) > CLOCKS_S)
			stage_find(report, "%s: its time, %s, is before the end of the run, %s", item->file, item->time, ended);
		if (difftime(at, now) > CLOCKS_S)
			stage_find(report, "%s: its time, %s, is still to come by the clock of this machine", item->file, item->time);
		if (parse_time(item->stamp_time, &stamp) && (difftime(stamp, at) > CLOCKS_S || difftime(at, stamp) > CLOCKS_S))
			stage_find(report, "%s: its time is %s, that of its time stamp %s", item->file, item->time, item->stamp_time);
	}
}

bool verify_signatures(struct bundle_check *v, struct stage_report *report, struct error *error)
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
	check_people(v, signatures, report);
	check_times(v, signatures, report);
	return true;
}
