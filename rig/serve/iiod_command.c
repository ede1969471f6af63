/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "iiod_command.h"

#include <errno.h>
#include <string.h>

enum { MASK_DIGITS = 8 };

struct cursor {
	char *rest;
};

/* The next word; NULL at the end. */
static char *word(struct cursor *cursor)
{
	for (char *next; (next = strsep(&cursor->rest, " \t"));)
		if (*next)
			return next;
	return NULL;
}

/* A decimal number of at most `most`, and nothing else. */
static bool number(const char *text, uint64_t most, uint64_t *value)
{
	*value = 0;
	if (!text || !*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		*value = *value * 10 + (uint64_t)(*text - '0');
		if (*value > most)
			return false;
	}
	return true;
}

/* Eight hexadecimal digits for every 32 channels, the highest first; here only the last word may have bits. */
static bool mask_of(const char *text, uint32_t *mask)
{
	size_t length = text ? strlen(text) : 0;
	*mask = 0;
	if (length == 0 || length % MASK_DIGITS != 0 || length > 4 * MASK_DIGITS)
		return false;
	for (size_t i = 0; i < length; i++) {
		static const char DIGITS[] = "0123456789abcdef";
		char lower = text[i] >= 'A' && text[i] <= 'F' ? (char)(text[i] + 32) : text[i];
		const char *digit = strchr(DIGITS, lower);
		if (!digit || (i + MASK_DIGITS < length && digit != DIGITS))
			return false;
		*mask = *mask << 4 | (uint32_t)(digit - DIGITS);
	}
	return true;
}

static bool place_of(struct cursor *cursor, struct iiod_command *command, char **next)
{
	static const char *const PLACES[] = {
		[IIOD_DEBUG] = "DEBUG", [IIOD_BUFFER] = "BUFFER", [IIOD_INPUT] = "INPUT", [IIOD_OUTPUT] = "OUTPUT"};
	command->place = IIOD_DEVICE;
	*next = word(cursor);
	for (unsigned p = IIOD_DEBUG; *next && p <= IIOD_OUTPUT; p++)
		if (strcmp(*next, PLACES[p]) == 0) {
			command->place = (enum iiod_place)p;
			*next = word(cursor);
			break;
		}
	if (command->place != IIOD_INPUT && command->place != IIOD_OUTPUT)
		return true;
	command->channel = *next;
	*next = word(cursor);
	return command->channel;
}

static int parse_read(struct cursor *cursor, struct iiod_command *command)
{
	char *attribute;
	if (!place_of(cursor, command, &attribute))
		return -EINVAL;
	command->attribute = attribute ? attribute : "";
	return word(cursor) ? -EINVAL : 0;
}

static int parse_write(struct cursor *cursor, struct iiod_command *command)
{
	char *attribute;
	uint64_t bytes;
	if (!place_of(cursor, command, &attribute) || !attribute)
		return -EINVAL;
	char *size = word(cursor);
	command->attribute = size ? attribute : "";
	if (!number(size ? size : attribute, IIOD_VALUE_BYTES, &bytes) || word(cursor))
		return -EINVAL;
	command->bytes = (size_t)bytes;
	return 0;
}

static int parse_open(struct cursor *cursor, struct iiod_command *command)
{
	if (!number(word(cursor), IIOD_BUFFER_BYTES, &command->number) || command->number == 0 || !mask_of(word(cursor), &command->mask))
		return -EINVAL;
	const char *cyclic = word(cursor);
	command->cyclic = cyclic;
	return cyclic && (strcmp(cyclic, "CYCLIC") != 0 || word(cursor)) ? -EINVAL : 0;
}

static int parse_set(struct cursor *cursor, struct iiod_command *command)
{
	const char *what = word(cursor);
	if (!what || strcmp(what, "BUFFERS_COUNT") != 0)
		return -EINVAL;
	return number(word(cursor), 4096, &command->number) && command->number > 0 && !word(cursor) ? 0 : -EINVAL;
}

static int parse_readbuf(struct cursor *cursor, struct iiod_command *command)
{
	uint64_t bytes;
	if (!number(word(cursor), IIOD_BUFFER_BYTES, &bytes) || word(cursor))
		return -EINVAL;
	command->bytes = (size_t)bytes;
	return 0;
}

static enum iiod_verb verb_of(const char *name)
{
	static const struct {
		const char *name;
		enum iiod_verb verb;
	} VERBS[] = {{"PRINT", IIOD_PRINT},     {"VERSION", IIOD_VERSION}, {"TIMEOUT", IIOD_TIMEOUT}, {"SET", IIOD_SET},
		     {"GETTRIG", IIOD_GETTRIG}, {"SETTRIG", IIOD_SETTRIG}, {"READ", IIOD_READ},       {"WRITE", IIOD_WRITE},
		     {"OPEN", IIOD_OPEN},       {"READBUF", IIOD_READBUF}, {"CLOSE", IIOD_CLOSE},     {"EXIT", IIOD_EXIT}};
	for (unsigned v = 0; v < sizeof VERBS / sizeof *VERBS; v++)
		if (strcmp(name, VERBS[v].name) == 0)
			return VERBS[v].verb;
	return IIOD_NOTHING;
}

int iiod_command_parse(char *line, struct iiod_command *command)
{
	struct cursor cursor = {line};
	*command = (struct iiod_command){.verb = IIOD_NOTHING};
	const char *name = word(&cursor);
	if (!name)
		return 0;
	command->verb = verb_of(name);
	switch (command->verb) {
	case IIOD_NOTHING: return -EINVAL;
	case IIOD_PRINT:
	case IIOD_VERSION:
	case IIOD_EXIT: return word(&cursor) ? -EINVAL : 0;
	case IIOD_TIMEOUT: return number(word(&cursor), UINT32_MAX, &command->number) && !word(&cursor) ? 0 : -EINVAL;
	case IIOD_SET:
	case IIOD_GETTRIG:
	case IIOD_SETTRIG:
	case IIOD_READ:
	case IIOD_WRITE:
	case IIOD_OPEN:
	case IIOD_READBUF:
	case IIOD_CLOSE: break;
	}
	command->device = word(&cursor);
	if (!command->device)
		return -EINVAL;
	switch (command->verb) {
	case IIOD_SET: return parse_set(&cursor, command);
	case IIOD_SETTRIG: command->trigger = word(&cursor); return word(&cursor) ? -EINVAL : 0;
	case IIOD_READ: return parse_read(&cursor, command);
	case IIOD_WRITE: return parse_write(&cursor, command);
	case IIOD_OPEN: return parse_open(&cursor, command);
	case IIOD_READBUF: return parse_readbuf(&cursor, command);
	case IIOD_NOTHING:
	case IIOD_PRINT:
	case IIOD_VERSION:
	case IIOD_TIMEOUT:
	case IIOD_GETTRIG:
	case IIOD_CLOSE:
	case IIOD_EXIT: break;
	}
	return word(&cursor) ? -EINVAL : 0;
}
