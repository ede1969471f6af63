/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { MAX_FIELDS = 128 };

struct csv_reader {
	struct csv_table *table;
	const char *path;
	size_t width; /* fields of the header */
	size_t wanted[CSV_MAX_COLUMNS];
	size_t key_field;
	const char *key_value;
	size_t capacity;
	size_t line;
};

void csv_finish(struct csv_table *table)
{
	free(table->cells);
	for (int i = 0; i < table->label_count; i++)
		free(table->labels[i]);
	*table = (struct csv_table){0};
}

/* Cuts the line at its commas; the number of fields, MAX_FIELDS + 1 when there are more than MAX_FIELDS. */
static size_t split(char *line, char *fields[MAX_FIELDS])
{
	size_t count = 0;
	line[strcspn(line, "\r\n")] = '\0';
	for (char *rest = line; rest;) {
		if (count == MAX_FIELDS)
			return MAX_FIELDS + 1;
		fields[count++] = strsep(&rest, ",");
	}
	return count;
}

static bool find_field(const struct csv_reader *reader, char *const *fields, const char *name, size_t *field, struct error *error)
{
	for (size_t i = 0; i < reader->width; i++) {
		if (strcmp(fields[i], name) == 0) {
			*field = i;
			return true;
		}
	}
	return error_config(error, "%s:1: there is no column \"%s\"", reader->path, name);
}

static bool parse_cell(struct csv_table *table, const char *field, struct csv_cell *cell)
{
	char *end = NULL;
	*cell = (struct csv_cell){.number = NAN, .label = -1};
	if (*field == '\0')
		return true;
	double number = strtod(field, &end);
	if (*end == '\0') {
		cell->number = number;
		return true;
	}
	for (cell->label = 0; cell->label < table->label_count; cell->label++)
		if (strcmp(table->labels[cell->label], field) == 0)
			return true;
	if (table->label_count == CSV_MAX_LABELS)
		return false;
	table->labels[table->label_count] = strdup(field);
	return table->labels[table->label_count] && ++table->label_count > 0;
}

static bool append_row(struct csv_reader *reader, char *const *fields, struct error *error)
{
	struct csv_table *table = reader->table;
	if (table->rows == reader->capacity) {
		size_t capacity = reader->capacity ? 2 * reader->capacity : 1024;
		struct csv_cell *cells =
			capacity <= CSV_MAX_ROWS ? reallocarray(table->cells, capacity * table->columns, sizeof *cells) : NULL;
		if (!cells)
			return error_bench(error, "%s:%zu: no memory for so many rows", reader->path, reader->line);
		table->cells = cells;
		reader->capacity = capacity;
	}
	for (size_t i = 0; i < table->columns; i++)
		if (!parse_cell(table, fields[reader->wanted[i]], &table->cells[table->rows * table->columns + i]))
			return error_config(error, "%s:%zu: too many different words in one column", reader->path, reader->line);
	table->rows++;
	return true;
}

static bool read_rows(struct csv_reader *reader, FILE *file, const char *const *names, const char *key, struct error *error)
{
	auto_free char *line = NULL;
	size_t size = 0;
	char *fields[MAX_FIELDS];
	for (reader->line = 1; getline(&line, &size, file) > 0; reader->line++) {
		size_t count = split(line, fields);
		if (reader->line == 1) {
			reader->width = count > MAX_FIELDS ? 0 : count;
			for (size_t i = 0; i < reader->table->columns; i++)
				if (!find_field(reader, fields, names[i], &reader->wanted[i], error))
					return false;
			if (key && !find_field(reader, fields, key, &reader->key_field, error))
				return false;
			continue;
		}
		if (count != reader->width)
			return error_config(error, "%s:%zu: %zu fields, the header has %zu", reader->path, reader->line, count,
					    reader->width);
		if (key && strcmp(fields[reader->key_field], reader->key_value) != 0)
			continue;
		if (!append_row(reader, fields, error))
			return false;
	}
	if (ferror(file))
		return error_errno(error, ERROR_CONFIG, "%s", reader->path);
	return reader->line > 1 || error_config(error, "%s:1: the header line is missing", reader->path);
}

bool csv_read(struct csv_table *table, const char *path, const char *const *names, size_t count, const char *key, const char *key_value,
	      struct error *error)
{
	csv_finish(table);
	auto_file FILE *file = fopen(path, "re");
	if (!file)
		return error_errno(error, ERROR_CONFIG, "%s", path);
	struct csv_reader reader = {.table = table, .path = path, .key_value = key_value};
	table->columns = count;
	return read_rows(&reader, file, names, key, error);
}
