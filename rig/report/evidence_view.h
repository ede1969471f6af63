/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * An evidence folder as templates see it: the global `result` (result.json as a table) and the global `evidence` (columns of the CSV files and
 * curves from the raw recording, read when asked for). reports/README.md describes both for those who write templates.
 */
#include <lua.h>

#include "error.h"

struct evidence_view;

/* Opens the folder and reads result.json. NULL on failure. */
struct evidence_view *evidence_view_open(const char *dir, struct error *error) must_check;
/* As when the run ended, without signatures and manifest, which came later. */
void evidence_view_hide_later(struct evidence_view *view);
/* When the run ended, ISO 8601 UTC; "" when the result does not say. */
const char *evidence_view_ended(const struct evidence_view *view);
/* Releases it; NULL is accepted. */
void evidence_view_destroy(struct evidence_view *view);
/* Sets the globals `result` and `evidence`. The view must outlive the state. May raise a Lua error when memory runs out. */
void evidence_view_register(struct evidence_view *view, lua_State *lua);

define_cleanup(struct evidence_view *, cleanup_evidence_view, evidence_view_destroy);
#define auto_evidence_view cleanup_with(cleanup_evidence_view)
