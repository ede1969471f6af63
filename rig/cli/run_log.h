/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * events.jsonl of a run: what the sequencer did, what the recording says happened, what the operator was asked and told, each as it comes. Triggers
 * stand together, a line for each train. May be called from several threads; what could not be written ends the run.
 */
#include "event_log.h"
#include "plan.h"
#include "reduced.h"
#include "safety.h"

/* The event of run_log_safety(). */
#define RUN_LOG_SAFETY "safety"

struct run_log;

/* plan may be NULL and must outlive the log. NULL on failure. */
struct run_log *run_log_create(const char *path, const struct plan *plan, struct error *error) must_check;
/* Closes it; NULL is accepted. */
void run_log_destroy(struct run_log *log);
/* The first line: what begins, on the disk when this returns. */
bool run_log_started(struct run_log *log, const char *run_id, const char *command, const char *bench, const char *scenario,
		     const char *ledger, struct error *error) must_check;
/* The log as a sink of what the recording has. */
struct reduced_sink run_log_sink(struct run_log *log);
/* A step of the plan was done, or the safe state entered (step UINT32_MAX); why_not: NULL when it went well. */
void run_log_did(struct run_log *log, uint32_t step, const struct error *why_not);
/* A line of an event with one text: "prompt", "notice", "error" ... */
void run_log_say(struct run_log *log, const char *event, const char *text);
/* What the run says of its safety: whether the safe state was seen, and which monitor stopped it. */
void run_log_safety(struct run_log *log, const struct safety *safety);
/* The last line, on the disk when this returns; and what the log then comes to. */
bool run_log_ended(struct run_log *log, const char *verdict, struct event_log_state *state, struct error *error) must_check;

define_cleanup(struct run_log *, cleanup_run_log, run_log_destroy);
#define auto_run_log cleanup_with(cleanup_run_log)
