/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "loader.h"

static const char *const REMOTES[] = {"magstim", "magventure", "generic", "none", NULL};

enum { RATE_TABLE_MAX = 200 };

#define SOURCED(name, slot, dim, ...)                                                                                                      \
	{                                                                                                                                  \
		name, FIELD_SOURCED, .offset = offsetof(struct device, slot), .dimension = (dim), __VA_ARGS__                              \
	}
#define POSITIVE .range = {RANGE_POSITIVE}
#define NOT_NEGATIVE .range = {RANGE_NOT_NEGATIVE}
#define WITHIN(low, high) .range = {RANGE_WITHIN, (low), (high)}

static bool read_waveform(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	static const char *const WAVEFORMS[] = {"biphasic", "monophasic", "half_sine", "rectangular", NULL};
	struct device *device = object;
	unsigned index;
	if (!schema_choice(reader, node, "waveform", WAVEFORMS, &index, error))
		return false;
	return waveform_from_name(WAVEFORMS[index], &device->waveform) || yaml_error(reader->yaml, node, error, "unknown waveform");
}

static bool read_rate_limit(const struct reader *reader, const struct node *node, struct rate_limit *limit, struct error *error)
{
	static const struct field FIELDS[] = {
		{"intensity", FIELD_QUANTITY, .required = true, .offset = offsetof(struct rate_limit, intensity_pct),
		 .range = {RANGE_WITHIN, 0, 1.2}, .exponent = PERCENT},
		{"rate", FIELD_QUANTITY, .required = true, .offset = offsetof(struct rate_limit, rate_hz), .dimension = DIMENSION_FREQUENCY,
		 POSITIVE},
		{0},
	};
	return schema_read(reader, node, FIELDS, "a rate limit", limit, error);
}

static bool read_rate_limits(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	struct device *device = object;
	if (!schema_is(reader, node, NODE_SEQUENCE, "limits", error))
		return false;
	if (node->count == 0 || node->count > RATE_TABLE_MAX)
		return yaml_error(reader->yaml, node, error, "'limits' has %zu entries; 1 to %d were expected", node->count,
				  RATE_TABLE_MAX);
	device->rate_table = arena_alloc(reader->arena, node->count, sizeof *device->rate_table);
	if (!device->rate_table)
		return yaml_error(reader->yaml, node, error, "out of memory");
	for (const struct node *entry = node->first; entry; entry = entry->next) {
		struct rate_limit *limit = &device->rate_table[device->rate_count];
		if (!read_rate_limit(reader, entry, limit, error))
			return false;
		if (device->rate_count > 0 && limit->intensity_pct <= limit[-1].intensity_pct)
			return yaml_error(reader->yaml, entry, error, "the intensities of 'limits' must rise; %g %% comes after %g %%",
					  limit->intensity_pct, limit[-1].intensity_pct);
		if (device->rate_count > 0 && limit->rate_hz > limit[-1].rate_hz)
			return yaml_error(reader->yaml, entry, error,
					  "the rates of 'limits' must not rise with intensity; %g Hz comes after %g Hz", limit->rate_hz,
					  limit[-1].rate_hz);
		device->rate_count++;
	}
	return true;
}

static const struct field CIRCUIT[] = {
	SOURCED("voltage", voltage_v, DIMENSION_VOLTAGE, POSITIVE, .required = true),
	SOURCED("capacitance", capacitance_f, DIMENSION_CAPACITANCE, POSITIVE, .required = true),
	SOURCED("inductance", inductance_h, DIMENSION_INDUCTANCE, POSITIVE, .required = true),
	SOURCED("resistance", resistance_ohm, DIMENSION_RESISTANCE, POSITIVE, .required = true),
	SOURCED("diode_resistance", diode_resistance_ohm, DIMENSION_RESISTANCE, POSITIVE),
	SOURCED("stray_inductance", stray_inductance_h, DIMENSION_INDUCTANCE, POSITIVE),
	SOURCED("diode_drop", diode_drop_v, DIMENSION_VOLTAGE, NOT_NEGATIVE),
	SOURCED("pulse_width", pulse_width_s, DIMENSION_TIME, WITHIN(1e-6, 10e-3)),
	{0},
};

static const struct field NOMINAL[] = {
	SOURCED("peak", peak1_a, DIMENSION_CURRENT, POSITIVE, .required = true),
	SOURCED("initial_slope", didt0_a_per_s, DIMENSION_CURRENT_SLOPE, POSITIVE, .required = true),
	SOURCED("period", period_s, DIMENSION_TIME, WITHIN(1e-6, 100e-3)),
	SOURCED("rise_time", rise_time_s, DIMENSION_TIME, WITHIN(1e-6, 100e-3)),
	SOURCED("decay_ratio", decay_ratio, DIMENSION_RATIO, WITHIN(0, 1)),
	SOURCED("intensity_step", intensity_step_pct, DIMENSION_RATIO, WITHIN(1e-5, 0.5), .exponent = PERCENT),
	{0},
};

static const struct field RATE_TABLE[] = {
	{"source", FIELD_TEXT, .required = true, .offset = offsetof(struct device, rate_source)},
	{"limits", FIELD_READ, .required = true, .read = read_rate_limits},
	{0},
};

static const struct field BURST[] = {
	SOURCED("pulses", burst_pulses, DIMENSION_RATIO, WITHIN(1, 1000), .required = true),
	SOURCED("interval", burst_interval_s, DIMENSION_TIME, POSITIVE, .required = true),
	{0},
};

static const struct field RATINGS[] = {
	{"rate_table", FIELD_SECTION, .section = RATE_TABLE},
	SOURCED("minimum_interval", minimum_interval_s, DIMENSION_TIME, POSITIVE),
	SOURCED("average_power", average_power_w, DIMENSION_POWER, POSITIVE),
	{"burst", FIELD_SECTION, .section = BURST},
	SOURCED("train_pulses", train_pulses, DIMENSION_RATIO, WITHIN(1, 1e6)),
	SOURCED("pair_interval", pair_interval_s, DIMENSION_TIME, POSITIVE),
	{0},
};

static const struct field COIL[] = {
	SOURCED("resistance", coil_resistance_ohm, DIMENSION_RESISTANCE, POSITIVE, .required = true),
	SOURCED("heat_capacity", coil_heat_capacity_j_per_k, DIMENSION_HEAT_CAPACITY, POSITIVE, .required = true),
	SOURCED("thermal_resistance", coil_thermal_resistance_k_per_w, DIMENSION_THERMAL_RESISTANCE, POSITIVE, .required = true),
	SOURCED("trip", coil_trip_degc, DIMENSION_TEMPERATURE, WITHIN(0, 200), .required = true),
	{0},
};

static const struct field BEHAVIOUR[] = {
	SOURCED("charge_power", charge_power_w, DIMENSION_POWER, POSITIVE, .required = true),
	SOURCED("burst_energy", burst_energy_j, DIMENSION_ENERGY, POSITIVE),
	SOURCED("discharge_time_constant", discharge_time_constant_s, DIMENSION_TIME, POSITIVE, .required = true),
	SOURCED("trigger_latency", trigger_latency_s, DIMENSION_TIME, WITHIN(0, 1), .required = true),
	SOURCED("trigger_jitter", trigger_jitter_s, DIMENSION_TIME, WITHIN(0, 0.1), .required = true),
	SOURCED("amplitude_cv", amplitude_cv, DIMENSION_RATIO, WITHIN(0, 0.5), .required = true),
	{"coil", FIELD_SECTION, .section = COIL},
	{0},
};

static const struct field TOLERANCES[] = {
	SOURCED("amplitude", amplitude_tolerance, DIMENSION_RATIO, WITHIN(1e-6, 0.5)),
	SOURCED("interval", interval_tolerance, DIMENSION_RATIO, WITHIN(1e-9, 0.5)),
	{0},
};

static const struct field DEVICE[] = {
	{"device", FIELD_NAME, .required = true, .offset = offsetof(struct device, id)},
	{"title", FIELD_TEXT, .offset = offsetof(struct device, title)},
	{"manufacturer", FIELD_TEXT, .required = true, .offset = offsetof(struct device, manufacturer)},
	{"model", FIELD_TEXT, .required = true, .offset = offsetof(struct device, model)},
	{"coil", FIELD_TEXT, .required = true, .offset = offsetof(struct device, coil)},
	{"waveform", FIELD_READ, .required = true, .read = read_waveform},
	{"circuit", FIELD_SECTION, .required = true, .section = CIRCUIT},
	{"nominal", FIELD_SECTION, .required = true, .section = NOMINAL},
	{"ratings", FIELD_SECTION, .section = RATINGS},
	{"behaviour", FIELD_SECTION, .section = BEHAVIOUR},
	{"tolerances", FIELD_SECTION, .section = TOLERANCES},
	{"remote", FIELD_WORD, .required = true, .offset = offsetof(struct device, remote), .choices = REMOTES},
	{0},
};

static bool oscillates(const struct device *device)
{
	double alpha = device->resistance_ohm.value / (2 * device->inductance_h.value);
	return alpha * alpha * device->inductance_h.value * device->capacitance_f.value < 1;
}

/* A waveform needs its own parts of the circuit. */
static bool check_circuit(const struct reader *reader, const struct node *root, const struct device *device, struct error *error)
{
	const struct node *circuit = schema_find(root, "circuit");
	switch (device->waveform) {
	case WAVEFORM_MONOPHASIC:
		if (isnan(device->diode_resistance_ohm.value) || isnan(device->stray_inductance_h.value) ||
		    isnan(device->diode_drop_v.value))
			return yaml_error(reader->yaml, circuit, error,
					  "a monophasic circuit needs 'diode_resistance', 'stray_inductance' and 'diode_drop'");
		break;
	case WAVEFORM_RECTANGULAR:
		if (isnan(device->pulse_width_s.value) || isnan(device->diode_resistance_ohm.value) || isnan(device->diode_drop_v.value))
			return yaml_error(reader->yaml, circuit, error,
					  "a rectangular circuit needs 'pulse_width', 'diode_resistance' and 'diode_drop'");
		break;
	case WAVEFORM_BIPHASIC:
	case WAVEFORM_HALF_SINE:
	case WAVEFORM_UNKNOWN: break;
	}
	if (!oscillates(device))
		return yaml_error(reader->yaml, circuit, error,
				  "this circuit does not oscillate: the resistance must be below 2 sqrt(L/C)");
	return true;
}

static bool check_burst(const struct reader *reader, const struct node *root, const struct device *device, struct error *error)
{
	double pulses = device->burst_pulses.value;
	if (!isnan(pulses) && pulses != floor(pulses)) {
		const struct node *burst = schema_find(schema_find(root, "ratings"), "burst");
		return yaml_error(reader->yaml, schema_find(burst, "pulses"), error, "'pulses' is %g; a whole number was expected", pulses);
	}
	return true;
}

struct device *loader_device(const struct yaml *yaml, struct error *error)
{
	auto_arena struct arena *arena = arena_create(LOADER_ARENA_BYTES);
	struct device *device = arena ? arena_alloc(arena, 1, sizeof *device) : NULL;
	if (!device || !(device->file = arena_strdup(arena, yaml->path))) {
		error_config(error, "%s: out of memory", yaml->path);
		return NULL;
	}
	const struct reader reader = {.yaml = yaml, .arena = arena};
	if (!schema_read(&reader, yaml->root, DEVICE, "a device file", device, error) ||
	    !check_circuit(&reader, yaml->root, device, error) || !check_burst(&reader, yaml->root, device, error))
		return NULL;
	if (!device->title)
		device->title = device->id;
	device->arena = steal(&arena);
	return device;
}

struct device *config_load_device(const char *name, const char *fixtures, struct error *error)
{
	auto_yaml struct yaml *yaml = loader_open(name, fixtures, "devices", "device", NULL, error);
	return yaml ? loader_device(yaml, error) : NULL;
}
