/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <libxml/hash.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <string.h>

#include "import_xhtml.h"
#include "imported.h"

static const char REQIF[] = "http://www.omg.org/spec/ReqIF/20110401/reqif.xsd";

enum { VALUE_MAX_BYTES = 1 << 20 };

/* What an identifier stands for: a definition of an attribute, a type, a value of an enumeration. */
struct entry {
	const char *name;
	const xmlNode *node;
};

struct reqif {
	struct imported *imported;
	xmlDoc *document;
	xmlHashTable *entries;  /* of struct entry, by identifier */
	xmlHashTable *prefixes; /* of text, by the identifier of an object: what its module puts before the numbers of its objects */
};

static void reqif_finish(struct reqif *reqif)
{
	xmlHashFree(reqif->entries, NULL);
	xmlHashFree(reqif->prefixes, NULL);
	xmlFreeDoc(reqif->document);
}

static bool is_true(const char *value)
{
	return value && (strcmp(value, "true") == 0 || strcmp(value, "1") == 0);
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
	const struct entry *known = xmlHashLookup(reqif->entries, (const xmlChar *)identifier);
	if (known && strcmp(known->name, name ? name : identifier) == 0)
		return true;
	struct entry *entry = arena_alloc(reqif->imported->arena, 1, sizeof *entry);
	if (!entry)
		return imported_wrong(reqif->imported, 0, error, "out of memory");
	*entry = (struct entry){name ? name : identifier, node};
	if (xmlHashAddEntry(reqif->entries, (const xmlChar *)identifier, entry) != 0)
		return imported_wrong(reqif->imported, xmlGetLineNo(node), error, "the IDENTIFIER '%.80s' is given twice", identifier);
	return true;
}

/* What a reference stands for; NULL and an error for nothing. */
static const struct entry *resolve(const struct reqif *reqif, const xmlNode *reference, const char *what, struct error *error)
{
	const char *identifier = content(reqif, reference);
	const struct entry *entry = identifier ? xmlHashLookup(reqif->entries, (const xmlChar *)identifier) : NULL;
	if (!entry)
		imported_wrong(reqif->imported, reference ? xmlGetLineNo(reference) : 0, error,
			       "refers to the %s '%.80s', which is not defined", what, identifier ? identifier : "");
	return entry;
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
		if (!is_element(type, "SPEC-OBJECT-TYPE") && !is_element(type, "SPECIFICATION-TYPE"))
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

static const char *xhtml_value(struct reqif *reqif, const xmlNode *value)
{
	auto_text struct text out = text_make(VALUE_MAX_BYTES);
	struct import_xhtml_losses losses = {0};
	const xmlNode *written = child(value, "THE-VALUE");
	long line = xmlGetLineNo(value);
	if (written)
		import_xhtml_words(written, &out, &losses);
	while (out.length > 0 && strchr(" \n", out.bytes[out.length - 1]))
		out.bytes[--out.length] = '\0';
	if (losses.objects > 0)
		imported_note(reqif->imported, line, "a picture or other object in the text is left out");
	if (losses.struck > 0)
		imported_note(reqif->imported, line, "what is struck out in the text is left out");
	if (is_true(attribute(reqif, value, "IS-SIMPLIFIED")))
		imported_note(reqif->imported, line, "a tool on the way has simplified the text; what it was before is not read");
	return out.overflown ? NULL : arena_strdup(reqif->imported->arena, text_view(&out));
}

static const char *enumeration_value(struct reqif *reqif, const xmlNode *value, struct error *error)
{
	auto_text struct text out = text_make(VALUE_MAX_BYTES);
	const xmlNode *values = child(value, "VALUES");
	for (const xmlNode *one = values ? values->children : NULL; one; one = one->next) {
		if (!is_element(one, "ENUM-VALUE-REF"))
			continue;
		const struct entry *entry = resolve(reqif, one, "enumeration's value", error);
		if (!entry)
			return NULL;
		text_printf(&out, "%s%s", out.length ? ", " : "", entry->name);
	}
	const char *copy = out.overflown ? NULL : arena_strdup(reqif->imported->arena, text_view(&out));
	if (!copy)
		imported_wrong(reqif->imported, xmlGetLineNo(value), error, "a value is too long");
	return copy;
}

/* The text of a value, "" for none; NULL and an error when it is too long or names what is not there. */
static const char *text_of(struct reqif *reqif, const xmlNode *value, struct error *error)
{
	const char *text;
	if (is_element(value, "ATTRIBUTE-VALUE-ENUMERATION"))
		return enumeration_value(reqif, value, error);
	if (!is_element(value, "ATTRIBUTE-VALUE-XHTML")) {
		text = attribute(reqif, value, "THE-VALUE");
		return text ? text : "";
	}
	text = xhtml_value(reqif, value);
	if (!text)
		imported_wrong(reqif->imported, xmlGetLineNo(value), error, "a value of more than %d MiB", VALUE_MAX_BYTES >> 20);
	return text;
}

/* The definition that a value is of; NULL and an error for none. */
static const struct entry *definition_of(const struct reqif *reqif, const xmlNode *value, struct error *error)
{
	const xmlNode *reference = first_element(child(value, "DEFINITION"));
	if (reference)
		return resolve(reqif, reference, "attribute", error);
	imported_wrong(reqif->imported, xmlGetLineNo(value), error, "this %s has no DEFINITION", value->name);
	return NULL;
}

/* DOORS numbers the objects of a module; people know them by the module's prefix and the number. */
static const char *prefixed(const struct reqif *reqif, const char *object, const xmlNode *value, const char *name, const char *text)
{
	const char *prefix = is_element(value, "ATTRIBUTE-VALUE-INTEGER") && strcmp(name, "ReqIF.ForeignID") == 0
				     ? xmlHashLookup(reqif->prefixes, (const xmlChar *)object)
				     : NULL;
	size_t size = prefix ? strlen(prefix) + strlen(text) + 1 : 0;
	char *both = prefix ? arena_alloc(reqif->imported->arena, size, 1) : NULL;
	if (!both)
		return text;
	snprintf(both, size, "%s%s", prefix, text);
	return both;
}

static bool read_value(struct reqif *reqif, const xmlNode *value, struct imported_requirement *requirement, struct error *error)
{
	const struct entry *definition = definition_of(reqif, value, error);
	const char *text = definition ? text_of(reqif, value, error) : NULL;
	if (!text)
		return false;
	if (strcmp(definition->name, "ReqIF.ForeignDeleted") == 0)
		requirement->deleted = is_true(text);
	text = prefixed(reqif, requirement->uid, value, definition->name, text);
	return imported_put(reqif->imported, requirement, definition->name, text) ||
	       imported_wrong(reqif->imported, 0, error, "out of memory");
}

static bool has_value(const struct reqif *reqif, const xmlNode *values, const char *identifier)
{
	for (const xmlNode *one = values ? values->children : NULL; one; one = one->next) {
		const char *of =
			is_element_of_family(one, "ATTRIBUTE-VALUE-") ? content(reqif, first_element(child(one, "DEFINITION"))) : NULL;
		if (of && strcmp(of, identifier) == 0)
			return true;
	}
	return false;
}

/* ReqIF 1.2, 10.8: an attribute without a value of the object's has the default value of its definition. */
static bool read_defaults(struct reqif *reqif, const struct entry *type, const xmlNode *values, struct imported_requirement *requirement,
			  struct error *error)
{
	const xmlNode *attributes = child(type->node, "SPEC-ATTRIBUTES");
	for (const xmlNode *one = attributes ? attributes->children : NULL; one; one = one->next) {
		const xmlNode *value = one->type == XML_ELEMENT_NODE ? first_element(child(one, "DEFAULT-VALUE")) : NULL;
		const char *identifier = value ? attribute(reqif, one, "IDENTIFIER") : NULL;
		if (identifier && !has_value(reqif, values, identifier) && !read_value(reqif, value, requirement, error))
			return false;
	}
	return true;
}

static bool read_object(struct reqif *reqif, const xmlNode *object, struct error *error)
{
	struct imported_requirement requirement = {.line = xmlGetLineNo(object), .uid = attribute(reqif, object, "IDENTIFIER")};
	if (!requirement.uid)
		return imported_wrong(reqif->imported, requirement.line, error, "this SPEC-OBJECT has no IDENTIFIER");
	const xmlNode *reference = first_element(child(object, "TYPE")), *values = child(object, "VALUES");
	const struct entry *type = reference ? resolve(reqif, reference, "type", error) : NULL;
	if (reference && !type)
		return false;
	requirement.type = type ? type->name : NULL;
	/* Nothing is known by that name; --map id=IDENTIFIER asks for it. */
	if (!imported_put(reqif->imported, &requirement, "IDENTIFIER", requirement.uid))
		return imported_wrong(reqif->imported, 0, error, "out of memory");
	for (const xmlNode *one = values ? values->children : NULL; one; one = one->next)
		if (is_element_of_family(one, "ATTRIBUTE-VALUE-") && !read_value(reqif, one, &requirement, error))
			return false;
	return (!type || read_defaults(reqif, type, values, &requirement, error)) && imported_add(reqif->imported, &requirement, error);
}

/* Every object below a place of a module has its prefix. The parser has bounded the depth. */
static void add_prefix(struct reqif *reqif, const xmlNode *place, char *prefix)
{
	const xmlNode *children = child(place, "CHILDREN");
	for (const xmlNode *one = children ? children->children : NULL; one; one = one->next) {
		if (!is_element(one, "SPEC-HIERARCHY"))
			continue;
		const char *object = content(reqif, first_element(child(one, "OBJECT")));
		/* An object of two modules has the prefix of the first. */
		if (object)
			xmlHashAddEntry(reqif->prefixes, (const xmlChar *)object, prefix);
		add_prefix(reqif, one, prefix);
	}
}

static bool read_prefixes(struct reqif *reqif, const xmlNode *core, struct error *error)
{
	const xmlNode *modules = child(core, "SPECIFICATIONS");
	for (const xmlNode *module = modules ? modules->children : NULL; module; module = module->next) {
		const xmlNode *values = is_element(module, "SPECIFICATION") ? child(module, "VALUES") : NULL;
		for (const xmlNode *one = values ? values->children : NULL; one; one = one->next) {
			if (!is_element_of_family(one, "ATTRIBUTE-VALUE-"))
				continue;
			const struct entry *definition = definition_of(reqif, one, error);
			if (!definition)
				return false;
			if (strcmp(definition->name, "ReqIF.Prefix") != 0)
				continue;
			const char *text = text_of(reqif, one, error);
			if (!text)
				return false;
			char *prefix = arena_strdup(reqif->imported->arena, text);
			if (!prefix)
				return imported_wrong(reqif->imported, 0, error, "out of memory");
			add_prefix(reqif, module, prefix);
		}
	}
	return true;
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
	reqif.entries = xmlHashCreate(0);
	reqif.prefixes = xmlHashCreate(0);
	if (!reqif.entries || !reqif.prefixes)
		return imported_wrong(imported, 0, error, "out of memory");
	if (!read_definitions(&reqif, core, error) || !read_prefixes(&reqif, core, error))
		return false;
	for (const xmlNode *one = objects->children; one; one = one->next)
		if (is_element(one, "SPEC-OBJECT") && !read_object(&reqif, one, error))
			return false;
	return true;
}
