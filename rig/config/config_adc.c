/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "date.h"
#include "loader.h"

/* FRAME_COUNTS: of an oscilloscope of 8 bits, from the middle of the screen to its edge: 25 a division (Rigol's DS and MSO series). */
enum { ADC_MAX_BITS = 16, IIO_BUFFER_FRAMES = 65536, FRAME_COUNTS = 100 };

/* A pulse with its tail; for so long an offset of a measured slope grows into the integrated current. */
static const double INTEGRATION_S = 1e-3;

static const char *const ADC_DRIVERS[] = {"sim", "file", "iio", "sigrok-frame", NULL};
static const char *const GAP_CHOICES[] = {"counter", "timestamp", "overflow_register", "clock", NULL};
static const char *const ZERO_CHOICES[] = {"pre_onset", "flux_balance", NULL};
static const char *const FORMAT_CHOICES[] = {"s16le", "csv", "sr", "sigrok", NULL};

/* A channel as written, before it is complete. */
struct written_channel {
	const char *source, *sensor;
	double range, scale, offset, noise, threshold, gain_accuracy, per_volt;
	unsigned bits, index;
	bool derivative;
	enum integrator_zero zero;
	enum dimension dimension; /* of the quantity */
	const char *unit;
	const struct node *node;
};

static const struct range POSITIVE = {RANGE_POSITIVE}, NOT_NEGATIVE = {RANGE_NOT_NEGATIVE};

static bool is_iio(const struct adc_setup *adc)
{
	return strcmp(adc->driver, "iio") == 0;
}

static bool is_frames(const struct adc_setup *adc)
{
	return strcmp(adc->driver, "sigrok-frame") == 0;
}

static bool is_file(const struct adc_setup *adc)
{
	return strcmp(adc->driver, "file") == 0;
}

static enum channel_role role_of(const char *name)
{
	if (strcmp(name, "coil_current") == 0)
		return CHANNEL_COIL_CURRENT;
	if (strcmp(name, "trigger") == 0)
		return CHANNEL_TRIGGER;
	if (strcmp(name, "capacitor_voltage") == 0)
		return CHANNEL_CAPACITOR_VOLTAGE;
	return CHANNEL_OTHER;
}

/* The unit comes first, since it decides how everything else is read. */
static bool read_unit(const struct reader *reader, const struct node *node, enum channel_role role, struct written_channel *written,
		      struct error *error)
{
	static const char *const UNITS[] = {"V", "A", NULL};
	const struct node *unit = node->kind == NODE_MAPPING ? schema_find(node, "unit") : NULL;
	unsigned index = role == CHANNEL_COIL_CURRENT;
	if (unit && role == CHANNEL_OTHER && !schema_choice(reader, unit, "unit", UNITS, &index, error))
		return false;
	written->unit = UNITS[index];
	written->dimension = index ? DIMENSION_CURRENT : DIMENSION_VOLTAGE;
	const struct node *derivative = node->kind == NODE_MAPPING ? schema_find(node, "derivative") : NULL;
	return !derivative || schema_bool(reader, derivative, "derivative", &written->derivative, error);
}

static bool ignore(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	/* read_unit() has read it. */
	(void)reader, (void)node, (void)object, (void)error;
	return true;
}

#define AT(slot) .offset = offsetof(struct written_channel, slot)

/* The keys that only a channel of a recorded file has. */
static void file_fields(enum file_format format, enum channel_role role, const struct written_channel *written, struct field *out)
{
	bool raw = format == FILE_S16LE;
	enum dimension scaled = written->derivative ? DIMENSION_CURRENT_SLOPE : written->dimension;
	size_t n = 0;
	out[n++] = (struct field){"scale", FIELD_QUANTITY, .required = raw || written->derivative, AT(scale), .dimension = scaled};
	out[n++] = (struct field){"offset", FIELD_QUANTITY, AT(offset), .dimension = scaled};
	if (raw) {
		out[n++] = (struct field){"bits", FIELD_COUNT, AT(bits), .range = {RANGE_WITHIN, 1, ADC_MAX_BITS}};
		out[n] = (struct field){"index", FIELD_COUNT, .required = true, AT(index),
					.range = {RANGE_WITHIN, 0, RECORDING_MAX_CHANNELS - 1}};
		return;
	}
	out[n++] = (struct field){"column", FIELD_TEXT, .required = true, AT(source)};
	if (role == CHANNEL_COIL_CURRENT)
		out[n++] = (struct field){"derivative", FIELD_READ, .read = ignore};
	if (written->derivative)
		out[n] = (struct field){"zero", FIELD_CHOICE, AT(zero), .choices = ZERO_CHOICES};
}

/* The keys a channel may have depend on the driver, on the file's format and on the role. */
static void channel_fields(const struct adc_setup *adc, enum channel_role role, const struct written_channel *written, struct field *out)
{
	enum dimension dimension = written->dimension;
	size_t n = 0;
	out[n++] = (struct field){"sensor", FIELD_NAME, AT(sensor)};
	out[n++] = (struct field){"gain_accuracy", FIELD_QUANTITY, AT(gain_accuracy), .range = {RANGE_WITHIN, 0, 0.5}};
	if (role == CHANNEL_TRIGGER)
		out[n++] = (struct field){"threshold", FIELD_QUANTITY, .required = true, AT(threshold), .dimension = dimension};
	if (role == CHANNEL_OTHER)
		out[n++] = (struct field){"unit", FIELD_READ, .read = ignore};
	if (is_file(adc)) {
		file_fields(adc->format, role, written, out + n);
		return;
	}
	out[n++] = (struct field){"channel", FIELD_NAME, .required = true, AT(source)};
	out[n++] = (struct field){"range", FIELD_QUANTITY, .required = !is_iio(adc), AT(range), .dimension = dimension, .range = POSITIVE};
	if (is_iio(adc) || is_frames(adc)) {
		out[n] = (struct field){"per_volt", FIELD_QUANTITY, .required = dimension != DIMENSION_VOLTAGE, AT(per_volt),
					.dimension = dimension};
		return;
	}
	out[n++] = (struct field){"bits", FIELD_COUNT, .required = true, AT(bits), .range = {RANGE_WITHIN, 1, ADC_MAX_BITS}};
	if (strcmp(adc->driver, "sim") == 0)
		out[n] = (struct field){"noise", FIELD_QUANTITY, AT(noise), .dimension = dimension, .range = NOT_NEGATIVE};
}

static bool load_channel_sensor(const struct reader *reader, const struct written_channel *written, struct adc_channel_setup *setup,
				struct error *error)
{
	if (!written->sensor)
		return true;
	const struct node *node = schema_find(written->node, "sensor");
	char path[LOADER_PATH_MAX];
	if (!locate_file(written->sensor, reader->fixtures, "sensors", "sensor", reader->yaml->path, reader->yaml->kept, path, sizeof path,
			 error))
		return yaml_locate(reader->yaml, node, error);
	auto_yaml struct yaml *yaml = yaml_load_kept(path, reader->yaml->kept, "sensor", error);
	setup->sensor = yaml ? loader_sensor(yaml, error) : NULL;
	if (!setup->sensor)
		return false;
	const char *unit = written->derivative ? "A/s" : written->unit;
	if (strcmp(setup->sensor->unit, unit) != 0)
		return yaml_error(reader->yaml, node, error, "the sensor '%s' measures %s, but this channel is in %s", setup->sensor->id,
				  setup->sensor->unit, unit);
	return true;
}

/*
 * What one count is worth, and where the counts end, before the sensor's correction. For tables of numbers it is what 1 in the column is
 * worth; the driver chooses the counts.
 */
static void set_scale(const struct adc_setup *adc, const struct written_channel *written, struct adc_channel_setup *setup)
{
	struct channel *channel = &setup->channel;
	int32_t half = (int32_t)1 << (written->bits - 1);
	channel->count_min = -half;
	channel->count_max = half - 1;
	setup->adc_range = written->range;
	setup->per_volt = NAN;
	if (is_iio(adc)) {
		/* The instrument tells volts a count. */
		setup->per_volt = channel->scale = isnan(written->per_volt) ? 1 : written->per_volt;
		return;
	}
	if (is_frames(adc)) {
		setup->per_volt = isnan(written->per_volt) ? 1 : written->per_volt;
		channel->scale = written->range / FRAME_COUNTS;
		channel->count_min = -FRAME_COUNTS;
		channel->count_max = FRAME_COUNTS;
		return;
	}
	if (!is_file(adc)) {
		channel->scale = written->range / half;
		return;
	}
	channel->scale = isnan(written->scale) ? 1 : written->scale;
	channel->offset = isnan(written->offset) ? 0 : written->offset;
}

/* Puts the certificate's corrections and the uncertainties of sensor and ADC into the channel: x = g (u - b). */
static void apply_sensor(const struct written_channel *written, const struct sensor *sensor, struct channel *channel)
{
	channel->u_adc_gain_rel = isnan(written->gain_accuracy) ? 0 : written->gain_accuracy / sqrt(3);
	channel->droop_time_constant_s = channel->bandwidth_hz = INFINITY;
	/* Of a chain that nobody has calibrated nothing is known: no amount can be stated, only ratios and times. */
	bool amount = channel->role == CHANNEL_COIL_CURRENT || channel->role == CHANNEL_CAPACITOR_VOLTAGE;
	channel->u_sensor_gain_rel = amount && !sensor && isnan(written->gain_accuracy) ? INFINITY : 0;
	if (!sensor)
		return;
	double gain = sensor->gain.value, bias = isnan(sensor->offset.value) ? 0 : sensor->offset.value;
	double seconds = written->derivative ? INTEGRATION_S : 1;
	channel->scale *= gain;
	channel->offset = gain * (channel->offset - bias);
	channel->droop_time_constant_s = sensor->droop_time_constant.value;
	channel->bandwidth_hz = sensor->bandwidth_hz;
	channel->delay_s = sensor->delay.value;
	channel->u_delay_s = calibrated_u(&sensor->delay);
	channel->u_sensor_gain_rel = calibrated_u(&sensor->gain) / gain;
	channel->u_position_rel = calibrated_u(&sensor->position);
	channel->u_offset = gain * calibrated_u(&sensor->offset) * seconds;
	channel->calibrated = true;
	snprintf(channel->sensor, sizeof channel->sensor, "%s", sensor->id);
}

static bool check_threshold(const struct reader *reader, const struct adc_setup *adc, const struct written_channel *written,
			    const struct channel *channel, struct error *error)
{
	bool any_number = is_iio(adc) || (is_file(adc) && adc->format != FILE_S16LE);
	if (isnan(channel->threshold) || any_number)
		return true;
	double low = channel->scale * channel->count_min + channel->offset, high = channel->scale * channel->count_max + channel->offset;
	if (channel->threshold > fmin(low, high) && channel->threshold < fmax(low, high))
		return true;
	char low_text[32], high_text[32];
	quantity_format(low_text, sizeof low_text, fmin(low, high), channel->unit, 3);
	quantity_format(high_text, sizeof high_text, fmax(low, high), channel->unit, 3);
	const struct node *node = schema_find(written->node, "threshold");
	return yaml_error(reader->yaml, node, error, "'threshold' is %s; it must lie inside the channel's range of %s to %s", node->text,
			  low_text, high_text);
}

/* A second channel on the same input, index or column would be the same samples under another name. */
static bool check_source(const struct reader *reader, const struct adc_setup *adc, const struct written_channel *written,
			 struct error *error)
{
	const struct adc_channel_setup *mine = &adc->channels[adc->channel_count];
	for (unsigned c = 0; c < adc->channel_count; c++) {
		const struct adc_channel_setup *other = &adc->channels[c];
		bool same = mine->source ? other->source && strcmp(mine->source, other->source) == 0 : mine->index == other->index;
		if (same) {
			const struct node *node = schema_find(written->node, mine->index >= 0 ? "index"
									     : is_file(adc)   ? "column"
											      : "channel");
			return yaml_error(reader->yaml, node, error, "'%s' is '%s', which '%s' has already", node->key->text, node->text,
					  other->channel.name);
		}
	}
	return true;
}

static bool read_channel_name(const struct reader *reader, const struct node *node, struct channel *channel, struct error *error)
{
	const char *name = node->key->text;
	size_t good = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
	if (name[good] || !name[0] || strlen(name) >= sizeof channel->name)
		return yaml_error(reader->yaml, node->key, error, "'%.60s' is no channel name; up to 31 of a-z, 0-9 and _ were expected",
				  name);
	snprintf(channel->name, sizeof channel->name, "%s", name);
	return true;
}

static bool read_channel(const struct reader *reader, const struct node *node, struct adc_setup *adc, struct error *error)
{
	struct adc_channel_setup *setup = &adc->channels[adc->channel_count];
	struct channel *channel = &setup->channel;
	if (!read_channel_name(reader, node, channel, error))
		return false;
	channel->role = role_of(channel->name);
	struct written_channel written = {.bits = ADC_MAX_BITS, .node = node, .threshold = NAN, .noise = NAN, .range = NAN};
	struct field fields[SCHEMA_MAX_FIELDS] = {0};
	if (!read_unit(reader, node, channel->role, &written, error))
		return false;
	written.scale = written.offset = written.per_volt = NAN;
	channel_fields(adc, channel->role, &written, fields);
	if (!schema_read(reader, node, fields, channel->name, &written, error))
		return false;
	if (written.scale == 0)
		return yaml_error(reader->yaml, schema_find(node, "scale"), error, "'scale' must not be zero");
	if (written.per_volt == 0)
		return yaml_error(reader->yaml, schema_find(node, "per_volt"), error, "'per_volt' must not be zero");
	snprintf(channel->unit, sizeof channel->unit, "%s", written.unit);
	channel->threshold = written.threshold;
	setup->source = written.source;
	setup->index = written.source ? -1 : (int)written.index;
	setup->derivative = written.derivative;
	setup->zero = written.zero;
	setup->bits = written.bits;
	setup->noise_rms = isnan(written.noise) ? 0 : written.noise;
	set_scale(adc, &written, setup);
	if (!check_source(reader, adc, &written, error))
		return false;
	bool loaded = load_channel_sensor(reader, &written, setup, error);
	adc->channel_count++; /* from here on bench_setup_destroy() releases its sensor */
	if (!loaded)
		return false;
	apply_sensor(&written, setup->sensor, channel);
	return check_threshold(reader, adc, &written, channel, error);
}

/* Interleaved samples have no gaps between channels: a channel that is in the file must be named, or the others would be read wrongly. */
static bool check_indices(const struct reader *reader, const struct node *node, const struct adc_setup *adc, struct error *error)
{
	if (!is_file(adc) || adc->format != FILE_S16LE)
		return true;
	for (unsigned c = 0; c < adc->channel_count; c++)
		if (adc->channels[c].index >= (int)adc->channel_count)
			return yaml_error(
				reader->yaml, node, error,
				"the indices of %u interleaved channels must be 0 to %u, but '%s' has %d; name every channel of the file",
				adc->channel_count, adc->channel_count - 1, adc->channels[c].channel.name, adc->channels[c].index);
	return true;
}

static bool read_channels(const struct reader *reader, const struct node *node, struct adc_setup *adc, struct error *error)
{
	if (!schema_is(reader, node, NODE_MAPPING, "channels", error))
		return false;
	if (node->count < 1 || node->count > RECORDING_MAX_CHANNELS)
		return yaml_error(reader->yaml, node, error, "'channels' has %zu entries; 1 to %d were expected", node->count,
				  RECORDING_MAX_CHANNELS);
	for (const struct node *channel = node->first; channel; channel = channel->next) {
		const struct node *first = schema_find(node, channel->key->text);
		if (first != channel)
			return yaml_error(reader->yaml, channel->key, error, "'%s' is given twice, first on line %u; keep one",
					  channel->key->text, first->key->line);
		if (!read_channel(reader, channel, adc, error))
			return false;
	}
	if (!schema_find(node, "coil_current"))
		return yaml_error(reader->yaml, node, error, "'channels' is missing 'coil_current', without which nothing can be measured");
	return check_indices(reader, node, adc, error);
}

/* As written. */
struct written_reference {
	double accuracy, measured_rate, expanded, k;
	const char *certificate, *due;
};

#define IN(slot) .offset = offsetof(struct written_reference, slot)

static const struct field REFERENCE[] = {
	{"accuracy", FIELD_QUANTITY, IN(accuracy), .range = {RANGE_WITHIN, 0, 0.01}},
	{"measured_rate", FIELD_QUANTITY, IN(measured_rate), .dimension = DIMENSION_FREQUENCY, .range = {RANGE_POSITIVE}},
	{"expanded_uncertainty", FIELD_QUANTITY, IN(expanded), .dimension = DIMENSION_FREQUENCY, .range = {RANGE_NOT_NEGATIVE}},
	{"k", FIELD_QUANTITY, IN(k), .range = {RANGE_WITHIN, 1, 4}},
	{"certificate", FIELD_TEXT, .required = true, IN(certificate)},
	{"due", FIELD_TEXT, .required = true, IN(due)},
	{0},
};

/* A rate that was measured must be that of this clock, and the recording must be counted in its samples. */
static bool check_measured(const struct reader *reader, const struct node *node, const struct adc_setup *adc,
			   const struct written_reference *written, struct error *error)
{
	const struct node *rate = schema_find(node, "measured_rate");
	if (isnan(written->expanded) || isnan(written->k))
		return yaml_error(reader->yaml, rate->key, error, "'measured_rate' needs 'expanded_uncertainty' (in Hz) and 'k'");
	if (strcmp(adc->driver, "sim") == 0 || is_frames(adc) || (is_file(adc) && adc->format != FILE_S16LE))
		return yaml_error(reader->yaml, rate->key, error,
				  "'measured_rate' is for sample counts of a real ADC: the driver iio, or recordings in s16le");
	double off = fabs(written->measured_rate / adc->sample_rate_hz - 1);
	if (off > adc->clock_accuracy_rel)
		return yaml_error(reader->yaml, rate, error,
				  "'measured_rate' is %.3g ppm from 'sample_rate', but the clock is within %.3g ppm ('clock_accuracy')",
				  1e6 * off, 1e6 * adc->clock_accuracy_rel);
	return true;
}

static bool read_reference(const struct reader *reader, const struct node *node, struct adc_setup *adc, struct error *error)
{
	struct written_reference written = {0};
	if (!node)
		return true;
	if (!schema_read(reader, node, REFERENCE, "reference_clock", &written, error))
		return false;
	if (isnan(written.accuracy) == isnan(written.measured_rate))
		return yaml_error(reader->yaml, node, error, "'reference_clock' needs either 'accuracy' or 'measured_rate'");
	if (!date_is_valid(written.due))
		return yaml_error(reader->yaml, schema_find(node, "due"), error, "'due' is '%.40s'; a date such as 2027-03-01 was expected",
				  written.due);
	if (isnan(written.measured_rate) && !(isnan(written.expanded) && isnan(written.k)))
		return yaml_error(reader->yaml, node, error, "'expanded_uncertainty' and 'k' go with 'measured_rate'");
	if (!isnan(written.measured_rate) && !check_measured(reader, node, adc, &written, error))
		return false;
	adc->reference = (struct reference_clock){
		.present = true,
		.accuracy_rel = written.accuracy,
		.measured_rate_hz = written.measured_rate,
		.u_rate_rel = written.expanded / written.k / written.measured_rate,
		.certificate = written.certificate,
		.due = written.due,
	};
	return true;
}

#undef AT
#define AT(slot) .offset = offsetof(struct adc_setup, slot)

static size_t iio_fields(struct field *out)
{
	size_t n = 0;
	out[n++] = (struct field){"uri", FIELD_TEXT, .required = true, AT(uri)};
	out[n++] = (struct field){"instrument", FIELD_NAME, .required = true, AT(instrument)};
	out[n++] = (struct field){"buffer", FIELD_COUNT, AT(buffer_frames), .range = {RANGE_WITHIN, 16, 1 << 24}};
	out[n++] = (struct field){"kernel_buffers", FIELD_COUNT, AT(kernel_buffers), .range = {RANGE_WITHIN, 2, 64}};
	out[n++] = (struct field){"trigger", FIELD_NAME, AT(trigger)};
	out[n++] = (struct field){"timeout", FIELD_QUANTITY, AT(timeout_s), .dimension = DIMENSION_TIME, .range = {RANGE_WITHIN, 0.1, 1}};
	out[n++] = (struct field){"timestamp_channel", FIELD_NAME, AT(timestamp_channel)};
	out[n++] = (struct field){"counter_channel", FIELD_NAME, AT(counter_channel)};
	return n;
}

/* A channel that is needed for, and only for, one way to find gaps. */
static bool check_gap_channel(const struct reader *reader, const struct node *node, const char *key, bool needed, struct error *error)
{
	const struct node *written = schema_find(node, key);
	if (needed && !written)
		return yaml_error(reader->yaml, schema_find(node, "gaps"), error, "'gaps: %s' needs '%s'", schema_find(node, "gaps")->text,
				  key);
	if (!needed && written)
		return yaml_error(reader->yaml, written->key, error, "'%s' is for another way to find gaps than '%s'", key,
				  schema_find(node, "gaps")->text);
	return true;
}

/* The samples of a buffer come when it is full, so a failure is noticed a buffer later. */
static const double MOST_BUFFER_S = 0.25;

static bool complete_iio(const struct reader *reader, const struct node *node, struct adc_setup *adc, struct error *error)
{
	if (isnan(adc->timeout_s))
		adc->timeout_s = 0.8;
	if (!check_gap_channel(reader, node, "timestamp_channel", adc->gaps == GAPS_BY_TIMESTAMP, error) ||
	    !check_gap_channel(reader, node, "counter_channel", adc->gaps == GAPS_BY_COUNTER, error))
		return false;
	double most = adc->sample_rate_hz * MOST_BUFFER_S;
	const struct node *written = schema_find(node, "buffer");
	if (written && adc->buffer_frames > most)
		return yaml_error(reader->yaml, written, error, "'buffer' is %u frames, %.3g s; at most %.3g s (%.0f frames) were expected",
				  adc->buffer_frames, adc->buffer_frames / adc->sample_rate_hz, MOST_BUFFER_S, most);
	if (!written)
		adc->buffer_frames = most / 4 < IIO_BUFFER_FRAMES ? (unsigned)(most / 4) : IIO_BUFFER_FRAMES;
	return true;
}

/* Of libsigrok's oscilloscopes only those of one driver are armed before they are told to be (rig/sigrok/shots.c). */
static bool complete_frames(const struct reader *reader, const struct node *node, struct adc_setup *adc, struct error *error)
{
	static const char DRIVER[] = "rigol-ds";
	size_t length = strcspn(adc->connection, ":");
	if (isnan(adc->timeout_s))
		adc->timeout_s = 1.5;
	return (length == sizeof DRIVER - 1 && strncmp(adc->connection, DRIVER, length) == 0) ||
	       yaml_error(reader->yaml, schema_find(node, "connection"), error,
			  "libsigrok's driver '%.*s' does not arm an oscilloscope for a single shot, so that a run cannot place its frames "
			  "in time; "
			  "'%s' does; a frame of another one is a recording: `tmsrig-sigrok frame` writes it, `tmsrig analyze` reads it",
			  (int)(length < 40 ? length : 40), adc->connection, DRIVER);
}

static size_t frames_fields(struct field *out)
{
	size_t n = 0;
	out[n++] = (struct field){"connection", FIELD_TEXT, .required = true, AT(connection)};
	out[n++] = (struct field){"timeout", FIELD_QUANTITY, AT(timeout_s), .dimension = DIMENSION_TIME, .range = {RANGE_WITHIN, 0.5, 60}};
	return n;
}

bool config_read_adc(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	struct adc_setup *adc = &((struct bench_setup *)object)->adc;
	const struct node *driver = node->kind == NODE_MAPPING ? schema_find(node, "driver") : NULL;
	bool file = driver && driver->kind == NODE_SCALAR && strcmp(driver->text, "file") == 0;
	const struct node *format = file ? schema_find(node, "format") : NULL;
	bool imported = format && format->kind == NODE_SCALAR && strcmp(format->text, "sigrok") == 0;
	bool frames = driver && driver->kind == NODE_SCALAR && strcmp(driver->text, "sigrok-frame") == 0;
	bool iio = driver && driver->kind == NODE_SCALAR && strcmp(driver->text, "iio") == 0;
	adc->gaps = GAPS_BY_CLOCK;
	adc->kernel_buffers = 4;
	struct field fields[SCHEMA_MAX_FIELDS] = {
		{"driver", FIELD_WORD, .required = true, AT(driver), .choices = ADC_DRIVERS},
		{"sample_rate", FIELD_QUANTITY, .required = true, AT(sample_rate_hz), .dimension = DIMENSION_FREQUENCY,
		 .range = {RANGE_WITHIN, 1e3, 1e9}},
		{"clock_accuracy", FIELD_QUANTITY, .required = true, AT(clock_accuracy_rel), .range = {RANGE_WITHIN, 0, 0.01}},
		{"channels", FIELD_READ, .required = true, .read = ignore},
		{"reference_clock", FIELD_READ, .read = ignore},
	};
	size_t n = 5;
	if (file) {
		fields[n++] = (struct field){"format", FIELD_CHOICE, .required = true, AT(format), .choices = FORMAT_CHOICES};
		if (imported)
			fields[n++] = (struct field){"input", FIELD_TEXT, .required = true, AT(input)};
	} else if (frames) {
		n += frames_fields(fields + n);
	} else {
		fields[n++] = (struct field){"gaps", FIELD_CHOICE, .required = true, AT(gaps), .choices = GAP_CHOICES};
	}
	if (iio)
		n += iio_fields(fields + n);
	/* The channels last: how they are read depends on the rest. */
	return schema_read(reader, node, fields, "adc", adc, error) && (!iio || complete_iio(reader, node, adc, error)) &&
	       (!frames || complete_frames(reader, node, adc, error)) &&
	       read_reference(reader, schema_find(node, "reference_clock"), adc, error) &&
	       read_channels(reader, schema_find(node, "channels"), adc, error);
}
