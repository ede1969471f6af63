/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "history_internal.h"
#include "packed.h"

static const size_t ARENA_MAX = (size_t)4 << 30;

enum { REVISIONS_MAX = 64, FIRST_CAPACITY = 256 };

/* Points as the rows come in. */
struct gatherer {
	struct history_points *into;
	struct history_point *points; /* grows; handed to `into` at the end */
	size_t count, capacity;
	int64_t revisions[REVISIONS_MAX];
	size_t revision_count;
	struct history_point run;
};

static struct history_points *points_make(struct error *error)
{
	struct arena *arena = arena_create(ARENA_MAX);
	struct history_points *points = arena ? arena_alloc(arena, 1, sizeof *points) : NULL;
	if (!points) {
		arena_destroy(arena);
		error_bench(error, "out of memory");
		return NULL;
	}
	points->arena = arena;
	return points;
}

void history_points_destroy(struct history_points *points)
{
	if (!points)
		return;
	free(points->points);
	arena_destroy(points->arena);
}

static struct history_point *add_point(struct gatherer *gatherer, struct error *error)
{
	if (gatherer->count == gatherer->capacity) {
		size_t capacity = gatherer->capacity ? 2 * gatherer->capacity : FIRST_CAPACITY;
		struct history_point *points = realloc(gatherer->points, capacity * sizeof *points);
		if (!points) {
			error_bench(error, "out of memory");
			return NULL;
		}
		gatherer->points = points;
		gatherer->capacity = capacity;
	}
	struct history_point *point = &gatherer->points[gatherer->count++];
	*point = gatherer->run;
	return point;
}

static const char *keep(struct gatherer *gatherer, const struct history_cell *cell, bool *good)
{
	if (cell->kind != CELL_TEXT)
		return NULL;
	const char *kept = arena_strdup(gatherer->into->arena, cell->text);
	*good = *good && kept;
	return kept;
}

static double real_of(const struct history_cell *cell)
{
	switch (cell->kind) {
	case CELL_REAL: return cell->real;
	case CELL_INTEGER: return (double)cell->integer;
	case CELL_NULL:
	case CELL_TEXT:
	case CELL_BYTES: return NAN;
	}
	return NAN;
}

static void note_revision(struct gatherer *gatherer, int64_t revision)
{
	for (size_t i = 0; i < gatherer->revision_count; i++)
		if (gatherer->revisions[i] == revision)
			return;
	if (gatherer->revision_count < REVISIONS_MAX)
		gatherer->revisions[gatherer->revision_count++] = revision;
}

/* The first columns of every trend: what there is to know of the run, the unit, and the revision. */
#define RUN_COLUMNS "r.id, r.started, r.bench, r.device, r.serial, r.scenario, r.verdict, r.started_s, r.simulated"
enum { COLUMN_UNIT = 9, COLUMN_REVISION, COLUMN_OWN };

static bool read_run(struct gatherer *gatherer, const struct history_cell *c, struct error *error)
{
	bool good = true;
	gatherer->run = (struct history_point){
		.id = keep(gatherer, &c[0], &good),
		.started = keep(gatherer, &c[1], &good),
		.bench = keep(gatherer, &c[2], &good),
		.device = keep(gatherer, &c[3], &good),
		.serial = keep(gatherer, &c[4], &good),
		.scenario = keep(gatherer, &c[5], &good),
		.verdict = keep(gatherer, &c[6], &good),
		.started_s = real_of(&c[7]),
		.simulated = c[8].integer != 0,
		.value = NAN,
		.u = NAN,
		.lower = NAN,
		.upper = NAN,
		.sd = NAN,
		.minimum = NAN,
		.maximum = NAN,
	};
	if (!gatherer->into->unit)
		gatherer->into->unit = keep(gatherer, &c[COLUMN_UNIT], &good);
	note_revision(gatherer, c[COLUMN_REVISION].integer);
	return good || error_bench(error, "out of memory");
}

static bool read_mean(void *context, const struct history_cell *c, size_t count, struct error *error)
{
	struct gatherer *gatherer = context;
	(void)count;
	if (!read_run(gatherer, c, error))
		return false;
	struct history_point *point = add_point(gatherer, error);
	if (!point)
		return false;
	point->value = real_of(&c[COLUMN_OWN]);
	point->u = real_of(&c[COLUMN_OWN + 1]);
	point->sd = real_of(&c[COLUMN_OWN + 2]);
	point->minimum = real_of(&c[COLUMN_OWN + 3]);
	point->maximum = real_of(&c[COLUMN_OWN + 4]);
	point->n = c[COLUMN_OWN + 5].integer;
	return true;
}

static bool read_decided(void *context, const struct history_cell *c, size_t count, struct error *error)
{
	struct gatherer *gatherer = context;
	bool good = true;
	(void)count;
	if (!read_run(gatherer, c, error))
		return false;
	struct history_point *point = add_point(gatherer, error);
	if (!point)
		return false;
	point->value = real_of(&c[COLUMN_OWN]);
	point->u = real_of(&c[COLUMN_OWN + 1]);
	point->lower = real_of(&c[COLUMN_OWN + 2]);
	point->upper = real_of(&c[COLUMN_OWN + 3]);
	point->verdict = keep(gatherer, &c[COLUMN_OWN + 4], &good);
	if (!gatherer->into->measurand)
		gatherer->into->measurand = keep(gatherer, &c[COLUMN_OWN + 5], &good);
	point->n = 1;
	return good || error_bench(error, "out of memory");
}

static bool read_values(void *context, const struct history_cell *c, size_t count, struct error *error)
{
	struct gatherer *gatherer = context;
	(void)count;
	if (!read_run(gatherer, c, error))
		return false;
	const uint8_t *bytes = c[COLUMN_OWN].bytes;
	for (size_t i = 0; i < c[COLUMN_OWN].size / PACKED_SIZE; i++) {
		double value = unpack_value(bytes + i * PACKED_SIZE);
		struct history_point *point = isnan(value) ? NULL : add_point(gatherer, error);
		if (!point && !isnan(value))
			return false;
		if (point) {
			point->value = value;
			point->n = (int64_t)i;
		}
	}
	return true;
}

static struct history_points *gather(struct history *history, const struct history_filter *filter, const char *sql, const char *words,
				     const char *name, history_row *row, struct error *error)
{
	auto_history_points struct history_points *points = points_make(error);
	if (!points)
		return NULL;
	struct gatherer gatherer = {.into = points};
	auto_query struct query query = query_make(sql);
	query_where(&query, words, cell_text(name));
	query_filter(&query, filter);
	text_puts(&query.sql, " ORDER BY r.started_s, r.id");
	bool good = query_run(history, &query, row, &gatherer, error);
	points->points = gatherer.points;
	points->count = gatherer.count;
	points->revisions = gatherer.revision_count;
	return good ? steal(&points) : NULL;
}

struct history_points *history_measurand(struct history *history, const struct history_filter *filter, const char *measurand,
					 struct error *error)
{
	return gather(history, filter,
		      "SELECT " RUN_COLUMNS ", s.unit, s.version, s.mean, s.u_mean, s.standard_deviation, s.minimum, s.maximum, s.n "
		      "FROM statistics s JOIN runs r ON r.number = s.run WHERE",
		      " s.measurand = $", measurand, read_mean, error);
}

struct history_points *history_requirement(struct history *history, const struct history_filter *filter, const char *requirement,
					   struct error *error)
{
	return gather(history, filter,
		      "SELECT " RUN_COLUMNS ", j.unit, j.revision, j.value, j.u, j.lower_limit, j.upper_limit, j.verdict, j.measurand "
		      "FROM judgements j JOIN runs r ON r.number = j.run WHERE",
		      " j.requirement = $", requirement, read_decided, error);
}

struct history_points *history_values(struct history *history, const struct history_filter *filter, const char *measurand,
				      struct error *error)
{
	return gather(history, filter,
		      "SELECT " RUN_COLUMNS ", s.unit, s.version, v.packed FROM single_values v JOIN runs r ON r.number = v.run "
		      "JOIN statistics s ON s.run = v.run AND s.measurand = v.measurand WHERE",
		      " v.measurand = $", measurand, read_values, error);
}
