/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench.h"

#include <math.h>
#include <string.h>

#include "guard_port.h"

enum { BENCH_MAX_DRIVERS = 8 };

struct opened_driver {
	const struct driver *driver;
	void *state;
};

struct bench {
	const struct bench_setup *setup;
	struct ports ports;
	struct opened_driver opened[BENCH_MAX_DRIVERS];
	size_t opened_count;
	struct guard *guard; /* of a bench without lines to guard; NULL: none */
};

static const struct driver *find_driver(const struct driver *const *drivers, const char *name)
{
	for (; *drivers; drivers++)
		if (strcmp((*drivers)->name, name) == 0)
			return *drivers;
	return NULL;
}

/* What a driver needs that a build may lack. */
static const struct {
	const char *driver, *library, *package;
} LIBRARIES[] = {
	{"gpiod", "libgpiod", "libgpiod-dev"},
	{"iio", "libiio", "libiio-dev"},
	{"iio-dac", "libiio", "libiio-dev"},
	{"relays", "libgpiod and libiio", "libgpiod-dev and libiio-dev"},
};

static bool no_driver(const struct driver *const *drivers, const char *port, const char *name, struct error *error)
{
	char known[256] = "";
	for (size_t l = 0; l < sizeof LIBRARIES / sizeof *LIBRARIES; l++)
		if (strcmp(LIBRARIES[l].driver, name) == 0)
			return error_config(error,
					    "%s: the driver '%s' is not in this build, which was made without %s; `./dev drivers` installs "
					    "%s and builds it in",
					    port, name, LIBRARIES[l].library, LIBRARIES[l].package);
	for (; *drivers; drivers++) {
		size_t length = strlen(known);
		snprintf(known + length, sizeof known - length, "%s%s", length ? ", " : "", (*drivers)->name);
	}
	return error_config(error, "%s: there is no driver '%s'; this build has: %s", port, name, known);
}

const char *bench_part_name(enum bench_part part)
{
	switch (part) {
	case BENCH_CLOCK: return "clock";
	case BENCH_GPIO: return "gpio";
	case BENCH_ADC: return "adc";
	case BENCH_LOGIC: return "logic";
	case BENCH_STIMULATOR: return "stimulator";
	case BENCH_EMULATION: return "emulation";
	case BENCH_PART_COUNT: break;
	}
	return "?";
}

static const char *named_driver(const struct bench_setup *setup, enum bench_part part)
{
	switch (part) {
	case BENCH_CLOCK: return setup->clock_driver && strcmp(setup->clock_driver, "virtual") == 0 ? "sim" : setup->clock_driver;
	case BENCH_GPIO: return setup->gpio_driver;
	case BENCH_ADC: return setup->adc.driver;
	case BENCH_LOGIC: return setup->logic.driver;
	case BENCH_STIMULATOR: return setup->stimulator_driver;
	case BENCH_EMULATION: return setup->emulation.driver;
	case BENCH_PART_COUNT: break;
	}
	return NULL;
}

const char *bench_part_driver(const struct bench_setup *setup, enum bench_part part)
{
	const char *name = named_driver(setup, part);
	return name && strcmp(name, "none") != 0 ? name : NULL;
}

static bool part_filled(const struct ports *ports, enum bench_part part)
{
	switch (part) {
	case BENCH_CLOCK: return ports->clock.ops;
	case BENCH_GPIO: return ports->gpio.ops;
	case BENCH_ADC: return ports->adc.ops;
	case BENCH_LOGIC: return ports->logic.ops;
	case BENCH_STIMULATOR: return ports->stimulator.ops;
	case BENCH_EMULATION: return ports->emulator.ops;
	case BENCH_PART_COUNT: break;
	}
	return false;
}

static bool open_driver(struct bench *bench, const struct driver *driver, const char *recording, struct error *error)
{
	for (size_t i = 0; i < bench->opened_count; i++)
		if (bench->opened[i].driver == driver)
			return true;
	if (bench->opened_count == BENCH_MAX_DRIVERS)
		return error_config(error, "more than %d drivers in one bench", BENCH_MAX_DRIVERS);
	void *state = NULL;
	if (!driver->open(bench->setup, recording, &bench->ports, &state, error)) {
		/* Recordings are read by one driver, whose messages begin with file:line, as editors and CI want them. */
		return recording ? false : error_prefix(error, "%s", driver->name);
	}
	bench->opened[bench->opened_count++] = (struct opened_driver){driver, state};
	return true;
}

static bool open_part(struct bench *bench, const struct driver *const *drivers, enum bench_part part, const char *recording,
		      struct error *error)
{
	const char *name = bench_part_driver(bench->setup, part);
	if (!name)
		return true;
	const struct driver *driver = find_driver(drivers, name);
	if (!driver)
		return no_driver(drivers, bench_part_name(part), name, error);
	if (!open_driver(bench, driver, recording, error))
		return false;
	/* What an accepted bench must have, so that a run can only fail for reasons that arise at run time. */
	return part_filled(&bench->ports, part) ||
	       error_config(error, "%s: driver '%s' offers no %s", bench->setup->file, name, bench_part_name(part));
}

static struct bench *create(const struct bench_setup *setup, struct error *error)
{
	struct bench *bench = calloc(1, sizeof *bench);
	if (!bench) {
		error_bench(error, "bench: out of memory");
		return NULL;
	}
	bench->setup = setup;
	bench->ports.adc.format = bench_setup_format(setup);
	return bench;
}

struct bench *bench_open(const struct bench_setup *setup, const struct driver *const *drivers, const char *recording, struct error *error)
{
	struct bench *bench = create(setup, error);
	for (unsigned part = 0; bench && part < BENCH_PART_COUNT; part++)
		if (!open_part(bench, drivers, (enum bench_part)part, recording, error)) {
			bench_close(bench);
			return NULL;
		}
	if (bench && !guard_port_complete(setup, &bench->ports, &bench->guard, error)) {
		bench_close(bench);
		return NULL;
	}
	return bench;
}

struct bench *bench_open_each(const struct bench_setup *setup, const struct driver *const *drivers, bench_opened *opened, void *self,
			      struct error *error)
{
	struct bench *bench = create(setup, error);
	for (unsigned part = 0; bench && part < BENCH_PART_COUNT; part++) {
		struct error why = {0};
		const char *name = bench_part_driver(setup, (enum bench_part)part);
		if (name)
			opened(self, (enum bench_part)part, name,
			       open_part(bench, drivers, (enum bench_part)part, NULL, &why) ? NULL : &why);
	}
	struct error why;
	if (bench && !guard_port_complete(setup, &bench->ports, &bench->guard, &why))
		bench->ports.guardian = (struct guardian_port){NULL, NULL};
	return bench;
}

bool bench_has_driver(const struct driver *const *drivers, const char *name)
{
	return find_driver(drivers, name);
}

void bench_close(struct bench *bench)
{
	if (!bench)
		return;
	while (bench->opened_count > 0) {
		struct opened_driver *opened = &bench->opened[--bench->opened_count];
		opened->driver->close(opened->state);
	}
	guard_stop(bench->guard);
	free(bench);
}

struct ports *bench_ports(struct bench *bench)
{
	return &bench->ports;
}

const struct bench_setup *bench_setup(const struct bench *bench)
{
	return bench->setup;
}
