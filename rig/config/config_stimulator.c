/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <string.h>

#include "loader.h"

static const char *const DRIVERS[] = {"sim", "magstim", "magventure", "generic", "iio-dac", "none", NULL};
static const char *const MAGSTIM_MODELS[] = {"200-2", "bistim2", "rapid2", NULL};

static void iio_dac_fields(struct field *out)
{
	size_t n = 0;
	out[n++] = (struct field){"uri", FIELD_TEXT, .required = true, .offset = offsetof(struct bench_setup, iio_dac.uri)};
	out[n++] = (struct field){"instrument", FIELD_NAME, .required = true, .offset = offsetof(struct bench_setup, iio_dac.instrument)};
	out[n++] = (struct field){"channel", FIELD_NAME, .required = true, .offset = offsetof(struct bench_setup, iio_dac.channel)};
	out[n] = (struct field){"volts_at_full",
				FIELD_QUANTITY,
				.required = true,
				.offset = offsetof(struct bench_setup, iio_dac.volts_at_full),
				.dimension = DIMENSION_VOLTAGE,
				.range = {RANGE_POSITIVE}};
}

/* A terminal device or a server of serial lines. */
static bool read_port(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	struct bench_setup *setup = object;
	if (!schema_text(reader, node, "port", &setup->stimulator.port, error))
		return false;
	const char *port = setup->stimulator.port, *colon = strrchr(port, ':');
	bool tcp = strncmp(port, "tcp:", 4) == 0;
	if (tcp ? colon > port + 4 && colon[1] && colon[1 + strspn(colon + 1, "0123456789")] == '\0'
		: port[0] == '/' || strncmp(port, "./", 2) == 0)
		return true;
	return yaml_error(reader->yaml, node, error,
			  "'port' is '%.80s'; a path such as '/dev/ttyUSB0' or './LINK', or 'tcp:HOST:PORT', was expected", port);
}

/* XXXX-XXXXXXXX, and perhaps -hhhh. */
static bool read_unlock(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	struct bench_setup *setup = object;
	if (!schema_text(reader, node, "unlock", &setup->stimulator.unlock, error))
		return false;
	const char *code = setup->stimulator.unlock;
	size_t length = strlen(code);
	bool good = length == 13 || length == 18;
	for (size_t i = 0; good && i < length; i++)
		good = i == 4 || i == 13 ? code[i] == '-' : i > 13 ? isxdigit((unsigned char)code[i]) : isalnum((unsigned char)code[i]);
	return good ||
	       yaml_error(reader->yaml, node, error,
			  "'unlock' must have four and eight letters or digits, XXXX-XXXXXXXX (its two check bytes are found by the rig; "
			  "or add them as -hhhh, hexadecimal)");
}

static void magstim_fields(struct field *out)
{
	size_t n = 0;
	out[n++] = (struct field){"port", FIELD_READ, .required = true, .read = read_port};
	out[n++] = (struct field){"model", FIELD_WORD, .required = true, .offset = offsetof(struct bench_setup, stimulator.model),
				  .choices = MAGSTIM_MODELS};
	out[n++] = (struct field){"software", FIELD_COUNT, .offset = offsetof(struct bench_setup, stimulator.software),
				  .range = {RANGE_WITHIN, 1, 99}};
	out[n] = (struct field){"unlock", FIELD_READ, .read = read_unlock};
}

static bool check_magstim(const struct reader *reader, const struct node *node, const struct stimulator_setup *setup, struct error *error)
{
	const struct node *software = schema_find(node, "software"), *unlock = schema_find(node, "unlock");
	bool rapid = strcmp(setup->model, "rapid2") == 0;
	if (rapid && !software)
		return yaml_error(reader->yaml, node, error,
				  "a 'rapid2' needs 'software', the first number of its version, for example 'software: 9'");
	if (!rapid && software)
		return yaml_error(reader->yaml, software->key, error, "'software' is for the model 'rapid2' only");
	if (rapid && setup->software >= 9 && !unlock)
		return yaml_error(reader->yaml, node, error,
				  "a 'rapid2' with software 9 or later needs 'unlock', the code that Magstim issues for the machine");
	if (unlock && !(rapid && setup->software >= 9))
		return yaml_error(reader->yaml, unlock->key, error, "'unlock' is for a 'rapid2' with software 9 or later only");
	return true;
}

static bool is_driver(const struct node *driver, const char *name)
{
	return driver && driver->kind == NODE_SCALAR && strcmp(driver->text, name) == 0;
}

bool config_read_stimulator(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	struct bench_setup *setup = object;
	struct field fields[SCHEMA_MAX_FIELDS] = {
		{"driver", FIELD_WORD, .required = true, .offset = offsetof(struct bench_setup, stimulator_driver), .choices = DRIVERS},
	};
	const struct node *driver = node->kind == NODE_MAPPING ? schema_find(node, "driver") : NULL;
	if (is_driver(driver, "iio-dac"))
		iio_dac_fields(fields + 1);
	if (is_driver(driver, "magstim"))
		magstim_fields(fields + 1);
	if (is_driver(driver, "magventure") || is_driver(driver, "generic"))
		fields[1] = (struct field){"port", FIELD_READ, .required = true, .read = read_port};
	if (is_driver(driver, "generic"))
		fields[2] = (struct field){"protocol", FIELD_READ, .required = true, .read = config_read_protocol};
	return schema_read(reader, node, fields, "stimulator", object, error) &&
	       (!is_driver(driver, "magstim") || check_magstim(reader, node, &setup->stimulator, error));
}
