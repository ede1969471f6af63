/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "loader.h"

enum { FAULTS_MAX = 1000, PULSES_MAX = 1000000 };

/* A pulse that is doubled without saying when comes again so much later. */
static const double DOUBLE_DELAY_S = 2e-3;

/* A wrong interlock that is late without saying by how much. */
static const double LATE_S = 20e-3;

/* The unit of the second pulse of a pair. */
static const double TEST_UNIT = 2;

static const struct range DELAY = {RANGE_WITHIN, 1e-6, 60}, AMPLITUDE = {RANGE_WITHIN, 0, 2}, MOMENT = {RANGE_WITHIN, 0, 86400};

/* What a kind of fault is written with. */
struct fault_form {
	bool has_pulse;
	const char *delay_key; /* NULL: no delay */
	bool delay_required;
	const char *example; /* of the command line */
};

static struct fault_form form_of(enum sim_fault_kind kind)
{
	switch (kind) {
	case SIM_FAULT_DROP_PULSE: return (struct fault_form){true, NULL, false, "drop_pulse=17"};
	case SIM_FAULT_DOUBLE_PULSE: return (struct fault_form){true, "after", false, "double_pulse=17:2 ms"};
	case SIM_FAULT_AMPLITUDE: return (struct fault_form){false, NULL, false, "amplitude=0.97"};
	case SIM_FAULT_LATE_PULSE: return (struct fault_form){true, "by", true, "late_pulse=40:2 ms"};
	case SIM_FAULT_INVERTED: return (struct fault_form){true, NULL, false, "inverted=17"};
	case SIM_FAULT_HALF_WAVE: return (struct fault_form){true, NULL, false, "half_wave=17"};
	case SIM_FAULT_NO_DISCHARGE: return (struct fault_form){false, NULL, false, "no_discharge"};
	case SIM_FAULT_SPONTANEOUS: return (struct fault_form){true, "after", true, "spontaneous=17:30 ms"};
	case SIM_FAULT_PROBE_LOST: return (struct fault_form){false, NULL, false, "probe_lost_at=2.5 s"};
	case SIM_FAULT_INTERLOCK: return (struct fault_form){false, NULL, false, "interlock=IL04:late:20 ms"};
	case SIM_FAULT_KIND_COUNT: break;
	}
	return (struct fault_form){0};
}

static bool append_fault(struct bench_setup *setup, struct sim_fault fault, struct error *error)
{
	size_t count = setup->sim.fault_count;
	if (count >= FAULTS_MAX)
		return error_config(error, "more than %d faults", FAULTS_MAX);
	struct sim_fault *faults = arena_alloc(setup->arena, count + 1, sizeof *faults);
	if (!faults)
		return error_config(error, "out of memory");
	if (count > 0)
		memcpy(faults, setup->sim.faults, count * sizeof *faults);
	faults[count] = fault;
	setup->sim.faults = faults;
	setup->sim.fault_count = count + 1;
	return true;
}

static bool kind_from_name(const char *name, enum sim_fault_kind *kind)
{
	for (unsigned k = 0; k < SIM_FAULT_KIND_COUNT; k++) {
		if (strcmp(name, sim_fault_name((enum sim_fault_kind)k)) == 0) {
			*kind = (enum sim_fault_kind)k;
			return true;
		}
	}
	return false;
}

/* Which ways of being wrong an interlock has, for a message. */
static void list_ways(enum interlock interlock, char *out, size_t size)
{
	size_t length = 0;
	out[0] = '\0';
	for (unsigned k = 0; k < INTERLOCK_FAULT_KIND_COUNT; k++)
		if (interlock_can_be(interlock, (enum interlock_fault_kind)k) && length < size)
			length += (size_t)snprintf(out + length, size - length, "%s%s", length ? ", " : "",
						   interlock_fault_name((enum interlock_fault_kind)k));
}

static bool read_way(const char *text, const char *word, size_t length, struct sim_fault *fault, struct error *error)
{
	for (unsigned k = 0; k < INTERLOCK_FAULT_KIND_COUNT; k++) {
		enum interlock_fault_kind kind = (enum interlock_fault_kind)k;
		const char *name = interlock_fault_name(kind);
		if (strlen(name) == length && strncmp(word, name, length) == 0 && interlock_can_be(fault->interlock, kind)) {
			fault->wrong = kind;
			return true;
		}
	}
	char ways[128];
	list_ways(fault->interlock, ways, sizeof ways);
	return error_config(error, "the fault '%.80s': the virtual device's %s can be %s", text, interlock_name(fault->interlock),
			    ways[0] ? ways : "wrong in no way: it has none");
}

/* Which of two units does not look at the link between them. */
static bool parse_unit(const char *text, const char *unit, struct sim_fault *fault, struct error *error)
{
	if (strcmp(unit, "1") != 0 && strcmp(unit, "2") != 0)
		return error_config(error, "the fault '%.80s': the unit that does not look at the link is 1 or 2", text);
	fault->value = *unit - '0';
	return true;
}

/* "IL04:late:20 ms"; text is what to quote in a message. */
static bool parse_interlock(const char *text, const char *value, struct sim_fault *fault, struct error *error)
{
	size_t length = strcspn(value, ":");
	unsigned n = 0;
	while (n < INTERLOCK_COUNT &&
	       !(strlen(interlock_name((enum interlock)n)) == length && strncmp(value, interlock_name((enum interlock)n), length) == 0))
		n++;
	if (n == INTERLOCK_COUNT || !value[length])
		return error_config(error,
				    "the fault '%.80s' is not well written; right would be IL01 to IL22 and how it is wrong, for "
				    "example 'interlock=IL04:ignored' or 'interlock=IL04:late:20 ms'",
				    text);
	fault->interlock = (enum interlock)n;
	const char *word = value + length + 1, *colon = strchr(word, ':');
	if (!read_way(text, word, colon ? (size_t)(colon - word) : strlen(word), fault, error))
		return false;
	bool unit = fault->interlock == IL21_SYNC && fault->wrong == INTERLOCK_ONE_CHANNEL;
	fault->value = unit ? TEST_UNIT : LATE_S;
	if (!colon)
		return true;
	if (unit)
		return parse_unit(text, colon + 1, fault, error);
	if (fault->wrong != INTERLOCK_LATE)
		return error_config(error, "the fault '%.80s': only 'late' has a time", text);
	if (!quantity_parse(colon + 1, DIMENSION_TIME, &fault->value, error))
		return error_prefix(error, "the fault '%.80s'", text);
	return (fault->value >= DELAY.minimum && fault->value <= DELAY.maximum) ||
	       error_config(error, "the fault '%.80s': the time must be from 1 us to 60 s", text);
}

/* The mapping form: {pulse: 40, by: 2 ms}. */
static bool read_pulse_and_delay(const struct reader *reader, const struct node *node, const struct fault_form *form,
				 struct sim_fault *fault, struct error *error)
{
	struct {
		unsigned pulse;
		double delay_s;
	} written = {0};
	const struct field fields[] = {
		{"pulse", FIELD_COUNT, .required = true, .range = {RANGE_WITHIN, 0, PULSES_MAX}},
		{form->delay_key, FIELD_QUANTITY, .required = form->delay_required, .offset = offsetof(__typeof__(written), delay_s),
		 .dimension = DIMENSION_TIME, .range = DELAY},
		{0},
	};
	if (!schema_read(reader, node, fields, node->key->text, &written, error))
		return false;
	fault->pulse = written.pulse;
	fault->value = isnan(written.delay_s) ? DOUBLE_DELAY_S : written.delay_s;
	return true;
}

static bool read_fault_value(const struct reader *reader, const struct node *node, struct sim_fault *fault, struct error *error)
{
	const struct fault_form form = form_of(fault->kind);
	const char *what = node->key->text;
	if (fault->kind == SIM_FAULT_AMPLITUDE)
		return schema_quantity(reader, node, what, DIMENSION_RATIO, &AMPLITUDE, &fault->value, error);
	if (fault->kind == SIM_FAULT_PROBE_LOST)
		return schema_quantity(reader, node, what, DIMENSION_TIME, &MOMENT, &fault->value, error);
	if (fault->kind == SIM_FAULT_NO_DISCHARGE) {
		bool yes;
		return schema_bool(reader, node, what, &yes, error) &&
		       (yes || yaml_error(reader->yaml, node, error, "'%s' can only be 'yes'; leave it out instead", what));
	}
	if (fault->kind == SIM_FAULT_INTERLOCK) {
		const char *value;
		return schema_text(reader, node, what, &value, error) &&
		       (parse_interlock(value, value, fault, error) || yaml_locate(reader->yaml, node, error));
	}
	if (form.delay_required || (form.delay_key && node->kind == NODE_MAPPING))
		return read_pulse_and_delay(reader, node, &form, fault, error);
	unsigned long long pulse;
	if (!schema_count(reader, node, what, 0, PULSES_MAX, &pulse, error))
		return false;
	fault->pulse = (uint32_t)pulse;
	fault->value = form.delay_key ? DOUBLE_DELAY_S : 0;
	return true;
}

static bool read_fault(const struct reader *reader, const struct node *node, struct bench_setup *setup, struct error *error)
{
	if (!schema_is(reader, node, NODE_MAPPING, "a fault", error))
		return false;
	if (node->count != 1)
		return yaml_error(reader->yaml, node, error, "a fault has one key, for example {drop_pulse: 17}");
	struct sim_fault fault = {0};
	if (!kind_from_name(node->first->key->text, &fault.kind)) {
		const char *known[SIM_FAULT_KIND_COUNT];
		for (unsigned k = 0; k < SIM_FAULT_KIND_COUNT; k++)
			known[k] = sim_fault_name((enum sim_fault_kind)k);
		return schema_unknown(reader, node->first->key, "fault", known, SIM_FAULT_KIND_COUNT, error);
	}
	if (!read_fault_value(reader, node->first, &fault, error))
		return false;
	return append_fault(setup, fault, error) || yaml_locate(reader->yaml, node, error);
}

static bool read_faults(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	if (!schema_is(reader, node, NODE_SEQUENCE, "faults", error))
		return false;
	for (const struct node *fault = node->first; fault; fault = fault->next)
		if (!read_fault(reader, fault, object, error))
			return false;
	return true;
}

static bool read_seed(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	unsigned long long seed;
	if (!schema_count(reader, node, "seed", 0, UINT64_MAX, &seed, error))
		return false;
	((struct bench_setup *)object)->sim.seed = seed;
	return true;
}

#define ARTEFACT(member) offsetof(struct bench_setup, sim.artefacts.member)

/* What an oscillation of the current is made of; its grid has 0.1 us. */
#define RING(prefix)                                                                                                                       \
	{"amplitude", FIELD_QUANTITY, .required = true, .offset = ARTEFACT(prefix##_rel), .range = {RANGE_WITHIN, 0, 1}},                  \
		{"frequency",                                                                                                              \
		 FIELD_QUANTITY,                                                                                                           \
		 .required = true,                                                                                                         \
		 .offset = ARTEFACT(prefix##_hz),                                                                                          \
		 .dimension = DIMENSION_FREQUENCY,                                                                                         \
		 .range = {RANGE_WITHIN, 20e3, 2e6}},                                                                                      \
	{                                                                                                                                  \
		"decay", FIELD_QUANTITY, .required = true, .offset = ARTEFACT(prefix##_s), .dimension = DIMENSION_TIME, .range = {         \
			RANGE_WITHIN,                                                                                                      \
			0.2e-6,                                                                                                            \
			20e-6                                                                                                              \
		}                                                                                                                          \
	}

static bool read_artefacts(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	static const struct field RINGING[] = {RING(ringing), {0}}, SPIKE[] = {RING(spike), {0}};
	static const struct field AFTER[] = {
		{"amplitude", FIELD_QUANTITY, .required = true, .offset = ARTEFACT(after_rel), .range = {RANGE_WITHIN, -0.05, 0.05}},
		{"time_constant", FIELD_QUANTITY, .required = true, .offset = ARTEFACT(after_s), .dimension = DIMENSION_TIME,
		 .range = {RANGE_WITHIN, 5e-6, 1e-3}},
		{0},
	};
	static const struct field HUM[] = {
		{"amplitude", FIELD_QUANTITY, .required = true, .offset = ARTEFACT(hum_a), .dimension = DIMENSION_CURRENT,
		 .range = {RANGE_NOT_NEGATIVE}},
		{"frequency", FIELD_QUANTITY, .required = true, .offset = ARTEFACT(hum_hz), .dimension = DIMENSION_FREQUENCY,
		 .range = {RANGE_WITHIN, 1, 1e3}},
		{0},
	};
	static const struct field DRIFT[] = {
		{"amplitude", FIELD_QUANTITY, .required = true, .offset = ARTEFACT(drift_a), .dimension = DIMENSION_CURRENT,
		 .range = {RANGE_NOT_NEGATIVE}},
		{"period", FIELD_QUANTITY, .required = true, .offset = ARTEFACT(drift_s), .dimension = DIMENSION_TIME,
		 .range = {RANGE_WITHIN, 1, 86400}},
		{0},
	};
	static const struct field FIELDS[] = {
		{"onset_ringing", FIELD_SECTION, .section = RINGING}, {"commutation_spike", FIELD_SECTION, .section = SPIKE},
		{"after_current", FIELD_SECTION, .section = AFTER},   {"hum", FIELD_SECTION, .section = HUM},
		{"baseline_drift", FIELD_SECTION, .section = DRIFT},  {0},
	};
	return schema_read(reader, node, FIELDS, "artefacts", object, error);
}

/* Reaction times of the virtual device's interlocks. */
static bool read_interlocks(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	struct field fields[INTERLOCK_COUNT + 4] = {0};
	for (unsigned n = 0; n < INTERLOCK_COUNT; n++)
		fields[n] = (struct field){interlock_name((enum interlock)n), FIELD_QUANTITY,
					   .offset = offsetof(struct bench_setup, sim.reaction_s) + n * sizeof(double),
					   .dimension = DIMENSION_TIME, .range = {RANGE_WITHIN, 1e-6, 60}};
	fields[INTERLOCK_COUNT] = (struct field){"train", FIELD_COUNT, .offset = offsetof(struct bench_setup, sim.train_pulses),
						 .range = {RANGE_WITHIN, 1, PULSES_MAX}};
	fields[INTERLOCK_COUNT + 1] =
		(struct field){"single_pulses", FIELD_BOOL, .offset = offsetof(struct bench_setup, sim.single_pulses)};
	fields[INTERLOCK_COUNT + 2] = (struct field){"dual", FIELD_QUANTITY, .offset = offsetof(struct bench_setup, sim.dual_s),
						     .dimension = DIMENSION_TIME, .range = {RANGE_WITHIN, 1e-3, 1}};
	return schema_read(reader, node, fields, "interlocks", object, error);
}

bool config_read_simulation(const struct reader *reader, const struct node *node, void *object, struct error *error)
{
	static const struct field FIELDS[] = {
		{"seed", FIELD_READ, .read = read_seed},
		{"faults", FIELD_READ, .read = read_faults},
		{"artefacts", FIELD_READ, .read = read_artefacts},
		{"interlocks", FIELD_READ, .read = read_interlocks},
		{0},
	};
	return schema_read(reader, node, FIELDS, "simulation", object, error);
}

static bool bad_fault(const char *text, const struct fault_form *form, struct error *error)
{
	return error_config(error, "the fault '%.80s' is not well written; right would be, for example, '%s'", text, form->example);
}

/* The pulse number at the start of text; *rest is what follows a colon, NULL when nothing does. */
static bool parse_pulse(const char *text, uint32_t *pulse, const char **rest)
{
	size_t digits = strspn(text, "0123456789");
	if (digits == 0 || digits > 7 || (text[digits] && text[digits] != ':'))
		return false;
	unsigned long number = strtoul(text, NULL, 10);
	*rest = text[digits] ? text + digits + 1 : NULL;
	*pulse = (uint32_t)number;
	return number <= PULSES_MAX;
}

static bool parse_fault_value(const char *text, const char *value, struct sim_fault *fault, struct error *error)
{
	const struct fault_form form = form_of(fault->kind);
	if (fault->kind == SIM_FAULT_NO_DISCHARGE)
		return !value || bad_fault(text, &form, error);
	if (!value || !*value)
		return bad_fault(text, &form, error);
	if (fault->kind == SIM_FAULT_INTERLOCK)
		return parse_interlock(text, value, fault, error);
	if (fault->kind == SIM_FAULT_AMPLITUDE) {
		if (!quantity_parse(value, DIMENSION_RATIO, &fault->value, error))
			return error_prefix(error, "the fault '%.80s'", text);
		return (fault->value >= AMPLITUDE.minimum && fault->value <= AMPLITUDE.maximum) ||
		       error_config(error, "the fault '%.80s': the amplitude must be from 0 %% to 200 %%, for example '%s'", text,
				    form.example);
	}
	if (fault->kind == SIM_FAULT_PROBE_LOST) {
		if (!quantity_parse(value, DIMENSION_TIME, &fault->value, error))
			return error_prefix(error, "the fault '%.80s'", text);
		return (fault->value >= MOMENT.minimum && fault->value <= MOMENT.maximum) ||
		       error_config(error, "the fault '%.80s': the time in the recording must be from 0 s to 86400 s, for example '%s'",
				    text, form.example);
	}
	const char *delay;
	if (!parse_pulse(value, &fault->pulse, &delay) || (delay && !form.delay_key) || (!delay && form.delay_required))
		return bad_fault(text, &form, error);
	fault->value = form.delay_key ? DOUBLE_DELAY_S : 0;
	if (delay && !quantity_parse(delay, DIMENSION_TIME, &fault->value, error))
		return error_prefix(error, "the fault '%.80s'", text);
	return !delay || (fault->value >= DELAY.minimum && fault->value <= DELAY.maximum) ||
	       error_config(error, "the fault '%.80s': the delay must be from 1 us to 60 s, for example '%s'", text, form.example);
}

bool config_add_fault(struct bench_setup *setup, const char *text, struct error *error)
{
	char name[32];
	size_t length = strcspn(text, "=");
	struct sim_fault fault = {0};
	if (length >= sizeof name)
		return error_config(error, "unknown fault '%.80s'; right would be, for example, 'drop_pulse=17'", text);
	memcpy(name, text, length);
	name[length] = '\0';
	if (!kind_from_name(name, &fault.kind))
		return error_config(error,
				    "unknown fault '%.80s'; known are: drop_pulse=N, double_pulse=N[:DELAY], amplitude=RATIO, "
				    "late_pulse=N:DELAY, inverted=N, half_wave=N, no_discharge, spontaneous=N:DELAY, probe_lost_at=TIME, "
				    "interlock=ILNN:HOW[:TIME]",
				    text);
	return parse_fault_value(text, text[length] ? text + length + 1 : NULL, &fault, error) && append_fault(setup, fault, error);
}
