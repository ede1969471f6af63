/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Reports: views of an evidence folder, made by templates. A report holds no data of its own.
 */
#include "digest.h"
#include "error.h"
#include "text.h"

/*
 * Renders every view below templates_dir (views/NAME.EXT.lua → NAME.EXT, e.g. report.html, junit.xml) from the evidence in dir
 * (result.json, recording.h5) into out_dir, which may be dir.
 */
bool report_render(const char *dir, const char *templates_dir, const char *out_dir, struct error *error) must_check;
/* As report_render(), of evidence that may have been sealed and signed since: the views as the run made them, whatever came later. */
bool report_render_again(const char *dir, const char *templates_dir, const char *out_dir, struct error *error) must_check;
/* One SHA-256 of all that report_render() reads below templates_dir: names and contents of the files in views/, parts/ and lib/. */
bool report_fingerprint(const char *templates_dir, char hex[DIGEST_HEX_SIZE], struct error *error) must_check;
/* Writes the whole of a file or nothing: under a temporary name beside it, renamed at the end. */
bool report_write_file(const char *path, const struct text *content, struct error *error) must_check;
