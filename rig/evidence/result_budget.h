/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * An uncertainty budget in JSON.
 */
#include "budget.h"
#include "json_emit.h"

/* "budget": one object a source that is present; null for NULL. unit: of the value. */
void result_emit_budget(struct json_emitter *json, const struct budget *budget, const char *unit);
