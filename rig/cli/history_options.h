/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What the commands that look into the history have in common: where it is, which runs, and in which form they come out.
 */
#include <argp.h>

#include "history.h"

struct history_options {
	const char *db; /* NULL: where paths_history() says */
	struct history_filter filter;
	bool json, csv;
};

/* A child parser for argp; its input is a struct history_options. */
extern const struct argp HISTORY_ARGP;

/* Opens the history; with `existing`, a file must be there. */
struct history *history_options_open(const char *db, bool existing, struct error *error) must_check;
/* Says on stderr what the filter left out because it is simulated, or is real. */
bool history_tell_left_out(struct history *history, const struct history_filter *filter, struct error *error) must_check;
/* Says on stderr what the runs of the filter, by their ledgers, tell of runs that are not here. */
bool history_tell_doubts(struct history *history, const struct history_filter *filter, struct error *error) must_check;
/*
 * A cell of a CSV line, quoted where RFC 4180 wants it; NULL and NAN are empty. With a comma before, unless it is the first. A text that a spreadsheet
 * would take for a formula (it begins with = + - @ or a control character) gets an apostrophe before it.
 */
void csv_text(const char *text, bool first);
void csv_number(double value);
/* The text for a terminal: control characters, which it would obey, are "?". NULL is "-". Valid until the eighth next call; cut to 255 bytes. */
const char *plain_text(const char *text);
/* Adds a bundle, a folder. */
bool history_record(struct history *history, const char *bundle, bool *added, struct error *error) must_check;
