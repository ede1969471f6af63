/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe_parts.h"

enum { PROBE_ARENA_BYTES = 1 << 24 };

#ifndef TMSRIG_GPIOD
bool probe_gpio(struct probe *probe)
{
	probe->missing.gpio = "libgpiod: not in this build: ./dev drivers";
	return true;
}
#endif

#ifndef TMSRIG_IIO
bool probe_iio(struct probe *probe, const struct probe_options *options)
{
	(void)options;
	probe->missing.iio = "libiio: not in this build: ./dev drivers";
	return true;
}
#endif

struct probe *probe_create(const struct probe_options *options, struct error *error)
{
	auto_arena struct arena *arena = arena_create(PROBE_ARENA_BYTES);
	struct probe *probe = arena ? arena_alloc(arena, 1, sizeof *probe) : NULL;
	if (probe)
		probe->arena = arena;
	if (!probe || !probe_gpio(probe) || !probe_iio(probe, options) || !probe_sigrok(probe, options) || !probe_serial(probe, options)) {
		error_bench(error, "out of memory for what was found");
		return NULL;
	}
	arena = NULL;
	return probe;
}

void probe_destroy(struct probe *probe)
{
	if (probe)
		arena_destroy(probe->arena);
}
