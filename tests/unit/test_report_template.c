/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Templates and the escaping of text: lines stay lines, nothing gets out of its place in the markup.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "markup.h"
#include "template.h"

static char *translated(const char *source, struct error *error)
{
	auto_text struct text chunk = text_make(1 << 16);
	return template_translate("t", source, strlen(source), &chunk, error) ? text_take(&chunk) : NULL;
}

static unsigned newlines_before(const char *text, const char *what)
{
	unsigned count = 0;
	const char *place = strstr(text, what);
	cr_assert_not_null(place, "%s in %s", what, text);
	for (const char *c = text; c < place; c++)
		count += *c == '\n';
	return count;
}

Test(template, keeps_every_statement_on_its_line)
{
	struct error error = {0};
	auto_free char *chunk = translated("<p>\n\"quoted\\\"\n<?lua\nfirst()\n?>\n<?= second ?> text\n<?! third ?>\n", &error);
	cr_assert_not_null(chunk, "%s", error.text);
	cr_expect_eq(newlines_before(chunk, "first()"), 3);
	cr_expect_eq(newlines_before(chunk, "emit(( second ));"), 5);
	cr_expect_eq(newlines_before(chunk, "raw(( third ));"), 6);
	cr_expect_not_null(strstr(chunk, "\\\"quoted\\\\\\\""), "quotes and backslashes are escaped: %s", chunk);
}

Test(template, an_xml_declaration_is_text)
{
	struct error error = {0};
	auto_free char *chunk = translated("<?xml version=\"1.0\"?>", &error);
	cr_assert_not_null(chunk);
	cr_expect_not_null(strstr(chunk, "raw \"<?xml version=\\\"1.0\\\"?>\";"), "%s", chunk);
}

Test(template, an_open_tag_is_located)
{
	struct error error = {0};
	auto_free char *chunk = translated("one\ntwo <?= three\nfour", &error);
	cr_expect_null(chunk);
	cr_expect_eq(error.kind, ERROR_CONFIG);
	cr_expect_str_eq(error.text, "t:2: <?= is never closed by ?>");
}

static const char *const ESCAPES[][2] = {
	{"a < b & c > d", "a &lt; b &amp; c &gt; d"},
	{"\"it's\"", "&quot;it&#39;s&quot;"},
	{"]]>", "]]&gt;"},
	{"µs \xF0\x9F\x94\x94", "µs \xF0\x9F\x94\x94"},
	{"\x01\x1b[31m\x7f", "\xEF\xBF\xBD\xEF\xBF\xBD[31m\x7f"},
	{"\xFF\xC3(", "\xEF\xBF\xBD\xEF\xBF\xBD("},
	{"\xC0\xBC\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
	{"\xEF\xBF\xBE cut \xE2\x82", "\xEF\xBF\xBD cut \xEF\xBF\xBD\xEF\xBF\xBD"},
};

Test(markup, escapes_what_could_leave_its_place)
{
	for (size_t i = 0; i < sizeof ESCAPES / sizeof *ESCAPES; i++) {
		auto_text struct text out = text_make(1000);
		markup_escape(&out, ESCAPES[i][0], strlen(ESCAPES[i][0]));
		cr_expect_str_eq(text_view(&out), ESCAPES[i][1], "case %zu: %s", i, text_view(&out));
	}
}
