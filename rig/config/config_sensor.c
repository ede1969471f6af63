/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "config_dcc.h"
#include "date.h"
#include "loader.h"

const char *const DISTRIBUTION_CHOICES[] = {"normal", "rectangular", "triangular", NULL};

/* What the sensor measures: the choice and the unit and dimension of its offset. */
static const char *const QUANTITIES[] = {"current", "voltage", "current_slope", NULL};
static const char *const QUANTITY_UNITS[] = {"A", "V", "A/s"};
static const enum dimension QUANTITY_DIMENSIONS[] = {DIMENSION_CURRENT, DIMENSION_VOLTAGE, DIMENSION_CURRENT_SLOPE};

/* One calibrated value while it is read. */
struct calibration {
	const char *what;
	const char *value_key; /* "value", or "correction" for a gain; NULL: it has none */
	bool value_required;
	enum dimension dimension;
	struct range range;
};

/* The k or distribution beside an uncertainty; exactly one of the two ways must be used. */
struct uncertainty {
	const struct node *expanded, *limit;
	const char *unused;
	double k;
	unsigned distribution;
};

static bool keep_expanded(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	((struct uncertainty *)object)->expanded = node;
	return schema_is(reader, node, NODE_SCALAR, "expanded_uncertainty", error);
}

static bool keep_limit(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	((struct uncertainty *)object)->limit = node;
	return schema_is(reader, node, NODE_SCALAR, "limit", error);
}

static bool keep_value(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	((struct uncertainty *)object)->unused = node->text;
	return schema_is(reader, node, NODE_SCALAR, "value", error);
}

static bool is_relative(const char *text)
{
	size_t length = strlen(text);
	return (length > 0 && text[length - 1] == '%') || (length > 3 && strcmp(text + length - 3, "ppm") == 0);
}

/* An uncertainty in the unit of the value, or in % of it. */
static bool read_width(const struct reader *reader, const struct node *node, const char *what, const struct calibration *calibration,
		       double value, double *width, struct error *error)
{
	static const struct range NOT_NEGATIVE = {RANGE_NOT_NEGATIVE}, BELOW_ONE = {RANGE_WITHIN, 0, 0.99};
	if (calibration->dimension == DIMENSION_RATIO)
		return schema_quantity(reader, node, what, DIMENSION_RATIO, &BELOW_ONE, width, error);
	if (!is_relative(node->text))
		return schema_quantity(reader, node, what, calibration->dimension, &NOT_NEGATIVE, width, error);
	if (!isfinite(value))
		return yaml_error(reader->yaml, node, error, "'%s' is relative, but '%s' has no value; write it as %s", what,
				  calibration->what, dimension_name(calibration->dimension));
	if (!schema_quantity(reader, node, what, DIMENSION_RATIO, &BELOW_ONE, width, error))
		return false;
	*width *= fabs(value);
	return true;
}

static bool read_uncertainty(const struct reader *reader, const struct node *node, const struct calibration *calibration,
			     const struct uncertainty *found, struct calibrated *out, struct error *error)
{
	bool has_k = isfinite(found->k), has_distribution = found->distribution < 3;
	if (!found->expanded == !found->limit)
		return yaml_error(reader->yaml, node, error,
				  "'%s' needs either 'expanded_uncertainty' and 'k', or 'limit' and 'distribution'", calibration->what);
	if (found->expanded && (!has_k || has_distribution))
		return yaml_error(reader->yaml, found->expanded->key, error, "'expanded_uncertainty' goes with 'k', for example 'k: 2'");
	if (found->limit && (has_k || !has_distribution))
		return yaml_error(reader->yaml, found->limit->key, error,
				  "'limit' goes with 'distribution', for example 'distribution: rectangular'");
	if (found->expanded) {
		out->k = found->k;
		return read_width(reader, found->expanded, "expanded_uncertainty", calibration, out->value, &out->expanded_uncertainty,
				  error);
	}
	out->distribution = (enum distribution)found->distribution;
	return read_width(reader, found->limit, "limit", calibration, out->value, &out->limit, error);
}

static bool read_calibrated(const struct reader *reader, const struct node *node, const struct calibration *calibration,
			    struct calibrated *out, struct error *error)
{
	struct uncertainty found = {.distribution = 3};
	const struct field fields[] = {
		{"expanded_uncertainty", FIELD_READ, .read = keep_expanded},
		{"k", FIELD_QUANTITY, .offset = offsetof(struct uncertainty, k), .range = {RANGE_WITHIN, 1, 4}},
		{"limit", FIELD_READ, .read = keep_limit},
		{"distribution", FIELD_CHOICE, .offset = offsetof(struct uncertainty, distribution), .choices = DISTRIBUTION_CHOICES},
		{calibration->value_key, FIELD_READ, .read = keep_value, .required = calibration->value_required},
		{0},
	};
	*out = (struct calibrated){.value = NAN, .expanded_uncertainty = NAN, .k = NAN, .limit = NAN};
	if (!schema_read(reader, node, fields, calibration->what, &found, error))
		return false;
	const struct node *value = calibration->value_key ? schema_find(node, calibration->value_key) : NULL;
	if (value &&
	    !schema_quantity(reader, value, calibration->value_key, calibration->dimension, &calibration->range, &out->value, error))
		return false;
	return read_uncertainty(reader, node, calibration, &found, out, error);
}

static bool read_gain(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	static const struct calibration GAIN = {"gain", "correction", true, DIMENSION_RATIO, {RANGE_WITHIN, 0.5, 2}};
	return read_calibrated(reader, node, &GAIN, &((struct sensor *)object)->gain, error);
}

static bool read_position(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	static const struct calibration POSITION = {"position", NULL, false, DIMENSION_RATIO, {RANGE_ANY}};
	return read_calibrated(reader, node, &POSITION, &((struct sensor *)object)->position, error);
}

static bool read_offset(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	const enum dimension *dimension = reader->context;
	const struct calibration offset = {"offset", "value", false, *dimension, {RANGE_ANY}};
	return read_calibrated(reader, node, &offset, &((struct sensor *)object)->offset, error);
}

static bool read_droop(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	static const struct calibration DROOP = {"droop_time_constant", "value", true, DIMENSION_TIME, {RANGE_POSITIVE}};
	return read_calibrated(reader, node, &DROOP, &((struct sensor *)object)->droop_time_constant, error);
}

static bool read_delay(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	static const struct calibration DELAY = {"delay", "value", true, DIMENSION_TIME, {RANGE_WITHIN, -0.01, 0.01}};
	return read_calibrated(reader, node, &DELAY, &((struct sensor *)object)->delay, error);
}

static bool read_date(const struct reader *reader, const struct node *node, const char *what, const char **date, struct error *error)
{
	if (!schema_text(reader, node, what, date, error))
		return false;
	return date_is_valid(*date) ||
	       yaml_error(reader->yaml, node, error, "'%s' is '%.40s'; a date such as 2026-03-01 was expected", what, *date);
}

static bool read_made(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	return read_date(reader, node, "date", &((struct sensor *)object)->date, error);
}

static bool read_due(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	return read_date(reader, node, "due", &((struct sensor *)object)->due, error);
}

static bool read_certificate(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	/* Beside a digital certificate all but `due` is its own. */
	bool digital = schema_find(reader->yaml->root, "dcc");
	const struct field fields[] = {
		{"number", FIELD_TEXT, .required = !digital, .offset = offsetof(struct sensor, certificate)},
		{"laboratory", FIELD_TEXT, .required = !digital, .offset = offsetof(struct sensor, laboratory)},
		{"date", FIELD_READ, .required = !digital, .read = read_made},
		{"due", FIELD_READ, .required = true, .read = read_due},
		{0},
	};
	return schema_read(reader, node, fields, "certificate", object, error);
}

static bool keep_dcc(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	/* loader_sensor() reads it last: what it gives must not stand elsewhere. */
	(void)object;
	return schema_is(reader, node, NODE_MAPPING, "dcc", error);
}

static bool skip_measures(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	/* loader_sensor() has read it first, since the offset's dimension hangs on it. */
	(void)reader, (void)node, (void)object, (void)error;
	return true;
}

static const struct field SENSOR[] = {
	{"sensor", FIELD_NAME, .required = true, .offset = offsetof(struct sensor, id)},
	{"title", FIELD_TEXT, .offset = offsetof(struct sensor, title)},
	{"measures", FIELD_READ, .required = true, .read = skip_measures},
	{"certificate", FIELD_READ, .read = read_certificate},
	{"dcc", FIELD_READ, .read = keep_dcc},
	{"gain", FIELD_READ, .read = read_gain},
	{"position", FIELD_READ, .read = read_position},
	{"offset", FIELD_READ, .read = read_offset},
	{"droop_time_constant", FIELD_READ, .read = read_droop},
	{"bandwidth", FIELD_QUANTITY, .offset = offsetof(struct sensor, bandwidth_hz), .dimension = DIMENSION_FREQUENCY,
	 .range = {RANGE_POSITIVE}},
	{"delay", FIELD_READ, .read = read_delay},
	{0},
};

static bool read_measures(const struct reader *reader, struct sensor *sensor, enum dimension *dimension, struct error *error)
{
	const struct node *root = reader->yaml->root;
	const struct node *node = root->kind == NODE_MAPPING ? schema_find(root, "measures") : NULL;
	unsigned index = 0;
	if (node && !schema_choice(reader, node, "measures", QUANTITIES, &index, error))
		return false;
	sensor->unit = QUANTITY_UNITS[index];
	*dimension = QUANTITY_DIMENSIONS[index];
	return true;
}

/* What the file has, with what its digital certificate has. */
static bool complete(const struct reader *reader, struct sensor *sensor, struct error *error)
{
	const struct node *root = reader->yaml->root;
	if (schema_find(root, "dcc") && !config_read_dcc(reader, sensor, error))
		return false;
	static const char *const NEEDED[] = {"gain", "offset"};
	const struct calibrated *const values[] = {&sensor->gain, &sensor->offset};
	for (size_t n = 0; n < 2; n++)
		if (isnan(values[n]->expanded_uncertainty) && isnan(values[n]->limit))
			return yaml_error(reader->yaml, root, error, "'a sensor file' is missing the key '%s'", NEEDED[n]);
	if (sensor->date && strcmp(sensor->date, sensor->due) > 0)
		return yaml_error(reader->yaml, schema_find(schema_find(root, "certificate"), "due"), error,
				  "'due' is before the 'date' of the certificate");
	return true;
}

struct sensor *loader_sensor(const struct yaml *yaml, struct error *error)
{
	auto_arena struct arena *arena = arena_create(LOADER_ARENA_BYTES);
	struct sensor *sensor = arena ? arena_alloc(arena, 1, sizeof *sensor) : NULL;
	if (!sensor || !(sensor->file = arena_strdup(arena, yaml->path))) {
		error_config(error, "%s: out of memory", yaml->path);
		return NULL;
	}
	const struct calibrated none = {.value = NAN, .expanded_uncertainty = NAN, .k = NAN, .limit = NAN};
	sensor->gain = sensor->offset = sensor->position = sensor->droop_time_constant = sensor->delay = none;
	sensor->droop_time_constant.value = INFINITY;
	sensor->delay.value = 0;
	enum dimension dimension;
	const struct reader reader = {.yaml = yaml, .arena = arena, .context = &dimension};
	if (!read_measures(&reader, sensor, &dimension, error) ||
	    !schema_read(&reader, yaml->root, SENSOR, "a sensor file", sensor, error) || !complete(&reader, sensor, error))
		return NULL;
	if (isnan(sensor->bandwidth_hz))
		sensor->bandwidth_hz = INFINITY;
	if (!sensor->title)
		sensor->title = sensor->id;
	sensor->arena = steal(&arena);
	return sensor;
}

struct sensor *config_load_sensor(const char *name, const char *fixtures, struct error *error)
{
	auto_yaml struct yaml *yaml = loader_open(name, fixtures, "sensors", "sensor", NULL, error);
	return yaml ? loader_sensor(yaml, error) : NULL;
}
