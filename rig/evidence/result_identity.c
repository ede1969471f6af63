/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "result_identity.h"

#include <string.h>

static bool is_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void emit_earlier(struct json_emitter *json, const struct ledger_entry *entry, const struct evidence_identity *identity)
{
	emit_open_object(json, NULL);
	emit_string(json, "id", entry->run_id);
	emit_string(json, "time", entry->time);
	emit_string(json, "verdict", entry->verdict);
	emit_string(json, "operator", entry->operator_name);
	emit_string(json, "reason", entry->reason);
	emit_boolean(json, "same_plan", is_same(entry->plan_sha256, identity->plan_sha256));
	emit_boolean(json, "same_spec", is_same(entry->spec_sha256, identity->spec_sha256));
	emit_string(json, "sums_sha256", entry->sums_sha256);
	emit_close_object(json);
}

static void emit_place(struct json_emitter *json, const struct ledger_place *place)
{
	if (!place) {
		emit_null(json, "ledger_place");
		return;
	}
	emit_open_object(json, "ledger_place");
	emit_unsigned(json, "line", place->line);
	emit_unsigned(json, "runs_before", place->runs_before);
	emit_string(json, "began", place->began);
	emit_string(json, "first", place->first);
	emit_close_object(json);
}

void result_emit_identity(struct json_emitter *json, const struct evidence_identity *identity)
{
	const struct ledger_list *earlier = identity ? identity->earlier : NULL;
	size_t count = earlier ? earlier->count : 0;
	emit_string(json, "id", identity ? identity->run_id : NULL);
	if (identity)
		emit_unsigned(json, "attempt", count + 1);
	else
		emit_null(json, "attempt");
	emit_string(json, "reason", identity ? identity->reason : NULL);
	emit_string(json, "ledger", identity && identity->ledger ? identity->ledger->hash : NULL);
	emit_place(json, identity ? identity->ledger : NULL);
	emit_open_array(json, "earlier");
	/* The first attempts and the last: none of a hundred is the better for being in the middle, and "attempt" says how many there were. */
	for (size_t i = 0; i < count; i++)
		if (i < LEDGER_MAX_EARLIER / 2 || i + LEDGER_MAX_EARLIER / 2 >= count)
			emit_earlier(json, &earlier->entries[i], identity);
	emit_close_array(json);
}

void result_emit_event_log(struct json_emitter *json, const struct evidence_identity *identity)
{
	if (!identity) {
		emit_null(json, "event_log");
		return;
	}
	emit_open_object(json, "event_log");
	emit_unsigned(json, "lines", identity->events.lines);
	emit_string(json, "head", identity->events.head);
	emit_close_object(json);
}
