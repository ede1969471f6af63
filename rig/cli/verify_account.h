/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What events.jsonl tells of a run, held against what result.json says of it and no recording can prove: that the run began, how it ended, whether its
 * safe state was seen.
 */
#include "verify.h"

/* Of a whole log. Begins empty; account_finish() releases it. */
struct account {
	json_t *first, *last, *safety; /* events; NULL where there is none */
	size_t begun, errors, safety_count;
	size_t unreadable; /* the first line that is no JSON object, or has a member twice; 0: none */
};

/* Takes in an event; self is the struct account (for event_log_check()). */
bool account_take(void *self, size_t line, const char *text);
/* Adds a finding for each contradiction. */
void account_check(const struct account *account, const json_t *result, struct stage_report *report);
void account_finish(struct account *account);

#define auto_account cleanup_with(account_finish)
