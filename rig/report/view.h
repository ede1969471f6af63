/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * One view: a template run over one or several evidence folders in a sandboxed Lua state.
 */
#include "about.h"
#include "evidence_view.h"
#include "text.h"

/* What a view is made of. */
struct view_source {
	struct evidence_view *const *runs; /* at least one; the first is selected when the template starts */
	size_t count;
	const struct about *about; /* stated when the view is made; NULL: nothing */
	bool pdf;                  /* the page becomes a PDF */
};

/*
 * Runs templates_dir/FOLDER/NAME over the evidence and appends what it writes to out. Fails (ERROR_CONFIG, "reports/FOLDER/NAME:line: …", the
 * template's line as detail) when the template does; out is then of no use.
 */
bool view_render(const struct view_source *source, const char *templates_dir, const char *folder, const char *name, struct text *out,
		 struct error *error) must_check;
