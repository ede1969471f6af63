/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "yaml.h"

#include <fcntl.h>
#include <libfyaml.h>
#include <string.h>
#include <sys/stat.h>

#include "yaml_text.h"

/* The tree while it grows. */
struct builder {
	struct yaml *yaml;
	struct fy_parser *parser;
	struct node *open[YAML_MAX_DEPTH]; /* mappings and sequences not yet ended */
	struct node *last[YAML_MAX_DEPTH]; /* the latest child of each */
	struct node *key[YAML_MAX_DEPTH];  /* the key that waits for its value */
	unsigned depth;
	size_t nodes;
	unsigned documents;
	struct node at; /* where the latest event with a position was */
};

define_cleanup(struct fy_parser *, cleanup_parser, fy_parser_destroy);
define_cleanup(struct fy_diag *, cleanup_diag, fy_diag_destroy);

void yaml_destroy(struct yaml *yaml)
{
	if (yaml)
		arena_destroy(yaml->arena);
}

bool yaml_locate(const struct yaml *yaml, const struct node *node, struct error *error)
{
	if (!error)
		return false;
	error_prefix(error, "%s:%u:%u", yaml->path, node->line, node->column);
	yaml_text_excerpt(yaml->bytes, yaml->length, node->line, node->column, error->detail, sizeof error->detail);
	return false;
}

bool yaml_error(const struct yaml *yaml, const struct node *node, struct error *error, const char *format, ...)
{
	if (!error)
		return false;
	char message[sizeof error->text];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	error_config(error, "%.900s", message);
	return yaml_locate(yaml, node, error);
}

static bool builder_error(struct builder *builder, struct error *error, const char *message)
{
	return yaml_error(builder->yaml, &builder->at, error, "%s", message);
}

/* A scalar's text in the arena, its trailing white space (of a folded text) cut off. */
static const char *copy_text(struct arena *arena, const char *text, size_t length)
{
	while (length > 0 && strchr(" \t\r\n", text[length - 1]))
		length--;
	char *copy = arena_alloc(arena, length + 1, 1);
	if (copy && length > 0)
		memcpy(copy, text, length);
	return copy;
}

static bool add_node(struct builder *b, struct node *node, struct error *error)
{
	if (b->depth == 0) {
		b->yaml->root = node;
		return true;
	}
	struct node *parent = b->open[b->depth - 1];
	if (parent->kind == NODE_MAPPING && !b->key[b->depth - 1]) {
		if (node->kind != NODE_SCALAR)
			return builder_error(b, error, "a key must be a plain word");
		b->key[b->depth - 1] = node;
		return true;
	}
	node->key = b->key[b->depth - 1];
	b->key[b->depth - 1] = NULL;
	struct node *last = b->last[b->depth - 1];
	if (last)
		last->next = node;
	else
		parent->first = node;
	b->last[b->depth - 1] = node;
	parent->count++;
	return true;
}

static bool begin_node(struct builder *b, enum node_kind kind, struct fy_token *value, struct error *error)
{
	if (++b->nodes > YAML_MAX_NODES)
		return builder_error(b, error, "the file holds more than 100000 values; that is not a file for people");
	struct node *node = arena_alloc(b->yaml->arena, 1, sizeof *node);
	if (!node)
		return builder_error(b, error, "out of memory");
	*node = (struct node){.kind = kind, .line = b->at.line, .column = b->at.column, .text = ""};
	if (kind == NODE_SCALAR && value) {
		size_t length = 0;
		const char *text = fy_token_get_text(value, &length);
		if (text && memchr(text, 0, length))
			return builder_error(b, error, "a text with a NUL character; remove it");
		node->text = text ? copy_text(b->yaml->arena, text, length) : "";
		if (!node->text)
			return builder_error(b, error, "out of memory");
	}
	if (!add_node(b, node, error))
		return false;
	if (kind == NODE_SCALAR)
		return true;
	if (b->depth == YAML_MAX_DEPTH)
		return builder_error(b, error, "nested deeper than 24 levels");
	b->open[b->depth] = node;
	b->last[b->depth] = NULL;
	b->key[b->depth] = NULL;
	b->depth++;
	return true;
}

static bool refuse_decoration(struct builder *b, const struct fy_token *anchor, const struct fy_token *tag, struct error *error)
{
	if (anchor)
		return builder_error(b, error, "anchors (&name) are not allowed here; write the value out");
	if (tag)
		return builder_error(b, error, "tags (!name) are not allowed here; write the plain value");
	return true;
}

static bool take_event(struct builder *b, struct fy_event *event, struct error *error)
{
	const struct fy_mark *mark = fy_event_start_mark(event);
	if (mark) {
		b->at.line = (unsigned)mark->line + 1;
		b->at.column = (unsigned)mark->column + 1;
	}
	switch (event->type) {
	case FYET_DOCUMENT_START:
		return ++b->documents == 1 || builder_error(b, error, "a second document begins; one file holds one document");
	case FYET_MAPPING_START:
		return refuse_decoration(b, event->mapping_start.anchor, event->mapping_start.tag, error) &&
		       begin_node(b, NODE_MAPPING, NULL, error);
	case FYET_SEQUENCE_START:
		return refuse_decoration(b, event->sequence_start.anchor, event->sequence_start.tag, error) &&
		       begin_node(b, NODE_SEQUENCE, NULL, error);
	case FYET_SCALAR:
		return refuse_decoration(b, event->scalar.anchor, event->scalar.tag, error) &&
		       begin_node(b, NODE_SCALAR, event->scalar.value, error);
	case FYET_ALIAS:
		b->at.column -= b->at.column > 1; /* the mark is behind the asterisk */
		return builder_error(b, error, "aliases (*name) are not allowed here; write the value out");
	case FYET_MAPPING_END:
	case FYET_SEQUENCE_END: b->depth--; return true;
	case FYET_NONE:
	case FYET_STREAM_START:
	case FYET_STREAM_END:
	case FYET_DOCUMENT_END: return true;
	}
	return true;
}

/* What libfyaml had to say. Its first complaint is the cause, the others follow from it. */
static bool syntax_error(struct builder *b, struct fy_diag *diag, struct error *error)
{
	void *iterator = NULL;
	const struct fy_diag_error *cause = fy_diag_errors_iterate(diag, &iterator);
	if (!cause)
		return builder_error(b, error, "not well-formed YAML");
	if (cause->line > 0)
		b->at = (struct node){.line = (unsigned)cause->line, .column = (unsigned)cause->column};
	return yaml_error(b->yaml, &b->at, error, "not well-formed YAML: %s", cause->msg);
}

static bool take_events(struct builder *b, struct fy_diag *diag, struct error *error)
{
	struct fy_event *event;
	while ((event = fy_parser_parse(b->parser))) {
		bool taken = take_event(b, event, error);
		fy_parser_event_free(b->parser, event);
		if (!taken)
			return false;
	}
	if (fy_parser_get_stream_error(b->parser))
		return syntax_error(b, diag, error);
	return true;
}

static bool parse(struct yaml *yaml, struct error *error)
{
	struct fy_diag_cfg diag_cfg;
	fy_diag_cfg_default(&diag_cfg);
	diag_cfg.fp = NULL;
	diag_cfg.level = FYET_ERROR;
	struct fy_diag *diag cleanup_with(cleanup_diag) = fy_diag_create(&diag_cfg);
	if (!diag)
		return error_config(error, "%s: out of memory", yaml->path);
	fy_diag_set_collect_errors(diag, true);
	const struct fy_parse_cfg cfg = {
		.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_JSON_NONE,
		.diag = diag,
	};
	struct fy_parser *parser cleanup_with(cleanup_parser) = fy_parser_create(&cfg);
	if (!parser || fy_parser_set_string(parser, yaml->bytes, yaml->length) != 0)
		return error_config(error, "%s: out of memory", yaml->path);
	struct builder builder = {.yaml = yaml, .parser = parser, .at = {.line = 1, .column = 1}};
	return take_events(&builder, diag, error);
}

/* The whole file, NUL-terminated, in the arena; only a regular file, so that a pipe or a device cannot hang or fill us. */
static bool read_bytes(struct yaml *yaml, const char *file, struct error *error)
{
	auto_fd int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	if (fd < 0 || fstat(fd, &status) != 0)
		return error_errno(error, ERROR_CONFIG, "%s: cannot be opened", yaml->path);
	if (!S_ISREG(status.st_mode))
		return error_config(error, "%s:1:1: not a regular file", yaml->path);
	if (status.st_size > YAML_MAX_BYTES)
		return error_config(error, "%s:1:1: the file is %lld bytes long; at most 4 MiB are read", yaml->path,
				    (long long)status.st_size);
	size_t size = (size_t)status.st_size;
	char *bytes = arena_alloc(yaml->arena, size + 1, 1);
	if (!bytes)
		return error_config(error, "%s: out of memory", yaml->path);
	while (yaml->length < size) {
		ssize_t got = read(fd, bytes + yaml->length, size - yaml->length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_errno(error, ERROR_CONFIG, "%s:1:1: cannot be read", yaml->path);
		if (got == 0)
			break;
		yaml->length += (size_t)got;
	}
	yaml->bytes = bytes;
	return true;
}

static struct yaml *yaml_create(const char *path)
{
	/* The file itself, its nodes and its texts. */
	auto_arena struct arena *arena = arena_create(2 * YAML_MAX_BYTES + YAML_MAX_NODES * (sizeof(struct node) + 32));
	struct yaml *yaml = arena ? arena_alloc(arena, 1, sizeof *yaml) : NULL;
	if (!yaml || !(yaml->path = arena_strdup(arena, path)))
		return NULL;
	yaml->arena = steal(&arena);
	return yaml;
}

struct yaml *yaml_load(const char *path, const char *kind, struct error *error)
{
	return yaml_load_kept(path, NULL, kind, error);
}

struct yaml *yaml_load_kept(const char *path, const struct kept_files *kept, const char *kind, struct error *error)
{
	auto_yaml struct yaml *yaml = yaml_create(path);
	const char *file = kept_find(kept, path);
	if (!yaml || !file) {
		error_config(error, "%s: %s", path, yaml ? "no copy of it was kept" : "out of memory");
		return NULL;
	}
	yaml->kept = kept;
	if (!read_bytes(yaml, file, error))
		return NULL;
	struct node at = {.line = 1, .column = 1};
	const char *wrong = yaml_text_check(yaml->bytes, yaml->length, &at.line, &at.column);
	if (wrong) {
		yaml_error(yaml, &at, error, "%s; a %s file in YAML was expected", wrong, kind);
		return NULL;
	}
	if (!parse(yaml, error))
		return NULL;
	if (!yaml->root) {
		yaml_error(yaml, &at, error, "the file is empty; a %s file was expected, which begins with '%s: NAME'", kind, kind);
		return NULL;
	}
	return steal(&yaml);
}
