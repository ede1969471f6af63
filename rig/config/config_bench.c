/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "loader.h"

static const char *const CLOCKS[] = {"virtual", "monotonic", NULL};
static const char *const GPIO_DRIVERS[] = {"sim", "gpiod", NULL};
static const char *const LOGIC_DRIVERS[] = {"sim", "sigrok", NULL};

/* Silence of the rig after which the guardian takes over. */
static const double HEARTBEAT_S = 0.1;

/* A crystal of which nothing is said: no better than this. */
static const double LOGIC_CLOCK_ACCURACY = 200e-6;
/* Of a simulated analyser: as well as a host that waits for an instrument's first packet may know when it began. */
static const double LOGIC_START_ACCURACY_S = 100e-6;

static bool is_sim(const char *driver)
{
	return driver && strcmp(driver, "sim") == 0;
}

static bool is_output(enum gpio_line line)
{
	switch (line) {
	case GPIO_TRIGGER:
	case GPIO_ENABLE:
	case GPIO_EMERGENCY_STOP:
	case GPIO_COIL_PRESENT: return true;
	case GPIO_READY:
	case GPIO_FAULT:
	case GPIO_LINE_COUNT: return false;
	}
	return false;
}

static enum gpio_line line_of(const char *name)
{
	unsigned line = 0;
	while (line < GPIO_LINE_COUNT && strcmp(name, gpio_line_name((enum gpio_line)line)) != 0)
		line++;
	return (enum gpio_line)line;
}

/* In the order of enum gpio_bias and enum gpio_drive. */
static const char *const BIASES[] = {"as_is", "disabled", "pull_up", "pull_down", NULL};
static const char *const DRIVES[] = {"push_pull", "open_drain", "open_source", NULL};

/*
 * Which level is safe. On an active-low line "low" could mean the voltage or the meaning, so only the unambiguous words are taken there. A
 * trigger that rests active would fire when the bench is opened.
 */
static bool check_safe(const struct reader *reader, const struct node *node, enum gpio_line line, bool active_low, bool safe,
		       struct error *error)
{
	const struct node *word = schema_find(node, "safe");
	if (!word)
		return true;
	if (!is_output(line))
		return yaml_error(reader->yaml, word->key, error, "an input has no safe level");
	if (active_low && (strcmp(word->text, "low") == 0 || strcmp(word->text, "high") == 0))
		return yaml_error(reader->yaml, word, error,
				  "'%s' is ambiguous on an active-low line; write 'inactive' (high voltage) or 'active' (low voltage)",
				  word->text);
	if (line == GPIO_TRIGGER && safe)
		return yaml_error(reader->yaml, word, error, "a trigger that is safe when active would fire at once; it must be inactive");
	return true;
}

static bool check_line(const struct reader *reader, const struct node *node, enum gpio_line line, bool output, struct error *error)
{
	if (is_output(line) != output)
		return yaml_error(reader->yaml, schema_find(node, "direction"), error, "'%s' is seen from the rig and must be '%s'",
				  node->key->text, is_output(line) ? "out" : "in");
	if (!output && schema_find(node, "drive"))
		return yaml_error(reader->yaml, schema_find(node, "drive")->key, error, "an input is not driven; 'bias' is for inputs");
	if (line != GPIO_TRIGGER && schema_find(node, "pulse"))
		return yaml_error(reader->yaml, schema_find(node, "pulse")->key, error, "only the trigger has a pulse length");
	return true;
}

static bool read_line(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	static const char *const DIRECTIONS[] = {"in", "out", NULL}, *const LEVELS[] = {"low", "high", "inactive", "active", NULL};
	struct bench_setup *setup = object;
	enum gpio_line line = line_of(node->key->text);
	struct {
		const char *line, *chip;
		unsigned direction, safe, bias, drive;
		bool active_low;
		double pulse_s;
	} written = {0};
	const struct field fields[] = {
		{"line", FIELD_TEXT, .required = true},
		{"chip", FIELD_TEXT, .offset = offsetof(__typeof__(written), chip)},
		{"direction", FIELD_CHOICE, .required = true, .offset = offsetof(__typeof__(written), direction), .choices = DIRECTIONS},
		{"safe", FIELD_CHOICE, .offset = offsetof(__typeof__(written), safe), .choices = LEVELS,
		 .required = line == GPIO_ENABLE || line == GPIO_EMERGENCY_STOP},
		{"pulse", FIELD_QUANTITY, .offset = offsetof(__typeof__(written), pulse_s), .dimension = DIMENSION_TIME,
		 .range = {RANGE_WITHIN, 1e-6, 10e-3}, .required = line == GPIO_TRIGGER},
		{"active_low", FIELD_BOOL, .offset = offsetof(__typeof__(written), active_low)},
		{"bias", FIELD_CHOICE, .offset = offsetof(__typeof__(written), bias), .choices = BIASES},
		{"drive", FIELD_CHOICE, .offset = offsetof(__typeof__(written), drive), .choices = DRIVES},
		{0},
	};
	if (!schema_read(reader, node, fields, node->key->text, &written, error))
		return false;
	bool output = written.direction == 1, safe = written.safe % 2 == 1;
	if (!check_line(reader, node, line, output, error) || !check_safe(reader, node, line, written.active_low, safe, error))
		return false;
	setup->gpio[line] = (struct gpio_line_setup){
		.present = true,
		.output = output,
		.safe_level = safe,
		.active_low = written.active_low,
		.line = written.line,
		.chip = written.chip,
		.bias = (enum gpio_bias)written.bias,
		.drive = (enum gpio_drive)written.drive,
		.pulse_s = written.pulse_s,
	};
	return true;
}

static bool same_line(const struct gpio_line_setup *a, const struct gpio_line_setup *b)
{
	return a->present && b->present && strcmp(a->line, b->line) == 0 && strcmp(a->chip ? a->chip : "", b->chip ? b->chip : "") == 0;
}

static bool read_lines(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	struct bench_setup *setup = object;
	struct field fields[GPIO_LINE_COUNT + 1] = {0};
	for (unsigned l = 0; l < GPIO_LINE_COUNT; l++)
		fields[l] = (struct field){gpio_line_name((enum gpio_line)l), FIELD_READ, .read = read_line};
	if (!schema_read(reader, node, fields, "lines", setup, error))
		return false;
	for (unsigned l = 0; l < GPIO_LINE_COUNT; l++)
		for (unsigned other = 0; other < l; other++)
			if (same_line(&setup->gpio[l], &setup->gpio[other]))
				return yaml_error(reader->yaml, schema_find(node, gpio_line_name((enum gpio_line)l)), error,
						  "'%s' is on the line '%s', which '%s' has already", gpio_line_name((enum gpio_line)l),
						  setup->gpio[l].line, gpio_line_name((enum gpio_line)other));
	return true;
}

/* What is a matter of wires and controllers has no meaning for a simulated line. */
static bool check_sim_lines(const struct reader *reader, const struct node *gpio, struct error *error)
{
	static const char *const WIRING[] = {"chip", "active_low", "bias", "drive"};
	const struct node *lines = schema_find(gpio, "lines");
	for (unsigned l = 0; l < GPIO_LINE_COUNT; l++) {
		const struct node *line = schema_find(lines, gpio_line_name((enum gpio_line)l));
		for (unsigned w = 0; line && w < sizeof WIRING / sizeof *WIRING; w++)
			if (schema_find(line, WIRING[w]))
				return yaml_error(reader->yaml, schema_find(line, WIRING[w])->key, error,
						  "'%s' is for the driver gpiod only", WIRING[w]);
	}
	return true;
}

static bool read_gpio(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	static const struct field FIELDS[] = {
		{"driver", FIELD_WORD, .required = true, .offset = offsetof(struct bench_setup, gpio_driver), .choices = GPIO_DRIVERS},
		{"chip", FIELD_TEXT, .offset = offsetof(struct bench_setup, gpio_chip)},
		{"heartbeat", FIELD_QUANTITY, .offset = offsetof(struct bench_setup, heartbeat_s), .dimension = DIMENSION_TIME,
		 .range = {RANGE_WITHIN, 0.02, 1}},
		{"lines", FIELD_READ, .required = true, .read = read_lines},
		{0},
	};
	struct bench_setup *setup = object;
	if (!schema_read(reader, node, FIELDS, "gpio", setup, error))
		return false;
	if (is_sim(setup->gpio_driver) && !isnan(setup->heartbeat_s))
		return yaml_error(reader->yaml, schema_find(node, "heartbeat")->key, error,
				  "'heartbeat' is for real lines: the simulated ones end with the program");
	if (isnan(setup->heartbeat_s))
		setup->heartbeat_s = is_sim(setup->gpio_driver) ? 0 : HEARTBEAT_S;
	if (is_sim(setup->gpio_driver) == !setup->gpio_chip)
		return !is_sim(setup->gpio_driver) || check_sim_lines(reader, node, error);
	return yaml_error(reader->yaml, node, error,
			  "'chip' is needed with the driver gpiod, for example 'chip: gpiochip0', and only with it");
}

static bool read_logic_channel(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	struct logic_setup *logic = object;
	unsigned line = 0;
	while (strcmp(node->key->text, logic_line_name((enum logic_line)line)) != 0)
		line++;
	if (!schema_name(reader, node, node->key->text, &logic->channel[line], error))
		return false;
	for (unsigned other = 0; other < LOGIC_LINE_COUNT; other++)
		if (logic->present[other] && strcmp(logic->channel[other], logic->channel[line]) == 0)
			return yaml_error(reader->yaml, node, error, "'%s' is on the channel '%s', which '%s' has already", node->key->text,
					  node->text, logic_line_name((enum logic_line)other));
	logic->present[line] = true;
	return true;
}

static bool read_logic_channels(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	struct field fields[LOGIC_LINE_COUNT + 1] = {0};
	for (unsigned l = 0; l < LOGIC_LINE_COUNT; l++)
		fields[l] = (struct field){logic_line_name((enum logic_line)l), FIELD_READ, .read = read_logic_channel};
	return schema_read(reader, node, fields, "channels", object, error);
}

static bool read_logic(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	static const struct field FIELDS[] = {
		{"driver", FIELD_WORD, .required = true, .offset = offsetof(struct logic_setup, driver), .choices = LOGIC_DRIVERS},
		{"connection", FIELD_TEXT, .offset = offsetof(struct logic_setup, connection)},
		{"sample_rate", FIELD_QUANTITY, .required = true, .offset = offsetof(struct logic_setup, sample_rate_hz),
		 .dimension = DIMENSION_FREQUENCY, .range = {RANGE_WITHIN, 1e3, 10e9}},
		{"clock_accuracy", FIELD_QUANTITY, .offset = offsetof(struct logic_setup, clock_accuracy_rel),
		 .range = {RANGE_WITHIN, 0, 0.01}},
		{"clock_error", FIELD_QUANTITY, .offset = offsetof(struct logic_setup, clock_error_rel),
		 .range = {RANGE_WITHIN, -0.01, 0.01}},
		{"start_accuracy", FIELD_QUANTITY, .offset = offsetof(struct logic_setup, start_accuracy_s), .dimension = DIMENSION_TIME,
		 .range = {RANGE_WITHIN, 0, 1}},
		{"channels", FIELD_READ, .required = true, .read = read_logic_channels},
		{0},
	};
	struct logic_setup *logic = &((struct bench_setup *)object)->logic;
	if (!schema_read(reader, node, FIELDS, "logic", logic, error))
		return false;
	if (isnan(logic->clock_accuracy_rel))
		logic->clock_accuracy_rel = LOGIC_CLOCK_ACCURACY;
	if (isnan(logic->clock_error_rel))
		logic->clock_error_rel = 0;
	else if (!is_sim(logic->driver))
		return yaml_error(reader->yaml, schema_find(node, "clock_error")->key, error,
				  "'clock_error' is for the driver sim only; of a real one write 'clock_accuracy'");
	if (isnan(logic->start_accuracy_s))
		logic->start_accuracy_s = LOGIC_START_ACCURACY_S;
	else if (!is_sim(logic->driver))
		return yaml_error(reader->yaml, schema_find(node, "start_accuracy")->key, error,
				  "'start_accuracy' is for the driver sim only; other drivers know themselves when they began");
	if (is_sim(logic->driver) == !logic->connection)
		return true;
	return yaml_error(reader->yaml, node, error, "'connection' is needed with the driver sigrok, and only with it");
}

static bool read_device(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	struct bench_setup *setup = object;
	const char *name;
	char path[LOADER_PATH_MAX];
	if (!schema_name(reader, node, "device", &name, error))
		return false;
	if (!locate_file(name, reader->fixtures, "devices", "device", reader->yaml->path, reader->yaml->kept, path, sizeof path, error))
		return yaml_locate(reader->yaml, node, error);
	auto_yaml struct yaml *yaml = yaml_load_kept(path, reader->yaml->kept, "device", error);
	setup->device = yaml ? loader_device(yaml, error) : NULL;
	return setup->device;
}

static bool read_report(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	struct bench_setup *setup = object;
	return config_read_about(reader, node, &setup->about, error);
}

static bool read_safety(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	static const struct field FIELDS[] = {
		{"discharge_below", FIELD_QUANTITY, .offset = offsetof(struct safety_setup, discharge_v), .dimension = DIMENSION_VOLTAGE,
		 .range = {RANGE_WITHIN, 1, 120}},
		{"discharge_within", FIELD_QUANTITY, .offset = offsetof(struct safety_setup, discharge_s), .dimension = DIMENSION_TIME,
		 .range = {RANGE_WITHIN, 0.1, 60}},
		{"capacitor_max", FIELD_QUANTITY, .offset = offsetof(struct safety_setup, capacitor_max_v), .dimension = DIMENSION_VOLTAGE,
		 .range = {RANGE_WITHIN, 60, 20e3}},
		{"coil_temperature_max", FIELD_QUANTITY, .offset = offsetof(struct safety_setup, coil_max_degc),
		 .dimension = DIMENSION_TEMPERATURE, .range = {RANGE_WITHIN, 30, 100}},
		{0},
	};
	return schema_read(reader, node, FIELDS, "safety", &((struct bench_setup *)object)->safety, error);
}

static const struct field BENCH[] = {
	{"bench", FIELD_NAME, .required = true, .offset = offsetof(struct bench_setup, id)},
	{"title", FIELD_TEXT, .offset = offsetof(struct bench_setup, title)},
	{"device", FIELD_READ, .read = read_device},
	{"clock", FIELD_WORD, .offset = offsetof(struct bench_setup, clock_driver), .choices = CLOCKS},
	{"gpio", FIELD_READ, .read = read_gpio},
	{"emulation", FIELD_READ, .read = config_read_emulation},
	{"adc", FIELD_READ, .required = true, .read = config_read_adc},
	{"logic", FIELD_READ, .read = read_logic},
	{"stimulator", FIELD_READ, .read = config_read_stimulator},
	{"simulation", FIELD_READ, .read = config_read_simulation},
	{"serve", FIELD_READ, .read = config_read_serve},
	{"report", FIELD_READ, .read = read_report},
	{"safety", FIELD_READ, .read = read_safety},
	{0},
};

/* A part of the bench that a real one has, or a recorded one has not, at the wrong place. */
static bool check_part(const struct reader *reader, const char *part, const char *driver, bool wanted_sim, struct error *error)
{
	const struct node *node = schema_find(reader->yaml->root, part);
	if (!node || strcmp(driver, "none") == 0 || is_sim(driver) == wanted_sim)
		return true;
	if (wanted_sim)
		return yaml_error(reader->yaml, node, error,
				  "the driver of '%s' is '%s', but on the virtual clock every driver must be 'sim'", part, driver);
	return yaml_error(reader->yaml, node, error, "the driver of '%s' is 'sim', which needs the virtual clock: write 'clock: virtual'",
			  part);
}

static bool check_recorded(const struct reader *reader, struct error *error)
{
	static const char *const PARTS[] = {"gpio", "logic", "stimulator", "simulation", "serve", "safety", "emulation"};
	for (unsigned p = 0; p < sizeof PARTS / sizeof *PARTS; p++) {
		const struct node *node = schema_find(reader->yaml->root, PARTS[p]);
		if (node)
			return yaml_error(reader->yaml, node->key, error, "'%s' has no place on a bench whose adc is a recorded file",
					  PARTS[p]);
	}
	return true;
}

/* What a virtual device needs to know about itself. */
static bool check_virtual_device(const struct reader *reader, const struct bench_setup *setup, struct error *error)
{
	if (!setup->device)
		return yaml_error(reader->yaml, reader->yaml->root, error, "a virtual bench is missing the key 'device'");
	if (isnan(setup->device->charge_power_w.value))
		return yaml_error(reader->yaml, schema_find(reader->yaml->root, "device"), error,
				  "the device '%s' cannot be simulated: its file has no 'behaviour'", setup->device->id);
	return true;
}

/* The bench has one ADC, which is either behind iiod or the oscilloscope, and the oscilloscope four inputs. */
static bool check_scope(const struct reader *reader, const struct node *scope, const struct bench_setup *setup, struct error *error)
{
	enum { INPUTS = 4 };
	if (setup->serve->present[SERVE_IIOD])
		return yaml_error(reader->yaml, scope->key, error, "'scope' and 'iiod' both stand for the bench's 'adc'; keep one of them");
	if (setup->adc.channel_count > INPUTS)
		return yaml_error(reader->yaml, scope->key, error, "'scope' has %d inputs, and the bench's 'adc' %u channels", INPUTS,
				  setup->adc.channel_count);
	for (unsigned c = 0; c < setup->adc.channel_count; c++)
		if (strcmp(setup->adc.channels[c].channel.name, setup->serve->scope_trigger) == 0)
			return true;
	return yaml_error(reader->yaml, schema_find(scope, "trigger"), error, "the bench's 'adc' has no channel '%.40s'",
			  setup->serve->scope_trigger);
}

/* Every simulated instrument stands for a part of the bench. */
static bool check_served(const struct reader *reader, const struct bench_setup *setup, struct error *error)
{
	const struct {
		enum serve_server server;
		const char *part;
		bool there;
	} needs[] = {
		{SERVE_BEAGLELOGIC, "logic", setup->logic.driver},
		{SERVE_MAGSTIM, "stimulator", is_sim(setup->stimulator_driver)},
		{SERVE_MAGVENTURE, "stimulator", is_sim(setup->stimulator_driver)},
		{SERVE_GPIO_SIM, "gpio", setup->gpio_driver},
	};
	const struct node *serve = schema_find(reader->yaml->root, "serve");
	for (unsigned n = 0; n < sizeof needs / sizeof *needs; n++)
		if (setup->serve->present[needs[n].server] && !needs[n].there)
			return yaml_error(reader->yaml, schema_find(serve, serve_server_name(needs[n].server))->key, error,
					  "'%s' stands for the bench's '%s', which has no driver sim here",
					  serve_server_name(needs[n].server), needs[n].part);
	return !setup->serve->present[SERVE_SCOPE] || check_scope(reader, schema_find(serve, "scope"), setup, error);
}

/* Frames of an oscilloscope are placed by the trigger that they show; without a trigger line by the time of a remote command. */
static bool check_frames(const struct reader *reader, const struct bench_setup *setup, struct error *error)
{
	const struct node *channels = schema_find(schema_find(reader->yaml->root, "adc"), "channels");
	if (strcmp(setup->adc.driver, "sigrok-frame") != 0 || !setup->gpio_driver || !setup->gpio[GPIO_TRIGGER].present ||
	    schema_find(channels, "trigger"))
		return true;
	return yaml_error(reader->yaml, channels, error,
			  "'channels' is missing 'trigger': the bench has a trigger line, and a frame is placed by its edge");
}

static bool check_bench(const struct reader *reader, const struct bench_setup *setup, struct error *error)
{
	bool virtual = strcmp(setup->clock_driver, "virtual") == 0;
	if (strcmp(setup->adc.driver, "file") == 0 && !check_recorded(reader, error))
		return false;
	if (!check_part(reader, "adc", setup->adc.driver, virtual, error) ||
	    !check_part(reader, "gpio", setup->gpio_driver, virtual, error) ||
	    !check_part(reader, "logic", setup->logic.driver, virtual, error) ||
	    !check_part(reader, "stimulator", setup->stimulator_driver, virtual, error) ||
	    !check_part(reader, "emulation", setup->emulation.driver, virtual, error) || !config_check_emulation(reader, setup, error))
		return false;
	const struct node *simulation = schema_find(reader->yaml->root, "simulation");
	if (simulation && !virtual)
		return yaml_error(reader->yaml, simulation->key, error, "'simulation' is for a virtual bench only");
	if (setup->serve && !virtual)
		return yaml_error(reader->yaml, schema_find(reader->yaml->root, "serve")->key, error,
				  "'serve' is for a virtual bench only");
	if (!check_frames(reader, setup, error))
		return false;
	if (setup->serve && !check_served(reader, setup, error))
		return false;
	return !virtual || check_virtual_device(reader, setup, error);
}

static struct bench_setup *create_setup(const char *path)
{
	auto_arena struct arena *arena = arena_create(LOADER_ARENA_BYTES);
	struct bench_setup *setup = arena ? arena_alloc(arena, 1, sizeof *setup) : NULL;
	if (!setup || !(setup->file = arena_strdup(arena, path)))
		return NULL;
	setup->arena = steal(&arena);
	setup->clock_driver = "monotonic";
	return setup;
}

struct bench_setup *config_load_bench(const char *name, const char *fixtures, struct error *error)
{
	return config_load_bench_kept(name, fixtures, NULL, error);
}

struct bench_setup *config_load_bench_kept(const char *name, const char *fixtures, const struct kept_files *kept, struct error *error)
{
	auto_yaml struct yaml *yaml = loader_open(name, fixtures, "benches", "bench", kept, error);
	if (!yaml)
		return NULL;
	auto_bench_setup struct bench_setup *setup = create_setup(yaml->path);
	if (!setup) {
		error_config(error, "%s: out of memory", yaml->path);
		return NULL;
	}
	const struct reader reader = {.yaml = yaml, .arena = setup->arena, .fixtures = fixtures};
	if (!schema_read(&reader, yaml->root, BENCH, "a bench file", setup, error) || !check_bench(&reader, setup, error))
		return NULL;
	if (!setup->title)
		setup->title = setup->id;
	return steal(&setup);
}
