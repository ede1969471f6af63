/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "terminal.h"

#include <math.h>
#include <string.h>
#include <sys/ioctl.h>

#include "number.h"

enum { COLUMNS = 5, CELL_SIZE = 128, MIN_ID = 14, MIN_WIDTH = 60, MAX_WIDTH = 100, VERDICT_COUNT = VERDICT_NOT_TESTED + 1 };

static const char RESET[] = "\033[0m";

struct row {
	char cells[COLUMNS][CELL_SIZE];
};

/* "PASS", "NOT CAPABLE", … */
static const char *verdict_word(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_PASS: return "PASS";
	case VERDICT_CONDITIONAL_PASS: return "CONDITIONAL PASS";
	case VERDICT_CONDITIONAL_FAIL: return "CONDITIONAL FAIL";
	case VERDICT_FAIL: return "FAIL";
	case VERDICT_VOID: return "VOID";
	case VERDICT_NOT_CAPABLE: return "NOT CAPABLE";
	case VERDICT_INCONCLUSIVE: return "INCONCLUSIVE";
	case VERDICT_NOT_TESTED: return "NOT TESTED";
	}
	return "?";
}

static const char *verdict_colour(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_PASS: return "\033[32m";
	case VERDICT_CONDITIONAL_PASS:
	case VERDICT_CONDITIONAL_FAIL:
	case VERDICT_NOT_CAPABLE:
	case VERDICT_INCONCLUSIVE: return "\033[33m";
	case VERDICT_FAIL: return "\033[1;31m";
	case VERDICT_VOID: return "\033[1;35m";
	case VERDICT_NOT_TESTED: return "\033[2m";
	}
	return "";
}

/* Columns a UTF-8 text takes (one a code point: nothing wider is written here). */
static unsigned columns_of(const char *text)
{
	unsigned columns = 0;
	for (; *text; text++)
		columns += (*text & 0xC0) != 0x80;
	return columns;
}

/* Cuts the text to so many columns, with "…" where it was cut; control characters become "?". */
static void fit(char *text, unsigned columns)
{
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7F)
			*c = '?';
	if (columns_of(text) <= columns || columns == 0)
		return;
	char *end = text;
	for (unsigned kept = 0; *end; end++) {
		if ((*end & 0xC0) == 0x80)
			continue;
		if (kept == columns - 1)
			break;
		kept++;
	}
	memcpy(end, "…", strlen(end) >= strlen("…") ? strlen("…") + 1 : strlen(end) + 1);
}

static const char *unit_of(const struct results *results, const char *measurand)
{
	for (size_t i = 0; results && i < results->measurement_count; i++)
		if (strcmp(results->measurements[i].measurand->id, measurand) == 0)
			return results->measurements[i].measurand->unit;
	return "1";
}

static void describe_limit(char *out, size_t size, const struct number_scale *scale, double lower, double upper)
{
	char low[48], high[48];
	number_text(low, sizeof low, scale, lower);
	number_text(high, sizeof high, scale, upper);
	const char *space = scale->unit[0] ? " " : "";
	if (isfinite(lower) && isfinite(upper) && lower == upper)
		snprintf(out, size, "= %s%s%s", low, space, scale->unit);
	else if (isfinite(lower) && isfinite(upper))
		snprintf(out, size, "%s … %s%s%s", low, high, space, scale->unit);
	else if (isfinite(lower))
		snprintf(out, size, "≥ %s%s%s", low, space, scale->unit);
	else if (isfinite(upper))
		snprintf(out, size, "≤ %s%s%s", high, space, scale->unit);
	else
		snprintf(out, size, "–");
}

static void fill_row(struct row *row, const struct judgement *judgement, const struct results *results)
{
	double values[] = {judgement->value, judgement->lower, judgement->upper};
	double expanded = judgement->expanded;
	struct number_scale scale = number_scale(unit_of(results, judgement->requirement->measurand), expanded, values, 3);
	char value[40], uncertainty[40], margin[40];
	number_text(value, sizeof value, &scale, judgement->value);
	number_text(uncertainty, sizeof uncertainty, &scale, expanded);
	number_text(margin, sizeof margin, &scale, judgement->margin);
	const char *space = scale.unit[0] ? " " : "";
	snprintf(row->cells[0], CELL_SIZE, "%.60s", judgement->requirement->id);
	snprintf(row->cells[1], CELL_SIZE, "%s", verdict_word(judgement->verdict));
	if (!isfinite(judgement->value))
		snprintf(row->cells[2], CELL_SIZE, "–");
	else if (isfinite(expanded) && expanded > 0)
		snprintf(row->cells[2], CELL_SIZE, "%s ± %s%s%s", value, uncertainty, space, scale.unit);
	else
		snprintf(row->cells[2], CELL_SIZE, "%s%s%s", value, space, scale.unit);
	describe_limit(row->cells[3], CELL_SIZE, &scale, judgement->lower, judgement->upper);
	snprintf(row->cells[4], CELL_SIZE, "%s%s", isfinite(judgement->margin) && judgement->margin > 0 ? "+" : "", margin);
}

static void put_padded(FILE *stream, const char *text, unsigned columns, bool right)
{
	unsigned pad = columns > columns_of(text) ? columns - columns_of(text) : 0;
	fprintf(stream, "%*s%s%*s", right ? (int)pad : 0, "", text, right ? 0 : (int)pad, "");
}

static void put_row(FILE *stream, const struct row *row, const unsigned *columns, unsigned shown, const char *colour)
{
	for (unsigned i = 0; i < shown; i++) {
		fputs(i ? "  " : "", stream);
		fputs(i == 1 ? colour : "", stream);
		put_padded(stream, row->cells[i], columns[i], i == COLUMNS - 1);
		fputs(i == 1 && colour[0] ? RESET : "", stream);
	}
	fputc('\n', stream);
}

/*
 * The widths of the columns; returns how many columns are shown. Where it is narrow the ids are cut and then the margins left out: a number is
 * never cut.
 */
static unsigned measure_columns(struct row *rows, size_t count, unsigned width, unsigned *columns)
{
	unsigned total = 2 * (COLUMNS - 1), shown = COLUMNS;
	for (unsigned i = 0; i < COLUMNS; i++) {
		columns[i] = 0;
		for (size_t r = 0; r < count; r++)
			columns[i] = columns_of(rows[r].cells[i]) > columns[i] ? columns_of(rows[r].cells[i]) : columns[i];
		total += columns[i];
	}
	if (total > width && total - width + MIN_ID > columns[0]) {
		shown--;
		total -= columns[shown] + 2;
	}
	if (total > width)
		columns[0] = columns[0] > total - width + MIN_ID ? columns[0] - (total - width) : MIN_ID;
	for (size_t r = 0; r < count; r++)
		for (unsigned i = 0; i < COLUMNS; i++)
			fit(rows[r].cells[i], columns[i]);
	return shown;
}

/* The reason below its row, folded at blanks. */
static void put_reason(FILE *stream, const char *reason, unsigned width)
{
	enum { INDENT = 4 };
	char words[512];
	snprintf(words, sizeof words, "%s", reason);
	char *rest = words;
	unsigned at = 0;
	for (char *word; (word = strsep(&rest, " \n\t"));) {
		if (*word == '\0')
			continue;
		fit(word, width - INDENT);
		if (at == 0 || at + 1 + columns_of(word) > width) {
			fprintf(stream, "%s%*s%s", at ? "\n" : "", INDENT, "", word);
			at = INDENT + columns_of(word);
		} else {
			fprintf(stream, " %s", word);
			at += 1 + columns_of(word);
		}
	}
	if (at)
		fputc('\n', stream);
}

static bool is_elsewhere(const struct judgement *judgement)
{
	return judgement->verdict == VERDICT_NOT_TESTED && strcmp(judgement->reason, VERDICT_ELSEWHERE) == 0;
}

/* Those of other scenarios, in one paragraph: a specification may have many. */
static void put_elsewhere(FILE *stream, const struct judgement *judgements, size_t count, unsigned width)
{
	const char *first = "", *last = "";
	size_t elsewhere = 0;
	for (size_t i = 0; i < count; i++) {
		if (!is_elsewhere(&judgements[i]))
			continue;
		first = *first ? first : judgements[i].requirement->id;
		last = judgements[i].requirement->id;
		elsewhere++;
	}
	char words[400];
	if (elsewhere == 1)
		snprintf(words, sizeof words, "%.60s is not for this scenario", first);
	else
		snprintf(words, sizeof words, "%zu more are not for this scenario: %.60s … %.60s", elsewhere, first, last);
	if (elsewhere > 0)
		put_reason(stream, words, width);
}

static void put_totals(FILE *stream, const struct results *results, const struct judgement *judgements, size_t count, long plan_pulses)
{
	size_t totals[VERDICT_COUNT] = {0};
	for (size_t i = 0; i < count; i++)
		totals[judgements[i].verdict]++;
	fprintf(stream, "%zu requirement%s:", count, count == 1 ? "" : "s");
	const char *separator = " ";
	for (unsigned v = 0; v < VERDICT_COUNT; v++) {
		if (!totals[v])
			continue;
		fprintf(stream, "%s%zu ", separator, totals[v]);
		for (const char *c = verdict_name((enum verdict)v); *c; c++)
			fputc(*c == '_' ? ' ' : *c, stream);
		separator = ", ";
	}
	fputc('\n', stream);
	if (!results)
		return;
	fputs("pulses: ", stream);
	if (plan_pulses >= 0)
		fprintf(stream, "%ld planned, ", plan_pulses);
	fprintf(stream, "%zu detected, %zu missing, %zu extra, %zu untriggered", results->pulse_count, results->missing_count,
		results->extra_count, results->untriggered_count);
	if (results->provoked_count > 0)
		fprintf(stream, ", %zu provoked", results->provoked_count);
	fprintf(stream, "; %zu gap%s\n", results->gap_count, results->gap_count == 1 ? "" : "s");
	if (results->aborted)
		fputs("the run was aborted before the end of its plan\n", stream);
}

void terminal_verdicts(FILE *stream, unsigned width, bool colour, const struct results *results, const struct judgement *judgements,
		       size_t count, enum verdict overall, long plan_pulses)
{
	auto_free struct row *rows = calloc(count + 1, sizeof *rows);
	unsigned columns[COLUMNS];
	width = width < MIN_WIDTH ? MIN_WIDTH : width > MAX_WIDTH ? MAX_WIDTH : width;
	if (rows) {
		rows[0] = (struct row){{"requirement", "verdict", "value ± U (k=2)", "limit", "margin"}};
		size_t kept = 1;
		for (size_t i = 0; i < count; i++)
			if (!is_elsewhere(&judgements[i]))
				fill_row(&rows[kept++], &judgements[i], results);
		unsigned shown = measure_columns(rows, kept, width, columns);
		put_row(stream, &rows[0], columns, shown, "");
		kept = 1;
		for (size_t i = 0; i < count; i++) {
			if (is_elsewhere(&judgements[i]))
				continue;
			put_row(stream, &rows[kept++], columns, shown, colour ? verdict_colour(judgements[i].verdict) : "");
			if (judgements[i].verdict != VERDICT_PASS)
				put_reason(stream, judgements[i].reason, width);
		}
		put_elsewhere(stream, judgements, count, width);
		fputc('\n', stream);
	} else {
		fputs("no memory for the table of verdicts\n", stream);
	}
	put_totals(stream, results, judgements, count, plan_pulses);
	fprintf(stream, "%s%s%s\n", colour ? verdict_colour(overall) : "", verdict_word(overall), colour ? RESET : "");
}

bool terminal_colours(FILE *stream)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
	return isatty(fileno(stream)) && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
}

unsigned terminal_width(FILE *stream)
{
	struct winsize size;
	return isatty(fileno(stream)) && ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : MAX_WIDTH;
}
