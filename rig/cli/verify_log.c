/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify_log.h"

#include <string.h>

#include "event_log.h"

enum { GROWTH = 64, SHOWN = 300 };

/* An event that comes from the recording, without what only the log has: its place in the chain and the time of day. */
struct recorded_event {
	char *text;
	size_t line;
};

struct recorded_events {
	struct recorded_event *items;
	size_t count;
	bool no_memory;
};

static void recorded_events_finish(struct recorded_events *events)
{
	for (size_t i = 0; i < events->count; i++)
		free(events->items[i].text);
	free(events->items);
}

static bool is_recorded(const json_t *event)
{
	static const char *const NAMES[] = {"recording", "gap", "triggers", "recorded"};
	const char *name = json_string_value(json_object_get(event, "event"));
	for (size_t i = 0; name && i < sizeof NAMES / sizeof *NAMES; i++)
		if (strcmp(name, NAMES[i]) == 0)
			return true;
	return json_object_get(event, "recording_s");
}

static bool add(struct recorded_events *events, char *text, size_t line)
{
	if (text && events->count % GROWTH == 0) {
		struct recorded_event *more = realloc(events->items, (events->count + GROWTH) * sizeof *more);
		if (!more) {
			free(text);
			return false;
		}
		events->items = more;
	}
	if (text)
		events->items[events->count++] = (struct recorded_event){text, line};
	return text;
}

static bool take(void *self, size_t line, const char *text)
{
	struct recorded_events *events = self;
	json_auto_t *event = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	if (!is_recorded(event))
		return true;
	json_object_del(event, "n");
	json_object_del(event, "prev");
	json_object_del(event, "time");
	events->no_memory |= !add(events, json_dumps(event, JSON_SORT_KEYS | JSON_REAL_PRECISION(17)), line);
	return !events->no_memory;
}

static bool read_events(const char *dir, struct recorded_events *events, struct error *error)
{
	struct event_log_state state;
	char path[PATH_MAX];
	if (snprintf(path, sizeof path, "%s/events.jsonl", dir) >= (int)sizeof path)
		return error_config(error, "%s: the path is too long", dir);
	if (event_log_check(path, take, events, &state, error))
		return true;
	return events->no_memory ? error_bench(error, "%s: out of memory", path) : false;
}

static void compare(const struct recorded_events *told, const struct recorded_events *recorded, struct stage_report *report)
{
	size_t i = 0;
	while (i < told->count && i < recorded->count && strcmp(told->items[i].text, recorded->items[i].text) == 0)
		i++;
	const char *log = i < told->count ? told->items[i].text : NULL, *store = i < recorded->count ? recorded->items[i].text : NULL;
	if (!log && !store)
		return;
	size_t line = log ? told->items[i].line : told->count > 0 ? told->items[told->count - 1].line : 0;
	stage_find(report, "events.jsonl:%zu: %s %.*s, the recording has %.*s", line, log ? "it says" : "after this it says", SHOWN,
		   log ? log : "nothing", SHOWN, store ? store : "nothing");
}

bool verify_log(const struct bundle_check *check, struct stage_report *report, struct error *error)
{
	cleanup_with(recorded_events_finish) struct recorded_events told = {0}, recorded = {0};
	struct error why = {0};
	if (!read_events(check->scratch.path, &recorded, error))
		return false;
	if (read_events(check->dir, &told, &why)) {
		compare(&told, &recorded, report);
		return true;
	}
	/* That it is not there, or no chain, the stage of events has told. */
	if (!told.no_memory)
		return true;
	*error = why;
	return false;
}
