/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dcc.h"

#include <fcntl.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "date.h"

static const char DCC[] = "https://ptb.de/dcc", SI[] = "https://ptb.de/si";

enum { TEXT_MAX = 255, DEPTH_MAX = 64 };

struct dcc {
	xmlDoc *document;
	struct dcc_head head;
	char *path, *number, *laboratory, *begin, *end;
};

void dcc_destroy(struct dcc *dcc)
{
	if (!dcc)
		return;
	xmlFreeDoc(dcc->document);
	free(dcc->path);
	free(dcc->number);
	free(dcc->laboratory);
	free(dcc->begin);
	free(dcc->end);
	free(dcc);
}

const struct dcc_head *dcc_head(const struct dcc *dcc)
{
	return &dcc->head;
}

static bool is_element(const xmlNode *node, const char *space, const char *name)
{
	return node->type == XML_ELEMENT_NODE && node->ns && node->ns->href && strcmp((const char *)node->ns->href, space) == 0 &&
	       strcmp((const char *)node->name, name) == 0;
}

static const xmlNode *child(const xmlNode *node, const char *space, const char *name)
{
	for (const xmlNode *one = node ? node->children : NULL; one; one = one->next)
		if (is_element(one, space, name))
			return one;
	return NULL;
}

/* The element's text without white space around it; "" when there is none or it is longer than any name or number. */
static void text_of(const xmlNode *node, char out[TEXT_MAX + 1])
{
	out[0] = '\0';
	size_t used = 0;
	for (const xmlNode *one = node ? node->children : NULL; one; one = one->next) {
		if (one->type != XML_TEXT_NODE && one->type != XML_CDATA_SECTION_NODE)
			continue;
		const char *text = (const char *)one->content;
		if (used == 0)
			text += strspn(text, " \t\r\n");
		size_t length = strlen(text);
		if (used + length > TEXT_MAX) {
			/* White space behind a short text does not make it a long one. */
			while (length > 0 && strchr(" \t\r\n", text[length - 1]))
				length--;
			if (used + length > TEXT_MAX) {
				out[0] = '\0';
				return;
			}
		}
		memcpy(out + used, text, length);
		used += length;
	}
	while (used > 0 && strchr(" \t\r\n", out[used - 1]))
		used--;
	out[used] = '\0';
}

static bool wrong(const struct dcc *dcc, const xmlNode *node, struct error *error, const char *format, ...) printf_like(4, 5);
static bool wrong(const struct dcc *dcc, const xmlNode *node, struct error *error, const char *format, ...)
{
	char text[700];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	return error_config(error, "%s:%ld: %s", dcc->path, node ? xmlGetLineNo(node) : 1L, text);
}

/* The whole of a regular file; NULL on failure. */
static char *read_file(const char *path, size_t *length, struct error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		error_errno(error, ERROR_CONFIG, "%s: cannot open the certificate", path);
		return NULL;
	}
	struct stat status;
	bool good = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size <= DCC_MAX_BYTES;
	char *bytes = good ? calloc((size_t)status.st_size + 1, 1) : NULL;
	size_t used = 0;
	while (bytes && used < (size_t)status.st_size) {
		ssize_t count = read(fd, bytes + used, (size_t)status.st_size - used);
		if (count <= 0)
			break;
		used += (size_t)count;
	}
	close(fd);
	if (!bytes || used < (size_t)status.st_size) {
		error_config(error, "%s: cannot read the certificate: a file of at most %d MiB was expected", path, DCC_MAX_BYTES >> 20);
		free(bytes);
		return NULL;
	}
	bytes[used] = '\0';
	*length = used;
	return bytes;
}

/*
 * No document type declaration, so no entities: neither the bombs that expand nor the ones that read other files. It is looked for before anything is
 * parsed; the encoding is held to UTF-8, so that none can hide in another one.
 */
static bool parse(struct dcc *dcc, const char *bytes, size_t length, struct error *error)
{
	const char *declaration = memmem(bytes, length, "<!DOCTYPE", strlen("<!DOCTYPE"));
	if (!declaration)
		declaration = memmem(bytes, length, "<!ENTITY", strlen("<!ENTITY"));
	if (declaration) {
		unsigned line = 1;
		for (const char *at = bytes; at < declaration; at++)
			line += *at == '\n';
		return error_config(error, "%s:%u: a document type declaration or entity, which a certificate does not need, is refused",
				    dcc->path, line);
	}
	xmlParserCtxt *context = xmlNewParserCtxt();
	if (!context)
		return error_config(error, "%s: out of memory", dcc->path);
	dcc->document = xmlCtxtReadMemory(context, bytes, (int)length, NULL, "UTF-8",
					  XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_BIG_LINES);
	if (!dcc->document) {
		const xmlError *cause = xmlCtxtGetLastError(context);
		char message[200] = "";
		snprintf(message, sizeof message, "%s", cause && cause->message ? cause->message : "it is empty");
		message[strcspn(message, "\r\n")] = '\0';
		error_config(error, "%s:%d: not well-formed XML in UTF-8: %s", dcc->path, cause ? cause->line : 1, message);
	}
	xmlFreeParserCtxt(context);
	if (dcc->document && dcc->document->intSubset)
		return error_config(error, "%s:1: a document type declaration is refused", dcc->path);
	return dcc->document != NULL;
}

static char *keep(const xmlNode *node)
{
	char text[TEXT_MAX + 1];
	text_of(node, text);
	return text[0] ? strdup(text) : NULL;
}

static bool read_head(struct dcc *dcc, struct error *error)
{
	const xmlNode *root = xmlDocGetRootElement(dcc->document);
	if (!root || !is_element(root, DCC, "digitalCalibrationCertificate"))
		return wrong(dcc, root, error, "no digital calibration certificate: its root would be digitalCalibrationCertificate of %s",
			     DCC);
	xmlChar *version = xmlGetNoNsProp(root, (const xmlChar *)"schemaVersion");
	bool known = version && strncmp((const char *)version, "3.", 2) == 0;
	if (!known)
		wrong(dcc, root, error, "a certificate of schema version '%.40s'; version 3 was expected",
		      version ? (const char *)version : "");
	xmlFree(version);
	if (!known)
		return false;
	const xmlNode *administrative = child(root, DCC, "administrativeData"), *core = child(administrative, DCC, "coreData");
	const xmlNode *contact = child(child(administrative, DCC, "calibrationLaboratory"), DCC, "contact");
	dcc->number = keep(child(core, DCC, "uniqueIdentifier"));
	dcc->laboratory = keep(child(child(contact, DCC, "name"), DCC, "content"));
	dcc->begin = keep(child(core, DCC, "beginPerformanceDate"));
	dcc->end = keep(child(core, DCC, "endPerformanceDate"));
	const char *const dates[] = {dcc->begin, dcc->end};
	const char *const names[] = {"beginPerformanceDate", "endPerformanceDate"};
	for (size_t d = 0; d < 2; d++)
		if (dates[d] && !date_is_valid(dates[d]))
			return wrong(dcc, child(core, DCC, names[d]), error, "%s is '%.40s'; a date such as 2026-03-01 was expected",
				     names[d], dates[d]);
	dcc->head = (struct dcc_head){dcc->path, dcc->number, dcc->laboratory, dcc->begin, dcc->end};
	return true;
}

struct dcc *dcc_load(const char *path, struct error *error)
{
	auto_dcc struct dcc *dcc = calloc(1, sizeof *dcc);
	if (!dcc || !(dcc->path = strdup(path))) {
		error_config(error, "%s: out of memory", path);
		return NULL;
	}
	size_t length = 0;
	auto_free char *bytes = read_file(path, &length, error);
	if (!bytes || !parse(dcc, bytes, length, error) || !read_head(dcc, error))
		return NULL;
	return steal(&dcc);
}

/* Is `name` one of the words of an attribute? */
static bool has_word(const xmlNode *node, const char *attribute, const char *name)
{
	xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *)attribute);
	bool found = false;
	for (const char *word = (const char *)value; word && *word && !found;) {
		word += strspn(word, " \t\r\n");
		size_t length = strcspn(word, " \t\r\n");
		found = length > 0 && strlen(name) == length && strncmp(word, name, length) == 0;
		word += length;
	}
	xmlFree(value);
	return found;
}

static bool is_named(const xmlNode *quantity, const char *name)
{
	if (has_word(quantity, "id", name) || has_word(quantity, "refType", name))
		return true;
	const xmlNode *names = child(quantity, DCC, "name");
	for (const xmlNode *one = names ? names->children : NULL; one; one = one->next) {
		char text[TEXT_MAX + 1];
		if (!is_element(one, DCC, "content"))
			continue;
		text_of(one, text);
		if (strcmp(text, name) == 0)
			return true;
	}
	return false;
}

struct search {
	const char *name;
	const xmlNode *found, *second;
	size_t quantities;
};

static void search_below(const xmlNode *node, struct search *search, unsigned depth)
{
	for (const xmlNode *one = node ? node->children : NULL; one && depth < DEPTH_MAX; one = one->next) {
		if (is_element(one, DCC, "quantity")) {
			search->quantities++;
			if (is_named(one, search->name)) {
				search->second = search->found && !search->second ? one : search->second;
				search->found = search->found ? search->found : one;
			}
		}
		search_below(one, search, depth + 1);
	}
}

/* A decimal number and nothing else; the decimal sign is a point (D-SI). */
static bool number_of(const struct dcc *dcc, const xmlNode *parent, const char *name, double *number, struct error *error)
{
	const xmlNode *node = child(parent, SI, name);
	char text[TEXT_MAX + 1], *end;
	text_of(node, text);
	if (!node)
		return wrong(dcc, parent, error, "'%s' has no '%s'", (const char *)parent->name, name);
	bool plain = text[0] && text[strspn(text, "0123456789+-.eE")] == '\0';
	*number = plain ? strtod(text, &end) : NAN;
	if (plain && !*end && isfinite(*number))
		return true;
	return wrong(dcc, node, error, "'%s' is '%.40s'; a number was expected", name, text);
}

/* U and k of a si:real in each of the ways to write them. */
static bool read_uncertainty(const struct dcc *dcc, const xmlNode *real, double *expanded, double *k, struct error *error)
{
	const xmlNode *univariate = child(real, SI, "measurementUncertaintyUnivariate");
	const xmlNode *old = child(real, SI, "expandedUnc"), *current = child(univariate, SI, "expandedMU");
	const xmlNode *standard = child(univariate, SI, "standardMU");
	if (old && univariate)
		return wrong(dcc, univariate, error, "two uncertainties of one value");
	if (old || current) {
		const xmlNode *node = old ? old : current;
		if (!number_of(dcc, node, old ? "uncertainty" : "valueExpandedMU", expanded, error) ||
		    !number_of(dcc, node, "coverageFactor", k, error))
			return false;
		if (!(*k >= 1 && *k <= 4))
			return wrong(dcc, node, error, "the coverage factor is %g; 1 to 4 was expected", *k);
	} else if (standard) {
		*k = 1;
		if (!number_of(dcc, standard, "valueStandardMU", expanded, error))
			return false;
	} else {
		return wrong(dcc, real, error,
			     "a value without an expanded or standard uncertainty (a coverage interval is not read): nothing can be stated "
			     "with it");
	}
	return *expanded >= 0 || wrong(dcc, real, error, "the uncertainty is negative");
}

static bool same_dimension(const struct dsi_unit *a, const struct dsi_unit *b)
{
	return a->ampere == b->ampere && a->volt == b->volt && a->second == b->second;
}

static bool read_real(const struct dcc *dcc, const xmlNode *real, const struct dsi_unit *wanted, struct dcc_value *value,
		      struct error *error)
{
	const xmlNode *unit = child(real, SI, "unit");
	char text[TEXT_MAX + 1];
	text_of(unit, text);
	if (!dsi_unit_parse(text, &value->unit))
		return wrong(dcc, unit ? unit : real, error,
			     "the unit '%.60s' is none of D-SI that a sensor could have, such as \\volt\\per\\ampere", text);
	if (!same_dimension(&value->unit, wanted))
		return wrong(dcc, unit, error, "the unit '%.60s' does not fit: A^%d V^%d s^%d was expected", text, wanted->ampere,
			     wanted->volt, wanted->second);
	if (!number_of(dcc, real, "value", &value->value, error) ||
	    !read_uncertainty(dcc, real, &value->expanded_uncertainty, &value->k, error))
		return false;
	value->value *= value->unit.factor;
	value->expanded_uncertainty *= value->unit.factor;
	return true;
}

/* The si:real of a quantity; of a si:hybrid the one whose unit fits. */
static const xmlNode *real_of(const xmlNode *quantity, const struct dsi_unit *wanted)
{
	const xmlNode *real = child(quantity, SI, "real"), *hybrid = child(quantity, SI, "hybrid");
	for (const xmlNode *one = hybrid && !real ? hybrid->children : NULL; one; one = one->next) {
		char text[TEXT_MAX + 1];
		struct dsi_unit unit;
		if (!is_element(one, SI, "real"))
			continue;
		text_of(child(one, SI, "unit"), text);
		if (!real || (dsi_unit_parse(text, &unit) && same_dimension(&unit, wanted)))
			real = one;
	}
	return real;
}

bool dcc_find(const struct dcc *dcc, const char *name, const struct dsi_unit *wanted, struct dcc_value *value, struct error *error)
{
	*value = (struct dcc_value){.value = NAN};
	const xmlNode *results = child(xmlDocGetRootElement(dcc->document), DCC, "measurementResults");
	struct search search = {.name = name};
	search_below(results, &search, 0);
	if (!search.found)
		return wrong(dcc, results, error, "none of its %zu quantities has the id, refType or name '%.80s'", search.quantities,
			     name);
	if (search.second)
		return wrong(dcc, search.second, error, "a second quantity is called '%.80s', the first is on line %ld; name one by its id",
			     name, xmlGetLineNo(search.found));
	value->line = (unsigned)xmlGetLineNo(search.found);
	const xmlNode *real = real_of(search.found, wanted);
	if (!real)
		return wrong(dcc, search.found, error,
			     "'%.80s' is no single value (si:real) but a list or a text; which of its points holds cannot be told", name);
	return read_real(dcc, real, wanted, value, error);
}
