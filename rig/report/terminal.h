/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What a run shows on a terminal or in a log: a progress line and the table of verdicts.
 */
#include <stdbool.h>
#include <stdio.h>

#include "results.h"
#include "verdict.h"

/*
 * Writes the table of verdicts, in the order of the spec, then the totals and the overall verdict. results may be
 * NULL (no units, no totals of pulses). plan_pulses: how many pulses the plan expects, -1 without a plan. width: columns to use (60 to 100 are
 * used). colour: ANSI colours.
 */
void terminal_verdicts(FILE *stream, unsigned width, bool colour, const struct results *results, const struct judgement *judgements,
		       size_t count, enum verdict overall, long plan_pulses);
/* True when the stream is a terminal that takes colours (NO_COLOR not set, TERM not "dumb"). */
bool terminal_colours(FILE *stream);
/* The width of the terminal behind the stream; 100 when it is none. */
unsigned terminal_width(FILE *stream);

/* A progress bar: one line redrawn on a terminal, one line for each tenth elsewhere. */
struct progress {
	FILE *stream;
	unsigned width;
	bool redraws;
	int shown; /* per mille on a terminal, tenths elsewhere; -1: nothing yet */
};

struct progress progress_begin(FILE *stream);
/* Shows fraction (0 to 1) and a few words ("pulse 17 of 600"). */
void progress_update(struct progress *progress, double fraction, const char *words);
/* Removes the bar from a terminal. */
void progress_end(struct progress *progress);
