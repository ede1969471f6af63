/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "companion.h"
#include "probe_parts.h"
#include "sigrok_wire.h"

/*
 * Drivers that find their devices by USB identifiers, or by a file that only their device has. Some load a firmware into a device that has none
 * (fx2lafw), as they must to use it. All others want a connection, and may write to whatever is there.
 */
static const char *const HARMLESS[] = {
	"beaglelogic",          "chronovu-la",         "dreamsourcelab-dslogic", "fx2lafw",          "hantek-4032l",   "hantek-6xxx",
	"ikalogic-scanalogic2", "kingst-la2016",       "lecroy-logicstudio",     "saleae-logic-pro", "saleae-logic16", "sysclk-lwla",
	"sysclk-sla5032",       "zeroplus-logic-cube",
};

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

enum next { NEXT_RECORD, NEXT_END, NEXT_LATE };

static enum next next_record(const struct companion *child, double until_s, struct sigrok_record *record)
{
	char *bytes = (char *)record;
	for (size_t done = 0; done < sizeof *record;) {
		struct pollfd waiting = {.fd = child->out, .events = POLLIN};
		int ready = poll(&waiting, 1, (int)fmax(0, 1e3 * (until_s - now_s())));
		if (ready == 0)
			return NEXT_LATE;
		ssize_t count = ready > 0 ? read(child->out, bytes + done, sizeof *record - done) : -1;
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return NEXT_END;
		done += (size_t)count;
	}
	record->text[SIGROK_TEXT - 1] = '\0';
	return record->magic == SIGROK_MAGIC ? NEXT_RECORD : NEXT_END;
}

static struct probe_sigrok *add(struct probe *probe, const char *connection)
{
	if (probe->sigrok_count == PROBE_MAX)
		return NULL;
	struct probe_sigrok *found = &probe->sigrok[probe->sigrok_count++];
	*found = (struct probe_sigrok){.connection = arena_strdup(probe->arena, connection), .words = ""};
	return found;
}

static bool add_problem(struct probe *probe, const char *connection, const char *words)
{
	struct probe_sigrok *found = add(probe, connection);
	if (!found)
		return true;
	found->problem = arena_strdup(probe->arena, words);
	return found->connection && found->problem;
}

/* asked: somebody named the connection, so that nothing being there is worth a word. */
static bool scan(struct probe *probe, const char *path, const char *connection, bool asked, double timeout_s)
{
	const char *const arguments[] = {"tmsrig-sigrok", "scan", connection, NULL};
	struct companion child;
	struct error error = {0};
	if (!companion_start(&child, path, arguments, &error))
		return add_problem(probe, connection, error.text);
	double until_s = now_s() + timeout_s;
	struct sigrok_record record;
	enum next next;
	bool good = true, ended = false;
	size_t found = 0;
	while (good && !ended && (next = next_record(&child, until_s, &record)) == NEXT_RECORD) {
		ended = record.kind == SIGROK_END;
		if (record.kind == SIGROK_ERROR && asked)
			good = add_problem(probe, connection, record.text);
		struct probe_sigrok *one = record.kind == SIGROK_FOUND ? add(probe, connection) : NULL;
		if (one) {
			one->words = arena_strdup(probe->arena, record.text);
			good = one->connection && one->words;
		}
		found += record.kind == SIGROK_FOUND || record.kind == SIGROK_ERROR;
	}
	companion_kill(&child);
	if (!good || ended)
		return good && (found > 0 || !asked || add_problem(probe, connection, "no instrument answers there"));
	if (next == NEXT_LATE)
		return add_problem(probe, connection, "libsigrok did not come back in time, and was ended");
	return found > 0 || add_problem(probe, connection, "the program that scans has ended by itself");
}

bool probe_sigrok(struct probe *probe, const struct probe_options *options)
{
	char path[4096];
	struct error error;
	probe->sigrok = arena_alloc(probe->arena, PROBE_MAX, sizeof *probe->sigrok);
	if (!probe->sigrok)
		return false;
	if (!companion_path("tmsrig-sigrok", "sigrok", path, sizeof path, &error)) {
		probe->missing.sigrok = "libsigrok: not in this build: ./dev drivers";
		return true;
	}
	bool good = true;
	for (size_t h = 0; h < sizeof HARMLESS / sizeof *HARMLESS && good; h++)
		good = scan(probe, path, HARMLESS[h], false, options->timeout_s);
	for (size_t c = 0; c < options->connection_count && good; c++)
		good = scan(probe, path, options->connections[c], true, options->timeout_s);
	return good;
}
