/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff.h"
#include "plain_text.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "number.h"
#include "table_row.h"

enum column { ID, UNIT, VALUE, U_RANDOM, U_SYSTEMATIC, VOIDED, COLUMN_COUNT };
static const char *const COLUMNS[COLUMN_COUNT] = {"measurand", "unit", "value", "u_random", "u_systematic", "voided"};

/* Sums of one measurand while its rows come (Welford's, so that a small scatter on a large mean stays). */
struct sums {
	double squares, random_squares, systematic;
};

struct reading {
	struct diff_measurands *measurands;
	struct sums sums[DIFF_MAX_MEASURANDS];
	struct table_row row;
	size_t column[COLUMN_COUNT];
};

static size_t find(const struct diff_measurands *measurands, const char *id)
{
	size_t i = 0;
	while (i < measurands->count && strcmp(measurands->items[i].id, id) != 0)
		i++;
	return i;
}

static double number(const char *text)
{
	char *end;
	double value = strtod(text, &end);
	return end != text && *end == '\0' ? value : NAN;
}

static bool add_row(struct reading *reading)
{
	struct diff_measurands *all = reading->measurands;
	const char *cell[COLUMN_COUNT];
	for (unsigned c = 0; c < COLUMN_COUNT; c++) {
		if (reading->column[c] >= reading->row.count)
			return false;
		cell[c] = reading->row.cell[reading->column[c]];
	}
	size_t i = find(all, cell[ID]);
	if (strlen(cell[ID]) >= DIFF_ID_SIZE || i == DIFF_MAX_MEASURANDS)
		return false;
	struct diff_statistics *one = &all->items[i];
	if (i == all->count) {
		all->count++;
		*one = (struct diff_statistics){.minimum = INFINITY, .maximum = -INFINITY};
		snprintf(one->id, sizeof one->id, "%s", cell[ID]);
		snprintf(one->unit, sizeof one->unit, "%s", cell[UNIT]);
		plain_text_make(one->unit);
	}
	double value = number(cell[VALUE]), random = number(cell[U_RANDOM]);
	if (strcmp(cell[VOIDED], "0") != 0 || !isfinite(value))
		return true;
	double before = value - one->mean;
	one->count++;
	one->mean += before / (double)one->count;
	reading->sums[i].squares += before * (value - one->mean);
	reading->sums[i].random_squares += random * random;
	reading->sums[i].systematic += number(cell[U_SYSTEMATIC]);
	one->minimum = fmin(one->minimum, value);
	one->maximum = fmax(one->maximum, value);
	return true;
}

static void finish(struct reading *reading)
{
	for (size_t i = 0; i < reading->measurands->count; i++) {
		struct diff_statistics *one = &reading->measurands->items[i];
		const struct sums *sums = &reading->sums[i];
		double n = (double)one->count, systematic = sums->systematic / n;
		one->standard_deviation = one->count > 1 ? sqrt(sums->squares / (n - 1)) : NAN;
		one->u = one->count > 0 ? sqrt(sums->random_squares / (n * n) + systematic * systematic) : NAN;
		if (one->count == 0)
			one->mean = one->minimum = one->maximum = NAN;
	}
}

bool diff_read_measurands(const char *dir, struct diff_measurands *measurands, struct error *error)
{
	char path[PATH_MAX];
	unsigned long line = 1;
	if (snprintf(path, sizeof path, "%s/measurements.csv", dir) >= (int)sizeof path)
		return error_config(error, "%s: the path is too long", dir);
	auto_file FILE *file = fopen(path, "re");
	if (!file)
		return error_errno(error, ERROR_CONFIG, "%s", path);
	auto_free struct reading *reading = calloc(1, sizeof *reading);
	*measurands = (struct diff_measurands){.items = calloc(DIFF_MAX_MEASURANDS, sizeof *measurands->items)};
	if (!reading || !measurands->items)
		return error_bench(error, "%s: out of memory", path);
	reading->measurands = measurands;
	if (table_row_read(file, &reading->row) != TABLE_ROW || !table_row_split(&reading->row))
		return error_config(error, "%s:1: not a table of measurements", path);
	for (unsigned c = 0; c < COLUMN_COUNT; c++) {
		reading->column[c] = table_row_find(&reading->row, COLUMNS[c]);
		if (reading->column[c] == reading->row.count)
			return error_config(error, "%s:1: there is no column '%s'", path, COLUMNS[c]);
	}
	enum table_reading read;
	while (line++, (read = table_row_read(file, &reading->row)) == TABLE_ROW)
		if (!table_row_split(&reading->row) || !add_row(reading))
			return error_config(error, "%s:%lu: not a row of measurements", path, line);
	if (read != TABLE_END || ferror(file))
		return error_config(error, "%s:%lu: not a row of measurements", path, line);
	finish(reading);
	return true;
}

/* The difference of the means in units of its standard uncertainty; NAN where there is none. */
static double in_units_of_u(const struct diff_statistics *a, const struct diff_statistics *b)
{
	double u = hypot(a->u, b->u), difference = b->mean - a->mean;
	return difference == 0 ? 0 : u > 0 ? difference / u : NAN;
}

static void print_line(const struct diff_statistics *a, const struct diff_statistics *b)
{
	const struct diff_statistics *one = a ? a : b;
	if (!one)
		return;
	double both[] = {a ? a->mean : NAN, b ? b->mean : NAN}, u = a && b ? hypot(a->u, b->u) : one->u;
	struct number_scale scale = number_scale(one->unit, 2 * u, both, 2);
	char mean[2][48], difference[48] = "", ratio[32] = "", count[32];
	for (unsigned i = 0; i < 2; i++)
		number_text(mean[i], sizeof mean[i], &scale, both[i]);
	snprintf(count, sizeof count, "%zu/%zu", a ? a->count : 0, b ? b->count : 0);
	if (a && b) {
		number_text(difference, sizeof difference, &scale, both[1] - both[0]);
		if (isfinite(in_units_of_u(a, b)))
			snprintf(ratio, sizeof ratio, "%+.2f", in_units_of_u(a, b));
	}
	char id[DIFF_ID_SIZE];
	snprintf(id, sizeof id, "%s", one->id);
	plain_text_make(id);
	printf("  %-26s %11s %14s %14s %12s %-5s %9s\n", id, count, mean[0], mean[1], difference, scale.unit, ratio);
}

static void emit_statistics(struct json_emitter *json, const char *key, const struct diff_statistics *one)
{
	if (!one) {
		emit_null(json, key);
		return;
	}
	emit_open_object(json, key);
	emit_unsigned(json, "count", one->count);
	emit_number(json, "mean", one->mean);
	emit_number(json, "u", one->u);
	emit_number(json, "standard_deviation", one->standard_deviation);
	emit_number(json, "minimum", one->minimum);
	emit_number(json, "maximum", one->maximum);
	emit_close_object(json);
}

static void show(struct diff_output *output, const struct diff_statistics *a, const struct diff_statistics *b)
{
	double ratio = a && b ? in_units_of_u(a, b) : NAN;
	if (!output->json) {
		print_line(a, b);
		return;
	}
	emit_open_object(output->json, NULL);
	emit_string(output->json, "measurand", (a ? a : b)->id);
	emit_string(output->json, "unit", (a ? a : b)->unit);
	emit_statistics(output->json, "a", a);
	emit_statistics(output->json, "b", b);
	emit_number(output->json, "difference", a && b ? b->mean - a->mean : NAN);
	emit_number(output->json, "u", a && b ? hypot(a->u, b->u) : NAN);
	emit_number(output->json, "in_units_of_u", ratio);
	emit_close_object(output->json);
}

void diff_show_measurands(struct diff_output *output, const struct diff_measurands *a, const struct diff_measurands *b)
{
	if (output->json)
		emit_open_array(output->json, "measurands");
	else if (a->count + b->count > 0)
		printf("measurands%29s %14s %14s %12s %15s\n", "count a/b", "mean a", "mean b", "b - a", "in u");
	for (size_t i = 0; i < a->count; i++) {
		size_t k = find(b, a->items[i].id);
		show(output, &a->items[i], k < b->count ? &b->items[k] : NULL);
	}
	for (size_t k = 0; k < b->count; k++)
		if (find(a, b->items[k].id) == a->count)
			show(output, NULL, &b->items[k]);
	if (output->json)
		emit_close_array(output->json);
}
