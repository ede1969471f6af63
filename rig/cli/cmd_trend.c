/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "command.h"
#include "history_options.h"
#include "inputs.h"
#include "json_emit.h"
#include "measurands.h"
#include "suggest.h"
#include "terminal.h"
#include "trend.h"
#include "trend_overview.h"
#include "trend_plot.h"

/* A slope that would be seen by chance less often than this is called significant. */
static const double SIGNIFICANT = 0.05;

struct trend_arguments {
	struct history_options options;
	const char *name;
	bool values;
};

enum { KEY_VALUES = 256 };

static const struct argp_option OPTIONS[] = {
	{"values", KEY_VALUES, 0, 0, "Of a measurand every single value (each pulse) instead of the mean of each run", 0},
	{0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct trend_arguments *arguments = state->input;
	switch (key) {
	case ARGP_KEY_INIT: state->child_inputs[0] = &arguments->options; return 0;
	case KEY_VALUES: arguments->values = true; return 0;
	case ARGP_KEY_ARG:
		if (arguments->name)
			argp_error(state, "more than one measurand or requirement: '%s' after '%s'", argument, arguments->name);
		arguments->name = argument;
		return 0;
	case ARGP_KEY_END:
		if (!arguments->name && arguments->values)
			argp_error(state, "--values needs a measurand, e.g. pulse.latency");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child CHILDREN[] = {{&HISTORY_ARGP, 0, NULL, 0}, {0}};
static const struct argp ARGP = {
	OPTIONS,
	parse_option,
	"[MEASURAND|REQUIREMENT]",
	"How a measurand, or the value that decided a requirement, went from run to run: drift, control limits (individuals chart), "
	"capability against the limits of the requirement. Without a name: every measurand in a line, those that drift first.",
	CHILDREN,
	NULL,
	NULL,
};

/* What is shown: its name, its numbers, and how they are written. */
struct view {
	const struct trend_arguments *arguments;
	const struct history_points *points;
	const struct trend *trend;
	struct number_scale scale;
	bool requirement;
};

static const char *say(const struct view *view, double value)
{
	static char texts[8][64];
	static unsigned next;
	char *text = texts[next++ % 8];
	number_text(text, sizeof texts[0], &view->scale, value);
	if (fabs(value * view->scale.factor) >= 1e15)
		snprintf(text, sizeof texts[0], "%.6g", value * view->scale.factor);
	if (view->scale.unit[0] && isfinite(value))
		snprintf(text + strlen(text), sizeof texts[0] - strlen(text), " %s", view->scale.unit);
	return text;
}

static void print_drift(const struct view *view)
{
	const struct drift *drift = &view->trend->drift;
	if (isnan(drift->slope)) {
		puts("drift              not stated: three runs at different times are needed");
		return;
	}
	double factor = view->scale.factor;
	bool means = view->trend->runs > 1 && view->trend->runs < view->trend->count;
	printf("drift              %.4g %s %s, u = %.2g, p = %.2g: %s%s\n", drift->slope * factor, view->scale.unit,
	       !view->trend->by_index   ? "a day"
	       : view->trend->runs == 1 ? "from one value to the next"
					: "from one run to the next",
	       drift->u_slope * factor, drift->p, drift->p < SIGNIFICANT ? "significant at 5 %" : "not significant at 5 %",
	       means ? " (by the means of the runs)" : "");
}

static void print_chart(const struct view *view)
{
	const struct control_chart *chart = &view->trend->chart;
	if (isnan(chart->moving_range)) {
		puts("control limits     not stated: two runs with ordinary numbers are needed");
		return;
	}
	printf("control limits     %s to %s (individuals chart, mean +- 2.66 times the mean moving range %s)\n", say(view, chart->lower),
	       say(view, chart->upper), say(view, chart->moving_range));
	for (enum control_rule rule = 0; rule < CONTROL_RULE_COUNT; rule++)
		if (chart->signals[rule] > 0) {
			const struct history_point *point = &view->points->points[view->trend->index[chart->first[rule]]];
			printf("                   OUT OF CONTROL: %s, %zu time%s, first at %s\n", control_rule_words(rule),
			       chart->signals[rule], chart->signals[rule] == 1 ? "" : "s", point->started);
		}
	if (chart->ranges_beyond > 0)
		printf("                   OUT OF CONTROL: %zu step%s from one to the next above %s\n", chart->ranges_beyond,
		       chart->ranges_beyond == 1 ? "" : "s", say(view, chart->range_upper));
	if (!control_chart_signals(chart))
		puts("                   in control by all rules");
}

static void print_capability(const struct view *view)
{
	const struct trend *trend = view->trend;
	const struct capability *c = &trend->capability;
	switch (trend->limits) {
	case LIMITS_NONE:
		if (view->requirement)
			puts("capability         not stated: no limits are known");
		return;
	case LIMITS_MIXED: puts("capability         not stated: the limits differ from run to run, and are not two for each"); return;
	case LIMITS_SCALED:
		puts("limits             differ from run to run: values are parts of the tolerance, -1 at the lower limit, 1 at the upper");
		break;
	case LIMITS_EQUAL:
		printf("limits             %s to %s\n", isnan(trend->lower) ? "-" : say(view, trend->lower),
		       isnan(trend->upper) ? "-" : say(view, trend->upper));
		break;
	}
	if (isnan(c->cpk)) {
		puts("capability         not stated: two runs that differ are needed");
		return;
	}
	if (!isnan(c->cp))
		printf("capability         Cp  %.3f (95 %%: %.3f to %.3f)\n", c->cp, c->cp_lower, c->cp_upper);
	printf("%-18s Cpk %.3f (95 %%: %.3f to %.3f), of the values that decided, one a run\n", isnan(c->cp) ? "capability" : "", c->cpk,
	       c->cpk_lower, c->cpk_upper);
	if (control_chart_signals(&trend->chart))
		puts("                   of a chart with signals: a process that is out of control has a past and promises nothing");
}

static void print_verdicts(const struct view *view)
{
	size_t passed = 0, failed = 0;
	if (!view->requirement)
		return;
	for (size_t i = 0; i < view->points->count; i++) {
		passed += strcmp(view->points->points[i].verdict, "pass") == 0;
		failed += strcmp(view->points->points[i].verdict, "fail") == 0;
	}
	printf("verdicts           %zu pass, %zu fail, %zu other\n", passed, failed, view->points->count - passed - failed);
}

/* What makes a series less than one of equals. */
static void print_notes(const struct view *view)
{
	const struct trend *trend = view->trend;
	const struct {
		bool mixed;
		const char *what, *option;
	} mixtures[] = {
		{trend->benches > 1, "benches", "--bench"},
		{trend->devices > 1, "devices", "--device"},
		{trend->serials > 1, "serial numbers", "--serial"},
		{trend->scenarios > 1, "scenarios", "--scenario"},
	};
	for (size_t i = 0; i < sizeof mixtures / sizeof *mixtures; i++)
		if (mixtures[i].mixed)
			printf("note: runs of several %s are taken together; %s parts them\n", mixtures[i].what, mixtures[i].option);
	if (view->points->revisions > 1)
		printf("note: %zu %s are taken together\n", view->points->revisions,
		       view->requirement ? "revisions of the requirement" : "versions of the measurand");
	if (trend->simulated > 0 && trend->simulated < view->points->count)
		printf("note: %zu of the %zu points are SIMULATED\n", trend->simulated, view->points->count);
	else if (trend->simulated > 0)
		puts("note: all points are SIMULATED");
	if (trend->without > 0)
		printf("note: %zu point%s no value and %s in no number above\n", trend->without, trend->without == 1 ? " has" : "s have",
		       trend->without == 1 ? "is" : "are");
	if (view->arguments->options.filter.verdict)
		printf("note: --verdict %s: runs that ended otherwise are left out\n", view->arguments->options.filter.verdict);
}

static void print_words(const struct view *view)
{
	const struct trend *trend = view->trend;
	const struct history_points *points = view->points;
	printf("%s%s%s%s: %zu %s, %.10s to %.10s\n", view->arguments->name, view->requirement ? " (" : "",
	       view->requirement ? points->measurand : "", view->requirement ? ")" : "", trend->count,
	       view->arguments->values ? "values"
	       : trend->count == 1     ? "run"
				       : "runs",
	       points->points[0].started, points->points[points->count - 1].started);
	if (trend->count > 0) {
		trend_plot(stdout, terminal_width(stdout), trend, &view->scale);
		printf("mean               %s, standard deviation %s, from %s to %s\n", say(view, trend->chart.mean),
		       isnan(trend->sd) ? "-" : say(view, trend->sd), say(view, trend->minimum), say(view, trend->maximum));
		print_drift(view);
		print_chart(view);
		print_capability(view);
	}
	print_verdicts(view);
	print_notes(view);
}

static void print_csv(const struct view *view)
{
	puts("id,started,bench,device,serial,scenario,simulated,verdict,n,value,u,standard_deviation,minimum,maximum,lower,upper");
	for (size_t i = 0; i < view->points->count; i++) {
		const struct history_point *p = &view->points->points[i];
		const char *texts[] = {p->id,     p->started, p->bench, p->device, p->serial, p->scenario, p->simulated ? "1" : "0",
				       p->verdict};
		const double numbers[] = {(double)p->n, p->value, p->u, p->sd, p->minimum, p->maximum, p->lower, p->upper};
		for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
			csv_text(texts[k], k == 0);
		for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
			csv_number(numbers[k]);
		putchar('\n');
	}
}

static void emit_chart(struct json_emitter *json, const struct view *view)
{
	const struct control_chart *chart = &view->trend->chart;
	emit_open_object(json, "control_chart");
	emit_string(json, "kind", "individuals and moving range");
	emit_number(json, "mean", chart->mean);
	emit_number(json, "mean_moving_range", chart->moving_range);
	emit_number(json, "lower", chart->lower);
	emit_number(json, "upper", chart->upper);
	emit_number(json, "range_upper", chart->range_upper);
	emit_unsigned(json, "ranges_beyond", chart->ranges_beyond);
	emit_boolean(json, "in_control", !control_chart_signals(chart));
	emit_open_array(json, "signals");
	for (enum control_rule rule = 0; rule < CONTROL_RULE_COUNT; rule++) {
		if (chart->signals[rule] == 0)
			continue;
		emit_open_object(json, NULL);
		emit_string(json, "rule", control_rule_words(rule));
		emit_unsigned(json, "count", chart->signals[rule]);
		emit_string(json, "first", view->points->points[view->trend->index[chart->first[rule]]].id);
		emit_close_object(json);
	}
	emit_close_array(json);
	emit_close_object(json);
}

static void emit_capability(struct json_emitter *json, const struct trend *trend)
{
	static const char *const LIMITS[] = {"none", "equal", "scaled", "mixed"};
	const struct capability *c = &trend->capability;
	emit_open_object(json, "capability");
	emit_string(json, "limits", LIMITS[trend->limits]);
	emit_number(json, "lower", trend->lower);
	emit_number(json, "upper", trend->upper);
	emit_number(json, "cp", c->cp);
	emit_number(json, "cp_lower_95", c->cp_lower);
	emit_number(json, "cp_upper_95", c->cp_upper);
	emit_number(json, "cpk", c->cpk);
	emit_number(json, "cpk_lower_95", c->cpk_lower);
	emit_number(json, "cpk_upper_95", c->cpk_upper);
	emit_close_object(json);
}

static void print_json(const struct view *view)
{
	const struct trend *trend = view->trend;
	struct json_emitter emitter = {.file = stdout}, *json = &emitter;
	emit_open_object(json, NULL);
	emit_string(json, view->requirement ? "requirement" : "measurand", view->arguments->name);
	emit_string(json, "unit", view->points->unit);
	emit_unsigned(json, "points", view->points->count);
	emit_unsigned(json, "with_value", trend->count);
	emit_unsigned(json, "simulated", trend->simulated);
	emit_number(json, "mean", trend->chart.mean);
	emit_number(json, "standard_deviation", trend->sd);
	emit_number(json, "minimum", trend->count ? trend->minimum : NAN);
	emit_number(json, "maximum", trend->count ? trend->maximum : NAN);
	emit_open_object(json, "drift");
	emit_string(json, "per", !trend->by_index ? "day" : trend->runs > 1 ? "run" : "value");
	emit_number(json, "slope", trend->drift.slope);
	emit_number(json, "u_slope", trend->drift.u_slope);
	emit_number(json, "p", trend->drift.p);
	emit_close_object(json);
	emit_chart(json, view);
	emit_capability(json, trend);
	emit_open_array(json, "series");
	for (size_t i = 0; i < view->points->count; i++) {
		const struct history_point *p = &view->points->points[i];
		emit_open_object(json, NULL);
		emit_string(json, "id", p->id);
		emit_string(json, "started", p->started);
		emit_string(json, "verdict", p->verdict);
		emit_boolean(json, "simulated", p->simulated);
		emit_number(json, "value", p->value);
		emit_number(json, "u", p->u);
		emit_number(json, "lower", p->lower);
		emit_number(json, "upper", p->upper);
		emit_close_object(json);
	}
	emit_close_array(json);
	emit_close_object(json);
}

static struct number_scale scale_of(const struct history_points *points, const struct trend *trend)
{
	const double shown[] = {trend->minimum, trend->maximum, trend->chart.mean, trend->sd, trend->chart.lower, trend->chart.upper};
	if (trend->limits == LIMITS_SCALED)
		return (struct number_scale){.factor = 1, .unit = "of T/2", .decimals = 4};
	return number_scale(points->unit ? points->unit : "", trend->sd > 0 ? trend->sd : (double)NAN, shown, sizeof shown / sizeof *shown);
}

struct names {
	char *items[256];
	size_t count;
};

static bool keep_name(void *context, const char *name, struct error *error)
{
	struct names *names = context;
	(void)error;
	if (names->count < sizeof names->items / sizeof *names->items && (names->items[names->count] = strdup(name)) != NULL)
		names->count++;
	return true;
}

/* Says that there is no such thing in those runs, and what may have been meant. */
static bool unknown(struct history *history, const struct trend_arguments *arguments, bool requirement, struct error *error)
{
	struct names names = {.count = 0};
	const struct history_filter *filter = &arguments->options.filter;
	if (history_measurand_names(history, filter, keep_name, &names, error) &&
	    history_requirement_names(history, filter, keep_name, &names, error)) {
		const char *near = suggest(arguments->name, (const char *const *)names.items, names.count);
		error_config(error, "no such run in the history has a %s '%s'%s%s%s", requirement ? "requirement" : "measurand",
			     arguments->name, near ? "; did you mean '" : "; `tmsrig trend` lists what there is", near ? near : "",
			     near ? "'?" : "");
	}
	for (size_t i = 0; i < names.count; i++)
		free(names.items[i]);
	return false;
}

static bool show(struct history *history, const struct trend_arguments *arguments, struct error *error)
{
	const struct history_filter *filter = &arguments->options.filter;
	if (!arguments->name)
		return trend_overview(history, filter,
				      arguments->options.csv    ? TREND_CSV
				      : arguments->options.json ? TREND_JSON
								: TREND_WORDS,
				      error) &&
		       history_tell_left_out(history, filter, error) && history_tell_doubts(history, filter, error);
	bool requirement = !measurand_find(arguments->name);
	if (requirement && arguments->values)
		return error_config(error, "--values goes with a measurand, and '%s' is none; `tmsrig measurands` lists them",
				    arguments->name);
	auto_history_points struct history_points *points = requirement ? history_requirement(history, filter, arguments->name, error)
							    : arguments->values
								    ? history_values(history, filter, arguments->name, error)
								    : history_measurand(history, filter, arguments->name, error);
	auto_trend struct trend trend = {0};
	if (!points || !trend_of(points, &trend, error) || !history_tell_left_out(history, filter, error) ||
	    !history_tell_doubts(history, filter, error))
		return false;
	if (points->count == 0)
		return unknown(history, arguments, requirement, error);
	struct view view = {.arguments = arguments, .points = points, .trend = &trend, .requirement = requirement};
	view.scale = scale_of(points, &trend);
	if (arguments->options.csv)
		print_csv(&view);
	else if (arguments->options.json)
		print_json(&view);
	else
		print_words(&view);
	return true;
}

static int trend(int argc, char **argv)
{
	struct trend_arguments arguments = {.name = NULL};
	struct error error = {0};
	inputs_argp(&ARGP, "trend", argc, argv, &arguments);
	auto_history struct history *history = history_options_open(arguments.options.db, true, &error);
	if (!history || !show(history, &arguments, &error))
		return command_fail(&error);
	return 0;
}

const struct command command_trend = {"trend", "drift, control limits and capability over runs", trend};
