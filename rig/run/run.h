/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A run: the sequencer walks the plan on the bench while the capture drains its instruments into a sink.
 */
#include <stdatomic.h>

#include "bench.h"
#include "plan.h"
#include "recording.h"
#include "safety.h"

struct run_progress {
	double time_s;    /* of the recording, as captured so far */
	double planned_s; /* of the whole plan */
	uint32_t section, sections;
	uint64_t gaps;
};

enum run_answer { ANSWER_NONE, ANSWER_CONFIRMED, ANSWER_REFUSED };

struct run_options {
	/* Called from the capturing thread now and then; NULL: none. */
	void (*progress)(void *self, const struct run_progress *progress);
	/* Asks the operator to do something; does not wait. NULL: a prompt is an error. */
	void (*ask)(void *self, const char *text);
	/* What the operator has answered since, waiting for at most patience_s of the machine's time. NULL only where ask is. */
	enum run_answer (*answer)(void *self, double patience_s);
	/* Something the operator should know, one line; NULL: nobody is told. */
	void (*notice)(void *self, const char *text);
	/*
	 * A step of the plan was done, or (UINT32_MAX) the safe state entered; why_not: NULL when it went well. From the thread of run_plan(); NULL:
	 * nobody is told.
	 */
	void (*did)(void *self, uint32_t step, const struct error *why_not);
	void *self;
	atomic_bool *abort;    /* set from a signal handler: end the run in the safe state; NULL: never */
	struct safety *safety; /* filled in: what the monitors found, and whether the safe state was proven; NULL: not wanted */
};

/*
 * Fires the plan and pushes the recording into the sink (from a thread of its own; the calls never overlap) until the plan is done or fails. A run
 * that ends early pushes EVENT_ABORTED, then finishes the sink all the same: there is a record even when it went wrong. Safe state before the
 * first step and after the last, on every path; after the last it is proven as far as the bench can (safe_state.h), with the recording still going on.
 * Monitors look at the samples all the time, from a self test of the current's channel before the first step on, and end the run. Returns false with *error set when the bench failed (ERROR_BENCH) or the operator stopped it
 * (ERROR_ABORTED); *finished tells whether the sink was finished, i.e. whether what it holds can be looked at.
 */
bool run_plan(struct bench *bench, const struct plan *plan, const struct recording_sink *sink, const struct run_options *options,
	      bool *finished, struct error *error) must_check;
/*
 * A run that ends before run_plan() although its bench is open already (no room for its evidence, say): safe state, and the proof as far as it goes
 * without samples, into options->safety.
 */
void run_withdraw(struct bench *bench, const struct run_options *options);
/* Pushes a whole recording (driver "file") into the sink and finishes it. */
bool run_recording(struct bench *bench, const struct recording_sink *sink, const struct run_options *options,
		   struct error *error) must_check;
