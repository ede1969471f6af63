/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "compare_json.h"
#include "diff.h"
#include "plain_text.h"

static const json_t *at(const json_t *object, const char *first, const char *second)
{
	const json_t *one = json_object_get(object, first);
	return second ? json_object_get(one, second) : one;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static void begin(struct diff_output *output, const char *name)
{
	if (output->json)
		emit_open_array(output->json, name);
	else
		printf("%s\n", name);
}

static void end(struct diff_output *output, size_t before)
{
	if (output->json)
		emit_close_array(output->json);
	else if (output->differences == before)
		printf("  no difference\n");
}

/* One thing that differs, as text. */
static void show(struct diff_output *output, const char *what, const char *a, const char *b)
{
	output->differences++;
	if (!output->json) {
		char line[3 * VALUE_SIZE + PLACE_SIZE];
		snprintf(line, sizeof line, "  %-34s %s -> %s", what, a, b);
		plain_text_make(line);
		puts(line);
		return;
	}
	emit_open_object(output->json, NULL);
	emit_string(output->json, "what", what);
	emit_string(output->json, "a", a);
	emit_string(output->json, "b", b);
	emit_close_object(output->json);
}

static void show_if_different(struct diff_output *output, const char *what, const json_t *a, const json_t *b)
{
	char left[VALUE_SIZE], right[VALUE_SIZE];
	if (json_equal(a, b) || (!a && !b))
		return;
	compare_json_text(a, left, sizeof left);
	compare_json_text(b, right, sizeof right);
	show(output, what, left, right);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* The input of the same name; NULL when there is none. */
static const json_t *find_input(const json_t *result, const char *path)
{
	const json_t *inputs = json_object_get(result, "inputs");
	for (size_t i = 0; i < json_array_size(inputs); i++)
		if (strcmp(base_name(text_of(json_array_get(inputs, i), "path")), base_name(path)) == 0)
			return json_array_get(inputs, i);
	return NULL;
}

static void show_inputs(struct diff_output *output, const json_t *a, const json_t *b)
{
	const json_t *sides[] = {json_object_get(a, "inputs"), json_object_get(b, "inputs")};
	for (unsigned s = 0; s < 2; s++)
		for (size_t i = 0; i < json_array_size(sides[s]); i++) {
			const json_t *one = json_array_get(sides[s], i), *other = find_input(s ? a : b, text_of(one, "path"));
			char what[128], left[20], right[20];
			snprintf(what, sizeof what, "file %.100s", base_name(text_of(one, "path")));
			if (!other) {
				show(output, what, s ? "none" : "there", s ? "there" : "none");
			} else if (s == 0 && strcmp(text_of(one, "sha256"), text_of(other, "sha256")) != 0) {
				snprintf(left, sizeof left, "%.12s", text_of(one, "sha256"));
				snprintf(right, sizeof right, "%.12s", text_of(other, "sha256"));
				show(output, what, left, right);
			}
		}
}

void diff_show_setup(struct diff_output *output, const json_t *a, const json_t *b)
{
	static const char *const MEMBERS[][2] = {
		{"tool", "version"},
		{"tool", "build"},
		{"run", "command"},
		{"run", "operator"},
		{"run", "device_serial"},
		{"run", "simulated"},
		{"run", "seed"},
		{"run", "faults"},
		{"run", "ended_by"},
		{"scenario", "id"},
		{"bench", "id"},
		{"bench", "adc"},
		{"device", "id"},
		{"device", "waveform"},
		{"spec", "id"},
		{"spec", "revision"},
		{"calibration", "not_in_force"},
		{"calibration", "overridden"},
	};
	size_t before = output->differences;
	begin(output, "setup");
	for (size_t i = 0; i < sizeof MEMBERS / sizeof *MEMBERS; i++) {
		char what[80];
		const json_t *left = at(a, MEMBERS[i][0], MEMBERS[i][1]), *right = at(b, MEMBERS[i][0], MEMBERS[i][1]);
		snprintf(what, sizeof what, "%s %s", MEMBERS[i][0], MEMBERS[i][1]);
		show_if_different(output, what, left, right);
	}
	show_inputs(output, a, b);
	end(output, before);
}

/* Scalars below two objects, each by its path. */
static void show_leaves(struct diff_output *output, const char *path, const json_t *a, const json_t *b)
{
	if (!json_is_object(a) || !json_is_object(b)) {
		show_if_different(output, path, a, b);
		return;
	}
	json_t *sides[] = {(json_t *)a, (json_t *)b};
	for (unsigned s = 0; s < 2; s++)
		for (void *i = json_object_iter(sides[s]); i; i = json_object_iter_next(sides[s], i)) {
			const char *key = json_object_iter_key(i);
			char below[200];
			if (s == 1 && json_object_get(a, key))
				continue;
			snprintf(below, sizeof below, "%.120s%s%.60s", path, *path ? " " : "", key);
			show_leaves(output, below, json_object_get(a, key), json_object_get(b, key));
		}
}

/* Libraries, each by its file's name. */
static void show_loaded(struct diff_output *output, const json_t *a, const json_t *b)
{
	const json_t *sides[] = {at(a, "program", "loaded"), at(b, "program", "loaded")};
	for (unsigned s = 0; s < 2; s++)
		for (size_t i = 0; i < json_array_size(sides[s]); i++) {
			const json_t *one = json_array_get(sides[s], i), *other = NULL;
			char left[20], right[20];
			for (size_t k = 0; !other && k < json_array_size(sides[!s]); k++)
				if (strcmp(text_of(one, "file"), text_of(json_array_get(sides[!s], k), "file")) == 0)
					other = json_array_get(sides[!s], k);
			snprintf(left, sizeof left, "%.12s", other || !s ? text_of(one, "build_id") : "none");
			snprintf(right, sizeof right, "%.12s", other ? text_of(other, "build_id") : s ? text_of(one, "build_id") : "none");
			if (!other || (s == 0 && strcmp(left, right) != 0))
				show(output, text_of(one, "file"), left, right);
		}
}

void diff_show_environment(struct diff_output *output, const json_t *a, const json_t *b)
{
	size_t before = output->differences;
	if (!a && !b)
		return;
	static const char *const MEMBERS[] = {"host", "instruments", "ambient", NULL};
	begin(output, "environment");
	for (const char *const *name = MEMBERS; *name; name++)
		show_leaves(output, *name, json_object_get(a, *name), json_object_get(b, *name));
	show_if_different(output, "clock synchronised", at(a, "clock", "synchronised"), at(b, "clock", "synchronised"));
	show_loaded(output, a, b);
	end(output, before);
}

void diff_show_plan(struct diff_output *output, const json_t *a, const json_t *b)
{
	static const char *const MEMBERS[] = {"plan_sha256",         "path",     "pulses", "first_to_last_onset_s", "duration_s",
					      "motor_threshold_pct", "verifies", "blocks"};
	size_t before = output->differences;
	begin(output, "plan");
	const json_t *left = json_object_get(a, "scenario"), *right = json_object_get(b, "scenario");
	for (size_t i = 0; i < sizeof MEMBERS / sizeof *MEMBERS; i++)
		show_if_different(output, MEMBERS[i], json_object_get(left, MEMBERS[i]), json_object_get(right, MEMBERS[i]));
	const json_t *blocks = json_object_get(left, "blocks"), *others = json_object_get(right, "blocks");
	for (size_t i = 0; i < json_array_size(blocks) || i < json_array_size(others); i++) {
		char path[40];
		snprintf(path, sizeof path, "block %zu", i);
		if (!json_equal(json_array_get(blocks, i), json_array_get(others, i)))
			show_leaves(output, path, json_array_get(blocks, i), json_array_get(others, i));
	}
	end(output, before);
}

static const json_t *find_requirement(const json_t *result, const char *id)
{
	const json_t *all = json_object_get(result, "requirements");
	for (size_t i = 0; i < json_array_size(all); i++)
		if (strcmp(text_of(json_array_get(all, i), "id"), id) == 0)
			return json_array_get(all, i);
	return NULL;
}

/* The verdict, and what it stands on. */
static void describe(const json_t *requirement, char *out, size_t size)
{
	const json_t *value = json_object_get(requirement, "value");
	if (!requirement)
		snprintf(out, size, "none");
	else if (json_is_number(value))
		snprintf(out, size, "%s (%.6g %s)", text_of(requirement, "verdict"), json_number_value(value),
			 text_of(requirement, "unit"));
	else
		snprintf(out, size, "%s", text_of(requirement, "verdict"));
}

static void show_requirement(struct diff_output *output, const char *id, const json_t *a, const json_t *b)
{
	char left[120], right[120], what[120];
	bool same = a && b && strcmp(text_of(a, "verdict"), text_of(b, "verdict")) == 0 &&
		    json_equal(json_object_get(a, "revision"), json_object_get(b, "revision"));
	if (same)
		return;
	describe(a, left, sizeof left);
	describe(b, right, sizeof right);
	snprintf(what, sizeof what, "%.100s", id);
	show(output, what, left, right);
}

void diff_show_verdicts(struct diff_output *output, const json_t *a, const json_t *b)
{
	size_t before = output->differences;
	const json_t *left = json_object_get(a, "requirements"), *right = json_object_get(b, "requirements");
	begin(output, "verdicts");
	show_if_different(output, "of the session", json_object_get(a, "verdict"), json_object_get(b, "verdict"));
	for (size_t i = 0; i < json_array_size(left); i++) {
		const json_t *one = json_array_get(left, i);
		show_requirement(output, text_of(one, "id"), one, find_requirement(b, text_of(one, "id")));
	}
	for (size_t i = 0; i < json_array_size(right); i++) {
		const json_t *one = json_array_get(right, i);
		if (!find_requirement(a, text_of(one, "id")))
			show_requirement(output, text_of(one, "id"), NULL, one);
	}
	end(output, before);
}
