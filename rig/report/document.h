/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * One document from one or several evidence folders, as HTML or as PDF.
 */
#include "about.h"
#include "error.h"

struct document {
	const char *const *dirs; /* evidence folders, at least one */
	size_t dir_count;
	const char *templates_dir;
	const char *view;          /* "report.html": a template NAME.lua below views/ or documents/ of the templates */
	const struct about *about; /* stated when the document is made, over what the evidence has; NULL: nothing */
	bool pdf;                  /* with result.json and SHA256SUMS of every folder attached */
	const char *out;           /* file to write; never one inside the evidence */
};

/*
 * Writes the document, the whole of it or nothing. ERROR_CONFIG when there is no such view, a folder is no evidence, `out` lies in one of them, or the
 * template fails; what paper_write() says of a PDF.
 */
bool document_write(const struct document *document, struct error *error) must_check;
/*
 * ERROR_CONFIG, with the first file that differs, when the folder is not as its SHA256SUMS says, or a signature in it does not hold: no report is made of
 * evidence that was changed.
 */
bool document_sealed(const char *dir, struct error *error) must_check;
/* ERROR_CONFIG when path (which need not exist) lies inside the evidence folder dir: what was sealed is not added to. */
bool document_outside(const char *path, const char *dir, struct error *error) must_check;
