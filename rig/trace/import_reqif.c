/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <string.h>

#include "imported.h"

static const char REQIF[] = "http://www.omg.org/spec/ReqIF/20110401/reqif.xsd";

enum { VALUE_MAX_BYTES = 1 << 20 };

/* What an identifier stands for: a definition of attributes, a type, a value of an enumeration. */
struct entry {
	const char *identifier, *name;
};

struct reqif {
	struct imported *imported;
	xmlDoc *document;
	struct entry *entries;
	size_t count, capacity;
};

static void reqif_finish(struct reqif *reqif)
{
	xmlFreeDoc(reqif->document);
	free(reqif->entries);
}

static bool is_element(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && node->ns && node->ns->href && strcmp((const char *)node->ns->href, REQIF) == 0 &&
	       strcmp((const char *)node->name, name) == 0;
}

static bool is_element_of_family(const xmlNode *node, const char *family)
{
	return node->type == XML_ELEMENT_NODE && node->ns && node->ns->href && strcmp((const char *)node->ns->href, REQIF) == 0 &&
	       strncmp((const char *)node->name, family, strlen(family)) == 0;
}

static const xmlNode *child(const xmlNode *node, const char *name)
{
	for (const xmlNode *one = node ? node->children : NULL; one; one = one->next)
		if (is_element(one, name))
			return one;
	return NULL;
}

/* A copy of an attribute in the arena; NULL when it is not there. */
static const char *attribute(const struct reqif *reqif, const xmlNode *node, const char *name)
{
	xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *)name);
	const char *copy = value ? arena_strdup(reqif->imported->arena, (const char *)value) : NULL;
	xmlFree(value);
	return copy;
}

/* The text directly in an element, without white space around it; NULL when there is none. */
static const char *content(const struct reqif *reqif, const xmlNode *node)
{
	for (const xmlNode *one = node ? node->children : NULL; one; one = one->next) {
		if (one->type != XML_TEXT_NODE && one->type != XML_CDATA_SECTION_NODE)
			continue;
		const char *start = (const char *)one->content + strspn((const char *)one->content, " \t\r\n");
		size_t length = strcspn(start, " \t\r\n");
		char *copy = length > 0 ? arena_alloc(reqif->imported->arena, length + 1, 1) : NULL;
		if (copy)
			return memcpy(copy, start, length);
	}
	return NULL;
}

/* No document type declaration, so no entities; it is looked for before anything is parsed, and the encoding is held to UTF-8. */
static bool parse(struct reqif *reqif, const char *bytes, size_t length, struct error *error)
{
	const char *declaration = memmem(bytes, length, "<!DOCTYPE", strlen("<!DOCTYPE"));
	if (!declaration)
		declaration = memmem(bytes, length, "<!ENTITY", strlen("<!ENTITY"));
	if (declaration) {
		long line = 1;
		for (const char *at = bytes; at < declaration; at++)
			line += *at == '\n';
		return imported_wrong(reqif->imported, line, error,
				      "a document type declaration or entity, which ReqIF does not have, is refused");
	}
	xmlParserCtxt *context = xmlNewParserCtxt();
	if (!context)
		return imported_wrong(reqif->imported, 0, error, "out of memory");
	reqif->document = xmlCtxtReadMemory(context, bytes, (int)length, NULL, "UTF-8",
					    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_BIG_LINES);
	if (!reqif->document) {
		const xmlError *cause = xmlCtxtGetLastError(context);
		char message[200] = "";
		snprintf(message, sizeof message, "%s", cause && cause->message ? cause->message : "it is empty");
		message[strcspn(message, "\r\n")] = '\0';
		imported_wrong(reqif->imported, cause && cause->line > 0 ? cause->line : 1, error, "not well-formed XML in UTF-8: %s",
			       message);
	}
	xmlFreeParserCtxt(context);
	if (reqif->document && reqif->document->intSubset)
		return imported_wrong(reqif->imported, 1, error, "a document type declaration is refused");
	return reqif->document;
}

static bool add_entry(struct reqif *reqif, const xmlNode *node, struct error *error)
{
	const char *identifier = attribute(reqif, node, "IDENTIFIER"), *name = attribute(reqif, node, "LONG-NAME");
	if (!identifier)
		return imported_wrong(reqif->imported, xmlGetLineNo(node), error, "this %s has no IDENTIFIER", node->name);
	if (reqif->count == reqif->capacity) {
		size_t capacity = reqif->capacity ? 2 * reqif->capacity : 256;
		struct entry *entries = reallocarray(reqif->entries, capacity, sizeof *entries);
		if (!entries)
			return imported_wrong(reqif->imported, 0, error, "out of memory");
		reqif->entries = entries;
		reqif->capacity = capacity;
	}
	reqif->entries[reqif->count++] = (struct entry){identifier, name ? name : identifier};
	return true;
}

/* What a reference stands for; NULL and an error for nothing. */
static const char *resolve(const struct reqif *reqif, const xmlNode *reference, const char *what, struct error *error)
{
	const char *identifier = content(reqif, reference);
	for (size_t i = 0; identifier && i < reqif->count; i++)
		if (strcmp(reqif->entries[i].identifier, identifier) == 0)
			return reqif->entries[i].name;
	imported_wrong(reqif->imported, reference ? xmlGetLineNo(reference) : 0, error, "refers to the %s '%.80s', which is not defined",
		       what, identifier ? identifier : "");
	return NULL;
}

static const xmlNode *first_element(const xmlNode *node)
{
	for (const xmlNode *one = node ? node->children : NULL; one; one = one->next)
		if (one->type == XML_ELEMENT_NODE)
			return one;
	return NULL;
}

static bool read_definitions(struct reqif *reqif, const xmlNode *content_node, struct error *error)
{
	const xmlNode *types = child(content_node, "SPEC-TYPES"), *datatypes = child(content_node, "DATATYPES");
	for (const xmlNode *type = types ? types->children : NULL; type; type = type->next) {
		if (!is_element(type, "SPEC-OBJECT-TYPE"))
			continue;
		if (!add_entry(reqif, type, error))
			return false;
		const xmlNode *attributes = child(type, "SPEC-ATTRIBUTES");
		for (const xmlNode *one = attributes ? attributes->children : NULL; one; one = one->next)
			if (is_element_of_family(one, "ATTRIBUTE-DEFINITION-") && !add_entry(reqif, one, error))
				return false;
	}
	for (const xmlNode *type = datatypes ? datatypes->children : NULL; type; type = type->next) {
		const xmlNode *values = is_element(type, "DATATYPE-DEFINITION-ENUMERATION") ? child(type, "SPECIFIED-VALUES") : NULL;
		for (const xmlNode *one = values ? values->children : NULL; one; one = one->next)
			if (is_element(one, "ENUM-VALUE") && !add_entry(reqif, one, error))
				return false;
	}
	return true;
}

static bool is_block(const char *name)
{
	static const char *const BLOCKS[] = {"p",  "div", "br", "li", "ul", "ol", "tr", "table", "h1",        "h2",
					     "h3", "h4",  "h5", "h6", "dt", "dd", "dl", "pre",   "blockquote"};
	for (size_t i = 0; i < sizeof BLOCKS / sizeof *BLOCKS; i++)
		if (strcmp(name, BLOCKS[i]) == 0)
			return true;
	return false;
}

static void put_words(struct text *out, const char *words)
{
	for (const char *s = words; *s; s++) {
		bool space = strchr(" \t\r\n", *s) != NULL;
		bool after = out->length == 0 || strchr(" \n", out->bytes[out->length - 1]);
		if (!space)
			text_append(out, s, 1);
		else if (!after)
			text_append(out, " ", 1);
	}
}

static void break_line(struct text *out)
{
	while (out->length > 0 && out->bytes[out->length - 1] == ' ')
		out->bytes[--out->length] = '\0';
	if (out->length > 0 && out->bytes[out->length - 1] != '\n')
		text_append(out, "\n", 1);
}

/* The words of XHTML, a line for each block; *objects counts what has no words. The parser has bounded the depth. */
static void flatten(const xmlNode *node, struct text *out, unsigned *objects)
{
	for (const xmlNode *one = node->children; one; one = one->next) {
		if (one->type == XML_TEXT_NODE || one->type == XML_CDATA_SECTION_NODE) {
			put_words(out, (const char *)one->content);
			continue;
		}
		if (one->type != XML_ELEMENT_NODE)
			continue;
		bool block = is_block((const char *)one->name);
		*objects += strcmp((const char *)one->name, "object") == 0;
		if (block)
			break_line(out);
		flatten(one, out, objects);
		if (block)
			break_line(out);
	}
}

static const char *xhtml_value(struct reqif *reqif, const xmlNode *value)
{
	auto_text struct text out = text_make(VALUE_MAX_BYTES);
	unsigned objects = 0;
	const xmlNode *written = child(value, "THE-VALUE");
	if (written)
		flatten(written, &out, &objects);
	break_line(&out);
	if (objects > 0)
		imported_note(reqif->imported, xmlGetLineNo(value), "a picture or other object in the text is left out");
	return out.overflown ? NULL : arena_strdup(reqif->imported->arena, text_view(&out));
}

static const char *enumeration_value(struct reqif *reqif, const xmlNode *value, struct error *error)
{
	auto_text struct text out = text_make(VALUE_MAX_BYTES);
	const xmlNode *values = child(value, "VALUES");
	for (const xmlNode *one = values ? values->children : NULL; one; one = one->next) {
		if (!is_element(one, "ENUM-VALUE-REF"))
			continue;
		const char *name = resolve(reqif, one, "enumeration's value", error);
		if (!name)
			return NULL;
		text_printf(&out, "%s%s", out.length ? ", " : "", name);
	}
	const char *copy = out.overflown ? NULL : arena_strdup(reqif->imported->arena, text_view(&out));
	if (!copy)
		imported_wrong(reqif->imported, xmlGetLineNo(value), error, "a value is too long");
	return copy;
}

static bool read_value(struct reqif *reqif, const xmlNode *value, struct imported_requirement *requirement, struct error *error)
{
	const xmlNode *reference = first_element(child(value, "DEFINITION"));
	if (!reference)
		return imported_wrong(reqif->imported, xmlGetLineNo(value), error, "this %s has no DEFINITION", value->name);
	const char *name = resolve(reqif, reference, "attribute", error);
	if (!name)
		return false;
	const char *text;
	if (is_element(value, "ATTRIBUTE-VALUE-XHTML")) {
		text = xhtml_value(reqif, value);
		if (!text)
			return imported_wrong(reqif->imported, xmlGetLineNo(value), error, "a value of more than %d MiB",
					      VALUE_MAX_BYTES >> 20);
	} else if (is_element(value, "ATTRIBUTE-VALUE-ENUMERATION")) {
		text = enumeration_value(reqif, value, error);
		if (!text)
			return false;
	} else {
		text = attribute(reqif, value, "THE-VALUE");
		if (!text)
			return imported_wrong(reqif->imported, xmlGetLineNo(value), error, "this %s has no THE-VALUE", value->name);
	}
	return imported_put(reqif->imported, requirement, name, text) || imported_wrong(reqif->imported, 0, error, "out of memory");
}

static bool read_object(struct reqif *reqif, const xmlNode *object, struct error *error)
{
	struct imported_requirement requirement = {.line = xmlGetLineNo(object), .uid = attribute(reqif, object, "IDENTIFIER")};
	if (!requirement.uid)
		return imported_wrong(reqif->imported, requirement.line, error, "this SPEC-OBJECT has no IDENTIFIER");
	const xmlNode *type = first_element(child(object, "TYPE"));
	if (type && !(requirement.type = resolve(reqif, type, "type", error)))
		return false;
	const xmlNode *values = child(object, "VALUES");
	for (const xmlNode *one = values ? values->children : NULL; one; one = one->next)
		if (is_element_of_family(one, "ATTRIBUTE-VALUE-") && !read_value(reqif, one, &requirement, error))
			return false;
	return imported_add(reqif->imported, &requirement, error);
}

bool import_reqif(struct imported *imported, const char *bytes, size_t length, struct error *error)
{
	cleanup_with(reqif_finish) struct reqif reqif = {.imported = imported};
	if (!parse(&reqif, bytes, length, error))
		return false;
	const xmlNode *root = xmlDocGetRootElement(reqif.document);
	if (!root || !is_element(root, "REQ-IF"))
		return imported_wrong(imported, root ? xmlGetLineNo(root) : 1, error, "no ReqIF: its root would be REQ-IF of %s", REQIF);
	const xmlNode *header = child(child(root, "THE-HEADER"), "REQ-IF-HEADER");
	const xmlNode *title = child(header, "TITLE");
	xmlChar *words = title ? xmlNodeGetContent(title) : NULL;
	if (words && words[strspn((const char *)words, " \t\r\n")])
		imported->document = arena_strdup(imported->arena, (const char *)words);
	xmlFree(words);
	const xmlNode *core = child(child(root, "CORE-CONTENT"), "REQ-IF-CONTENT"), *objects = child(core, "SPEC-OBJECTS");
	if (!objects)
		return imported_wrong(imported, xmlGetLineNo(root), error, "has no SPEC-OBJECTS, so no requirements");
	if (!read_definitions(&reqif, core, error))
		return false;
	for (const xmlNode *one = objects->children; one; one = one->next)
		if (is_element(one, "SPEC-OBJECT") && !read_object(&reqif, one, error))
			return false;
	return true;
}
