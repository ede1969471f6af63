/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "apart.h"
#include "folder.h"
#include "paths.h"
#include "replay.h"
#include "report.h"
#include "verify.h"

enum { BLOCK = 1 << 16 };

/* What a run leaves that no template made. */
static bool is_evidence(const char *name)
{
	static const char *const FILES[] = {"SHA256SUMS", "result.json",      "recording.h5",   "events.jsonl", "environment.json",
					    "pulses.csv", "measurements.csv", "judgements.csv", "guardian.log"};
	for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++)
		if (strcmp(name, FILES[i]) == 0)
			return true;
	return strncmp(name, "signatures/", strlen("signatures/")) == 0;
}

struct rendering {
	const char *dir, *templates, *out;
};

static bool render(void *self, struct error *error)
{
	const struct rendering *rendering = self;
	return report_render_again(rendering->dir, rendering->templates, rendering->out, error);
}

static bool same_content(const char *a, const char *b)
{
	static char left[BLOCK], right[BLOCK];
	auto_fd int x = open(a, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK),
		    y = open(b, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat one, other;
	if (x < 0 || y < 0 || fstat(x, &one) != 0 || fstat(y, &other) != 0 || !S_ISREG(one.st_mode) || one.st_size != other.st_size)
		return false;
	for (;;) {
		ssize_t got = read(x, left, sizeof left), there = 0;
		while (got > 0 && there < got) {
			ssize_t more = read(y, right + there, (size_t)(got - there));
			if (more <= 0)
				return false;
			there += more;
		}
		if (got <= 0)
			return got == 0;
		if (memcmp(left, right, (size_t)got) != 0)
			return false;
	}
}

/* The program and the templates that are said to have made the views are these: a difference is none of theirs. */
static bool is_same_maker(const struct bundle_check *v, const char *templates)
{
	char path[PATH_MAX], hex[DIGEST_HEX_SIZE];
	struct error ignored;
	if (v->other || snprintf(path, sizeof path, "%s/environment.json", v->dir) >= (int)sizeof path)
		return false;
	json_auto_t *environment = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	const char *made_with = replay_text(environment, "program", "templates_sha256");
	return made_with && report_fingerprint(templates, hex, &ignored) && strcmp(made_with, hex) == 0;
}

static bool is_listed(const struct folder_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->names[i], name) == 0)
			return true;
	return false;
}

static bool is_input(const json_t *result, const char *name)
{
	const json_t *inputs = json_object_get(result, "inputs");
	for (size_t i = 0; i < json_array_size(inputs); i++) {
		const char *input = json_string_value(json_object_get(json_array_get(inputs, i), "name"));
		if (input && strcmp(input, name) == 0)
			return true;
	}
	return false;
}

struct comparison {
	struct bundle_check *v;
	struct stage_report *report;
	const struct folder_list *here, *made;
	const char *out;
	bool same_maker;
	size_t equal, unlike;
};

static void compare_view(struct comparison *c, const char *name)
{
	char there[PATH_MAX], again[PATH_MAX];
	bool is_path = snprintf(there, sizeof there, "%s/%s", c->v->dir, name) < (int)sizeof there &&
		       snprintf(again, sizeof again, "%s/%s", c->out, name) < (int)sizeof again;
	if (is_path && is_listed(c->made, name) && same_content(there, again)) {
		c->equal++;
		return;
	}
	c->unlike++;
	if (c->same_maker)
		stage_find(c->report, "%s: %s", name,
			   is_listed(c->made, name) ? "is not what the program and the templates make of this bundle"
						    : "is nothing that the run made: no template makes it");
	else
		stage_note(c->report, "%s: not compared: %s; only its hash was looked at", name,
			   is_listed(c->made, name) ? "another program or other templates made it" : "no template here makes it");
}

static void compare_all(struct comparison *c)
{
	for (size_t i = 0; i < c->here->count; i++) {
		const char *name = c->here->names[i];
		if (is_evidence(name) || is_input(c->v->result, name))
			continue;
		if (strncmp(name, "inputs/", strlen("inputs/")) == 0)
			stage_find(c->report, "%s: result.json does not name it, so nothing was judged by it", name);
		else
			compare_view(c, name);
	}
	for (size_t i = 0; i < c->made->count; i++)
		if (!is_listed(c->here, c->made->names[i]) && c->same_maker)
			stage_find(c->report, "%s: not there, and every run makes it", c->made->names[i]);
	struct stage_report *report = c->report;
	if (report->state == STAGE_FAILS)
		snprintf(report->summary, sizeof report->summary, "%zu made again, byte for byte; not so:", c->equal);
	else if (c->unlike > 0) {
		report->state = STAGE_PARTLY;
		snprintf(report->summary, sizeof report->summary,
			 "%zu made again, byte for byte; NOT %zu: instead of them read what `tmsrig report` makes", c->equal, c->unlike);
	} else
		snprintf(report->summary, sizeof report->summary, "%zu made again from the bundle, byte for byte", c->equal);
}

static uint64_t recording_bytes(const char *dir)
{
	char path[PATH_MAX];
	struct stat status;
	bool there = snprintf(path, sizeof path, "%s/recording.h5", dir) < (int)sizeof path && stat(path, &status) == 0;
	return there ? (uint64_t)status.st_size : 0;
}

bool verify_views(struct bundle_check *v, struct stage_report *report, struct error *error)
{
	char templates[PATH_MAX];
	struct error why = {0};
	report->state = STAGE_NOT_DONE;
	if (v->recording_changed || !v->result || !v->scratch.path[0]) {
		snprintf(report->summary, sizeof report->summary, "not done: what they are made of is not what the run left");
		return true;
	}
	struct scratch scratch auto_scratch = {.path = ""};
	if (!paths_data("reports", templates, sizeof templates, error) || !scratch_make(&scratch, error))
		return false;
	struct rendering rendering = {v->dir, templates, scratch.path};
	auto_folder_list struct folder_list *others = NULL;
	bool same_maker = is_same_maker(v, templates);
	report->state = STAGE_HOLDS;
	if (!apart(render, &rendering, recording_bytes(v->dir), scratch.path, "the views", "making them again", &why) && same_maker) {
		snprintf(report->summary, sizeof report->summary, "they cannot be made again:");
		stage_find(report, "%s", why.text);
		return true;
	}
	if (why.kind != ERROR_NONE)
		stage_note(report, "views cannot be made here: %s", why.text);
	auto_folder_list struct folder_list *here = folder_survey(v->dir, &others, error);
	auto_folder_list struct folder_list *made = here ? folder_list(scratch.path, error) : NULL;
	if (!made)
		return false;
	struct comparison comparison = {v, report, here, made, scratch.path, same_maker, 0, 0};
	compare_all(&comparison);
	return true;
}
