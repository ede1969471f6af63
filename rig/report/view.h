/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * One view: a template run over an evidence folder in a sandboxed Lua state.
 */
#include "evidence_view.h"
#include "text.h"

/*
 * Runs templates_dir/views/NAME over the evidence and appends what it writes to out. Fails (ERROR_CONFIG, "reports/views/NAME:line: …", the
 * template's line as detail) when the template does; out is then of no use.
 */
bool view_render(struct evidence_view *evidence, const char *templates_dir, const char *name, struct text *out,
		 struct error *error) must_check;
