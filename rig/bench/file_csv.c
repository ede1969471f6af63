/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text with columns (comma, semicolon, tab or blanks), one of them time. Read as a whole: a file for single pulses, not for sessions. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "recording_file.h"
#include "text.h"

enum { CSV_MAX_COLUMNS = 64, CSV_MAX_ROWS = 50000000, CSV_RATE_MIN_HZ = 1000, CSV_RATE_MAX_HZ = 1000000000 };

struct csv {
	const char *path;
	char *line;
	size_t line_size;
	unsigned row_number;          /* of the line in hand */
	char *names[CSV_MAX_COLUMNS]; /* into header */
	unsigned column_count;
	char *header;
	unsigned time_column;
	double time_unit_s;
	unsigned column_of[RECORDING_MAX_CHANNELS];
	double *values[RECORDING_MAX_CHANNELS];
	size_t rows, capacity;
	double first_s, last_s, step_min_s, step_max_s;
	int16_t *frames;
	size_t next;
	unsigned channel_count;
};

static void csv_close(void *state)
{
	struct csv *csv = state;
	if (!csv)
		return;
	free(csv->line);
	free(csv->header);
	for (unsigned c = 0; c < RECORDING_MAX_CHANNELS; c++)
		free(csv->values[c]);
	free(csv->frames);
	free(csv);
}

/* Cuts a line into fields in place; quotes around a field are taken off. Returns the number of fields, which may exceed max. */
static unsigned split(char *line, char **fields, unsigned max)
{
	char separator = strchr(line, '\t') ? '\t' : strchr(line, ';') ? ';' : strchr(line, ',') ? ',' : ' ';
	unsigned count = 0;
	char *at = line;
	for (;;) {
		while (*at == ' ')
			at++;
		if (separator == ' ' && *at == '\0')
			return count;
		char *end = strchr(at, separator);
		if (end)
			*end = '\0';
		size_t length = strlen(at);
		while (length > 0 && isspace((unsigned char)at[length - 1]))
			at[--length] = '\0';
		if (length >= 2 && at[0] == '"' && at[length - 1] == '"') {
			at[length - 1] = '\0';
			at++;
		}
		if (count < max)
			fields[count] = at;
		count++;
		if (!end)
			return count;
		at = end + 1;
	}
}

/* The unit that a time column's name ends in: t_us, "time [ms]", time (s), "Time"; seconds when it names none. */
static double time_unit(const char *name)
{
	char word[8] = "";
	size_t length = strlen(name);
	while (length > 0 && !isalpha((unsigned char)name[length - 1]))
		length--;
	size_t start = length;
	while (start > 0 && isalpha((unsigned char)name[start - 1]))
		start--;
	if (length - start < sizeof word)
		memcpy(word, name + start, length - start);
	if (strcmp(word, "us") == 0)
		return 1e-6;
	if (strcmp(word, "ms") == 0)
		return 1e-3;
	if (strcmp(word, "ns") == 0)
		return 1e-9;
	return 1;
}

static bool is_number(const char *field, double *value)
{
	char *end;
	errno = 0;
	*value = strtod(field, &end);
	return end != field && *end == '\0' && isfinite(*value) && strpbrk(field, "xXnN") == NULL;
}

static bool csv_header(struct csv *csv, FILE *file, struct error *error)
{
	ssize_t length = getline(&csv->line, &csv->line_size, file);
	csv->row_number = 1;
	/* Spreadsheets begin a text in UTF-8 with a byte order mark. */
	if (length >= 3 && memcmp(csv->line, "\xef\xbb\xbf", 3) == 0)
		memmove(csv->line, csv->line + 3, (size_t)(length -= 3) + 1);
	if (length <= 0)
		return error_config(error, "%s:1: the file is empty; a header line with column names is needed", csv->path);
	if (memchr(csv->line, '\0', (size_t)length))
		return error_config(error, "%s:1: binary data; a text file with columns is needed (format: s16le reads raw samples)",
				    csv->path);
	csv->header = strdup(csv->line[0] == '#' ? csv->line + 1 : csv->line);
	if (!csv->header)
		return error_bench(error, "%s: out of memory", csv->path);
	csv->column_count = split(csv->header, csv->names, CSV_MAX_COLUMNS);
	if (csv->column_count > CSV_MAX_COLUMNS)
		return error_config(error, "%s:1: %u columns; at most %d can be read", csv->path, csv->column_count, CSV_MAX_COLUMNS);
	if (csv->column_count == 0)
		return error_config(error, "%s:1: the header line is blank; it must name the columns, e.g. \"t_s,current\"", csv->path);
	double ignored;
	if (is_number(csv->names[0], &ignored))
		return error_config(error, "%s:1: the first line holds numbers; it must name the columns, e.g. \"t_s,current\"", csv->path);
	return true;
}

static bool bad_number(const struct csv *csv, const char *field, unsigned column, struct error *error)
{
	return error_config(error, "%s:%u: '%.40s' in column '%s' is no finite number%s", csv->path, csv->row_number, field,
			    csv->names[column], strchr(field, ',') ? "; the decimal sign must be a point" : "");
}

static bool csv_find(const struct csv *csv, const char *name, unsigned *column, struct error *error)
{
	for (unsigned k = 0; k < csv->column_count; k++) {
		if (strcmp(csv->names[k], name) == 0) {
			*column = k;
			return true;
		}
	}
	auto_text struct text known = text_make(4096);
	for (unsigned k = 0; k < csv->column_count; k++)
		text_printf(&known, "%s%s", k ? ", " : "", csv->names[k]);
	return error_config(error, "%s:1: there is no column '%s'; the file has: %s", csv->path, name, text_view(&known));
}

static bool csv_map(struct csv *csv, const struct adc_setup *adc, struct error *error)
{
	csv->time_column = CSV_MAX_COLUMNS;
	for (unsigned k = 0; k < csv->column_count && csv->time_column == CSV_MAX_COLUMNS; k++)
		if (strncasecmp(csv->names[k], "time", 4) == 0 || strcmp(csv->names[k], "t") == 0 || strncmp(csv->names[k], "t_", 2) == 0 ||
		    strncmp(csv->names[k], "t ", 2) == 0)
			csv->time_column = k;
	if (csv->time_column == CSV_MAX_COLUMNS)
		return error_config(error, "%s:1: no time column; one named \"time\", \"t_s\", \"t_us\" … is needed", csv->path);
	csv->time_unit_s = time_unit(csv->names[csv->time_column]);
	csv->channel_count = adc->channel_count;
	for (unsigned c = 0; c < adc->channel_count; c++) {
		const struct adc_channel_setup *channel = &adc->channels[c];
		if (channel->source) {
			if (!csv_find(csv, channel->source, &csv->column_of[c], error))
				return false;
		} else if (channel->index >= 0 && (unsigned)channel->index < csv->column_count) {
			csv->column_of[c] = (unsigned)channel->index;
		} else {
			return error_config(error, "%s:1: channel '%s' names no column that is there; give it `column: NAME`", csv->path,
					    channel->channel.name);
		}
	}
	return true;
}

static bool csv_grow(struct csv *csv, struct error *error)
{
	if (csv->rows < csv->capacity)
		return true;
	size_t capacity = csv->capacity ? 2 * csv->capacity : 4096;
	if (capacity > CSV_MAX_ROWS)
		return error_config(error, "%s: more than %d rows; convert long recordings to s16le", csv->path, CSV_MAX_ROWS);
	for (unsigned c = 0; c < csv->channel_count; c++) {
		double *grown = realloc(csv->values[c], capacity * sizeof *grown);
		if (!grown)
			return error_bench(error, "%s: out of memory", csv->path);
		csv->values[c] = grown;
	}
	csv->capacity = capacity;
	return true;
}

static bool csv_time(struct csv *csv, double time_s, struct error *error)
{
	if (csv->rows == 0) {
		csv->first_s = csv->last_s = time_s;
		csv->step_min_s = INFINITY;
		csv->step_max_s = 0;
		return true;
	}
	double step_s = time_s - csv->last_s;
	if (step_s <= 0)
		return error_config(error, "%s:%u: time does not increase (%.9g s after %.9g s)", csv->path, csv->row_number, time_s,
				    csv->last_s);
	csv->step_min_s = fmin(csv->step_min_s, step_s);
	csv->step_max_s = fmax(csv->step_max_s, step_s);
	csv->last_s = time_s;
	return true;
}

static bool csv_row(struct csv *csv, const struct adc_setup *adc, struct error *error)
{
	char *fields[CSV_MAX_COLUMNS];
	unsigned count = split(csv->line, fields, CSV_MAX_COLUMNS);
	if (count != csv->column_count)
		return error_config(error, "%s:%u: %u columns where the header names %u", csv->path, csv->row_number, count,
				    csv->column_count);
	double value;
	if (!is_number(fields[csv->time_column], &value))
		return bad_number(csv, fields[csv->time_column], csv->time_column, error);
	if (!csv_time(csv, value * csv->time_unit_s, error) || !csv_grow(csv, error))
		return false;
	for (unsigned c = 0; c < csv->channel_count; c++) {
		unsigned column = csv->column_of[c];
		if (!is_number(fields[column], &value))
			return bad_number(csv, fields[column], column, error);
		csv->values[c][csv->rows] = value * adc->channels[c].channel.scale + adc->channels[c].channel.offset;
	}
	csv->rows++;
	return true;
}

/* A sample clock is even; a time column may be rounded to a few digits, so its steps may differ by that much, but no sample may be missing. */
static bool csv_even(const struct csv *csv, struct error *error)
{
	if (csv->rows < 2)
		return error_config(error, "%s: %zu rows of data; at least two are needed", csv->path, csv->rows);
	double mean_s = (csv->last_s - csv->first_s) / (double)(csv->rows - 1);
	if (csv->step_min_s < 0.5 * mean_s || csv->step_max_s > 1.5 * mean_s)
		return error_config(error,
				    "%s: the time steps are not even (%.6g s to %.6g s); a recording with a constant sample rate is needed",
				    csv->path, csv->step_min_s, csv->step_max_s);
	return true;
}

static bool csv_quantise(struct csv *csv, const struct bench_setup *setup, struct recording_format *format, struct error *error)
{
	format->sample_rate_hz = (double)(csv->rows - 1) / (csv->last_s - csv->first_s);
	if (!(format->sample_rate_hz >= CSV_RATE_MIN_HZ && format->sample_rate_hz <= CSV_RATE_MAX_HZ))
		return error_config(
			error,
			"%s:1: by the column '%s' there are %.4g samples a second; 1e3 to 1e9 can be measured. A time that is not in "
			"seconds says so in the column's name: t_ms, t_us, t_ns",
			csv->path, csv->names[csv->time_column], format->sample_rate_hz);
	csv->frames = malloc(csv->rows * csv->channel_count * sizeof *csv->frames);
	if (!csv->frames)
		return error_bench(error, "%s: out of memory", csv->path);
	for (unsigned c = 0; c < csv->channel_count; c++) {
		quantise_channel(csv->values[c], csv->rows, format->sample_rate_hz, &setup->adc.channels[c], &format->channels[c],
				 csv->frames + c, csv->channel_count);
		free(csv->values[c]);
		csv->values[c] = NULL;
	}
	return true;
}

static bool csv_open(const struct bench_setup *setup, const char *path, struct recording_format *format, void **state, struct error *error)
{
	struct csv *csv = calloc(1, sizeof *csv);
	if (!csv)
		return error_bench(error, "%s: out of memory", path);
	csv->path = path;
	auto_file FILE *file = fopen(path, "re");
	if (!file) {
		error_errno(error, ERROR_CONFIG, "%s: cannot open the recording", path);
		goto failed;
	}
	if (!csv_header(csv, file, error) || !csv_map(csv, &setup->adc, error))
		goto failed;
	while (getline(&csv->line, &csv->line_size, file) > 0) {
		csv->row_number++;
		csv->line[strcspn(csv->line, "\r\n")] = '\0';
		if (csv->line[0] == '\0' || csv->line[0] == '#')
			continue;
		if (!csv_row(csv, &setup->adc, error))
			goto failed;
	}
	if (ferror(file)) {
		error_errno(error, ERROR_CONFIG, "%s: cannot read", path);
		goto failed;
	}
	if (!csv_even(csv, error) || !csv_quantise(csv, setup, format, error))
		goto failed;
	*state = csv;
	return true;
failed:
	csv_close(csv);
	return false;
}

static bool csv_read(void *state, size_t frames, const int16_t **samples, size_t *got, struct error *error)
{
	(void)error;
	struct csv *csv = state;
	size_t left = csv->rows - csv->next;
	*got = frames < left ? frames : left;
	*samples = csv->frames + csv->next * csv->channel_count;
	csv->next += *got;
	return true;
}

const struct file_reader file_reader_csv = {.open = csv_open, .read = csv_read, .close = csv_close};
