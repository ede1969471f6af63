/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "line_protocol.h"
#include "loader.h"

static const char *const LINE_ENDS[] = {"lf", "cr", "crlf", NULL};
static const char *const BAUDS[] = {"1200",   "2400",   "4800",   "9600",   "19200",   "38400", "57600",
				    "115200", "230400", "460800", "921600", "1000000", NULL};

static bool read_baud(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	unsigned index;
	if (!schema_choice(reader, node, "baud", BAUDS, &index, error))
		return false;
	((struct line_protocol *)object)->baud = (unsigned)strtoul(BAUDS[index], NULL, 10);
	return true;
}

static bool check_template(const struct reader *reader, const struct node *node, const char *template, enum line_command command,
			   struct error *error)
{
	if (line_template_check(template, line_command_placeholder(command), error))
		return true;
	error_prefix(error, "'%s'", line_command_name(command));
	return yaml_locate(reader->yaml, node, error);
}

/* One line of a reply is matched, so a pattern cannot be longer. */
static bool check_pattern(const struct reader *reader, const struct node *node, const char *pattern, struct error *error)
{
	if (strlen(pattern) <= LINE_TEXT_MAX / 2)
		return true;
	return yaml_error(reader->yaml, node, error, "a pattern may have up to %d characters", LINE_TEXT_MAX / 2);
}

static bool read_exchange(const struct reader *reader, const struct node *node, enum line_command command, const struct field *more,
			  void *object, struct line_exchange *exchange, struct error *error)
{
	struct {
		struct line_exchange exchange;
		double period_s;
	} written = {0};
	const struct field fields[] = {
		{"send", FIELD_TEXT, .required = true, .offset = offsetof(__typeof__(written), exchange.send)},
		{"reply", FIELD_TEXT, .offset = offsetof(__typeof__(written), exchange.reply)},
		more ? *more : (struct field){0},
		{0},
	};
	if (!schema_read(reader, node, fields, line_command_name(command), &written, error) ||
	    !check_template(reader, schema_find(node, "send"), written.exchange.send, command, error) ||
	    (written.exchange.reply && !check_pattern(reader, schema_find(node, "reply"), written.exchange.reply, error)))
		return false;
	*exchange = written.exchange;
	if (more)
		*(double *)object = written.period_s;
	return true;
}

static bool read_command(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	struct line_protocol *protocol = object;
	unsigned command = 0;
	while (strcmp(node->key->text, line_command_name((enum line_command)command)) != 0)
		command++;
	return read_exchange(reader, node, (enum line_command)command, NULL, NULL, &protocol->commands[command], error);
}

static bool read_state(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	struct line_protocol *protocol = object;
	unsigned state = 0;
	while (strcmp(node->key->text, line_state_name((enum line_state)state)) != 0)
		state++;
	return schema_text(reader, node, node->key->text, &protocol->states[state], error) &&
	       check_pattern(reader, node, protocol->states[state], error);
}

static bool read_states(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	struct field fields[LINE_STATE_COUNT + 1] = {0};
	for (unsigned s = 0; s < LINE_STATE_COUNT; s++)
		fields[s] = (struct field){line_state_name((enum line_state)s), FIELD_READ, .read = read_state,
					   .required = s == LINE_FAULT || s == LINE_READY || s == LINE_STANDBY};
	return schema_read(reader, node, fields, "states", object, error);
}

static bool read_status(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	static const struct field FIELDS[] = {
		{"send", FIELD_TEXT, .required = true, .offset = offsetof(struct line_protocol, commands[LINE_STATUS].send)},
		{"states", FIELD_READ, .required = true, .read = read_states},
		{"temperature_after", FIELD_TEXT, .offset = offsetof(struct line_protocol, temperature_after)},
		{0},
	};
	struct line_protocol *protocol = object;
	return schema_read(reader, node, FIELDS, "status", object, error) &&
	       check_template(reader, schema_find(node, "send"), protocol->commands[LINE_STATUS].send, LINE_STATUS, error);
}

static bool read_commands(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	struct line_protocol *protocol = object;
	struct field fields[LINE_KEEP_ALIVE + 1] = {0};
	for (unsigned c = 0; c < LINE_KEEP_ALIVE; c++)
		fields[c] = (struct field){line_command_name((enum line_command)c), FIELD_READ,
					   .read = c == LINE_STATUS ? read_status : read_command, .required = c == LINE_DISARM};
	if (!schema_read(reader, node, fields, "commands", object, error))
		return false;
	if (!protocol->commands[LINE_DIRECTION_NORMAL].send != !protocol->commands[LINE_DIRECTION_REVERSED].send)
		return yaml_error(reader->yaml, node, error, "'direction_normal' and 'direction_reversed' go together");
	return true;
}

static bool read_keep_alive(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	static const struct field PERIOD = {"period",
					    FIELD_QUANTITY,
					    .required = true,
					    .offset = sizeof(struct line_exchange),
					    .dimension = DIMENSION_TIME,
					    .range = {RANGE_WITHIN, 0.1, 60}};
	struct line_protocol *protocol = object;
	if (!read_exchange(reader, node, LINE_KEEP_ALIVE, &PERIOD, &protocol->keep_alive_period_s, &protocol->commands[LINE_KEEP_ALIVE],
			   error))
		return false;
	if (protocol->commands[LINE_KEEP_ALIVE].reply)
		return true;
	return yaml_error(reader->yaml, node, error, "'keep_alive' needs a 'reply': by it a device that is gone is noticed");
}

static const struct field PROTOCOL[] = {
	{"protocol", FIELD_NAME, .required = true, .offset = offsetof(struct line_protocol, id)},
	{"title", FIELD_TEXT, .offset = offsetof(struct line_protocol, title)},
	{"baud", FIELD_READ, .read = read_baud},
	{"stop_bits", FIELD_COUNT, .offset = offsetof(struct line_protocol, stop_bits), .range = {RANGE_WITHIN, 1, 2}},
	{"line_end", FIELD_CHOICE, .required = true, .offset = offsetof(struct line_protocol, end), .choices = LINE_ENDS},
	{"timeout", FIELD_QUANTITY, .required = true, .offset = offsetof(struct line_protocol, timeout_s), .dimension = DIMENSION_TIME,
	 .range = {RANGE_WITHIN, 0.01, 0.5}},
	{"commands", FIELD_READ, .required = true, .read = read_commands},
	{"keep_alive", FIELD_READ, .read = read_keep_alive},
	{0},
};

bool config_read_protocol(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	struct bench_setup *setup = object;
	const char *name;
	char path[LOADER_PATH_MAX];
	if (!schema_name(reader, node, "protocol", &name, error))
		return false;
	if (!locate_file(name, reader->fixtures, "stimulators", "protocol", reader->yaml->path, reader->yaml->kept, path, sizeof path,
			 error))
		return yaml_locate(reader->yaml, node, error);
	auto_yaml struct yaml *yaml = yaml_load_kept(path, reader->yaml->kept, "protocol", error);
	if (!yaml)
		return false;
	struct line_protocol *protocol = arena_alloc(reader->arena, 1, sizeof *protocol);
	if (!protocol || !(protocol->file = arena_strdup(reader->arena, path)))
		return yaml_error(reader->yaml, node, error, "out of memory");
	protocol->baud = 9600;
	protocol->stop_bits = 1;
	const struct reader inner = {.yaml = yaml, .arena = reader->arena, .fixtures = reader->fixtures};
	if (!schema_read(&inner, yaml->root, PROTOCOL, "a protocol file", protocol, error))
		return false;
	if (!protocol->title)
		protocol->title = protocol->id;
	setup->stimulator.protocol = protocol;
	return true;
}
