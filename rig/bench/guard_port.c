/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "guard_port.h"

#include <fcntl.h>
#include <limits.h>
#include <math.h>

#include "companion.h"

/* How long a run may make no progress before it counts as dead: longer than any step that waits for an instrument. */
static const double PROGRESS_S = 2;
/* Silence that is death, where the bench file does not say. */
static const double HEARTBEAT_S = 0.1;

static bool log_to(void *self, int log_fd, struct error *error)
{
	return guard_log_to(self, log_fd, error);
}

static bool device(void *self, const struct guardian_device *what, struct error *error)
{
	return guard_device(self, what, error);
}

static void progress(void *self)
{
	guard_progress(self);
}

static void attend(void *self, bool waiting)
{
	guard_attend(self, waiting);
}

static bool lost(void *self)
{
	return guard_is_lost(self);
}

static void take_over(void *self)
{
	guard_take_over(self);
}

static const struct guardian_ops GUARDIAN_OPS = {log_to, device, progress, attend, lost, take_over};

struct guardian_port guard_port(struct guard *guard)
{
	return (struct guardian_port){&GUARDIAN_OPS, guard};
}

struct guard *guard_port_start(const struct guardian_setup *setup, struct error *error)
{
	char program[PATH_MAX];
	if (!companion_path("tmsrig-guardian", "guardian", program, sizeof program, error))
		return NULL;
	/* Its log moves into the evidence as soon as there is a folder for it. */
	auto_fd int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	const struct guard_options options = {.program = program, .log_fd = nowhere, .progress_s = PROGRESS_S};
	return guard_start(setup, &options, error);
}

bool guard_port_complete(const struct bench_setup *setup, struct ports *ports, struct guard **own, struct error *error)
{
	struct guardian_device *what = &ports->device;
	const struct safety_setup limits = bench_setup_safety(setup);
	what->capacitor.limit_v = limits.discharge_v;
	what->capacitor.deadline_s = limits.discharge_s;
	if (!ports->guardian.ops && !what->serial[0])
		return true;
	if (!ports->guardian.ops) {
		double heartbeat_s = setup->heartbeat_s > 0 ? setup->heartbeat_s : HEARTBEAT_S;
		const struct guardian_setup alone = {.heartbeat_ms = (uint32_t)lround(1e3 * heartbeat_s)};
		*own = guard_port_start(&alone, error);
		if (!*own)
			return false;
		ports->guardian = guard_port(*own);
	}
	return ports->guardian.ops->device(ports->guardian.self, what, error);
}
