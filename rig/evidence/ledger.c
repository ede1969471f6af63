/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ledger.h"

#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "digest.h"

enum { RANDOM_BYTES = 6 };

struct ledger {
	struct event_log *log;
	char run_id[LEDGER_RUN_ID_SIZE];
	bool ended; /* or an attempt at it: a second end would be no line of a ledger */
};

/* The members of "begun" that are strings or null, and where they go. */
static const struct {
	const char *key;
	size_t offset;
} MEMBERS[] = {
	{"run", offsetof(struct ledger_entry, run_id)},
	{"time", offsetof(struct ledger_entry, time)},
	{"bench", offsetof(struct ledger_entry, bench)},
	{"command", offsetof(struct ledger_entry, command)},
	{"scenario", offsetof(struct ledger_entry, scenario)},
	{"plan_sha256", offsetof(struct ledger_entry, plan_sha256)},
	{"spec", offsetof(struct ledger_entry, spec)},
	{"spec_sha256", offsetof(struct ledger_entry, spec_sha256)},
	{"device_serial", offsetof(struct ledger_entry, device_serial)},
	{"operator", offsetof(struct ledger_entry, operator_name)},
	{"reason", offsetof(struct ledger_entry, reason)},
};
enum { MEMBER_COUNT = sizeof MEMBERS / sizeof *MEMBERS };

static char **member(struct ledger_entry *entry, size_t offset)
{
	return (char **)((char *)entry + offset);
}

static void entry_finish(struct ledger_entry *entry)
{
	for (size_t i = 0; i < MEMBER_COUNT; i++)
		free(*member(entry, MEMBERS[i].offset));
	free(entry->ended);
	free(entry->verdict);
	free(entry->sums_sha256);
}

void ledger_list_finish(struct ledger_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		entry_finish(&list->entries[i]);
	free(list->entries);
	*list = (struct ledger_list){0};
}

static bool has_room(struct ledger_list *list)
{
	if (list->count < list->capacity)
		return true;
	size_t capacity = list->capacity ? 2 * list->capacity : 64;
	struct ledger_entry *entries = realloc(list->entries, capacity * sizeof *entries);
	if (!entries)
		return false;
	list->entries = entries;
	list->capacity = capacity;
	return true;
}

static bool copy_string(const json_t *object, const char *key, char **out)
{
	const char *value = json_string_value(json_object_get(object, key));
	*out = value ? strdup(value) : NULL;
	return *out || !value;
}

struct reading {
	struct ledger_list *list;
	const struct ledger_run *same; /* keep only runs like this one; NULL: all */
	struct ledger_place *place;    /* gets its first line and the number of runs; NULL: not asked for */
	bool strange;                  /* a line is none of a ledger */
	bool other_bench;              /* or of the ledger of another bench */
};

/* Two runs are attempts at the same thing when scenario, spec and device are the same by name, whatever was changed inside. */
static bool is_alike(const json_t *object, const struct ledger_run *run)
{
	const char *scenario = json_string_value(json_object_get(object, "scenario")),
		   *spec = json_string_value(json_object_get(object, "spec"));
	const char *serial = json_string_value(json_object_get(object, "device_serial"));
	const char *wanted = run->device_serial ? run->device_serial : "";
	return scenario && spec && strcmp(scenario, run->scenario) == 0 && strcmp(spec, run->spec) == 0 &&
	       strcmp(serial ? serial : "", wanted) == 0;
}

static bool take_begun(struct reading *reading, const json_t *object, size_t line, const char *text)
{
	if (reading->same && !is_alike(object, reading->same))
		return true;
	if (!has_room(reading->list))
		return false;
	struct ledger_entry *entry = &reading->list->entries[reading->list->count];
	*entry = (struct ledger_entry){.line = line};
	digest_bytes(text, strlen(text), entry->hash);
	bool taken = true;
	for (size_t i = 0; i < MEMBER_COUNT; i++)
		taken &= copy_string(object, MEMBERS[i].key, member(entry, MEMBERS[i].offset));
	if (!taken || !entry->run_id) {
		entry_finish(entry);
		return false;
	}
	reading->list->count++;
	return true;
}

/* An end is of one of the last runs, so that the search from the back is short. */
static bool take_ended(struct reading *reading, const json_t *object)
{
	const char *run_id = json_string_value(json_object_get(object, "run"));
	for (size_t i = reading->list->count; run_id && i-- > 0;) {
		struct ledger_entry *entry = &reading->list->entries[i];
		if (strcmp(entry->run_id, run_id) != 0)
			continue;
		return !entry->verdict && copy_string(object, "time", &entry->ended) && copy_string(object, "verdict", &entry->verdict) &&
		       copy_string(object, "sums_sha256", &entry->sums_sha256) && entry->verdict;
	}
	return run_id && reading->same;
}

/* False only when no string of that value can be in the line: quick, where most lines are of other runs. */
static bool may_hold(const char *text, const char *value)
{
	for (const char *c = value; *c; c++)
		if (*c == '"' || *c == '\\' || (unsigned char)*c < ' ' || *c == 0x7f)
			return true;
	return strstr(text, value);
}

/* The same of the bench that a line "begun" names. */
static bool may_be_of(const char *text, const char *bench)
{
	static const char KEY[] = "\"bench\": \"";
	const char *value = strstr(text, KEY);
	size_t length = strlen(bench);
	if (strpbrk(bench, "\"\\"))
		return true;
	return value && strncmp(value + sizeof KEY - 1, bench, length) == 0 && value[sizeof KEY - 1 + length] == '"';
}

/* Whether a line has nothing to say about runs like the one that begins. A quote within a string is escaped, so a member's text is a member. */
static bool is_of_others(const struct reading *reading, const char *text)
{
	if (!reading->same)
		return false;
	if (strstr(text, "\"event\": \"begun\""))
		return !may_hold(text, reading->same->scenario) || !may_hold(text, reading->same->spec);
	return strstr(text, "\"event\": \"ended\"") && reading->list->count == 0;
}

static void note_first(struct ledger_place *place, const char *text)
{
	json_error_t ignored;
	json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, &ignored);
	const char *time = json_string_value(json_object_get(object, "time"));
	snprintf(place->began, sizeof place->began, "%s", time ? time : "");
	digest_bytes(text, strlen(text), place->first);
	json_decref(object);
}

static bool take_line(void *self, size_t line, const char *text)
{
	struct reading *reading = self;
	json_error_t ignored;
	if (reading->place && line == 1)
		note_first(reading->place, text);
	if (reading->place && strstr(text, "\"event\": \"begun\""))
		reading->place->runs_before++;
	if (reading->same && strstr(text, "\"event\": \"begun\"") && !may_be_of(text, reading->same->bench)) {
		reading->strange = reading->other_bench = true;
		return false;
	}
	if (is_of_others(reading, text))
		return true;
	json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, &ignored);
	const char *event = json_string_value(json_object_get(object, "event"));
	bool taken = event && (strcmp(event, "begun") == 0   ? take_begun(reading, object, line, text)
			       : strcmp(event, "ended") == 0 ? take_ended(reading, object)
							     : false);
	json_decref(object);
	reading->strange |= !taken;
	return taken;
}

/* What event_log says of a line that take_line() refused is no more than that it stopped there. */
static bool explain(const struct reading *reading, struct error *error)
{
	if (reading->strange && error->kind == ERROR_ABORTED) {
		char place[sizeof error->text];
		size_t length = strlen(error->text) - strlen(": stopped");
		snprintf(place, sizeof place, "%.*s", (int)length, error->text);
		return error_config(error,
				    reading->other_bench ? "%s: a run of another bench"
							 : "%s: not a line of a ledger, or the end of a run that did not begin",
				    place);
	}
	return false;
}

bool ledger_read(const char *path, struct ledger_list *list, struct ledger_place *place, struct event_log_state *state, struct error *error)
{
	*list = (struct ledger_list){0};
	if (place)
		*place = (struct ledger_place){0};
	struct reading reading = {.list = list, .place = place};
	return event_log_check(path, take_line, &reading, state, error) || explain(&reading, error);
}

bool ledger_make_run_id(char out[LEDGER_RUN_ID_SIZE], struct error *error)
{
	unsigned char random[RANDOM_BYTES];
	time_t now = time(NULL);
	struct tm parts;
	if (getrandom(random, sizeof random, 0) != sizeof random)
		return error_errno(error, ERROR_BENCH, "no random numbers for a run id");
	gmtime_r(&now, &parts);
	size_t length = strftime(out, LEDGER_RUN_ID_SIZE, "%Y%m%dT%H%M%SZ-", &parts);
	for (size_t i = 0; i < RANDOM_BYTES; i++)
		length += (size_t)snprintf(out + length, LEDGER_RUN_ID_SIZE - length, "%02x", random[i]);
	return true;
}

static bool write_begun(struct event_log *log, const struct ledger_run *run, struct ledger_place *place, struct error *error)
{
	struct json_emitter *json = event_log_begin(log, "begun");
	emit_string(json, "run", run->run_id);
	emit_string(json, "command", run->command);
	emit_string(json, "scenario", run->scenario);
	emit_string(json, "plan_sha256", run->plan_sha256);
	emit_string(json, "spec", run->spec);
	emit_string(json, "spec_sha256", run->spec_sha256);
	emit_string(json, "bench", run->bench);
	emit_string(json, "device_serial", run->device_serial);
	emit_string(json, "operator", run->operator_name);
	emit_string(json, "reason", run->reason);
	if (!event_log_end(log, error) || !event_log_sync(log, error))
		return false;
	const struct event_log_state state = event_log_state(log);
	memcpy(place->hash, state.head, sizeof place->hash);
	place->line = state.lines;
	if (state.lines == 1) {
		memcpy(place->first, state.head, sizeof place->first);
		snprintf(place->began, sizeof place->began, "%s", event_log_time(log));
	}
	return true;
}

/* A ledger that begins has to be found after a power cut: by its name, in a folder that may be as new. */
static bool sync_names(const char *dir, struct error *error)
{
	static const char *const BELOW[] = {".", ".."};
	for (size_t i = 0; i < sizeof BELOW / sizeof *BELOW; i++) {
		auto_free char *path = NULL;
		if (asprintf(&path, "%s/%s", dir, BELOW[i]) < 0)
			return error_bench(error, "%s: out of memory", dir);
		auto_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		/* Some file systems have no fsync for folders. */
		if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL))
			return error_errno(error, ERROR_BENCH, "%s: cannot be brought to the disk", path);
	}
	return true;
}

struct ledger *ledger_begin(const char *dir, const struct ledger_run *run, struct ledger_list *earlier, struct ledger_place *place,
			    struct error *error)
{
	*earlier = (struct ledger_list){0};
	*place = (struct ledger_place){0};
	struct reading reading = {.list = earlier, .same = run, .place = place};
	auto_free char *path = NULL;
	auto_ledger struct ledger *ledger = calloc(1, sizeof *ledger);
	if (!ledger || asprintf(&path, "%s/" LEDGER_FILE, dir) < 0) {
		error_bench(error, "%s: out of memory", dir);
		return NULL;
	}
	snprintf(ledger->run_id, sizeof ledger->run_id, "%s", run->run_id);
	ledger->log = event_log_open(path, take_line, &reading, error);
	if (!ledger->log) {
		explain(&reading, error);
		if (error->kind == ERROR_CONFIG)
			error_prefix(error,
				     "the ledger of the bench was changed; nothing is run with it: keep the file for who has to look at "
				     "it, under another name, and a new one begins");
		return NULL;
	}
	if (!write_begun(ledger->log, run, place, error) || (place->line == 1 && !sync_names(dir, error)) ||
	    !event_log_pause(ledger->log, error))
		return NULL;
	return steal(&ledger);
}

bool ledger_end(struct ledger *ledger, const char *verdict, const char *sums_sha256, struct error *error)
{
	if (ledger->ended)
		return error_bench(error, "the ledger of the bench: the run has an end there already");
	if (!event_log_resume(ledger->log, error))
		return error_prefix(error, "the ledger of the bench");
	ledger->ended = true;
	struct json_emitter *json = event_log_begin(ledger->log, "ended");
	emit_string(json, "run", ledger->run_id);
	emit_string(json, "verdict", verdict);
	emit_string(json, "sums_sha256", sums_sha256);
	return event_log_end(ledger->log, error) && event_log_sync(ledger->log, error) && event_log_pause(ledger->log, error);
}

void ledger_close(struct ledger *ledger)
{
	if (!ledger)
		return;
	event_log_close(ledger->log);
	free(ledger);
}
