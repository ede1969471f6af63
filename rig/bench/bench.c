/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench.h"

#include <math.h>
#include <string.h>

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
};

static const struct driver *find_driver(const struct driver *const *drivers, const char *name)
{
	for (; *drivers; drivers++)
		if (strcmp((*drivers)->name, name) == 0)
			return *drivers;
	return NULL;
}

static bool list_drivers(const struct driver *const *drivers, const char *port, const char *name, struct error *error)
{
	char known[256] = "";
	for (; *drivers; drivers++) {
		size_t length = strlen(known);
		snprintf(known + length, sizeof known - length, "%s%s", length ? ", " : "", (*drivers)->name);
	}
	return error_config(error, "%s: there is no driver '%s'; this build has: %s", port, name, known);
}

static bool open_driver(struct bench *bench, const struct driver *const *drivers, const char *port, const char *name, const char *recording,
			struct error *error)
{
	if (!name || strcmp(name, "none") == 0)
		return true;
	const struct driver *driver = find_driver(drivers, name);
	if (!driver)
		return list_drivers(drivers, port, name, error);
	for (size_t i = 0; i < bench->opened_count; i++)
		if (bench->opened[i].driver == driver)
			return true;
	if (bench->opened_count == BENCH_MAX_DRIVERS)
		return error_config(error, "%s: more than %d drivers in one bench", port, BENCH_MAX_DRIVERS);
	void *state = NULL;
	if (!driver->open(bench->setup, recording, &bench->ports, &state, error)) {
		/* Recordings are read by one driver, whose messages begin with file:line, as editors and CI want them. */
		return recording ? false : error_prefix(error, "%s", name);
	}
	bench->opened[bench->opened_count++] = (struct opened_driver){driver, state};
	return true;
}

/* What an accepted bench must have, so that a run can only fail for reasons that arise at run time. */
static bool check_ports(const struct bench *bench, struct error *error)
{
	const struct bench_setup *setup = bench->setup;
	if (!bench->ports.adc.ops)
		return error_config(error, "%s: driver '%s' offers no adc", setup->file, setup->adc.driver);
	if (setup->gpio_driver && !bench->ports.gpio.ops)
		return error_config(error, "%s: driver '%s' offers no gpio", setup->file, setup->gpio_driver);
	if (setup->logic.driver && !bench->ports.logic.ops)
		return error_config(error, "%s: driver '%s' offers no logic analyser", setup->file, setup->logic.driver);
	return true;
}

struct bench *bench_open(const struct bench_setup *setup, const struct driver *const *drivers, const char *recording, struct error *error)
{
	struct bench *bench = calloc(1, sizeof *bench);
	if (!bench) {
		error_bench(error, "bench: out of memory");
		return NULL;
	}
	bench->setup = setup;
	bench->ports.adc.format = bench_setup_format(setup);
	const char *clock = setup->clock_driver && strcmp(setup->clock_driver, "virtual") == 0 ? "sim" : setup->clock_driver;
	if (!open_driver(bench, drivers, "clock", clock, recording, error) ||
	    !open_driver(bench, drivers, "gpio", setup->gpio_driver, recording, error) ||
	    !open_driver(bench, drivers, "adc", setup->adc.driver, recording, error) ||
	    !open_driver(bench, drivers, "logic", setup->logic.driver, recording, error) ||
	    !open_driver(bench, drivers, "stimulator", setup->stimulator_driver, recording, error) || !check_ports(bench, error)) {
		bench_close(bench);
		return NULL;
	}
	return bench;
}

void bench_close(struct bench *bench)
{
	if (!bench)
		return;
	while (bench->opened_count > 0) {
		struct opened_driver *opened = &bench->opened[--bench->opened_count];
		opened->driver->close(opened->state);
	}
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
