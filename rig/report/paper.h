/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A page of HTML as PDF, by WeasyPrint in a child process. Same page, same attachments, same time: same bytes, from the same WeasyPrint and fonts.
 */
#include <stdint.h>

#include "error.h"
#include "text.h"

struct paper {
	const struct text *html;
	const char *const *attachments; /* paths; the PDF holds the files under their base names */
	size_t attachment_count;
	int64_t epoch_s; /* what the PDF gives as its time, seconds since 1970 (SOURCE_DATE_EPOCH) */
};

/*
 * Writes the PDF, the whole of it or nothing. ERROR_CONFIG when WeasyPrint is not installed or `out` cannot be written, ERROR_BENCH when it
 * fails, with the last line it said.
 */
bool paper_write(const struct paper *paper, const char *out, struct error *error) must_check;
