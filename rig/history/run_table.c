/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run_table.h"

#include <math.h>
#include <string.h>

enum { COLUMNS_MAX = 64, NUMBER_MAX = 64 };
enum column { COLUMN_MEASURAND, COLUMN_VALUE, COLUMN_U_RANDOM, COLUMN_U_SYSTEMATIC, COLUMN_VOIDED, COLUMN_COUNT };

static const char *const NAMES[COLUMN_COUNT] = {"measurand", "value", "u_random", "u_systematic", "voided"};

struct cell {
	const char *bytes;
	size_t length;
};

/* What the values of one measurand add up to. */
struct sums {
	double squares_random, squares_systematic;
	size_t filled;
};

struct run_table {
	struct run_record *record;
	const char *path, *at, *end;
	unsigned line;
	int index[COLUMN_COUNT]; /* of each column in a row */
	size_t columns;
	struct sums *sums; /* of each of the record's statistics */
};

static bool wrong(const struct run_table *table, struct error *error, const char *what)
{
	return error_config(error, "%s:%u: %s; a measurements.csv as tmsrig writes it is needed", table->path, table->line, what);
}

/* The cells of the next line, quoted ones with their quotes; 0 at the end. */
static size_t next_row(struct run_table *table, struct cell cells[COLUMNS_MAX])
{
	size_t count = 0;
	if (table->at >= table->end)
		return 0;
	table->line++;
	for (;;) {
		const char *from = table->at;
		bool quoted = false;
		while (table->at < table->end && *table->at != '\n' && (quoted || *table->at != ','))
			quoted ^= *table->at++ == '"';
		if (count < COLUMNS_MAX)
			cells[count++] = (struct cell){from, (size_t)(table->at - from)};
		bool more = table->at < table->end && *table->at == ',';
		if (table->at < table->end)
			table->at++;
		if (!more)
			return count;
	}
}

static bool is(const struct cell *cell, const char *word)
{
	return cell->bytes && cell->length == strlen(word) && memcmp(cell->bytes, word, cell->length) == 0;
}

static bool read_header(struct run_table *table, struct error *error)
{
	struct cell cells[COLUMNS_MAX] = {0};
	table->columns = next_row(table, cells);
	for (enum column c = 0; c < COLUMN_COUNT; c++) {
		table->index[c] = -1;
		for (size_t i = 0; i < table->columns; i++)
			if (is(&cells[i], NAMES[c]))
				table->index[c] = (int)i;
		if (table->index[c] < 0)
			return error_config(error, "%s:1: there is no column '%s'", table->path, NAMES[c]);
	}
	return true;
}

/* NAN for an empty cell. */
static bool read_number(const struct cell *cell, double *number)
{
	char text[NUMBER_MAX], *end;
	*number = NAN;
	if (cell->length == 0)
		return true;
	if (cell->length >= sizeof text)
		return false;
	memcpy(text, cell->bytes, cell->length);
	text[cell->length] = '\0';
	*number = strtod(text, &end);
	return *end == '\0';
}

static struct run_statistics *find(const struct run_record *record, const struct cell *name, size_t *last)
{
	for (size_t n = 0; n < record->statistics_count; n++) {
		size_t i = (*last + n) % record->statistics_count;
		if (is(name, record->statistics[i].measurand)) {
			*last = i;
			return &record->statistics[i];
		}
	}
	return NULL;
}

/* First pass: how many rows each measurand has. Second: what stands in them. */
static bool read_rows(struct run_table *table, bool filling, struct error *error)
{
	struct cell cells[COLUMNS_MAX] = {0};
	size_t last = 0, rows = 0;
	for (size_t count; (count = next_row(table, cells)) > 0;) {
		if (count != table->columns)
			return wrong(table, error, "the row has another number of cells than the heading");
		struct run_statistics *statistics = find(table->record, &cells[table->index[COLUMN_MEASURAND]], &last);
		if (!statistics)
			return wrong(table, error, "result.json does not have this measurand");
		if (++rows > RUN_TABLE_MAX_VALUES)
			return wrong(table, error, "more rows than a run can have");
		if (!filling) {
			statistics->value_count++;
			continue;
		}
		double value, u_random, u_systematic, voided;
		if (!read_number(&cells[table->index[COLUMN_VALUE]], &value) ||
		    !read_number(&cells[table->index[COLUMN_U_RANDOM]], &u_random) ||
		    !read_number(&cells[table->index[COLUMN_U_SYSTEMATIC]], &u_systematic) ||
		    !read_number(&cells[table->index[COLUMN_VOIDED]], &voided))
			return wrong(table, error, "a number was expected");
		struct sums *sums = &table->sums[last];
		bool there = voided == 0 && isfinite(value);
		statistics->values[sums->filled++] = there ? value : NAN;
		if (there) {
			sums->squares_random += u_random * u_random;
			sums->squares_systematic += u_systematic * u_systematic;
		}
	}
	return true;
}

/*
 * u of a mean as the judge forms it: of the random part the larger of what the values state and of what they scatter by; the systematic part,
 * common to them all, does not average out.
 */
static double u_of_mean(const struct run_statistics *statistics, const struct sums *sums)
{
	double n = (double)statistics->n;
	if (!(n > 0))
		return NAN;
	double stated = sqrt(sums->squares_random) / n, observed = n > 1 ? statistics->sd / sqrt(n) : 0;
	return sqrt(fmax(stated, observed) * fmax(stated, observed) + sums->squares_systematic / n);
}

bool run_table_read(struct run_record *record, const char *path, const char *bytes, size_t size, struct error *error)
{
	auto_free struct sums *sums = calloc(record->statistics_count + 1, sizeof *sums);
	struct run_table table = {.record = record, .path = path, .at = bytes, .end = bytes + size, .sums = sums};
	if (!sums)
		return error_bench(error, "%s: out of memory", path);
	if (!read_header(&table, error) || !read_rows(&table, false, error))
		return false;
	for (size_t i = 0; i < record->statistics_count; i++) {
		struct run_statistics *statistics = &record->statistics[i];
		statistics->values = arena_alloc(record->arena, statistics->value_count + 1, sizeof *statistics->values);
		if (!statistics->values)
			return error_bench(error, "%s: out of memory", path);
	}
	table.at = bytes;
	table.line = 0;
	if (!read_header(&table, error) || !read_rows(&table, true, error))
		return false;
	for (size_t i = 0; i < record->statistics_count; i++) {
		struct run_statistics *statistics = &record->statistics[i];
		if (statistics->value_count != (size_t)statistics->count)
			return error_config(error, "%s: %zu rows of %s, result.json counts %lld; the two do not belong together", path,
					    statistics->value_count, statistics->measurand, (long long)statistics->count);
		statistics->n = 0;
		for (size_t k = 0; k < statistics->value_count; k++)
			statistics->n += !isnan(statistics->values[k]);
		statistics->u_mean = u_of_mean(statistics, &sums[i]);
	}
	return true;
}
