/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loader.h"

enum { PORT_MAX = 65535, PORT_IIOD = 30431, SOFTWARE_DEFAULT = 8 };

/* Initialisers of a range. */
#define PORTS                                                                                                                              \
	{                                                                                                                                  \
		RANGE_WITHIN, 0, PORT_MAX                                                                                                  \
	}
#define KEEP_ALIVE                                                                                                                         \
	{                                                                                                                                  \
		RANGE_WITHIN, 0.1, 60                                                                                                      \
	}

static bool read_iiod(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	static const struct field FIELDS[] = {
		{"port", FIELD_COUNT, .offset = offsetof(struct serve_setup, iiod_port), .range = PORTS},
		{"device", FIELD_NAME, .offset = offsetof(struct serve_setup, iiod_device)},
		{0},
	};
	struct serve_setup *serve = object;
	serve->present[SERVE_IIOD] = true;
	serve->iiod_port = PORT_IIOD;
	serve->iiod_device = "simadc";
	return schema_read(reader, node, FIELDS, "iiod", serve, error);
}

static bool read_beaglelogic(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	static const struct field FIELDS[] = {
		{"port", FIELD_COUNT, .required = true, .offset = offsetof(struct serve_setup, beaglelogic_port), .range = PORTS},
		{0},
	};
	struct serve_setup *serve = object;
	serve->present[SERVE_BEAGLELOGIC] = true;
	return schema_read(reader, node, FIELDS, "beaglelogic", serve, error);
}

static bool read_magstim(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	static const char *const MODELS[] = {"rapid2", "200-2", "bistim2", NULL};
	static const struct field FIELDS[] = {
		{"path", FIELD_TEXT, .required = true, .offset = offsetof(struct serve_setup, magstim_path)},
		{"model", FIELD_CHOICE, .required = true, .offset = offsetof(struct serve_setup, magstim_model), .choices = MODELS},
		{"software", FIELD_COUNT, .offset = offsetof(struct serve_setup, magstim_software), .range = {RANGE_WITHIN, 5, 12}},
		{"keep_alive", FIELD_QUANTITY, .offset = offsetof(struct serve_setup, magstim_keep_alive_s), .dimension = DIMENSION_TIME,
		 .range = KEEP_ALIVE},
		{"armed_keep_alive", FIELD_QUANTITY, .offset = offsetof(struct serve_setup, magstim_armed_keep_alive_s),
		 .dimension = DIMENSION_TIME, .range = KEEP_ALIVE},
		{0},
	};
	struct serve_setup *serve = object;
	serve->present[SERVE_MAGSTIM] = true;
	serve->magstim_software = SOFTWARE_DEFAULT;
	return schema_read(reader, node, FIELDS, "magstim", serve, error);
}

static bool read_magventure(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	static const struct field FIELDS[] = {
		{"path", FIELD_TEXT, .required = true, .offset = offsetof(struct serve_setup, magventure_path)},
		{0},
	};
	struct serve_setup *serve = object;
	serve->present[SERVE_MAGVENTURE] = true;
	return schema_read(reader, node, FIELDS, "magventure", serve, error);
}

static bool read_gpio_sim(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	static const struct field FIELDS[] = {
		{"chip", FIELD_NAME, .required = true, .offset = offsetof(struct serve_setup, gpio_chip)},
		{"root", FIELD_TEXT, .offset = offsetof(struct serve_setup, gpio_root)},
		{"poll", FIELD_QUANTITY, .offset = offsetof(struct serve_setup, gpio_poll_s), .dimension = DIMENSION_TIME,
		 .range = {RANGE_WITHIN, 1e-6, 10e-3}},
		{0},
	};
	struct serve_setup *serve = object;
	serve->present[SERVE_GPIO_SIM] = true;
	return schema_read(reader, node, FIELDS, "gpio_sim", serve, error);
}

static bool read_scope(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	static const struct field FIELDS[] = {
		{"port", FIELD_COUNT, .required = true, .offset = offsetof(struct serve_setup, scope_port), .range = PORTS},
		{"timebase", FIELD_QUANTITY, .required = true, .offset = offsetof(struct serve_setup, scope_timebase_s),
		 .dimension = DIMENSION_TIME, .range = {RANGE_WITHIN, 10e-6, 20e-3}},
		{"trigger", FIELD_NAME, .required = true, .offset = offsetof(struct serve_setup, scope_trigger)},
		{"level", FIELD_QUANTITY, .required = true, .offset = offsetof(struct serve_setup, scope_level_v),
		 .dimension = DIMENSION_VOLTAGE, .range = {RANGE_WITHIN, -4, 4}},
		{0},
	};
	struct serve_setup *serve = object;
	serve->present[SERVE_SCOPE] = true;
	return schema_read(reader, node, FIELDS, "scope", serve, error);
}

bool config_read_serve(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	static const struct field FIELDS[] = {
		{"iiod", FIELD_READ, .read = read_iiod},
		{"beaglelogic", FIELD_READ, .read = read_beaglelogic},
		{"magstim", FIELD_READ, .read = read_magstim},
		{"magventure", FIELD_READ, .read = read_magventure},
		{"gpio_sim", FIELD_READ, .read = read_gpio_sim},
		{"scope", FIELD_READ, .read = read_scope},
		{"control", FIELD_TEXT, .offset = offsetof(struct serve_setup, control)},
		{0},
	};
	struct bench_setup *setup = object;
	struct serve_setup *serve = arena_alloc(setup->arena, 1, sizeof *serve);
	if (!serve)
		return error_config(error, "%s: out of memory", reader->yaml->path);
	setup->serve = serve;
	if (!schema_read(reader, node, FIELDS, "serve", serve, error))
		return false;
	bool any = false;
	for (unsigned s = 0; s < SERVE_SERVER_COUNT; s++)
		any = any || serve->present[s];
	return any || yaml_error(reader->yaml, node, error,
				 "'serve' names no instrument; known are: iiod, beaglelogic, magstim, magventure, gpio_sim, scope");
}
