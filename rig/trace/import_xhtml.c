/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import_xhtml.h"

#include <string.h>

static const char BLANKS[] = " \t\r\n";

static bool is_one_of(const xmlNode *node, const char *const *names)
{
	for (; *names; names++)
		if (strcmp((const char *)node->name, *names) == 0)
			return true;
	return false;
}

static bool is_block(const xmlNode *node)
{
	static const char *const BLOCKS[] = {"p",  "div", "br", "li", "ul", "ol", "tr", "table", "h1",         "h2",
					     "h3", "h4",  "h5", "h6", "dt", "dd", "dl", "pre",   "blockquote", NULL};
	return is_one_of(node, BLOCKS);
}

/* Text that was taken back: by element, or as DOORS writes it, by style. */
static bool is_struck(const xmlNode *node)
{
	static const char *const STRUCK[] = {"del", "s", "strike", NULL};
	xmlChar *style = xmlGetNoNsProp(node, (const xmlChar *)"style");
	bool struck = is_one_of(node, STRUCK) || (style && strstr((const char *)style, "line-through"));
	xmlFree(style);
	return struck;
}

static void put_words(struct text *out, const char *words)
{
	for (const char *s = words; *s; s++) {
		bool space = strchr(BLANKS, *s) != NULL;
		bool after = out->length == 0 || strchr(" \n", out->bytes[out->length - 1]);
		if (!space)
			text_append(out, s, 1);
		else if (!after)
			text_append(out, " ", 1);
	}
}

/* Ends a line, if one has begun. */
static void break_line(struct text *out)
{
	while (out->length > 0 && out->bytes[out->length - 1] == ' ')
		out->bytes[--out->length] = '\0';
	if (out->length > 0 && out->bytes[out->length - 1] != '\n')
		text_append(out, "\n", 1);
}

/* Raised or lowered: without a sign for it 10 to the -3 would read as 10-3. */
static void put_shifted(const xmlNode *node, const char *sign, struct text *out, struct import_xhtml_losses *losses)
{
	xmlChar *content = xmlNodeGetContent(node);
	const char *words = content ? (const char *)content : "";
	words += strspn(words, BLANKS);
	size_t first = strcspn(words, BLANKS);
	bool some = first > 0, several = words[first + strspn(words + first, BLANKS)] != '\0';
	xmlFree(content);
	text_puts(out, some ? sign : "");
	text_puts(out, several ? "(" : "");
	import_xhtml_words(node, out, losses);
	text_puts(out, several ? ")" : "");
}

static void put_element(const xmlNode *node, struct text *out, struct import_xhtml_losses *losses)
{
	static const char *const CELLS[] = {"td", "th", NULL};
	bool block = is_block(node);
	if (is_struck(node)) {
		losses->struck++;
		return;
	}
	losses->objects += strcmp((const char *)node->name, "object") == 0;
	if (block)
		break_line(out);
	if (is_one_of(node, CELLS) && out->length > 0 && out->bytes[out->length - 1] != '\n')
		text_puts(out, out->bytes[out->length - 1] == ' ' ? "| " : " | ");
	if (strcmp((const char *)node->name, "sup") == 0)
		put_shifted(node, "^", out, losses);
	else if (strcmp((const char *)node->name, "sub") == 0)
		put_shifted(node, "_", out, losses);
	else
		import_xhtml_words(node, out, losses);
	if (block)
		break_line(out);
}

void import_xhtml_words(const xmlNode *node, struct text *out, struct import_xhtml_losses *losses)
{
	for (const xmlNode *one = node->children; one; one = one->next) {
		if (one->type == XML_TEXT_NODE || one->type == XML_CDATA_SECTION_NODE)
			put_words(out, (const char *)one->content);
		else if (one->type == XML_ELEMENT_NODE)
			put_element(one, out, losses);
	}
}
