/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare_json.h"

#include <string.h>

struct walk {
	const char *name;
	const char *const *skipped;
	struct differences *differences;
	char path[PLACE_SIZE - 40]; /* of the member at hand, without the document's name */
};

static bool is_skipped(const struct walk *walk)
{
	for (const char *const *place = walk->skipped; *place; place++)
		if (strcmp(walk->path, *place) == 0)
			return true;
	return false;
}

void compare_json_text(const json_t *value, char *out, size_t size)
{
	if (!value) {
		snprintf(out, size, "nothing");
	} else if (json_is_string(value)) {
		snprintf(out, size, "\"%s\"", json_string_value(value));
	} else if (json_is_object(value) || json_is_array(value)) {
		snprintf(out, size, "%s of %zu", json_is_object(value) ? "an object" : "a list",
			 json_is_object(value) ? json_object_size(value) : json_array_size(value));
	} else {
		char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
		snprintf(out, size, "%s", text ? text : "?");
		free(text);
	}
}

static void name_place(const struct walk *walk, char place[PLACE_SIZE])
{
	snprintf(place, PLACE_SIZE, "%.30s: %s", walk->name, walk->path[0] ? walk->path : "the whole of it");
}

static void add(struct walk *walk, const json_t *stored, const json_t *remade)
{
	char place[PLACE_SIZE], a[VALUE_SIZE], b[VALUE_SIZE];
	name_place(walk, place);
	compare_json_text(stored, a, sizeof a);
	compare_json_text(remade, b, sizeof b);
	differences_add(walk->differences, place, a, b);
}

static bool scalars_agree(struct walk *walk, const json_t *stored, const json_t *remade)
{
	/* As integers: beyond 2^53 two of them can be one double. */
	if (json_is_integer(stored) && json_is_integer(remade) && (json_equal(stored, remade) || walk->differences->tolerance == 0))
		return json_equal(stored, remade);
	if (!json_is_number(stored) || !json_is_number(remade))
		return json_equal(stored, remade);
	char place[PLACE_SIZE];
	name_place(walk, place);
	return differences_agree(walk->differences, place, json_number_value(stored), json_number_value(remade));
}

static void compare(struct walk *walk, const json_t *stored, const json_t *remade);

/* Goes down to a member, in an object (".name") or an array ("[name]"); the length to come back to. */
static size_t enter(struct walk *walk, bool in_array, const char *name)
{
	size_t length = strlen(walk->path);
	snprintf(walk->path + length, sizeof walk->path - length, "%s%s%s",
		 in_array     ? "["
		 : length > 0 ? "."
			      : "",
		 name, in_array ? "]" : "");
	return length;
}

static void descend(struct walk *walk, bool in_array, const char *name, const json_t *stored, const json_t *remade)
{
	size_t length = enter(walk, in_array, name);
	if (!is_skipped(walk))
		compare(walk, stored, remade);
	walk->path[length] = '\0';
}

/* What is skipped is in both. What only the stored document has is not, whatever its name: "run.id" can be the name of one member. */
static void descend_anyway(struct walk *walk, const char *name, const json_t *stored)
{
	size_t length = enter(walk, false, name);
	compare(walk, stored, NULL);
	walk->path[length] = '\0';
}

/* Jansson's iterators take what they do not change as if they did. */
static json_t *writable(const json_t *object)
{
	return (json_t *)object;
}

static void compare_objects(struct walk *walk, const json_t *stored, const json_t *remade)
{
	json_t *sides[] = {writable(remade), writable(stored)};
	for (void *at = json_object_iter(sides[0]); at; at = json_object_iter_next(sides[0], at))
		descend(walk, false, json_object_iter_key(at), json_object_get(stored, json_object_iter_key(at)),
			json_object_iter_value(at));
	for (void *at = json_object_iter(sides[1]); at; at = json_object_iter_next(sides[1], at))
		if (!json_object_get(remade, json_object_iter_key(at)))
			descend_anyway(walk, json_object_iter_key(at), json_object_iter_value(at));
}

static void compare_arrays(struct walk *walk, const json_t *stored, const json_t *remade)
{
	size_t a = json_array_size(stored), b = json_array_size(remade);
	for (size_t i = 0; i < a || i < b; i++) {
		const json_t *left = i < a ? json_array_get(stored, i) : NULL, *right = i < b ? json_array_get(remade, i) : NULL;
		char number[32];
		snprintf(number, sizeof number, "%zu", i);
		const char *id = json_string_value(json_object_get(right ? right : left, "id"));
		const char *name = json_string_value(json_object_get(right ? right : left, "name"));
		descend(walk, true, id ? id : name ? name : number, left, right);
	}
}

static void compare(struct walk *walk, const json_t *stored, const json_t *remade)
{
	if (json_is_object(stored) && json_is_object(remade)) {
		compare_objects(walk, stored, remade);
		return;
	}
	if (json_is_array(stored) && json_is_array(remade)) {
		compare_arrays(walk, stored, remade);
		return;
	}
	walk->differences->values++;
	if (!stored || !remade || !scalars_agree(walk, stored, remade))
		add(walk, stored, remade);
}

void compare_json(const char *name, const json_t *stored, const json_t *remade, const char *const *skipped, struct differences *differences)
{
	struct walk walk = {.name = name, .skipped = skipped, .differences = differences};
	compare(&walk, stored, remade);
}
