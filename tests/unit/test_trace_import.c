/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requirements of other tools: which attribute means what, what is refused and where. tests/trace.sh goes from end to end.
 */
#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include "imported.h"

static const char HEAD[] =
	"<?xml version=\"1.0\"?>\n<REQ-IF xmlns=\"http://www.omg.org/spec/ReqIF/20110401/reqif.xsd\">\n<CORE-CONTENT><REQ-IF-CONTENT>\n";
static const char TAIL[] = "</REQ-IF-CONTENT></CORE-CONTENT></REQ-IF>\n";
static const char TYPES[] = "<SPEC-TYPES><SPEC-OBJECT-TYPE IDENTIFIER=\"t\" LONG-NAME=\"Sys\"><SPEC-ATTRIBUTES>\n"
			    "<ATTRIBUTE-DEFINITION-STRING IDENTIFIER=\"a\" LONG-NAME=\"ReqIF.ForeignID\"/>\n"
			    "<ATTRIBUTE-DEFINITION-STRING IDENTIFIER=\"b\" LONG-NAME=\"ReqIF.Text\"/>\n"
			    "</SPEC-ATTRIBUTES></SPEC-OBJECT-TYPE></SPEC-TYPES>\n";

#define VALUE(id, text)                                                                                                                    \
	"<ATTRIBUTE-VALUE-STRING THE-VALUE=\"" text "\"><DEFINITION><ATTRIBUTE-DEFINITION-STRING-REF>" id                                  \
	"</ATTRIBUTE-DEFINITION-STRING-REF></DEFINITION></ATTRIBUTE-VALUE-STRING>"
#define OBJECT(uid, values) "<SPEC-OBJECT IDENTIFIER=\"" uid "\"><VALUES>" values "</VALUES></SPEC-OBJECT>\n"

/* Reads a text as a file. NULL on failure. */
static struct imported *read_text(const char *text, const struct import_options *options, struct error *error)
{
	static const struct import_options NONE = {0};
	char path[] = "test_trace_import_XXXXXX";
	int fd = mkstemp(path);
	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	struct imported *imported = import_file(path, options ? options : &NONE, error);
	unlink(path);
	return imported;
}

static struct imported *read_objects(const char *objects, struct error *error)
{
	auto_free char *text = NULL;
	cr_assert_gt(asprintf(&text, "%s%s<SPEC-OBJECTS>\n%s</SPEC-OBJECTS>%s", HEAD, TYPES, objects, TAIL), 0);
	return read_text(text, NULL, error);
}

static void refused(const char *text, const char *where)
{
	struct error error = {0};
	auto_imported struct imported *imported = read_text(text, NULL, &error);
	cr_expect_null(imported, "%s", text);
	cr_expect_eq(error.kind, ERROR_CONFIG);
	cr_expect_not_null(strstr(error.text, where), "'%s' lacks '%s'", error.text, where);
}

Test(import, reqif)
{
	struct error error = {0};
	auto_imported struct imported *imported =
		read_objects(OBJECT("_1", VALUE("a", "SYS-1") VALUE("b", " It &lt;works&gt;. ")) OBJECT("_2", VALUE("a", "H")), &error);
	cr_assert_not_null(imported, "%s", error.text);
	cr_expect_eq(imported->count, 1);
	cr_expect_eq(imported->skipped, 1, "what has no text is a heading");
	cr_expect_str_eq(imported->requirements[0].id, "SYS-1");
	cr_expect_str_eq(imported->requirements[0].uid, "_1");
	cr_expect_str_eq(imported->requirements[0].text, "It <works>.");
	cr_expect_str_eq(imported->requirements[0].revision, "1");
	cr_expect_eq(imported->requirements[0].line, 9);
}

Test(import, headings_and_deleted_objects_are_left_out_and_counted_by_type)
{
	static const char TYPED[] =
		"<SPEC-TYPES><SPEC-OBJECT-TYPE IDENTIFIER=\"h\" LONG-NAME=\"Heading\"/>"
		"<SPEC-OBJECT-TYPE IDENTIFIER=\"t\" LONG-NAME=\"Sys\"><SPEC-ATTRIBUTES>"
		"<ATTRIBUTE-DEFINITION-STRING IDENTIFIER=\"b\" LONG-NAME=\"ReqIF.Text\"/>"
		"<ATTRIBUTE-DEFINITION-BOOLEAN IDENTIFIER=\"d\" "
		"LONG-NAME=\"ReqIF.ForeignDeleted\"/></SPEC-ATTRIBUTES></SPEC-OBJECT-TYPE></SPEC-TYPES>"
		"<SPEC-OBJECTS>"
		"<SPEC-OBJECT IDENTIFIER=\"_1\"><VALUES>" VALUE(
			"b", "1 Scope") "</VALUES><TYPE><R>h</R></TYPE></SPEC-OBJECT>"
					"<SPEC-OBJECT IDENTIFIER=\"_2\"><VALUES>" VALUE(
						"b", "It works.") "</VALUES><TYPE><R>t</R></TYPE></SPEC-OBJECT>"
								  "<SPEC-OBJECT IDENTIFIER=\"_3\"><VALUES>" VALUE("b", "Gone.")
									  VALUE("d", "true") "</VALUES><TYPE><R>t</R></TYPE></SPEC-OBJECT>"
											     "</SPEC-OBJECTS>";
	struct error error = {0};
	auto_free char *text = NULL;
	cr_assert_gt(asprintf(&text, "%s%s%s", HEAD, TYPED, TAIL), 0);
	auto_imported struct imported *imported = read_text(text, NULL, &error);
	cr_assert_not_null(imported, "%s", error.text);
	cr_expect_eq(imported->count, 1);
	cr_expect_str_eq(imported->requirements[0].text, "It works.");
	cr_expect_eq(imported->skipped, 2);
	cr_assert_eq(imported->type_count, 2);
	cr_expect_str_eq(imported->by_type[0].name, "Heading");
	cr_expect_eq(imported->by_type[0].kept, 0);
	cr_expect_eq(imported->by_type[1].kept, 1);
	cr_expect_eq(imported->by_type[1].objects, 2);
	auto_imported struct imported *asked = read_text(text, &(struct import_options){.types = "Heading"}, &error);
	cr_assert_not_null(asked, "%s", error.text);
	cr_expect_eq(asked->count, 1, "who asks for headings gets them");
	cr_expect_str_eq(asked->requirements[0].text, "1 Scope");
}

Test(import, what_rich_text_says_without_its_form)
{
	static const struct {
		const char *rich, *plain;
	} CASES[] = {
		{"<h:p>one</h:p><h:p>two</h:p>", "one\ntwo"},
		{"10<h:sup>-3</h:sup> A", "10^-3 A"},
		{"I<h:sub>max, peak</h:sub>", "I_(max, peak)"},
		{"<h:sup/>a<h:sub> </h:sub>", "a"},
		{"<h:tr><h:td>min</h:td><h:td>1</h:td></h:tr><h:tr><h:td/><h:td>2</h:td></h:tr>", "min | 1\n2"},
		{"shall <h:del>not</h:del><h:s>never</h:s><h:span style=\"color:red; text-decoration: line-through\">ever</h:span> stop",
		 "shall stop"},
		{"a<h:br/>b &lt;c&gt;", "a\nb <c>"},
	};
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		struct error error = {0};
		auto_free char *text = NULL;
		cr_assert_gt(
			asprintf(&text,
				 "%s%s<SPEC-OBJECTS><SPEC-OBJECT IDENTIFIER=\"_1\"><VALUES>" VALUE(
					 "a", "X") "<ATTRIBUTE-VALUE-XHTML><DEFINITION><R>b</R></DEFINITION><THE-VALUE><h:div "
						   "xmlns:h=\"http://www.w3.org/1999/xhtml\">%s"
						   "</h:div></THE-VALUE></ATTRIBUTE-VALUE-XHTML></VALUES></SPEC-OBJECT></SPEC-OBJECTS>%s",
				 HEAD, TYPES, CASES[i].rich, TAIL),
			0);
		auto_imported struct imported *imported = read_text(text, NULL, &error);
		cr_assert_not_null(imported, "%s: %s", CASES[i].rich, error.text);
		cr_expect_str_eq(imported->requirements[0].text, CASES[i].plain, "%s: '%s'", CASES[i].rich, imported->requirements[0].text);
	}
}

Test(import, reqif_that_is_broken_is_refused_with_its_line)
{
	struct error error = {0};
	refused("<REQ-IF>\n<", ":2: not well-formed");
	refused("<?xml version=\"1.0\"?>\n<!DOCTYPE x>\n<REQ-IF/>", ":2: a document type declaration");
	refused("<?xml version=\"1.0\"?>\n<a/>", ":2: no ReqIF");
	refused("<REQ-IF xmlns=\"http://www.omg.org/spec/ReqIF/20110401/reqif.xsd\"/>", ":1: has no SPEC-OBJECTS");
	static const struct {
		const char *objects, *where;
	} WRONG[] = {
		{OBJECT("_1", VALUE("b", "x")) "<SPEC-OBJECT/>\n", ":10: this SPEC-OBJECT has no IDENTIFIER"},
		{OBJECT("_1", VALUE("z", "x")), ":9: refers to the attribute 'z'"},
		{OBJECT("_1", VALUE("a", "A B") VALUE("b", "x")), ":9: the id 'A B'"},
		{OBJECT("_1", VALUE("a", "A") VALUE("b", "x")) OBJECT("_2", VALUE("a", "A") VALUE("b", "y")),
		 ":10: the id 'A' is given twice, first on line 9"},
		{OBJECT("_1", "<ATTRIBUTE-VALUE-STRING/>"), ":9: this ATTRIBUTE-VALUE-STRING has no DEFINITION"},
		{OBJECT("_1", VALUE("a", "A")), "holds no requirement with a text"},
	};
	for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
		auto_imported struct imported *imported = read_objects(WRONG[i].objects, &error);
		cr_expect_null(imported, "%zu", i);
		cr_expect_not_null(strstr(error.text, WRONG[i].where), "'%s' lacks '%s'", error.text, WRONG[i].where);
	}
}

Test(import, needs)
{
	struct error error = {0};
	auto_imported struct imported *imported =
		read_text("{\"current_version\": \"1\", \"versions\": {\"1\": {\"needs\": {\n\"R\": {\"type\": \"req\", \"title\": \"t\", "
			  "\"content\": \"It works.\", \"risk_control\": \"RC-1\", \"revision\": 4},\n\"T\": {\"type\": \"test\", "
			  "\"title\": \"t\"}}}}}",
			  NULL, &error);
	cr_assert_not_null(imported, "%s", error.text);
	cr_expect_eq(imported->count, 1);
	cr_expect_eq(imported->skipped, 1);
	cr_expect_str_eq(imported->requirements[0].id, "R");
	cr_expect_str_eq(imported->requirements[0].text, "It works.");
	cr_expect_str_eq(imported->requirements[0].risk_control, "RC-1");
	cr_expect_str_eq(imported->requirements[0].revision, "4");
	cr_expect_eq(imported->requirements[0].line, 2);
	cr_assert_eq(imported->type_count, 2, "and says so after the file is gone");
	cr_expect_str_eq(imported->by_type[0].name, "req");
	cr_expect_str_eq(imported->by_type[1].name, "test");
}

Test(import, needs_that_are_broken_are_refused)
{
	refused("{\n\"versions\": [}", ":2:");
	refused("{\"versions\": 3}", "'versions' is a whole number; an object was expected");
	refused("{\"versions\": {\"1\": {}, \"2\": {}}, \"current_version\": \"3\"}", "no version '3'");
	refused("{\"versions\": {\"1\": {\"needs\": []}}}", "with an object 'needs'");
	refused("{\"versions\": {\"1\": {\"needs\": {\n\"R\": []}}}}", ":2: the need 'R' is a list");
	refused("{\"versions\": {\"1\": {\"needs\": {\n\n\"R\": {\"title\": 5}}}}}", ":3: the 'title' of the need 'R' is a whole number");
	refused("{\"versions\": {\"1\": {\"needs\": {\"a b\": {\"title\": \"t\"}}}}}", "the id 'a b'");
	refused("neither", "neither ReqIF");
	refused("PK\x03\x04nothing", "no .reqifz");
	refused("", "neither ReqIF");
}

Test(import, the_more_specific_name_wins_in_any_order)
{
	static const char *const NAMES[] = {"ReqIF.ForeignID", "UID", "Object Identifier"};
	static const struct import_options NONE = {0};
	for (int first = 0; first < 3; first++) {
		auto_imported struct imported *imported = imported_create("x", &NONE);
		struct imported_requirement requirement = {0};
		for (int i = 0; i < 3; i++) {
			const char *name = NAMES[(first + i) % 3];
			cr_assert(imported_put(imported, &requirement, name, name));
		}
		cr_expect_str_eq(requirement.id, "ReqIF.ForeignID");
	}
	static const char *const MAPS[] = {"id=UID"};
	const struct import_options mapped = {.maps = MAPS, .map_count = 1};
	auto_imported struct imported *imported = imported_create("x", &mapped);
	struct imported_requirement requirement = {0};
	cr_assert(imported_put(imported, &requirement, "uid", "mine"));
	cr_assert(imported_put(imported, &requirement, "ReqIF.ForeignID", "theirs"));
	cr_expect_str_eq(requirement.id, "mine", "what the user says beats every name");
}
