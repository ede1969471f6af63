/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "folder_state.h"
#include "json_emit.h"
#include "plain_text.h"
#include "rejudge.h"
#include "replay.h"
#include "verify.h"

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static double number_of(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	return json_is_number(value) ? json_number_value(value) : NAN;
}

static const json_t *find_requirement(const json_t *result, const char *id)
{
	const json_t *all = json_object_get(result, "requirements");
	for (size_t i = 0; i < json_array_size(all); i++)
		if (strcmp(text_of(json_array_get(all, i), "id"), id) == 0)
			return json_array_get(all, i);
	return NULL;
}

/* "4900 to 5100 A", "at most 5100 A", "none"; of what is planned: "-5 to 5 % of planned", since every value has limits of its own then. */
static void write_limits(const json_t *requirement, char *out, size_t size)
{
	double lower = number_of(requirement, "lower"), upper = number_of(requirement, "upper"),
	       planned = number_of(requirement, "planned");
	const char *unit = text_of(requirement, "unit");
	char words[80];
	bool relative = isfinite(planned) && planned != 0;
	snprintf(words, sizeof words, "%s%s", strcmp(unit, "1") == 0 ? "" : " ", strcmp(unit, "1") == 0 ? "" : unit);
	if (relative) {
		lower = 100 * (lower - planned) / fabs(planned);
		upper = 100 * (upper - planned) / fabs(planned);
		snprintf(words, sizeof words, " %% of planned");
	}
	if (isnan(lower) && isnan(upper))
		snprintf(out, size, "none");
	else if (isnan(lower))
		snprintf(out, size, "at most %.6g%s", upper, words);
	else if (isnan(upper))
		snprintf(out, size, "at least %.6g%s", lower, words);
	else
		snprintf(out, size, "%.6g to %.6g%s", lower, upper, words);
}

static bool same_number(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

static bool differs(const json_t *old, const json_t *new)
{
	static const char *const TEXTS[] = {"verdict", "text", "measurand", "rule", "judge"};
	static const char *const NUMBERS[] = {"lower", "upper", "guard", "revision", "accepted_risk", "capability_asked"};
	for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++)
		if (strcmp(text_of(old, TEXTS[i]), text_of(new, TEXTS[i])) != 0)
			return true;
	for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++)
		if (!same_number(number_of(old, NUMBERS[i]), number_of(new, NUMBERS[i])))
			return true;
	return false;
}

static void print_change(const char *id, const json_t *old, const json_t *new)
{
	char before[120], after[120];
	if (!old || !new) {
		const json_t *one = old ? old : new;
		write_limits(one, after, sizeof after);
		printf("%s: only in the %s: %s, limits %s\n", id, old ? "old" : "new", text_of(one, "verdict"), after);
		return;
	}
	bool same = strcmp(text_of(old, "verdict"), text_of(new, "verdict")) == 0;
	printf("%s: %s%s%s\n", id, text_of(old, "verdict"), same ? ", as before" : " -> ", same ? "" : text_of(new, "verdict"));
	write_limits(old, before, sizeof before);
	write_limits(new, after, sizeof after);
	if (strcmp(before, after) != 0)
		printf("    limits    %s -> %s\n", before, after);
	if (!same_number(number_of(old, "revision"), number_of(new, "revision")))
		printf("    revision  %.0f -> %.0f\n", number_of(old, "revision"), number_of(new, "revision"));
	static const char *const TEXTS[][2] = {{"measurand", "measurand"}, {"rule", "rule"}, {"judge", "judge"}, {"text", "text"}};
	for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++)
		if (strcmp(text_of(old, TEXTS[i][0]), text_of(new, TEXTS[i][0])) != 0)
			printf("    %-9s %s -> %s\n", TEXTS[i][1], text_of(old, TEXTS[i][0]), text_of(new, TEXTS[i][0]));
	if (!isnan(number_of(new, "value")))
		printf("    value     %.9g %s, U %.3g (k = %.2f)\n", number_of(new, "value"), text_of(new, "unit"),
		       number_of(new, "expanded"), number_of(new, "k"));
	if (!same && text_of(new, "reason")[0])
		printf("    %s\n", text_of(new, "reason"));
}

static void emit_side(struct json_emitter *json, const char *key, const json_t *requirement)
{
	if (!requirement) {
		emit_null(json, key);
		return;
	}
	emit_open_object(json, key);
	emit_number(json, "revision", number_of(requirement, "revision"));
	emit_string(json, "text", text_of(requirement, "text"));
	emit_string(json, "measurand", text_of(requirement, "measurand"));
	emit_string(json, "rule", text_of(requirement, "rule"));
	emit_string(json, "verdict", text_of(requirement, "verdict"));
	emit_number(json, "lower", number_of(requirement, "lower"));
	emit_number(json, "upper", number_of(requirement, "upper"));
	emit_number(json, "planned", number_of(requirement, "planned"));
	emit_number(json, "value", number_of(requirement, "value"));
	emit_number(json, "expanded", number_of(requirement, "expanded"));
	emit_string(json, "reason", text_of(requirement, "reason"));
	emit_close_object(json);
}

static void show_change(const char *id, const json_t *old, const json_t *new, struct json_emitter *json)
{
	if (!json) {
		print_change(id, old, new);
		return;
	}
	emit_open_object(json, NULL);
	emit_string(json, "requirement", id);
	emit_side(json, "old", old);
	emit_side(json, "new", new);
	emit_close_object(json);
}

/* In the order of the new requirements, then what is only in the old ones. How many changed. */
static size_t show_changes(const json_t *before, const json_t *after, struct json_emitter *json)
{
	size_t changes = 0;
	const json_t *new = json_object_get(after, "requirements"), *old = json_object_get(before, "requirements");
	for (size_t i = 0; i < json_array_size(new); i++) {
		const json_t *one = json_array_get(new, i), *other = find_requirement(before, text_of(one, "id"));
		if (other && !differs(other, one))
			continue;
		changes++;
		show_change(text_of(one, "id"), other, one, json);
	}
	for (size_t i = 0; i < json_array_size(old); i++) {
		const json_t *one = json_array_get(old, i);
		if (find_requirement(after, text_of(one, "id")))
			continue;
		changes++;
		show_change(text_of(one, "id"), one, NULL, json);
	}
	return changes;
}

static void emit_spec(struct json_emitter *json, const char *key, const json_t *result)
{
	emit_open_object(json, key);
	emit_string(json, "id", replay_text(result, "spec", "id"));
	emit_number(json, "revision", replay_number(result, "spec", "revision", NAN));
	emit_string(json, "file", replay_text(result, "spec", "file"));
	emit_string(json, "verdict", text_of(result, "verdict"));
	emit_close_object(json);
}

static void show(const json_t *before, const json_t *after, bool as_json)
{
	if (as_json) {
		struct json_emitter json = {.file = stdout};
		emit_open_object(&json, NULL);
		emit_spec(&json, "old", before);
		emit_spec(&json, "new", after);
		emit_open_array(&json, "changes");
		show_changes(before, after, &json);
		emit_close_array(&json);
		emit_close_object(&json);
		return;
	}
	const json_t *const sides[] = {before, after};
	for (size_t i = 0; i < 2; i++)
		printf("%s  %s revision %.0f (%s)\n", i ? "new" : "old", replay_text(sides[i], "spec", "id"),
		       replay_number(sides[i], "spec", "revision", NAN), replay_text(sides[i], "spec", "file"));
	size_t changes = show_changes(before, after, NULL);
	printf("%zu requirements changed; the verdict: %s -> %s\n", changes, text_of(before, "verdict"), text_of(after, "verdict"));
}

/* Texts of a bundle's own specification, and of a new one, are printed: none of them may move a terminal's cursor. */
static void make_plain(json_t *value)
{
	const char *key;
	json_t *member;
	size_t index;
	json_object_foreach(value, key, member)
	{
		make_plain(member);
	}
	json_array_foreach(value, index, member)
	{
		make_plain(member);
	}
	auto_free char *text = json_is_string(value) ? strdup(json_string_value(value)) : NULL;
	plain_text_make(text);
	if (text)
		json_string_set(value, text);
}

/* Judging by another specification read the bundle once more. */
static bool stood_still(const struct bundle_check *v, struct error *error)
{
	char now[DIGEST_HEX_SIZE];
	return folder_state(v->dir, now, error) &&
	       (strcmp(now, v->state) == 0 || error_bench(error, "%s: the folder was changed while it was read", v->dir));
}

bool verify_with_spec(struct bundle_check *v, const char *spec, bool json, int *status, struct error *error)
{
	struct scratch scratch auto_scratch = {.path = ""};
	char path[PATH_MAX];
	json_error_t problem;
	if (!scratch_make(&scratch, error))
		return false;
	const struct rejudge_request request = {.dir = v->dir, .out = scratch.path, .spec = spec};
	if (!rejudge(&request, error) || !stood_still(v, error) || !scratch_file(&scratch, "result.json", path, error))
		return false;
	json_t *after = json_load_file(path, 0, &problem);
	if (!after)
		return error_bench(error, "%s:%d:%d: %s", path, problem.line, problem.column, problem.text);
	make_plain(v->result);
	make_plain(after);
	show(v->result, after, json);
	*status = (int)json_integer_value(json_object_get(after, "exit_status"));
	json_decref(after);
	return true;
}
