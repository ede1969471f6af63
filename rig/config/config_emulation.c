/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "loader.h"

static const char *const DRIVERS[] = {"sim", "relays", NULL};
/* A relay's, bounces included; solid-state ones are faster. */
static const double SETTLING_S = 10e-3;

/* Values of a coil's temperature are in degC, the others in % of what the device's file says. */
static enum dimension dimension_of(enum interlock_signal signal)
{
	return signal == SIGNAL_COIL_TEMPERATURE ? DIMENSION_TEMPERATURE : DIMENSION_RATIO;
}

static int exponent_of(enum interlock_signal signal)
{
	return signal == SIGNAL_COIL_TEMPERATURE ? 0 : 2;
}

/* What a reader of one signal works on. */
struct signal_reading {
	struct emulation_signal wired;
	enum interlock_signal signal;
	bool sim;
};

static bool read_relay(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	struct signal_reading *reading = object;
	struct gpio_line_setup line = {.present = true, .output = true, .pulse_s = NAN};
	const struct field fields[] = {
		{"line", FIELD_TEXT, .required = true, .offset = offsetof(struct gpio_line_setup, line)},
		{"chip", FIELD_TEXT, .offset = offsetof(struct gpio_line_setup, chip)},
		{"active_low", FIELD_BOOL, .offset = offsetof(struct gpio_line_setup, active_low)},
		{0},
	};
	if (node->kind == NODE_MAPPING ? !schema_read(reader, node, fields, node->key->text, &line, error)
				       : !schema_text(reader, node, node->key->text, &line.line, error))
		return false;
	if (reading->sim && (line.chip || line.active_low))
		return yaml_error(reader->yaml, node, error, "'chip' and 'active_low' are for the driver relays only");
	unsigned state = 0;
	while (strcmp(signal_state_name((enum signal_state)state), node->key->text) != 0)
		state++;
	reading->wired.lines[state] = line;
	return true;
}

static bool read_point(const struct reader *reader, const struct node *node, struct signal_reading *reading, struct error *error)
{
	struct emulation_output *output = &reading->wired.output;
	struct {
		double value, volts;
	} point;
	const struct field fields[] = {
		{"value", FIELD_QUANTITY, .required = true, .offset = offsetof(__typeof__(point), value),
		 .dimension = dimension_of(reading->signal), .exponent = exponent_of(reading->signal)},
		{"voltage", FIELD_QUANTITY, .required = true, .offset = offsetof(__typeof__(point), volts), .dimension = DIMENSION_VOLTAGE},
		{0},
	};
	if (!schema_read(reader, node, fields, "a point", &point, error))
		return false;
	unsigned n = output->count;
	if (n > 0 && !(point.value > output->value[n - 1]))
		return yaml_error(reader->yaml, node, error, "the values of 'points' must rise; %g comes after %g", point.value,
				  output->value[n - 1]);
	bool turns = n > 1 && (point.volts > output->volts[n - 1]) != (output->volts[1] > output->volts[0]);
	if (n > 0 && (turns || !(fabs(point.volts - output->volts[n - 1]) > 0)))
		return yaml_error(reader->yaml, node, error,
				  "the voltages of 'points' must all rise or all fall; %g V after %g V does not go on like the others",
				  point.volts, output->volts[n - 1]);
	output->value[n] = point.value;
	output->volts[n] = point.volts;
	output->count++;
	return true;
}

static bool read_points(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	if (!schema_is(reader, node, NODE_SEQUENCE, "points", error))
		return false;
	if (node->count < 2 || node->count > EMULATION_POINTS_MAX)
		return yaml_error(reader->yaml, node, error, "'points' has %zu entries; 2 to %d were expected", node->count,
				  EMULATION_POINTS_MAX);
	for (const struct node *entry = node->first; entry; entry = entry->next)
		if (!read_point(reader, entry, object, error))
			return false;
	return true;
}

static bool read_output(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	struct signal_reading *reading = object;
	struct emulation_output *output = &reading->wired.output;
	const struct field fields[] = {
		{"uri", FIELD_TEXT, .required = !reading->sim, .offset = offsetof(struct signal_reading, wired.output.uri)},
		{"instrument", FIELD_NAME, .required = true, .offset = offsetof(struct signal_reading, wired.output.instrument)},
		{"channel", FIELD_NAME, .required = true, .offset = offsetof(struct signal_reading, wired.output.channel)},
		{"rest", FIELD_QUANTITY, .required = true, .offset = offsetof(struct signal_reading, wired.output.rest),
		 .dimension = dimension_of(reading->signal), .exponent = exponent_of(reading->signal)},
		{"points", FIELD_READ, .required = true, .read = read_points},
		{0},
	};
	if (!interlock_signal_has(reading->signal, STATE_VALUE))
		return yaml_error(reader->yaml, node->key, error, "'%s' has no values that an output could stand for",
				  interlock_signal_name(reading->signal));
	if (!schema_read(reader, node, fields, "output", reading, error))
		return false;
	if (reading->sim && output->uri)
		return yaml_error(reader->yaml, schema_find(node, "uri"), error, "'uri' is for the driver relays only");
	output->present = true;
	return isfinite(emulation_volts(output, output->rest)) ||
	       yaml_error(reader->yaml, schema_find(node, "rest"), error, "'rest' is %g; the points give %g to %g", output->rest,
			  output->value[0], output->value[output->count - 1]);
}

/* A relay that has to be driven to open a wire leaves it closed when nobody drives it; only what has no safe state by itself may be wired so. */
static bool check_open(const struct reader *reader, const struct node *node, const struct signal_reading *reading, struct error *error)
{
	const struct node *open = schema_find(node, "open");
	if (!open)
		return true;
	if (schema_find(node, "normal"))
		return yaml_error(reader->yaml, open->key, error, "without 'normal' the wire is open already; one of the two is enough");
	if (reading->signal == SIGNAL_MAINS || reading->signal == SIGNAL_GATE_DRIVER)
		return true;
	return yaml_error(
		reader->yaml, open->key, error,
		"a relay that opens '%s' when it is driven leaves it closed without power; write 'normal' and the line that closes it",
		interlock_signal_name(reading->signal));
}

static bool read_signal(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	struct emulation_setup *setup = object;
	struct field fields[STATE_COUNT + 3] = {0};
	struct signal_reading reading = {.sim = strcmp(setup->driver, "sim") == 0};
	while (strcmp(interlock_signal_name(reading.signal), node->key->text) != 0)
		reading.signal = (enum interlock_signal)(reading.signal + 1);
	size_t n = 0;
	for (unsigned s = 0; s < STATE_COUNT; s++)
		if (s != STATE_VALUE && interlock_signal_has(reading.signal, (enum signal_state)s))
			fields[n++] = (struct field){signal_state_name((enum signal_state)s), FIELD_READ, .read = read_relay};
	fields[n++] = (struct field){"output", FIELD_READ, .read = read_output};
	fields[n] = (struct field){"settling", FIELD_QUANTITY, .offset = offsetof(struct signal_reading, wired.settling_s),
				   .dimension = DIMENSION_TIME, .range = {RANGE_WITHIN, 0, 10}};
	if (!schema_read(reader, node, fields, node->key->text, &reading, error) || !check_open(reader, node, &reading, error))
		return false;
	if (!node->first || (node->count == 1 && schema_find(node, "settling")))
		return yaml_error(reader->yaml, node, error, "'%s' has neither a line nor an output", node->key->text);
	if (isnan(reading.wired.settling_s))
		reading.wired.settling_s = SETTLING_S;
	reading.wired.present = true;
	setup->signals[reading.signal] = reading.wired;
	return true;
}

/* Whether two lines are written as the same one; each with the chip of its section. */
static bool same_place(const struct gpio_line_setup *a, const char *chip_a, const struct gpio_line_setup *b, const char *chip_b)
{
	chip_a = a->chip ? a->chip : chip_a ? chip_a : "";
	chip_b = b->chip ? b->chip : chip_b ? chip_b : "";
	return a->present && b->present && strcmp(a->line, b->line) == 0 && strcmp(chip_a, chip_b) == 0;
}

/* The line of a signal that another signal, or the same in another state, has already. */
static bool twice(const struct emulation_setup *setup, enum interlock_signal signal, const char **line)
{
	const struct gpio_line_setup *lines = setup->signals[signal].lines;
	for (unsigned s = 0; s < STATE_COUNT; s++)
		for (unsigned other = 0; other <= signal; other++)
			for (unsigned o = 0; o < (other == signal ? s : STATE_COUNT); o++)
				if (same_place(&lines[s], setup->chip, &setup->signals[other].lines[o], setup->chip)) {
					*line = lines[s].line;
					return true;
				}
	return false;
}

static bool read_signals(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	struct emulation_setup *setup = object;
	struct field fields[SIGNAL_COUNT] = {0};
	size_t n = 0;
	for (unsigned s = SIGNAL_NONE + 1; s < SIGNAL_COUNT; s++)
		if (s != SIGNAL_REMOTE)
			fields[n++] = (struct field){interlock_signal_name((enum interlock_signal)s), FIELD_READ, .read = read_signal};
	if (!schema_read(reader, node, fields, "signals", setup, error))
		return false;
	const char *line;
	for (unsigned s = 0; s < SIGNAL_COUNT; s++)
		if (twice(setup, (enum interlock_signal)s, &line))
			return yaml_error(reader->yaml, schema_find(node, interlock_signal_name((enum interlock_signal)s)), error,
					  "the line '%s' is used already; every state has a line of its own", line);
	return true;
}

bool config_read_emulation(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	struct emulation_setup *setup = &((struct bench_setup *)object)->emulation;
	const struct node *driver = node->kind == NODE_MAPPING ? schema_find(node, "driver") : NULL;
	static const struct field FIELDS[] = {
		{"driver", FIELD_WORD, .required = true, .offset = offsetof(struct emulation_setup, driver), .choices = DRIVERS},
		{"chip", FIELD_TEXT, .offset = offsetof(struct emulation_setup, chip)},
		{"signals", FIELD_READ, .required = true, .read = read_signals},
		{0},
	};
	/* What the signals may say depends on it, wherever in the section it stands. */
	setup->driver = driver && driver->kind == NODE_SCALAR ? driver->text : "";
	if (!schema_read(reader, node, FIELDS, "emulation", setup, error))
		return false;
	if ((strcmp(setup->driver, "sim") == 0) == !setup->chip)
		return true;
	return yaml_error(reader->yaml, node, error,
			  "'chip' is needed with the driver relays, for example 'chip: gpiochip0', and only with it");
}

/* The line of `gpio` that a state of a signal is written on, too; GPIO_LINE_COUNT: none. */
static enum gpio_line taken_by(const struct bench_setup *setup, const struct gpio_line_setup *line)
{
	unsigned l = 0;
	while (l < GPIO_LINE_COUNT && !same_place(line, setup->emulation.chip, &setup->gpio[l], setup->gpio_chip))
		l++;
	return (enum gpio_line)l;
}

bool config_check_emulation(const struct reader *reader, const struct bench_setup *setup, struct error *error)
{
	const struct node *section = schema_find(reader->yaml->root, "emulation");
	for (unsigned signal = 0; section && signal < SIGNAL_COUNT; signal++)
		for (unsigned s = 0; s < STATE_COUNT; s++) {
			const struct gpio_line_setup *line = &setup->emulation.signals[signal].lines[s];
			enum gpio_line taken = taken_by(setup, line);
			if (taken == GPIO_LINE_COUNT)
				continue;
			const struct node *wired =
				schema_find(schema_find(section, "signals"), interlock_signal_name((enum interlock_signal)signal));
			return yaml_error(reader->yaml, schema_find(wired, signal_state_name((enum signal_state)s)), error,
					  "the line '%s' is the '%s' of 'gpio' already; a relay has a line of its own", line->line,
					  gpio_line_name(taken));
		}
	return true;
}
