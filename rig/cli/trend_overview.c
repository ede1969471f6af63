/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trend_overview.h"

#include <math.h>
#include <string.h>

#include "arena.h"
#include "history_options.h"
#include "json_emit.h"
#include "number.h"
#include "trend.h"

static const double SIGNIFICANT = 0.05;
static const size_t ARENA_MAX = (size_t)64 << 20;

enum { NAMES_MAX = 20000, CELL_SIZE = 80 };

/* The requirement on a measurand whose Cpk is least. */
struct least {
	const char *requirement; /* NULL: none, or none with limits */
	struct capability capability;
};

struct line {
	const char *name, *unit;
	struct trend trend; /* its arrays are released */
	struct least least;
	size_t passed, failed, other; /* verdicts of all requirements on it */
	bool drifts;
};

struct overview {
	struct arena *arena;
	struct line *lines;
	size_t count;
	const char **names; /* of what is being asked for */
	size_t name_count;
	size_t runs, simulated; /* at most of a line */
	bool benches, devices, serials, scenarios, revisions;
};

static bool keep_name(void *context, const char *name, struct error *error)
{
	struct overview *overview = context;
	const char *kept = overview->name_count < NAMES_MAX ? arena_strdup(overview->arena, name) : NULL;
	if (!kept)
		return error_bench(error, "more than %d measurands or requirements, or no memory", NAMES_MAX);
	overview->names[overview->name_count++] = kept;
	return true;
}

static void note_mixture(struct overview *overview, const struct history_points *points, const struct trend *trend)
{
	overview->benches |= trend->benches > 1;
	overview->devices |= trend->devices > 1;
	overview->serials |= trend->serials > 1;
	overview->scenarios |= trend->scenarios > 1;
	overview->revisions |= points->revisions > 1;
	if (points->count > overview->runs) {
		overview->runs = points->count;
		overview->simulated = trend->simulated;
	}
}

static bool add_measurand(struct overview *overview, struct history *history, const struct history_filter *filter, const char *name,
			  struct error *error)
{
	auto_history_points struct history_points *points = history_measurand(history, filter, name, error);
	auto_trend struct trend trend = {0};
	if (!points || !trend_of(points, &trend, error))
		return false;
	struct line *line = &overview->lines[overview->count++];
	*line = (struct line){.name = name, .trend = trend, .unit = points->unit ? arena_strdup(overview->arena, points->unit) : ""};
	line->trend.values = line->trend.days = NULL;
	line->trend.index = NULL;
	note_mixture(overview, points, &trend);
	return line->unit || error_bench(error, "out of memory");
}

static struct line *line_of(struct overview *overview, const char *measurand)
{
	for (size_t i = 0; measurand && i < overview->count; i++)
		if (strcmp(overview->lines[i].name, measurand) == 0)
			return &overview->lines[i];
	return NULL;
}

static bool add_requirement(struct overview *overview, struct history *history, const struct history_filter *filter, const char *name,
			    struct error *error)
{
	auto_history_points struct history_points *points = history_requirement(history, filter, name, error);
	auto_trend struct trend trend = {0};
	if (!points || !trend_of(points, &trend, error))
		return false;
	struct line *line = line_of(overview, points->measurand);
	if (!line)
		return true;
	for (size_t i = 0; i < points->count; i++) {
		const char *verdict = points->points[i].verdict;
		line->passed += strcmp(verdict, "pass") == 0;
		line->failed += strcmp(verdict, "fail") == 0;
		line->other += strcmp(verdict, "pass") != 0 && strcmp(verdict, "fail") != 0;
	}
	overview->revisions |= points->revisions > 1;
	if (!isnan(trend.capability.cpk) && !(line->least.requirement && line->least.capability.cpk <= trend.capability.cpk))
		line->least = (struct least){name, trend.capability};
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_p(const void *a, const void *b)
{
	const struct line *first = a, *second = b;
	double p = first->trend.drift.p, q = second->trend.drift.p;
	if (isnan(p) != isnan(q))
		return isnan(p) ? 1 : -1;
	return p < q ? -1 : p > q ? 1 : strcmp(first->name, second->name);
}

static size_t signals_of(const struct trend *trend)
{
	size_t signals = trend->chart.ranges_beyond;
	for (enum control_rule rule = 0; rule < CONTROL_RULE_COUNT; rule++)
		signals += trend->chart.signals[rule];
	return signals;
}

/* Those that drift keep the order of their p; behind them those with the most signals. */
static int by_interest(const void *a, const void *b)
{
	const struct line *first = a, *second = b;
	if (first->drifts || second->drifts)
		return first->drifts && second->drifts ? by_p(a, b) : first->drifts ? -1 : 1;
	size_t one = signals_of(&first->trend), other = signals_of(&second->trend);
	return one != other ? (one > other ? -1 : 1) : strcmp(first->name, second->name);
}

static void rank(struct overview *overview)
{
	size_t tests = 0;
	bool holds = true;
	for (size_t i = 0; i < overview->count; i++)
		tests += !isnan(overview->lines[i].trend.drift.p);
	qsort(overview->lines, overview->count, sizeof *overview->lines, by_p);
	for (size_t i = 0; i < tests; i++) {
		holds = holds && overview->lines[i].trend.drift.p * (double)(tests - i) < SIGNIFICANT;
		overview->lines[i].drifts = holds;
	}
	qsort(overview->lines, overview->count, sizeof *overview->lines, by_interest);
}

static bool gather(struct overview *overview, struct history *history, const struct history_filter *filter, struct error *error)
{
	if (!history_measurand_names(history, filter, keep_name, overview, error))
		return false;
	overview->lines = arena_alloc(overview->arena, overview->name_count + 1, sizeof *overview->lines);
	if (!overview->lines)
		return error_bench(error, "out of memory");
	qsort(overview->names, overview->name_count, sizeof *overview->names, by_name);
	for (size_t i = 0; i < overview->name_count; i++)
		if (!add_measurand(overview, history, filter, overview->names[i], error))
			return false;
	overview->name_count = 0;
	if (!history_requirement_names(history, filter, keep_name, overview, error))
		return false;
	qsort(overview->names, overview->name_count, sizeof *overview->names, by_name);
	for (size_t i = 0; i < overview->name_count; i++)
		if (!add_requirement(overview, history, filter, overview->names[i], error))
			return false;
	rank(overview);
	return true;
}

/* Columns of a text on a terminal, for the units have letters beyond ASCII. */
static int columns_of(const char *text)
{
	int columns = 0;
	for (; *text; text++)
		columns += ((unsigned char)*text & 0xc0) != 0x80;
	return columns;
}

static void put_cell(const char *text, int width)
{
	printf("  %*s%s", width - columns_of(text) > 0 ? width - columns_of(text) : 0, "", text);
}

static void say_number(char out[CELL_SIZE], const struct number_scale *scale, double value)
{
	char number[CELL_SIZE / 2];
	number_text(number, sizeof number, scale, value);
	double shown = fabs(value * scale->factor);
	if (isfinite(value) && (shown >= 1e15 || (shown > 0 && shown < 1e-6)))
		snprintf(number, sizeof number, "%.4g", value * scale->factor);
	snprintf(out, CELL_SIZE, "%s%s%s", isnan(value) ? "-" : number, isfinite(value) && scale->unit[0] ? " " : "",
		 isfinite(value) ? scale->unit : "");
}

static void print_line(const struct line *line, int name_width)
{
	const struct trend *trend = &line->trend;
	char text[CELL_SIZE];
	const double shown[] = {trend->chart.mean, trend->sd};
	const struct number_scale scale = number_scale(line->unit, trend->sd > 0 ? trend->sd : (double)NAN, shown, 2);
	printf("%-*s", name_width, line->name);
	snprintf(text, sizeof text, "%zu", trend->count);
	put_cell(text, 5);
	say_number(text, &scale, trend->chart.mean);
	put_cell(text, 17);
	say_number(text, &scale, trend->sd);
	put_cell(text, 14);
	if (isnan(trend->drift.slope))
		snprintf(text, sizeof text, "-");
	else
		snprintf(text, sizeof text, "%.2g %s/%s", trend->drift.slope * scale.factor, scale.unit[0] ? scale.unit : "1",
			 trend->by_index ? "run" : "day");
	put_cell(text, 17);
	snprintf(text, sizeof text, isnan(trend->drift.p) ? "-" : "%.2g", trend->drift.p);
	put_cell(text, 8);
	snprintf(text, sizeof text, "%zu", signals_of(trend));
	put_cell(text, 7);
	if (line->least.requirement)
		snprintf(text, sizeof text, "%.2f (%.2f)", line->least.capability.cpk, line->least.capability.cpk_lower);
	else
		snprintf(text, sizeof text, "-");
	put_cell(text, 16);
	if (line->least.requirement)
		printf("  %s", line->least.requirement);
	if (line->drifts)
		printf("  DRIFTS");
	if (line->failed > 0)
		printf("  %zu FAILED", line->failed);
	if (trend->without > 0)
		printf("  (%zu without a value)", trend->without);
	putchar('\n');
}

static void print_words(const struct overview *overview)
{
	int name_width = (int)strlen("measurand");
	if (overview->count == 0) {
		puts("no such runs");
		return;
	}
	for (size_t i = 0; i < overview->count; i++)
		name_width = (int)fmax(name_width, (double)strlen(overview->lines[i].name));
	printf("%-*s  %5s  %17s  %14s  %17s  %8s  %7s  %16s\n", name_width, "measurand", "runs", "mean", "s", "drift", "p", "signals",
	       "Cpk (95 % from)");
	for (size_t i = 0; i < overview->count; i++)
		print_line(&overview->lines[i], name_width);
	printf("DRIFTS: significant at 5 %% for all %zu lines together (Holm). signals: of the control chart; a steady process "
	       "has some too. Cpk: the least of the requirements on it, in brackets where its 95 %% begin.\n",
	       overview->count);
	const struct {
		bool mixed;
		const char *what;
	} mixtures[] = {
		{overview->benches, "benches (--bench parts them)"},
		{overview->devices, "devices (--device parts them)"},
		{overview->serials, "serial numbers (--serial parts them)"},
		{overview->scenarios, "scenarios (--scenario parts them)"},
		{overview->revisions, "revisions of a requirement or versions of a measurand"},
	};
	for (size_t i = 0; i < sizeof mixtures / sizeof *mixtures; i++)
		if (mixtures[i].mixed)
			printf("note: runs of several %s are taken together: what differs between them looks like drift\n",
			       mixtures[i].what);
	if (overview->simulated > 0)
		printf("note: %zu of the %zu runs are SIMULATED\n", overview->simulated, overview->runs);
}

static void print_csv(const struct overview *overview)
{
	puts("measurand,unit,runs,without_value,simulated,mean,standard_deviation,control_lower,control_upper,drift_per,drift,u_drift,p,"
	     "drifts,"
	     "signals,cpk,"
	     "cpk_lower_95,cpk_upper_95,requirement,passed,failed,other");
	for (size_t i = 0; i < overview->count; i++) {
		const struct line *line = &overview->lines[i];
		const struct trend *t = &line->trend;
		bool capable = line->least.requirement;
		const struct capability *c = &line->least.capability;
		csv_text(line->name, true);
		csv_text(line->unit, false);
		const double first[] = {(double)t->count, (double)t->without, (double)t->simulated, t->chart.mean, t->sd,
					t->chart.lower,   t->chart.upper};
		for (size_t k = 0; k < sizeof first / sizeof *first; k++)
			csv_number(first[k]);
		csv_text(t->by_index ? "run" : "day", false);
		const double then[] = {t->drift.slope,
				       t->drift.u_slope,
				       t->drift.p,
				       line->drifts,
				       (double)signals_of(t),
				       capable ? c->cpk : (double)NAN,
				       capable ? c->cpk_lower : (double)NAN,
				       capable ? c->cpk_upper : (double)NAN};
		for (size_t k = 0; k < sizeof then / sizeof *then; k++)
			csv_number(then[k]);
		csv_text(line->least.requirement, false);
		csv_number((double)line->passed);
		csv_number((double)line->failed);
		csv_number((double)line->other);
		putchar('\n');
	}
}

static void print_json(const struct overview *overview)
{
	struct json_emitter emitter = {.file = stdout}, *json = &emitter;
	emit_open_array(json, NULL);
	for (size_t i = 0; i < overview->count; i++) {
		const struct line *line = &overview->lines[i];
		const struct trend *t = &line->trend;
		bool capable = line->least.requirement;
		emit_open_object(json, NULL);
		emit_string(json, "measurand", line->name);
		emit_string(json, "unit", line->unit);
		emit_unsigned(json, "runs", t->count);
		emit_unsigned(json, "without_value", t->without);
		emit_unsigned(json, "simulated", t->simulated);
		emit_number(json, "mean", t->chart.mean);
		emit_number(json, "standard_deviation", t->sd);
		emit_number(json, "control_lower", t->chart.lower);
		emit_number(json, "control_upper", t->chart.upper);
		emit_string(json, "drift_per", t->by_index ? "run" : "day");
		emit_number(json, "drift", t->drift.slope);
		emit_number(json, "u_drift", t->drift.u_slope);
		emit_number(json, "p", t->drift.p);
		emit_boolean(json, "drifts", line->drifts);
		emit_unsigned(json, "signals", signals_of(t));
		emit_number(json, "cpk", capable ? line->least.capability.cpk : (double)NAN);
		emit_number(json, "cpk_lower_95", capable ? line->least.capability.cpk_lower : (double)NAN);
		emit_number(json, "cpk_upper_95", capable ? line->least.capability.cpk_upper : (double)NAN);
		emit_string(json, "requirement", line->least.requirement);
		emit_unsigned(json, "passed", line->passed);
		emit_unsigned(json, "failed", line->failed);
		emit_unsigned(json, "other", line->other);
		emit_close_object(json);
	}
	emit_close_array(json);
}

bool trend_overview(struct history *history, const struct history_filter *filter, enum trend_form form, struct error *error)
{
	auto_free const char **names = calloc(NAMES_MAX, sizeof *names);
	struct overview overview = {.arena = arena_create(ARENA_MAX), .names = names};
	bool good = names && overview.arena ? gather(&overview, history, filter, error) : error_bench(error, "out of memory");
	if (good) {
		switch (form) {
		case TREND_WORDS: print_words(&overview); break;
		case TREND_CSV: print_csv(&overview); break;
		case TREND_JSON: print_json(&overview); break;
		}
	}
	arena_destroy(overview.arena);
	return good;
}
