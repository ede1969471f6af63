/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "history_options.h"

#include <limits.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "date.h"
#include "json_emit.h"
#include "paths.h"
#include "verdict.h"

enum {
	KEY_DB = 512,
	KEY_BENCH,
	KEY_DEVICE,
	KEY_SERIAL,
	KEY_SCENARIO,
	KEY_SPEC,
	KEY_SINCE,
	KEY_VERDICT,
	KEY_TOO,
	KEY_ONLY,
	KEY_JSON,
	KEY_CSV
};

static const struct argp_option OPTIONS[] = {
	{"db", KEY_DB, "DB", 0, "A file, or postgresql://… (default: TMSRIG_HISTORY, else history.sqlite in the state folder)", 1},
	{"bench", KEY_BENCH, "ID", 0, "Only runs on this bench", 2},
	{"device", KEY_DEVICE, "ID", 0, "Only runs of this device", 2},
	{"serial", KEY_SERIAL, "TEXT", 0, "Only runs of the device with this serial number", 2},
	{"scenario", KEY_SCENARIO, "ID", 0, "Only runs of this scenario", 2},
	{"spec", KEY_SPEC, "ID", 0, "Only runs judged by this spec", 2},
	{"since", KEY_SINCE, "YYYY-MM-DD", 0, "Only runs that began on this day (UTC) or later", 2},
	{"verdict", KEY_VERDICT, "VERDICT", 0, "Only runs with this verdict: pass, fail, void …", 2},
	{"include-simulated", KEY_TOO, 0, 0, "Simulated runs beside real ones; they are left out otherwise", 3},
	{"only-simulated", KEY_ONLY, 0, 0, "Simulated runs alone", 3},
	{"json", KEY_JSON, 0, 0, "Print JSON", 4},
	{"csv", KEY_CSV, 0, 0, "Print CSV", 4},
	{0},
};

static bool is_verdict(const char *word)
{
	for (enum verdict v = VERDICT_PASS; v <= VERDICT_NOT_TESTED; v++)
		if (strcmp(word, verdict_name(v)) == 0)
			return true;
	return false;
}

static double day_start_s(const char *date)
{
	struct tm parts = {0};
	return strptime(date, "%Y-%m-%d", &parts) ? (double)timegm(&parts) : NAN;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct history_options *options = state->input;
	struct history_filter *filter = &options->filter;
	switch (key) {
	case KEY_DB: options->db = argument; return 0;
	case KEY_BENCH: filter->bench = argument; return 0;
	case KEY_DEVICE: filter->device = argument; return 0;
	case KEY_SERIAL: filter->serial = argument; return 0;
	case KEY_SCENARIO: filter->scenario = argument; return 0;
	case KEY_SPEC: filter->spec = argument; return 0;
	case KEY_SINCE:
		if (!date_is_valid(argument))
			argp_error(state, "--since %s: a date such as 2026-03-01 is needed", argument);
		filter->since_s = day_start_s(argument);
		return 0;
	case KEY_VERDICT:
		if (!is_verdict(argument))
			argp_error(state,
				   "--verdict %s: there is no such verdict; pass, conditional_pass, conditional_fail, fail, void, "
				   "not_capable, "
				   "inconclusive and not_tested are known",
				   argument);
		filter->verdict = argument;
		return 0;
	case KEY_TOO: filter->simulated = SIMULATED_TOO; return 0;
	case KEY_ONLY: filter->simulated = SIMULATED_ONLY; return 0;
	case KEY_JSON: options->json = true; return 0;
	case KEY_CSV: options->csv = true; return 0;
	case ARGP_KEY_END:
		if (options->json && options->csv)
			argp_error(state, "--json and --csv exclude each other");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

const struct argp HISTORY_ARGP = {OPTIONS, parse_option, NULL, NULL, NULL, NULL, NULL};

struct history *history_options_open(const char *db, bool existing, struct error *error)
{
	char where[PATH_MAX];
	if (!db) {
		if (!paths_history(where, sizeof where, error))
			return NULL;
		db = where;
	}
	return existing ? history_open_existing(db, error) : history_open(db, error);
}

bool history_tell_left_out(struct history *history, const struct history_filter *filter, struct error *error)
{
	size_t runs;
	if (!history_left_out(history, filter, &runs, error))
		return false;
	if (runs > 0 && filter->simulated == SIMULATED_LEFT_OUT)
		fprintf(stderr,
			"tmsrig: note: %zu simulated run%s left out; --include-simulated takes them in, --only-simulated them alone\n",
			runs, runs == 1 ? " is" : "s are");
	else if (runs > 0)
		fprintf(stderr, "tmsrig: note: %zu real run%s left out by --only-simulated\n", runs, runs == 1 ? " is" : "s are");
	return true;
}

static bool tell_doubt(void *context, const struct history_doubt *doubt, struct error *error)
{
	const char *plural = doubt->count == 1 ? "" : "s", *bench = plain_text(doubt->bench);
	(void)context;
	(void)error;
	switch (doubt->kind) {
	case DOUBT_NOT_HERE:
		fprintf(stderr,
			"tmsrig: warning: bench '%s': %lld earlier attempt%s that these runs name, %s of them no pass, left bundles and "
			"are not in "
			"this history; the first is run %s\n",
			bench, (long long)doubt->count, plural, plain_text(doubt->also), plain_text(doubt->what));
		break;
	case DOUBT_NO_BUNDLE:
		fprintf(stderr,
			"tmsrig: note: bench '%s': %lld earlier attempt%s that these runs name did not start, or came to no end, and left "
			"no bundle; "
			"the first is run %s\n",
			bench, (long long)doubt->count, plural, plain_text(doubt->what));
		break;
	case DOUBT_FORK:
		fprintf(stderr,
			"tmsrig: warning: bench '%s': %lld runs stand in one line of its ledger (%s, %s): the ledger was put back between "
			"them, or "
			"copied\n",
			bench, (long long)doubt->count, plain_text(doubt->what), plain_text(doubt->also));
		break;
	case DOUBT_LEDGERS:
		fprintf(stderr,
			"tmsrig: note: bench '%s': these runs stand in %lld ledgers, the oldest begun %s, the youngest %s; none knows the "
			"attempts in "
			"another\n",
			bench, (long long)doubt->count, plain_text(doubt->also), plain_text(doubt->what));
		break;
	}
	return true;
}

bool history_tell_doubts(struct history *history, const struct history_filter *filter, struct error *error)
{
	return history_doubts(history, filter, tell_doubt, NULL, error);
}

const char *plain_text(const char *text)
{
	static char copies[8][256];
	static unsigned next;
	char *copy = copies[next++ % 8];
	snprintf(copy, sizeof copies[0], "%s", text ? text : "-");
	for (char *c = copy; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	return copy;
}

void csv_text(const char *text, bool first)
{
	if (!first)
		putchar(',');
	if (!text)
		return;
	bool formula = *text && (strchr("=+-@", *text) || (unsigned char)*text < ' ');
	bool quoted = formula || text[strcspn(text, ",\"\r\n")] != '\0';
	if (!quoted) {
		fputs(text, stdout);
		return;
	}
	fputs(formula ? "\"'" : "\"", stdout);
	for (const char *c = text; *c; c++) {
		if (*c == '"')
			putchar('"');
		putchar(*c);
	}
	putchar('"');
}

void csv_number(double value)
{
	char text[NUMBER_TEXT_SIZE] = "";
	if (isinf(value))
		snprintf(text, sizeof text, "%s", value > 0 ? "inf" : "-inf");
	else if (!isnan(value))
		text[emit_number_text(text, value)] = '\0';
	printf(",%s", text);
}

bool history_record(struct history *history, const char *bundle, bool *added, struct error *error)
{
	auto_run_record struct run_record *record = run_record_read(bundle, error);
	return record && history_add(history, record, added, error);
}
