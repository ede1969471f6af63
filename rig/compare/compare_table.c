/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare_table.h"

#include <string.h>

#include "table_row.h"

struct comparison {
	const struct compare_table *table;
	struct differences *differences;
	FILE *stored_file, *remade_file;
	struct table_row header, stored, remade;
	unsigned long number; /* of the line, from 1 */
};

/* "pulses.csv:19: pulse 17" */
static void name_row(const struct comparison *c, const struct table_row *line, char *place, size_t size)
{
	int used = snprintf(place, size, "%s:%lu:", c->table->name, c->number);
	for (const char *const *key = c->table->key; *key && used > 0 && (size_t)used < size; key++) {
		size_t column = table_row_find(&c->header, *key);
		if (column >= line->count)
			continue;
		bool named = strcmp(*key, "pulse") == 0;
		used += snprintf(place + used, size - (size_t)used, " %s%s%s", named ? *key : "", named ? " " : "", line->cell[column]);
	}
}

static void add_row(struct comparison *c, const struct table_row *line, const char *stored, const char *remade)
{
	char place[PLACE_SIZE];
	name_row(c, line, place, sizeof place);
	differences_add(c->differences, place, stored, remade);
}

static void compare_cells(struct comparison *c)
{
	char row[PLACE_SIZE], place[PLACE_SIZE + 64];
	name_row(c, &c->remade, row, sizeof row);
	if (c->stored.count != c->remade.count) {
		char stored[64], remade[64];
		snprintf(stored, sizeof stored, "%zu columns", c->stored.count);
		snprintf(remade, sizeof remade, "%zu columns", c->remade.count);
		differences_add(c->differences, row, stored, remade);
		return;
	}
	for (size_t i = 0; i < c->stored.count; i++) {
		snprintf(place, sizeof place, "%.*s, column %.60s", PLACE_SIZE - 80, row, i < c->header.count ? c->header.cell[i] : "?");
		if (!differences_agree_text(c->differences, place, c->stored.cell[i], c->remade.cell[i]))
			differences_add(c->differences, place, c->stored.cell[i], c->remade.cell[i]);
	}
}

static bool compare_header(struct comparison *c)
{
	if (strcmp(c->stored.whole, c->remade.whole) == 0)
		return true;
	char place[PLACE_SIZE];
	size_t i = 0;
	while (i < c->stored.count && i < c->remade.count && strcmp(c->stored.cell[i], c->remade.cell[i]) == 0)
		i++;
	snprintf(place, sizeof place, "%s:1: column %zu", c->table->name, i + 1);
	differences_add(c->differences, place, i < c->stored.count ? c->stored.cell[i] : "nothing",
			i < c->remade.count ? c->remade.cell[i] : "nothing");
	return false;
}

static bool unreadable(struct comparison *c, enum table_reading reading)
{
	char place[PLACE_SIZE];
	const char *what = reading == TABLE_TOO_LONG ? "a line longer than 64 KiB" : reading == TABLE_NUL ? "a NUL character" : "no CSV";
	snprintf(place, sizeof place, "%s:%lu", c->table->name, c->number);
	differences_add(c->differences, place, what, "a table");
	return false;
}

static void compare_rows(struct comparison *c)
{
	if (c->stored.there && c->remade.there)
		compare_cells(c);
	else
		add_row(c, c->stored.there ? &c->stored : &c->remade, c->stored.there ? "a row" : "no such row",
			c->remade.there ? "a row" : "no such row");
}

/* False when there is nothing more to be compared; broken: the table made again is none. */
static bool compare_line(struct comparison *c, bool *broken)
{
	c->number++;
	enum table_reading stored = table_row_read(c->stored_file, &c->stored), remade = table_row_read(c->remade_file, &c->remade);
	bool equal = stored == TABLE_ROW && remade == TABLE_ROW && strcmp(c->stored.whole, c->remade.whole) == 0;
	if (stored == TABLE_END && remade == TABLE_END)
		return false;
	if (c->number > 1)
		c->differences->values += c->header.count;
	if (c->number > 1 && equal)
		return true;
	*broken = remade > TABLE_END || (c->remade.there && !table_row_split(&c->remade));
	if (*broken)
		return false;
	if (stored > TABLE_END || (c->stored.there && !table_row_split(&c->stored)))
		return unreadable(c, stored);
	if (c->number > 1) {
		compare_rows(c);
		return true;
	}
	c->header = c->remade;
	/* Its cells must point into itself. */
	*broken = !table_row_split(&c->header);
	return compare_header(c);
}

bool compare_tables(const struct compare_table *table, struct differences *differences, struct error *error)
{
	auto_file FILE *stored = fopen(table->stored, "re");
	if (!stored)
		return error_errno(error, ERROR_CONFIG, "%s", table->stored);
	auto_file FILE *remade = fopen(table->remade, "re");
	if (!remade)
		return error_errno(error, ERROR_CONFIG, "%s", table->remade);
	auto_free struct comparison *c = calloc(1, sizeof *c);
	if (!c)
		return error_bench(error, "%s: out of memory", table->stored);
	c->table = table;
	c->differences = differences;
	c->stored_file = stored;
	c->remade_file = remade;
	bool broken = false;
	while (compare_line(c, &broken))
		continue;
	if (ferror(stored))
		return error_config(error, "%s: cannot be read", table->stored);
	return !broken || error_config(error, "%s:%lu: not a table", table->remade, c->number);
}
