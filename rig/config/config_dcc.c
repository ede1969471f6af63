/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The `dcc:` section of a sensor file: which quantities of a digital certificate are which of the sensor's values. */
#include "config_dcc.h"

#include <math.h>
#include <string.h>

#include "dcc.h"

/* As written. */
struct written_dcc {
	const char *file, *gain, *sensitivity, *offset, *droop_time_constant, *delay;
	double nominal_sensitivity;
};

#define AT(slot) .offset = offsetof(struct written_dcc, slot)

static const struct field FIELDS[] = {
	{"file", FIELD_TEXT, .required = true, AT(file)},
	{"gain", FIELD_TEXT, AT(gain)},
	{"sensitivity", FIELD_TEXT, AT(sensitivity)},
	{"nominal_sensitivity", FIELD_QUANTITY, AT(nominal_sensitivity), .range = {RANGE_POSITIVE}},
	{"offset", FIELD_TEXT, AT(offset)},
	{"droop_time_constant", FIELD_TEXT, AT(droop_time_constant)},
	{"delay", FIELD_TEXT, AT(delay)},
	{0},
};

/* One value to be taken: from which quantity, in which dimension, within which range. */
struct taken {
	const char *key, *quantity;
	const char *written_as; /* the key in the dcc section */
	struct dsi_unit unit;
	double minimum, maximum;
	struct calibrated *out;
};

static bool take(const struct reader *reader, const struct dcc *dcc, const struct taken *taken, struct error *error)
{
	if (!taken->quantity)
		return true;
	if (schema_find(reader->yaml->root, taken->key))
		return yaml_error(reader->yaml, schema_find(reader->yaml->root, taken->key)->key, error,
				  "'%s' is taken from the dcc, too; keep one", taken->key);
	const struct node *node = schema_find(schema_find(reader->yaml->root, "dcc"), taken->written_as);
	struct dcc_value value;
	if (!dcc_find(dcc, taken->quantity, &taken->unit, &value, error))
		return yaml_locate(reader->yaml, node, error);
	if (!(value.value >= taken->minimum && value.value <= taken->maximum))
		return yaml_error(reader->yaml, node, error, "%s:%u: '%.80s' is %g; it must be from %g to %g", dcc_head(dcc)->path,
				  value.line, taken->quantity, value.value, taken->minimum, taken->maximum);
	*taken->out =
		(struct calibrated){.value = value.value, .expanded_uncertainty = value.expanded_uncertainty, .k = value.k, .limit = NAN};
	return true;
}

/* The unit of what a sensor measures, times a power of volt: sensitivities are volts a unit. */
static struct dsi_unit unit_of(const struct sensor *sensor, int power, int volt)
{
	struct dsi_unit unit = {.factor = 1, .volt = volt};
	if (strcmp(sensor->unit, "V") == 0)
		unit.volt += power;
	else
		unit.ampere += power;
	if (strcmp(sensor->unit, "A/s") == 0)
		unit.second -= power;
	return unit;
}

/* correction = nominal / actual sensitivity, its relative uncertainty that of the sensitivity. */
static bool take_sensitivity(const struct reader *reader, const struct node *node, const struct dcc *dcc, const struct written_dcc *written,
			     struct sensor *sensor, struct error *error)
{
	if ((written->sensitivity == NULL) != (isnan(written->nominal_sensitivity) != 0))
		return yaml_error(reader->yaml, node, error, "'sensitivity' and 'nominal_sensitivity' go together");
	if (!written->sensitivity)
		return true;
	if (written->gain)
		return yaml_error(reader->yaml, schema_find(node, "sensitivity")->key, error, "'gain' is given, too; keep one");
	double nominal = written->nominal_sensitivity;
	const struct taken taken = {"gain",        written->sensitivity, "sensitivity", unit_of(sensor, -1, 1),
				    0.5 * nominal, 2 * nominal,          &sensor->gain};
	if (!take(reader, dcc, &taken, error))
		return false;
	double actual = sensor->gain.value;
	sensor->gain.value = nominal / actual;
	sensor->gain.expanded_uncertainty *= sensor->gain.value / actual;
	return true;
}

static bool take_values(const struct reader *reader, const struct node *node, const struct dcc *dcc, const struct written_dcc *written,
			struct sensor *sensor, struct error *error)
{
	const struct dsi_unit one = {.factor = 1}, second = {.factor = 1, .second = 1};
	const struct taken all[] = {
		{"gain", written->gain, "gain", one, 0.5, 2, &sensor->gain},
		{"offset", written->offset, "offset", unit_of(sensor, 1, 0), -1e9, 1e9, &sensor->offset},
		{"droop_time_constant", written->droop_time_constant, "droop_time_constant", second, 1e-9, 1e9,
		 &sensor->droop_time_constant},
		{"delay", written->delay, "delay", second, -0.01, 0.01, &sensor->delay},
	};
	for (size_t t = 0; t < sizeof all / sizeof *all; t++)
		if (!take(reader, dcc, &all[t], error))
			return false;
	return take_sensitivity(reader, node, dcc, written, sensor, error);
}

/* Number, laboratory and date are the certificate's own; when it is due again nobody but the user can say. */
static bool take_head(const struct reader *reader, const struct dcc_head *head, struct sensor *sensor, struct error *error)
{
	const struct node *file = schema_find(schema_find(reader->yaml->root, "dcc"), "file");
	static const char *const KEYS[] = {"number", "laboratory", "date"};
	const struct node *certificate = schema_find(reader->yaml->root, "certificate");
	for (size_t k = 0; certificate && k < sizeof KEYS / sizeof *KEYS; k++)
		if (schema_find(certificate, KEYS[k]))
			return yaml_error(reader->yaml, schema_find(certificate, KEYS[k])->key, error,
					  "'%s' is taken from the dcc; only 'due' stands beside it", KEYS[k]);
	if (!head->number || !head->laboratory || !head->end)
		return yaml_error(reader->yaml, file, error, "%s: the certificate has no %s", head->path,
				  !head->number       ? "uniqueIdentifier"
				  : !head->laboratory ? "name of its calibrationLaboratory"
						      : "endPerformanceDate");
	sensor->certificate = arena_strdup(reader->arena, head->number);
	sensor->laboratory = arena_strdup(reader->arena, head->laboratory);
	sensor->date = arena_strdup(reader->arena, head->end);
	sensor->dcc_file = arena_strdup(reader->arena, head->path);
	return (sensor->certificate && sensor->laboratory && sensor->date && sensor->dcc_file) ||
	       yaml_error(reader->yaml, file, error, "out of memory");
}

bool config_read_dcc(const struct reader *reader, struct sensor *sensor, struct error *error)
{
	const struct node *node = schema_find(reader->yaml->root, "dcc");
	struct written_dcc written = {0};
	if (!schema_read(reader, node, FIELDS, "dcc", &written, error))
		return false;
	if (!sensor->due)
		return yaml_error(reader->yaml, node->key, error,
				  "a digital certificate does not say when it is due; write 'certificate: {due: 2027-03-01}' beside it");
	const char *slash = written.file[0] == '/' ? NULL : strrchr(reader->yaml->path, '/');
	char path[LOADER_PATH_MAX];
	int directory = slash ? (int)(slash - reader->yaml->path) + 1 : 0;
	int length = snprintf(path, sizeof path, "%.*s%s", directory, reader->yaml->path, written.file);
	if (length < 0 || (size_t)length >= sizeof path)
		return yaml_error(reader->yaml, schema_find(node, "file"), error, "the path of the certificate is too long");
	const char *file = kept_find(reader->yaml->kept, path);
	if (!file)
		return yaml_error(reader->yaml, schema_find(node, "file"), error, "no copy of the certificate %s was kept", path);
	auto_dcc struct dcc *dcc = dcc_load(file, error);
	if (!dcc)
		return yaml_locate(reader->yaml, schema_find(node, "file"), error);
	return take_head(reader, dcc_head(dcc), sensor, error) && take_values(reader, node, dcc, &written, sensor, error);
}
