/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Text into markup: what any file or operator wrote, made harmless inside HTML and XML, in content and in quoted attributes.
 */
#include "text.h"

/*
 * Appends bytes with & < > " ' as character references. What XML 1.0 does not allow (control characters, surrogates, U+FFFE, U+FFFF) and what
 * is not UTF-8 becomes U+FFFD, so the output is always well-formed.
 */
void markup_escape(struct text *out, const char *bytes, size_t length);
