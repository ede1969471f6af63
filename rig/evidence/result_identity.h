/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The parts of result.json that say which run it is: its id, its place in the ledger, what came before it, the head of its events.
 */
#include "evidence.h"
#include "json_emit.h"

/* Members of "run": id, attempt, reason, ledger, ledger_place, earlier. identity may be NULL. */
void result_emit_identity(struct json_emitter *json, const struct evidence_identity *identity);
/* "event_log": lines and head of events.jsonl; null without an identity. */
void result_emit_event_log(struct json_emitter *json, const struct evidence_identity *identity);
