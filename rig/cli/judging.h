/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * From results to verdicts: the one way, for a run, for a recording made elsewhere, and for an evidence folder judged again.
 */
#include "bench_setup.h"
#include "budget.h"
#include "calibration.h"
#include "measure.h"
#include "requirement.h"
#include "safety.h"
#include "verdict.h"

struct judging_question {
	const struct bench_setup *bench;
	const struct plan *plan; /* NULL: none */
	const struct spec *spec;
	const char *date;            /* of the recording, YYYY-MM-DD */
	bool override_calibration;   /* judge what rests on a calibration that is not in force */
	const struct safety *safety; /* of a run; NULL: none */
	enum error_kind ended_by;    /* what ended the run before its plan; ERROR_NONE (zero): nothing did */
};

struct judging {
	struct calibration_check calibration;
	struct judgement *judgements; /* one a requirement of the spec */
	struct budget *budgets;       /* of the value that decided, one a judgement */
	enum verdict overall;         /* with safety_verdict() */
	bool unasked;                 /* pulses are missing or extra, and no requirement counts them */
};

/* Judges; the question's parts must outlive the answer. measure: what made the results. False when out of memory. */
bool judging_make(const struct judging_question *question, const struct measure *measure, const struct results *results,
		  struct judging *judging, struct error *error) must_check;
/* Releases what judging_make() made; a zeroed one is accepted. */
void judging_finish(struct judging *judging);

#define auto_judging cleanup_with(judging_finish)
