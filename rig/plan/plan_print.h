/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A plan and its lint findings for people (text, at most 100 columns) and for machines (JSON), as `tmsrig check` shows them.
 */
#include "plan.h"
#include "plan_lint.h"
#include "text.h"

/* The timeline: what is fired when, section by section, with trains condensed. */
void plan_print_text(const struct plan *plan, struct text *out);
/* One paragraph a finding, with the scenario's justification or the one that is wanted. */
void plan_print_findings(const struct plan *plan, const struct lint_finding *findings, size_t count, struct text *out);
/*
 * One JSON object. Has at least pulses, first_to_last_onset_s, duration_s, sections, blocks, lint. hash: of the canonical bytes; NULL: null.
 * Numbers that are not there are null.
 */
void plan_print_json(const struct plan *plan, const char *hash, const struct lint_finding *findings, size_t count, struct text *out);
