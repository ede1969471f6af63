/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The words of rich text in ReqIF, which is XHTML.
 */
#include <libxml/tree.h>

#include "text.h"

/* What words cannot say, counted. */
struct import_xhtml_losses {
	unsigned objects; /* pictures and embedded files */
	unsigned struck;  /* pieces that are struck out; they are not among the words */
};

/*
 * Appends the words within a node: a line for each block, " | " between the cells of a table, "10^-3" and "I_max" for what stands higher or lower.
 * The parser has to have bounded the depth.
 */
void import_xhtml_words(const xmlNode *node, struct text *out, struct import_xhtml_losses *losses);
